"""A VAE with two latents on real 8x8 digits, for the tests of `PipelinePlayer`."""

from functools import cache
from typing import Any

import torch

import vaekit
from vaekit import MLP, VAE, BernoulliHead, Conditional, GaussianHead, StandardNormal
from vaekit.widgets import DecoderWeights, PipelinePlayer
from vaekit.widgets.weights import encoder_weights

SHAPE = (8, 8)


def untrained(activation: type[torch.nn.Module] = torch.nn.Tanh, *, width: int = 24, seed: int = 0) -> VAE:
    """A VAE for 64 pixels with hidden layers of `width` units."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        encoder = Conditional(MLP([64, width, width], activation), GaussianHead(width, 2))
        decoder = Conditional(MLP([2, width, width], activation), BernoulliHead(width, 64))
    return VAE(encoder, decoder, StandardNormal(2))


@cache
def trained() -> VAE:
    """The same after ten epochs on real digits."""
    model, train = untrained(torch.nn.ReLU, width=48), vaekit.load_dataset("digits", binarize="dynamic")

    def loss(model: VAE, batch: vaekit.Batch, step: int) -> torch.Tensor:
        return vaekit.weighted_loss(vaekit.elbo(model, batch.x))

    vaekit.fit(model, train, loss, epochs=10, batch_size=64, lr=5e-3, seed=0, progress=False)
    return model


@cache
def digits() -> torch.Tensor:
    """Five real test digits, binary, `(5, 64)`: a 0, a 1, a 2, a 3 and a 4."""
    test = vaekit.load_dataset("digits", split="test", binarize="static")
    return torch.stack([test.x[test.y == k][0] for k in range(5)])


@cache
def evidence() -> torch.Tensor:
    """log p(x) of the digits under the trained model, by quadrature, `(5,)`."""
    return vaekit.grid_log_evidence(trained(), digits(), points=361)


def player(**options: Any) -> PipelinePlayer:
    """A player of the trained model, with evidence."""
    options = {"log_evidence": evidence(), "labels": list("01234"), **options}
    return PipelinePlayer.from_model(trained(), digits(), SHAPE, **options)


def exact_player(model: VAE, count: int = 20) -> PipelinePlayer:
    """A player whose weights are not rounded, with `count` draws."""
    eps = torch.randn(count, 2, generator=torch.Generator().manual_seed(2))
    weights = encoder_weights(model.encoder, digits(), dtype="float32"), DecoderWeights(model.decoder, dtype="float32")
    return PipelinePlayer(*weights, digits(), eps, SHAPE)
