"""Surrogates whose gradient is an estimate of the gradient of an expectation, in nats.

Three ways to a gradient with respect to the distribution that one samples from: through the sample (`pathwise` draws),
through its log density (`score_function`), and through the sample alone (`sticking_the_landing`).
"""

from __future__ import annotations

import copy
from collections.abc import Callable

from jaxtyping import Float
from torch import Tensor
from torch.distributions import Distribution, TransformedDistribution

from vaekit._checks import float_tensor, positive_int, same_shape
from vaekit.trace import Draw, Latent, Trace, pathwise

Model = Callable[..., Trace]


def score_function(
    log_q: Float[Tensor, "K B"], reward: Float[Tensor, "K B"], *, leave_one_out: bool = False
) -> Float[Tensor, " B"]:
    """A surrogate to be maximised: its gradient estimates that of E_q[reward] with respect to the parameters of q.

    Gradient: (1/K) Σ_k (r_k - b_k) ∇log q(z_k). The baseline b_k is 0 or the mean of the *other* K - 1 rewards, which
    does not depend on z_k, so that the estimate stays unbiased. Its value is the mean reward. The reward passes no
    gradient on: where it depends on the parameters itself, add that term. Source: Williams (1992); Kool et al. (2019).

    Args:
        log_q: log q(z_k) at draws that carry no gradient, `(K, B)`.
        reward: the value of each draw, `(K, B)`.
        leave_one_out: subtract the mean of the other rewards; needs K >= 2.

    Returns:
        One surrogate for each example, `(B,)`.

    Raises:
        TypeError: if an argument is not a floating-point tensor.
        ValueError: if the shapes differ or are not `(K, B)`, or K < 2 with `leave_one_out`.
    """
    same_shape("reward", float_tensor("reward", reward), "log_q", float_tensor("log_q", log_q, ndim=2))
    gain = reward.detach()
    if leave_one_out:
        if len(gain) < 2:
            raise ValueError(f"log_q: got K = {len(gain)} samples; expected at least 2, so that there are others")
        gain = (gain - gain.mean(0)) * (len(gain) / (len(gain) - 1))  # = r_k - mean of the others
    surrogate = (gain * log_q).mean(0)
    return reward.detach().mean(0) + surrogate - surrogate.detach()


def sticking_the_landing(
    model: Model, x: Tensor, num_samples: int = 1, *, context: Tensor | None = None
) -> Float[Tensor, " B"]:
    """The ELBO by sampled log weights, with the parameters of q held constant inside log q.

    The gradient of log w through the draw alone. What is left out, ∇log q at a fixed draw, has mean zero, so the
    gradient stays unbiased; where q is the posterior, every draw gives exactly zero. Source: Roeder et al. (2017).

    Args:
        model: anything that returns a `Trace` with one level of latents, whose q has `rsample`.
        x: data, `(B, *event)`.
        num_samples: K.
        context: what the model is conditioned on, if anything.

    Returns:
        One ELBO for each example, `(B,)`.

    Raises:
        TypeError: if q is a transformed distribution, whose transforms have parameters of their own.
        ValueError: if `num_samples` < 1, or there are several levels: there, q depends on the draws below.
    """
    return held_log_w(model, x, num_samples, context=context).mean(0)


def held_log_w(
    model: Model, x: Tensor, num_samples: int, *, context: Tensor | None = None, draw: Draw = pathwise
) -> Float[Tensor, "K B"]:
    """Log weights in which the parameters of q are constants: gradients reach the encoder through the draw alone.

    Args:
        model: anything that returns a `Trace` with one level of latents.
        x: data, `(B, *event)`.
        num_samples: K.
        context: what the model is conditioned on, if anything.
        draw: how z is drawn.

    Returns:
        log p(x, z_k) - log q(z_k|x) in nats, `(K, B)`.

    Raises:
        TypeError: if q is a transformed distribution, whose transforms have parameters of their own.
        ValueError: if `num_samples` < 1, or there are several levels: there, q depends on the draws below.
    """
    trace = model(x, positive_int("num_samples", num_samples), context=context, draw=draw)
    if len(trace.latents) != 1:
        raise ValueError(f"model: got {len(trace.latents)} levels of latents; expected one")
    (latent,) = trace.latents
    held = Latent(latent.z, _without_gradient(latent.q), latent.p)
    return Trace(trace.x, trace.px, (held,)).log_w


def _without_gradient(q: Distribution) -> Distribution:
    """Return the same distribution with parameters that are constants."""
    if isinstance(q, TransformedDistribution):
        raise TypeError(f"model: its q is a {type(q).__name__}; expected one without transforms, such as a Normal")
    held = copy.copy(q)
    for name, value in vars(q).items():
        if isinstance(value, Tensor):
            setattr(held, name, value.detach())
        elif isinstance(value, Distribution):
            setattr(held, name, _without_gradient(value))
    return held
