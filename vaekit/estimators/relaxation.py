"""Draws of a categorical latent that let a gradient through: biased, and of small variance.

Each is a `Draw`, used as `elbo(model, x, draw=gumbel_softmax(0.5))` where the encoder returns a `OneHotCategorical`.
The KL of the ELBO stays that of the categorical, in closed form; the decoder sees the relaxed draw.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.distributions import Distribution, OneHotCategorical
from torch.nn import functional as F

from vaekit._checks import finite_number, instance
from vaekit.trace import Draw


def gumbel_softmax(tau: float, *, hard: bool = False) -> Draw:
    """A draw from the Concrete distribution: softmax((log π + g) / τ) with Gumbel noise g.

    Its argmax is an exact draw of the categorical at every τ. As τ falls to 0 the draw itself becomes one-hot: the
    bias of the gradient vanishes and its variance grows without bound.
    Source: Maddison et al. (2017); Jang et al. (2017).

    Args:
        tau: the temperature τ > 0.
        hard: return the one-hot argmax, with the gradient of the relaxed draw.

    Returns:
        A `Draw` for q of type `OneHotCategorical`, which returns `(*shape, *q.batch_shape, C)`. A relaxed draw has no
        log density under q: `Latent.log_q` refuses it.

    Raises:
        ValueError: if τ is not a finite number above 0.
    """
    finite_number("tau", tau, low=0.0, strict=True)

    def draw(q: Distribution, shape: torch.Size) -> Tensor:
        logits = _one_hot("q", q).logits
        soft = F.gumbel_softmax(logits.expand(*shape, *logits.shape), tau, dim=-1)
        if not hard:
            return soft
        nearest = torch.zeros_like(soft).scatter_(-1, soft.argmax(-1, keepdim=True), 1.0)
        return nearest + (soft - soft.detach())  # exactly one-hot: the bracket is zero

    return draw


def straight_through(q: Distribution, shape: torch.Size) -> Tensor:
    """A `Draw`: an exact one-hot draw, whose gradient is that of the probabilities.

    As if the draw were its mean: right for a decoder that is linear in z, biased for every other.
    Source: Bengio et al. (2013).

    Args:
        q: a `OneHotCategorical`.
        shape: the sample shape to put in front, `(K,)` or `()`.

    Returns:
        One-hot vectors, `(*shape, *q.batch_shape, C)`.

    Raises:
        TypeError: if q is no `OneHotCategorical`.
    """
    probs = _one_hot("q", q).probs
    return q.sample(shape) + (probs - probs.detach())


def _one_hot(name: str, q: Distribution) -> OneHotCategorical:
    instance(name, q, OneHotCategorical, "a torch.distributions.OneHotCategorical")
    return q
