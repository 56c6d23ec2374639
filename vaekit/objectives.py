"""Bounds on the log evidence, and the losses made of them. All in nats, constants included.

An objective is a function of a model: anything that, called as `model(x, num_samples, context=..., draw=...)`,
returns a `Trace`. Losses sum over the event and average over the batch.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from vaekit._checks import finite_number, float_tensor, instance, positive_int, same_shape
from vaekit.estimators import Model, score_function
from vaekit.trace import Draw, detached, pathwise


def kl_standard_normal(mu: Float[Tensor, "B L"], logvar: Float[Tensor, "B L"]) -> Float[Tensor, " B"]:
    """KL(N(mu, diag(exp(logvar))) ‖ N(0, I)) in nats, summed over the L latent dimensions.

    Formula: ½ Σⱼ (μⱼ² + σⱼ² - log σⱼ² - 1), with log σⱼ² = logvarⱼ. Source: Kingma & Welling (2014), appendix B.

    Args:
        mu: means, `(B, L)`.
        logvar: log-variances (not log standard deviations), `(B, L)`.

    Returns:
        One KL for each example, `(B,)`. It is zero where mu = 0 and logvar = 0, and positive elsewhere.

    Raises:
        TypeError: if an argument is not a floating-point tensor.
        ValueError: if the shapes differ, or are not `(B, L)`.
    """
    float_tensor("mu", mu, ndim=2)
    same_shape("logvar", float_tensor("logvar", logvar), "mu", mu)
    # expm1(s) - s keeps its digits where s is small, and 1 + s - exp(s) would cancel.
    return 0.5 * (mu.square() + torch.expm1(logvar) - logvar).sum(-1)


@dataclass(frozen=True)
class ElboTerms:
    """The two terms of the ELBO, before any average.

    Attributes:
        log_px: log p(x|z) in nats, `(K, B)`.
        kl: KL(q ‖ p) in nats per group, `(K, B, G)`.
        groups: how many of the G groups belong to each level of latents; they sum to G.
    """

    log_px: Tensor
    kl: Tensor
    groups: tuple[int, ...]

    def __post_init__(self) -> None:
        """Refuse shapes that would broadcast by accident."""
        float_tensor("log_px", self.log_px, ndim=2)
        float_tensor("kl", self.kl, ndim=3)
        if self.kl.shape[:2] != self.log_px.shape:
            raise ValueError(
                f"kl: got shape {tuple(self.kl.shape)}; expected (K, B, G) with (K, B) = {tuple(self.log_px.shape)}, "
                "the shape of log_px"
            )
        instance("groups", self.groups, tuple, "a tuple of integers, one for each level")
        for size in self.groups:
            positive_int("groups", size, least=0)
        if sum(self.groups) != self.kl.shape[-1]:
            raise ValueError(
                f"groups: got {self.groups}, which sum to {sum(self.groups)}; expected G = {self.kl.shape[-1]}"
            )

    @property
    def distortion(self) -> Float[Tensor, " B"]:
        """-E_q[log p(x|z)] in nats, estimated by the mean over the K samples."""
        return -self.log_px.mean(0)

    @property
    def rate(self) -> Float[Tensor, " B"]:
        """KL(q(z|x) ‖ p(z)) in nats, summed over groups, averaged over the K samples."""
        return self.kl.sum(-1).mean(0)

    @property
    def level_rates(self) -> Float[Tensor, "levels B"]:
        """The rate of each level of latents in nats, from the data upward, `(levels, B)`; they sum to the rate."""
        return torch.stack([level.sum(-1).mean(0) for level in self.kl.split(self.groups, -1)])

    @property
    def elbo(self) -> Float[Tensor, " B"]:
        """ELBO = -distortion - rate <= log p(x), in nats."""
        return -self.distortion - self.rate


def elbo(
    model: Model, x: Tensor, num_samples: int = 1, *, context: Tensor | None = None, draw: Draw = pathwise
) -> ElboTerms:
    """The evidence lower bound E_q[log p(x|z)] - KL(q(z|x) ‖ p(z)), as its two terms.

    Source: Kingma & Welling (2014), equation 3.

    Args:
        model: anything that returns a `Trace`.
        x: data, `(B, *event)`.
        num_samples: K, the draws from q for each example.
        context: what the model is conditioned on, if anything.
        draw: how z is drawn; `pathwise` lets gradients reach the encoder.

    Returns:
        The terms; `.elbo` is the bound for each example, `(B,)`.

    Raises:
        ValueError: if `num_samples` < 1, or x does not fit the model.
    """
    trace = model(x, positive_int("num_samples", num_samples), context=context, draw=draw)
    levels = [latent.kl for latent in trace.latents]
    return ElboTerms(trace.log_px, torch.cat(levels, -1), tuple(kl.shape[-1] for kl in levels))


def weighted_loss(terms: ElboTerms, *, beta: float = 1.0, free_bits: float = 0.0) -> Float[Tensor, ""]:
    """The loss to minimise: distortion + Σ_g β max(free_bits, KL_g), averaged over samples and batch.

    With β = 1 and no free bits it is -ELBO. β ≠ 1 is the β-VAE (Higgins et al., 2017) or one step of an
    annealing schedule; `free_bits` (Kingma et al., 2016) is a floor in nats under the *average* KL of each group.

    Args:
        terms: what `elbo` returned.
        beta: the weight of the KL, at least 0.
        free_bits: nats per group that cost nothing, at least 0.

    Returns:
        The loss in nats, `()`.

    Raises:
        ValueError: if `beta` or `free_bits` is negative or not finite.
    """
    instance("terms", terms, ElboTerms, "the ElboTerms that elbo returns")
    beta = finite_number("beta", beta, low=0.0)
    floor = finite_number("free_bits", free_bits, low=0.0)
    kl = terms.kl.mean((0, 1))  # (G,)
    if floor > 0:  # without a floor, a sampled KL may be negative
        kl = kl.clamp(min=floor)
    return terms.distortion.mean() + beta * kl.sum()


def iwae(
    model: Model, x: Tensor, num_samples: int, *, context: Tensor | None = None, draw: Draw = pathwise
) -> Float[Tensor, " B"]:
    """The importance-weighted bound log (1/K) Σ_k p(x, z_k) / q(z_k|x), in nats.

    K = 1 is the ELBO with a sampled KL; in expectation the bound rises with K towards log p(x).
    Source: Burda et al. (2016), equation 8.

    Args:
        model: anything that returns a `Trace`.
        x: data, `(B, *event)`.
        num_samples: K.
        context: what the model is conditioned on, if anything.
        draw: how z is drawn.

    Returns:
        One bound for each example, `(B,)`.

    Raises:
        ValueError: if `num_samples` < 1, or x does not fit the model.
    """
    trace = model(x, positive_int("num_samples", num_samples), context=context, draw=draw)
    return torch.logsumexp(trace.log_w, 0) - math.log(num_samples)


def score_function_elbo(
    model: Model, x: Tensor, num_samples: int = 2, *, context: Tensor | None = None, leave_one_out: bool = True
) -> Float[Tensor, " B"]:
    """The ELBO by sampled log weights, with the score-function gradient: no path through z is needed.

    The gradient for the generator is ∇log p(x, z) at the draws; that for the encoder is the score function with reward
    log w. Right for any q that can be sampled and scored, a discrete one included.
    Source: Ranganath et al. (2014); Mnih & Gregor (2014).

    Args:
        model: anything that returns a `Trace`.
        x: data, `(B, *event)`.
        num_samples: K, at least 2 with `leave_one_out`.
        context: what the model is conditioned on, if anything.
        leave_one_out: subtract from each reward the mean of the others.

    Returns:
        A surrogate for each example, `(B,)`: its value is the estimate of the ELBO, its gradient that of the ELBO.

    Raises:
        ValueError: if `num_samples` is too small, or x does not fit the model.
    """
    trace = model(x, positive_int("num_samples", num_samples), context=context, draw=detached)
    log_joint = (trace.log_w + trace.log_q).mean(0)
    return score_function(trace.log_q, trace.log_w, leave_one_out=leave_one_out) + log_joint - log_joint.detach()
