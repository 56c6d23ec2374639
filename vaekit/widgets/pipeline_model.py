"""What `PipelinePlayer` says, what it accepts, and whether its page agrees with the model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from vaekit._checks import instance
from vaekit.distributions import BernoulliPixels
from vaekit.models import VAE
from vaekit.priors import StandardNormal
from vaekit.widgets.base import complain
from vaekit.widgets.layers import Layers, apply_layers
from vaekit.widgets.weights import PIXEL_TOLERANCE, DecoderWeights

MAX_DIGITS, MAX_DRAWS = 10, 200
QUESTION = (
    "The decoder’s loss is to train the encoder, too. But between them z is drawn at random. "
    "If z were just sampled from q, where would the gradient stop, and what would the encoder still learn?"
)
ANSWER = (
    "At z: a sample is no function of μ and σ that a program could differentiate. Only the KL, which is computed "
    "from μ and σ directly, would still reach the encoder, and the KL knows nothing of the digit. Written as "
    "μ + σ ⊙ ε, with the noise drawn outside, the same z has the derivatives 1 and ε, and the loss passes."
)
CAPTIONS = [
    "A digit x from the test set.",
    "The encoder reads x. The strips are its hidden layers.",
    "It answers with a cloud: q(z|x) has mean μ and standard deviation σ.",
    "Noise ε is drawn outside the network, from N(0, I), whatever x is.",
    "z = μ + σ ⊙ ε: the noise is stretched by σ and moved by μ into the cloud.",
    "The decoder reads z.",
    "It gives each pixel a probability of ink: the reconstruction.",
    "The bill in nats: distortion and rate make the ELBO; the gap is missing to log p(x).",
    "Backwards: the loss tells the decoder's weights θ what to change, then arrives at z.",
    "z = μ + σ ⊙ ε has derivatives: ∂/∂z passes to μ as it is and to σ times ε. The KL adds its own part.",
    "So the loss of the decoder reaches the encoder's weights φ as well. ε is an input: it needs no gradient.",
    "Backwards: the loss tells the decoder's weights θ what to change, then arrives at z.",
    "A sampled z has no derivative with respect to μ and σ: the gradient stops. Only the KL reaches them.",
    "The encoder learns from the KL alone, which pulls every μ to 0 and every σ to 1, whatever the digit.",
]


def check_networks(encoder: object, decoder: object, size: int) -> None:
    """Raise unless these are weights that lead from `size` pixels to four sums, and from two latents to pixel means."""
    wanted = {"encoder": (encoder, size, 4, "identity"), "decoder": (decoder, 2, size, "sigmoid")}
    for name, (weights, *ends) in wanted.items():
        instance(name, weights, DecoderWeights, "DecoderWeights")
        made = [weights.inputs, weights.outputs, weights.layers[-1][2]]
        if made != ends:
            text = "{} inputs and {} outputs of {}"
            raise complain(name, text.format(*ends), text.format(*made))


def check_values(digits: np.ndarray, eps: np.ndarray) -> None:
    """Raise for too many digits, values that are no pixels, and too few or too many draws."""
    if len(digits) > MAX_DIGITS:
        raise complain("digits", f"at most {MAX_DIGITS} rows", len(digits))
    if digits.min() < 0 or digits.max() > 1:
        raise complain("digits", "values in [0, 1]", f"values from {digits.min():g} to {digits.max():g}")
    if not 2 <= len(eps) <= MAX_DRAWS:
        raise complain("eps", f"2 to {MAX_DRAWS} rows", len(eps))


def marks_of(labels: Sequence[str] | None, count: int) -> list[str]:
    """Marks of the digits, `"1"`, `"2"`, … unless given."""
    marks = [str(k + 1) for k in range(count)] if labels is None else list(labels)
    if len(marks) != count or not all(isinstance(mark, str) and 1 <= len(mark) <= 2 for mark in marks):
        raise complain("labels", f"{count} marks of one or two characters", marks)
    return marks


def sent_layers(weights: DecoderWeights) -> Layers:
    """The layers that a page makes of `weights`, with what rounding left of them, in float64."""

    def read(buffer: bytes, dtype: str) -> Tensor:
        return torch.from_numpy(np.frombuffer(buffer, dtype).astype("f8"))

    values = read(weights.weights, {"int8": "i1", "float16": "<f2", "float32": "<f4"}[weights.dtype])
    biases, heights = read(weights.biases, "<f4"), [outputs for _, outputs, _ in weights.layers]
    scales = read(weights.scales, "<f4") if weights.scales else torch.ones_like(biases)
    blocks = values.split([inputs * outputs for inputs, outputs, _ in weights.layers])
    rows = zip(weights.layers, blocks, biases.split(heights), scales.split(heights), strict=True)
    return [(w.reshape(n, -1) * s[:, None], b, activation) for (_, n, activation), w, b, s in rows]


@torch.no_grad()
def check_model(
    model: VAE, encoder: DecoderWeights, decoder: DecoderWeights, x: Float[Tensor, "N D"], eps: Float[Tensor, " 2"]
) -> None:
    """Compare the pixel means that a page makes of the digits at one ε with the model's.

    Raises:
        TypeError: if the prior is not N(0, I), or the decoder does not return Bernoulli pixels.
        ValueError: if a pixel mean differs by more than 0.01.
    """
    instance("model.prior", model.prior, StandardNormal, "a StandardNormal")
    q, bound = model.encoder(x), model.encoder.head.bound
    px = model.decoder(q.loc + q.scale * eps.to(q.loc))
    instance("model.decoder", px, BernoulliPixels, "a decoder that returns BernoulliPixels")
    mu, raw = apply_layers(sent_layers(encoder), x.cpu().double()).chunk(2, -1)
    z = mu + torch.exp(0.5 * bound * torch.tanh(raw / bound)) * eps
    error = float((apply_layers(sent_layers(decoder), z) - px.mean.cpu()).abs().max())
    if not error <= PIXEL_TOLERANCE:
        raise complain("decoder", f"pixel means within {PIXEL_TOLERANCE} of the model", f"a difference of {error:.3g}")
