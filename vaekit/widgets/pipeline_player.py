"""`PipelinePlayer`: one digit's way through a trained VAE, played stage by stage, and the gradients' way back."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
import traitlets
from ipywidgets import widget_serialization
from jaxtyping import Float
from torch import Generator, Tensor

from vaekit._checks import data_tensor, finite_number, instance, positive_int, random_seed
from vaekit.models import VAE
from vaekit.widgets.base import Array, CourseWidget, as_array, complain
from vaekit.widgets.pipeline_model import (
    ANSWER,
    CAPTIONS,
    QUESTION,
    check_model,
    check_networks,
    check_values,
    marks_of,
)
from vaekit.widgets.weights import DecoderWeights, encoder_weights

PERIOD, STAGES = 1.5, {"off": 7, "trick": 10, "sampled": 10}  # seconds a stage; the last stage of each way


class PipelinePlayer(CourseWidget):
    r"""x → encoder → (μ, σ) → z = μ + σ ⊙ ε → decoder → pixel means → ELBO, and the gradients of −ELBO back.

    Everything shown is computed in the page, in nats, from the weights and the noise. For one draw ε the *one-sample
    ELBO* is log p(x|z) - KL(q ‖ p) with the KL in closed form, so that its gap to log p(x) may be negative; the gap of
    the mean over all draws estimates the true one, KL(q ‖ p(z|x)). Backwards, with g = ∂(distortion)/∂z,

        ∂(−ELBO)/∂μ = g + μ,    ∂(−ELBO)/∂σ = g ⊙ ε + σ - 1/σ,

    and without the trick, where z is a sample and no function of μ and σ, both lack the part with g.

    Args:
        encoder: from x `(D,)` to μ and raw log-variances one below the other, `(4,)`; log σ² = b tanh(raw / b).
        decoder: from z `(2,)` to pixel means, `(D,)`, with a sigmoid at its end; other widgets may share it.
        digits: `(N, D)`, at most 10, in [0, 1].
        eps: `(S, 2)`, 2 to 200 draws from N(0, I), the same for every digit.
        image_shape: rows and columns of a digit.
        log_evidence: `(N,)` exact log p(x) in nats, as `grid_log_evidence` gives it; without it no gap is shown.
        labels: a mark of one or two characters for each digit; "1", "2", … unless given.
        bound: b.
        digit: which digit is shown at first.
        draw: which ε.
        time: where the player stands, in seconds of its timeline, 1.5 for each stage; after the forward pass unless
            given.
        backward: `"off"`, `"trick"` or `"sampled"` (without the trick).
        texts: `title`, `question`, `answer`, `tip`, where the defaults do not fit.

    The traits `digit`, `draw`, `time` and `backward` follow the reader, and setting them moves what is shown.

    Raises:
        TypeError: for weights of another type.
        ValueError: for sizes that do not fit, values outside their range, or values that are not finite.
    """

    parts = (
        "choices.js",
        "images.js",
        "encoder.js",
        "backward.js",
        "vae.js",
        "diagram.js",
        "elbo_bars.js",
        "timeline.js",
        "pipeline_draw.js",
    )
    script = "pipeline_player.js"

    encoder = traitlets.Instance(DecoderWeights).tag(sync=True, **widget_serialization)
    decoder = traitlets.Instance(DecoderWeights).tag(sync=True, **widget_serialization)
    digits = traitlets.Bytes(help="(N, D) float32.").tag(sync=True)
    eps = traitlets.Bytes(help="(S, 2) float32.").tag(sync=True)
    draws = traitlets.Int(help="S.").tag(sync=True)
    log_evidence = traitlets.List(traitlets.Float(), help="One for each digit, or empty.").tag(sync=True)
    labels = traitlets.List(traitlets.Unicode()).tag(sync=True)
    image_shape = traitlets.List(traitlets.Int()).tag(sync=True)
    bound = traitlets.Float(help="Of the log-variance.").tag(sync=True)
    captions = traitlets.List(traitlets.Unicode(), CAPTIONS).tag(sync=True)
    digit = traitlets.Int().tag(sync=True)
    draw = traitlets.Int().tag(sync=True)
    time = traitlets.Float(help="Seconds.").tag(sync=True)
    backward = traitlets.Unicode("off", help="off, trick or sampled.").tag(sync=True)

    title = traitlets.Unicode("A digit’s way through a VAE").tag(sync=True)
    question = traitlets.Unicode(QUESTION).tag(sync=True)
    answer = traitlets.Unicode(ANSWER).tag(sync=True)
    tip = traitlets.Unicode(
        "press First and Play; then switch the backward pass on and compare ∂/∂μ with and without the trick."
    ).tag(sync=True)

    def __init__(
        self,
        encoder: DecoderWeights,
        decoder: DecoderWeights,
        digits: Array,
        eps: Array,
        image_shape: tuple[int, int] = (28, 28),
        *,
        log_evidence: Array | None = None,
        labels: Sequence[str] | None = None,
        bound: float = 10.0,
        digit: int = 0,
        draw: int = 0,
        time: float = 10.5,
        backward: str = "off",
        **texts: str,
    ) -> None:
        """Check that everything fits, then send it."""
        size = math.prod(image_shape)
        check_networks(encoder, decoder, size)
        x, noise = as_array("digits", digits, (None, size), "<f4"), as_array("eps", eps, (None, 2), "<f4")
        check_values(x, noise)
        evidence = [] if log_evidence is None else as_array("log_evidence", log_evidence, (len(x),), "<f8").tolist()
        super().__init__(
            encoder=encoder,
            decoder=decoder,
            digits=x.tobytes(),
            eps=noise.tobytes(),
            draws=len(noise),
            log_evidence=evidence,
            labels=marks_of(labels, len(x)),
            image_shape=list(image_shape),
            bound=finite_number("bound", bound, low=0.0, strict=True),
            time=finite_number("time", time),
            digit=digit,
            draw=draw,
            backward=backward,
            **texts,
        )

    @classmethod
    def from_model(
        cls,
        model: VAE,
        digits: Float[Tensor, "N D"],
        image_shape: tuple[int, int] = (28, 28),
        *,
        decoder: DecoderWeights | None = None,
        num_draws: int = 100,
        seed: int = 0,
        **options: Any,
    ) -> PipelinePlayer:
        """Show a trained VAE: an encoder with a `GaussianHead`, a decoder of Bernoulli pixels, the prior N(0, I).

        The encoder travels in float16, and so does the decoder unless its weights are given. What the page will make
        of the rounded weights is compared with the model, for all digits and one draw.

        Args:
            model: the VAE, with two latents.
            digits: `(N, D)`, at most 10, in [0, 1].
            image_shape: rows and columns of a digit.
            decoder: weights of its decoder that other widgets on the page use already.
            num_draws: how many ε.
            seed: of the ε.
            options: what else a `PipelinePlayer` takes.

        Returns:
            The widget.

        Raises:
            TypeError: for a model of other parts.
            ValueError: if a pixel mean differs from the model's by more than 0.01, or anything does not fit.
        """
        instance("model", model, VAE, "a VAE")
        encoder = encoder_weights(model.encoder, data_tensor("digits", digits))
        draws = Generator("cpu").manual_seed(random_seed("seed", seed))
        eps = torch.randn(positive_int("num_draws", num_draws), 2, generator=draws, device="cpu")
        decoder = DecoderWeights(model.decoder, dtype="float16") if decoder is None else decoder
        widget = cls(encoder, decoder, digits, eps, image_shape, bound=model.encoder.head.bound, **options)
        check_model(model, encoder, decoder, digits, eps[0])
        return widget

    @traitlets.validate("digit", "draw", "time")
    def _check_range(self, proposal: dict[str, Any]) -> int | float:
        name, value = proposal["trait"].name, proposal["value"]
        high = {"digit": len(self.labels) - 1, "draw": self.draws - 1, "time": PERIOD * max(STAGES.values())}[name]
        if not 0 <= value <= high:
            raise complain(name, f"a number from 0 to {high:g}", value)
        return value

    @traitlets.validate("backward")
    def _check_backward(self, proposal: dict[str, Any]) -> str:
        if proposal["value"] not in STAGES:
            raise complain("backward", f"one of {', '.join(STAGES)}", repr(proposal["value"]))
        return proposal["value"]

    def describe(self) -> dict[str, Any]:
        """The networks, how many digits and draws, and what is shown."""
        names = ("encoder", "decoder", "draws", "digit", "draw", "backward")
        return {"digits": len(self.labels)} | {name: getattr(self, name) for name in names}
