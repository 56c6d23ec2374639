"""Where a model lies in the plane of rate and distortion, and where the best linear model would lie."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from vaekit._checks import all_finite, finite_number, float_tensor, positive_int
from vaekit.objectives import Model, elbo


class RatePoint(NamedTuple):
    """A point of the plane of rate and distortion, both in nats for an example; their sum is -ELBO.

    Args:
        rate: mean KL(q(z|x) ‖ p(z)), what z costs.
        distortion: mean -E_q[log p(x|z)], what is still unknown of x; negative where densities exceed 1.
    """

    rate: float
    distortion: float


@torch.no_grad()
def rate_distortion(
    model: Model, x: Tensor, num_samples: int = 10, *, context: Tensor | None = None, chunk: int = 10
) -> RatePoint:
    """Return the mean rate and distortion over x in nats: the two terms of -ELBO. Source: Alemi et al. (2018).

    The rate is in closed form where torch knows one; the distortion is a mean over draws from q.

    Args:
        model: anything that returns a `Trace`.
        x: data, `(B, *event)`.
        num_samples: draws from q for each example.
        context: what the model is conditioned on, if anything.
        chunk: how many draws are held at a time.

    Returns:
        The point, as floats.

    Raises:
        ValueError: if `num_samples` or `chunk` is below 1.
    """
    left, total = positive_int("num_samples", num_samples), [0.0, 0.0]
    while left > 0:
        size = min(left, positive_int("chunk", chunk))
        terms = elbo(model, x, size, context=context)
        total[0] += size * terms.rate.mean().item()
        total[1] += size * terms.distortion.mean().item()
        left -= size
    return RatePoint(total[0] / num_samples, total[1] / num_samples)


@torch.no_grad()
def linear_rate_distortion(
    eigenvalues: Float[Tensor, " D"], noise_var: float, beta: float, latent_dim: int
) -> RatePoint:
    """The point that minimises distortion + β rate over all linear VAEs with noise variance s², exactly.

    Divided by β, this loss is -ELBO for noise β s², up to a constant: W and q are those of
    `LinearVAE.optimum(data, latent_dim, beta * noise_var)`, while distortion is still counted with s². A unit is active
    iff its eigenvalue λⱼ exceeds the water level β s²; then it costs ½ log(λⱼ / β s²) and leaves an error of β s². So
    distortion = ½ D log(2π s²) + (Σ_active β s² + Σ_others λⱼ) / (2 s²), and the curve has slope dD/dR = -β.
    Source: Tipping & Bishop (1999) for the optimum; reverse water-filling, Cover & Thomas (2006), section 10.3.3.

    Args:
        eigenvalues: λ, those of the covariance of the data, in any order, `(D,)`.
        noise_var: s², a positive number.
        beta: β, a positive number; at 0 the rate has no bound.
        latent_dim: L, at most D.

    Returns:
        The rate and the distortion of the optimum in nats, means over the data.

    Raises:
        TypeError: if `eigenvalues` is not a floating-point tensor.
        ValueError: if an eigenvalue is negative or not finite, or a number is out of range.
    """
    values = _descending("eigenvalues", eigenvalues)
    noise = finite_number("noise_var", noise_var, low=0.0, strict=True)
    level = finite_number("beta", beta, low=0.0, strict=True) * noise
    if positive_int("latent_dim", latent_dim) > len(values):
        raise ValueError(f"latent_dim: got {latent_dim}; expected at most D = {len(values)}")
    error = torch.cat([values[:latent_dim].clamp(max=level), values[latent_dim:]]).sum().item()
    rate = 0.5 * (values[:latent_dim] / level).clamp(min=1).log().sum().item()
    return RatePoint(rate, 0.5 * len(values) * math.log(2 * math.pi * noise) + error / (2 * noise))


def _descending(name: str, values: Tensor) -> Tensor:
    """Return eigenvalues of a covariance, largest first; rounding may have put one a little below 0."""
    all_finite(name, float_tensor(name, values, ndim=1))
    if len(values) == 0 or values.min() < -1e-5 * values.abs().max():
        came = f"a least value of {values.min().item():g}" if len(values) else "none"
        raise ValueError(f"{name}: got {came}; expected at least one, none of them negative")
    return values.double().clamp(min=0).sort(descending=True).values
