"""`DiffusionPlayer`: a trained diffusion model of the plane, played forwards and backwards, with its bound."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import traitlets
from ipywidgets import widget_serialization
from jaxtyping import Float
from torch import Tensor, nn

from vaekit._checks import data_tensor, instance, positive_int, random_seed
from vaekit.denoisers import MLPDenoiser
from vaekit.models.ddpm import DDPM
from vaekit.models.exact_denoisers import MixtureDenoiser
from vaekit.widgets.base import CourseWidget, as_array, complain
from vaekit.widgets.diffusion_steps import DiffusionSteps, bound_terms, check_model, reference_traits, start
from vaekit.widgets.layers import dense_layers
from vaekit.widgets.weights import DecoderWeights

MAX_POINTS, EXTENT = 400, 3.0


@torch.no_grad()
def denoiser_weights(ddpm: DDPM, x: Float[Tensor, "N 2"], seed: int, dtype: str) -> DecoderWeights:
    """Weights of an `MLPDenoiser`, from (xₜ, features of t) to the noise; the error is measured on noised data."""
    net = ddpm.denoiser
    instance("ddpm.denoiser", net, MLPDenoiser, "an MLPDenoiser")
    (weight, bias, act), *rest = dense_layers(nn.Sequential(net.body, net.out))
    inputs = weight.shape[1] - net.context_features  # without a context: a row of zeros
    draws = torch.Generator("cpu").manual_seed(random_seed("seed", seed))
    rows = torch.randint(len(x), (512,), generator=draws, device="cpu").to(x.device)
    t = torch.randint(len(ddpm), (512,), generator=draws, device="cpu").to(x.device)
    q = ddpm.q(ddpm.standardise(x)[rows], t)
    xt = q.loc + q.scale * torch.randn(512, 2, generator=draws, device="cpu").to(x)
    layers = tuple(zip((weight[:, :inputs], bias, act), *rest, strict=True))
    examples = torch.cat([xt, net.time(t).to(xt)], -1)
    return DecoderWeights(layers, output="identity", dtype=dtype, examples=examples)


def mixture_rows(exact: MixtureDenoiser | None, ddpm: DDPM) -> list[list[float]]:
    """[weight, mean, mean, variance] of each component; none without `exact`."""
    if exact is None:
        return []
    instance("exact", exact, MixtureDenoiser, "a MixtureDenoiser")
    if exact.event_shape != (2,) or exact.alpha_bar.shape != ddpm.alpha_bar.shape:
        raise complain("exact", f"two dimensions and {len(ddpm)} steps", f"{exact.event_shape}, {len(exact.alpha_bar)}")
    if not torch.allclose(exact.alpha_bar.cpu().double(), ddpm.alpha_bar.cpu().double(), atol=1e-5):
        raise complain("exact", "the model's betas", "others")
    parts = (exact.logits.softmax(0)[:, None], exact.means, exact.variances[:, None])
    return torch.cat(parts, 1).cpu().double().tolist()


@torch.no_grad()
def true_cost(exact: MixtureDenoiser, ddpm: DDPM, x: Float[Tensor, "N 2"]) -> float:
    """The mean of -log p(x) over x under the mixture itself, in nats and in the units of x."""
    x0 = ddpm.standardise(x)
    volume = ddpm.scale.expand(2).log().sum()
    return float(volume - exact.data().log_prob(x0.to(exact.means)).mean())


class DiffusionPlayer(DiffusionSteps, CourseWidget):
    """Noise comes step by step, and a trained denoiser takes it back; below it the bound adds up, in nats.

    The denoiser runs in the page. At the point xₜ that the reader drags, its noise ε̂ is shown with what is the same in
    other words, the score -ε̂/√(1 - ᾱ) and x̂₀ = (xₜ - √(1 - ᾱ) ε̂)/√ᾱ, and with the Gaussian of the next step back. The
    moving points are drawn in the page: forwards data that become noise, backwards ancestral samples from noise. The
    terms of the bound are means over `data`, measured here. The plane is that of (x - loc) / scale.

    Args:
        ddpm: a `DDPM` of two dimensions, 2 to 200 steps, with an `MLPDenoiser` (without a context, if it can have one)
            and without `levels` and `bounds`. Up to 64 units a layer a frame takes under 4 ms.
        data: `(N, 2)` in the units of x, best unseen. All count in the bound; the first ones are shown.
        exact: the denoiser of the true data, if they are a mixture, with the model's betas: adds the exact field and
            numbers, and the cost of the data under the mixture itself as `reference`.
        reference: nats to compare -ELBO with, such as an entropy; the trait is a list of none or one.
        points: how many points move, at most 400 and N.
        t: steps of noise where the player stands, 0 (data) to T (noise); T unless given.
        direction: `"reverse"` or `"forward"`.
        view: what the arrows show, `"noise"`, `"score"` or `"x0"`.
        compare: whether the exact field is shown, too.
        point: xₜ, in the diffusion's units.
        num_samples: draws of each term for each example.
        seed: of the terms and of the page's noise.
        dtype: of the weights sent.
        texts: `title`, `question`, `answer`, `tip`, where the defaults do not fit.

    The traits `t`, `direction`, `view`, `compare`, `point` and `seed` follow the reader.

    Raises:
        TypeError: for a model, denoiser or mixture of another type.
        ValueError: for shapes or values that do not fit.
    """

    views = ("noise", "score", "x0")
    parts = ("choices.js", "plot.js", "scatter.js", "table.js", "random.js", "timeline.js", "bound_steps.js")
    parts += ("diffusion_math.js", "diffusion_plane.js")
    script = "diffusion_player.js"

    network = traitlets.Instance(DecoderWeights).tag(sync=True, **widget_serialization)
    frequencies = traitlets.List(traitlets.Float(), help="Of the features of t.").tag(sync=True)
    betas = traitlets.List(traitlets.Float(), help="(T,).").tag(sync=True)
    reverse_var = traitlets.List(traitlets.Float(), help="(T,).").tag(sync=True)
    data = traitlets.Bytes(help="(count, 2) float32, in the diffusion's units.").tag(sync=True)
    count = traitlets.Int().tag(sync=True)
    mixture = traitlets.List(help="[weight, mean, mean, variance] of each component, or empty.").tag(sync=True)
    extent = traitlets.Float(help="Half width of the plane.").tag(sync=True)
    point = traitlets.List(traitlets.Float(), help="The reader's x at t.").tag(sync=True)
    compare = traitlets.Bool(help="Whether the exact field is shown.").tag(sync=True)
    seed = traitlets.Int(help="Of the page's noise.").tag(sync=True)

    title = traitlets.Unicode("Diffusion, forwards and backwards").tag(sync=True)
    question = traitlets.Unicode(
        "Each step back is one Gaussian guess, equally wide wherever the point stands. Can a chain of them end in a "
        "shape that is nothing like a Gaussian, and which of the steps will the bound pay most for?"
    ).tag(sync=True)
    answer = traitlets.Unicode(
        "It can. A step is small, and over so little ground the true way back is nearly Gaussian; the shape lies in "
        "how its mean depends on where the point stands and on t. The bars show what each step pays: the divergence of "
        "a step that has seen x₀ from the model’s, which has not. Far out in the noise both agree, and a step costs "
        "next to nothing; near the data, where x₀ decides, it costs most. All of it together, with the reconstruction, "
        "is −ELBO."
    ).tag(sync=True)
    tip = traitlets.Unicode(
        "play it backwards; then stop half way, drag the point about, and change the view: three names of one field."
    ).tag(sync=True)

    def __init__(
        self,
        ddpm: DDPM,
        data: Float[Tensor, "N 2"],
        *,
        exact: MixtureDenoiser | None = None,
        reference: float | None = None,
        points: int = 150,
        t: int | None = None,
        direction: str = "reverse",
        view: str = "noise",
        compare: bool = False,
        point: tuple[float, float] = (0.5, 0.5),
        num_samples: int = 4,
        seed: int = 0,
        dtype: str = "float16",
        **texts: str,
    ) -> None:
        """Measure the bound, check that everything fits, then send it."""
        steps, moving = check_model(ddpm), positive_int("points", points)
        x0 = ddpm.standardise(data_tensor("data", data, like=ddpm.betas))
        shown = as_array("data", x0, (None, 2), "<f4")[:moving]
        if len(shown) > MAX_POINTS:
            raise complain("points", f"at most {MAX_POINTS}", moving)
        rows = mixture_rows(exact, ddpm)
        if reference is None and exact is not None:
            reference = true_cost(exact, ddpm, data)
        super().__init__(
            **bound_terms(ddpm, data, num_samples, seed),
            **reference_traits(reference, "true −log p"),
            network=denoiser_weights(ddpm, data, seed, dtype),
            frequencies=ddpm.denoiser.time.frequencies.tolist(),
            betas=ddpm.betas.double().tolist(),
            reverse_var=ddpm.reverse_var.double().tolist(),
            data=shown.tobytes(),
            count=len(shown),
            mixture=rows,
            extent=max(EXTENT, float(np.ceil(1.1 * np.abs(shown).max()))),
            point=list(point),
            t=start(t, steps),
            direction=direction,
            view=view,
            compare=compare,
            seed=seed,
            **texts,
        )

    @traitlets.validate("point")
    def _check_point(self, proposal: dict[str, Any]) -> list[float]:
        point = as_array("point", proposal["value"], (2,), "<f8").tolist()
        if max(map(abs, point)) > self.extent:
            raise complain("point", f"two numbers between -{self.extent:g} and {self.extent:g}", point)
        return point

    @traitlets.validate("compare")
    def _check_compare(self, proposal: dict[str, Any]) -> bool:
        if proposal["value"] and not self.mixture:
            raise complain("compare", "False, for there is no exact field to compare with", True)
        return proposal["value"]

    @traitlets.validate("seed")
    def _check_seed(self, proposal: dict[str, Any]) -> int:
        return random_seed("seed", proposal["value"])
