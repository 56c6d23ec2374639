"""Widgets of latent spaces that their tests look at: a plane with holes, a path, and a space of five dimensions."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.distributions import Categorical, Independent, MixtureSameFamily, Normal

from tests.widget_pages import decoder, explorer
from vaekit.widgets import DecoderWeights, LatentExplorer, LatentPaths, LatentTraversal

EXTENT = 3.5


def posteriors() -> tuple[Tensor, Tensor]:
    """Means and scales of 60 clouds, most of them right of the origin and low."""
    generator = torch.Generator().manual_seed(8)
    means = torch.randn(60, 2, dtype=torch.float64, generator=generator) * torch.tensor([1.0, 0.5]) + 0.5
    return means, 0.3 + 0.2 * torch.rand(60, 2, dtype=torch.float64, generator=generator)


def mixture(given: tuple[Tensor, Tensor]) -> MixtureSameFamily:
    """The aggregate posterior of these clouds."""
    weights = Categorical(torch.ones(len(given[0]), dtype=torch.float64))
    return MixtureSameFamily(weights, Independent(Normal(*given), 1))


def overlaid(**options: Any) -> LatentExplorer:
    """The explorer of the other tests, with an aggregate posterior."""
    return explorer(**{"posteriors": posteriors()} | options)


def paths(**options: Any) -> LatentPaths:
    """A path between two points of that plane."""
    given = explorer(DecoderWeights(decoder()))
    codes = torch.frombuffer(bytearray(given.codes), dtype=torch.float32).reshape(-1, 2)
    labels = torch.frombuffer(bytearray(given.labels), dtype=torch.uint8)
    defaults = {"extent": EXTENT, "posteriors": posteriors(), "start": (-1.5, -1.0), "end": (2.0, 0.5)}
    return LatentPaths(given.weights, codes, labels, **defaults | options)


def wide_decoder() -> nn.Sequential:
    """A decoder of five latents, the last of which it ignores."""
    with torch.random.fork_rng():
        torch.manual_seed(5)
        net = nn.Sequential(nn.Linear(5, 200), nn.Tanh(), nn.Linear(200, 784))
        with torch.no_grad():
            net[0].weight[:, 4] = 0.0
            net[2].weight.mul_(3.0)
    return net


def wide_codes() -> Tensor:
    """300 codes of five latents, of three classes in turn."""
    return torch.randn(300, 5, generator=torch.Generator().manual_seed(6)).clamp(-3.4, 3.4)


def traversal(**options: Any) -> LatentTraversal:
    """A space of five latents, the last without a rate."""
    weights = DecoderWeights(wide_decoder(), dtype="float16")
    defaults = {"rates": [0.5, 2.0, 1.0, 1.5, 0.0], "extent": EXTENT}
    return LatentTraversal(weights, wide_codes(), torch.arange(300) % 3, **defaults | options)
