"""Noise schedules of diffusion models, and what their networks predict. Plain functions of tensors.

Step t = 0, ..., T - 1 multiplies the signal by √αₜ = √(1 - βₜ) and adds noise of variance βₜ. After it,
xₜ = √ᾱₜ x₀ + √(1 - ᾱₜ) ε with ᾱₜ = α₀ ⋯ αₜ, the share of signal in a variance of one.
Schedules are float64 by default: 1 - ᾱ loses its digits in float32 where it is small.
"""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor

from vaekit._checks import finite_number, float_tensor, positive_int


def linear_betas(
    steps: int,
    *,
    first: float = 1e-4,
    last: float = 0.02,
    dtype: torch.dtype = torch.float64,
    device: torch.device | str | None = None,
) -> Float[Tensor, " T"]:
    """Noise variances that rise in equal parts from `first` to `last`. Made for about 1000 steps.

    Source: Ho et al. (2020), section 4.

    Args:
        steps: T.
        first: β₀, in (0, 1).
        last: β of the last step, in (0, 1).
        dtype: of the result.
        device: of the result.

    Returns:
        β, `(T,)`.

    Raises:
        ValueError: if a number is out of range.
    """
    ends = _share("first", first), _share("last", last)
    return torch.linspace(*ends, positive_int("steps", steps), dtype=dtype, device=device)


def scaled_betas(
    steps: int,
    *,
    first: float = 0.1,
    last: float = 20.0,
    largest: float = 0.999,
    dtype: torch.dtype = torch.float64,
    device: torch.device | str | None = None,
) -> Float[Tensor, " T"]:
    """The linear schedule for any number of steps: from `first` / T to `last` / T, no β above `largest`.

    For large T the share of signal left at the end is exp(-(first + last) / 2) whatever T: one process in
    continuous time, cut finer and finer. Source: the variance-preserving process of Song et al. (2021).

    Args:
        steps: T.
        first: T β₀.
        last: T β of the last step.
        largest: an upper limit, in (0, 1).
        dtype: of the result.
        device: of the result.

    Returns:
        β, `(T,)`.

    Raises:
        ValueError: if a number is out of range.
    """
    steps = positive_int("steps", steps)
    ends = (finite_number(name, value, low=0.0, strict=True) / steps for name, value in _named(first, last))
    return torch.linspace(*ends, steps, dtype=dtype, device=device).clamp(max=_share("largest", largest))


def cosine_betas(
    steps: int,
    *,
    offset: float = 0.008,
    largest: float = 0.999,
    dtype: torch.dtype = torch.float64,
    device: torch.device | str | None = None,
) -> Float[Tensor, " T"]:
    """The schedule whose ᾱ falls along a squared cosine, so that little time is spent on pure noise.

    ᾱₜ = f(t + 1) / f(0) with f(s) = cos²((s/T + offset) / (1 + offset) · π/2). Source: Nichol & Dhariwal (2021).

    Args:
        steps: T.
        offset: keeps the first β from vanishing.
        largest: an upper limit on β, in (0, 1).
        dtype: of the result.
        device: of the result.

    Returns:
        β, `(T,)`.

    Raises:
        ValueError: if a number is out of range.
    """
    offset = finite_number("offset", offset, low=0.0, strict=True)
    grid = torch.linspace(0, 1, positive_int("steps", steps) + 1, dtype=dtype, device=device)
    kept = torch.cos((grid + offset) / (1 + offset) * (math.pi / 2)).square()
    return (1 - kept[1:] / kept[:-1]).clamp(max=_share("largest", largest))


def _named(first: float, last: float) -> tuple[tuple[str, float], ...]:
    return ("first", first), ("last", last)


def _share(name: str, value: float) -> float:
    if finite_number(name, value, low=0.0, strict=True) >= 1:
        raise ValueError(f"{name}: got {value}; expected a number between 0 and 1, both excluded")
    return float(value)


def check_betas(name: str, betas: Float[Tensor, " T"]) -> Float[Tensor, " T"]:
    """Return noise variances if they are a floating-point `(T,)` with T >= 1 and every value between 0 and 1.

    Args:
        name: what the message calls them.
        betas: β, `(T,)`.

    Raises:
        TypeError: if they are not a floating-point tensor.
        ValueError: if they are empty or out of range.
    """
    if float_tensor(name, betas, ndim=1).numel() == 0:
        raise ValueError(f"{name}: got shape (0,); expected (T,) with T >= 1")
    if not betas.is_meta and not ((betas > 0) & (betas < 1)).all():
        low, high = float(betas.min()), float(betas.max())
        raise ValueError(f"{name}: got values from {low:g} to {high:g}; expected values between 0 and 1, both excluded")
    return betas


def noise_variance(betas: Float[Tensor, " T"]) -> Float[Tensor, " T"]:
    """The share of noise 1 - ᾱₜ, computed so that its digits survive where it is small.

    Args:
        betas: β, `(T,)`.
    """
    return -torch.expm1(torch.log1p(-check_betas("betas", betas)).cumsum(0))


def signal_to_noise(betas: Float[Tensor, " T"]) -> Float[Tensor, " T"]:
    """The signal-to-noise ratio ᾱₜ / (1 - ᾱₜ), which falls with t. Source: Kingma et al. (2021).

    Args:
        betas: β, `(T,)`.
    """
    noise = noise_variance(betas)
    return (1 - betas).cumprod(0) / noise


def posterior_variance(betas: Float[Tensor, " T"]) -> Float[Tensor, " T"]:
    """The variance of q(xₜ₋₁|xₜ, x₀): βₜ (1 - ᾱₜ₋₁) / (1 - ᾱₜ), per dimension. It is 0 at t = 0.

    Source: Ho et al. (2020), equation 7.

    Args:
        betas: β, `(T,)`.
    """
    noise = noise_variance(betas)
    return betas * torch.cat([torch.zeros_like(noise[:1]), noise[:-1]]) / noise


def gaussian_reverse_variance(betas: Float[Tensor, " T"], data_var: float) -> Float[Tensor, " T"]:
    """The variance of the true reverse step where the data are N(m, data_var I): vₜ₋₁ βₜ / (αₜ vₜ₋₁ + βₜ).

    Here vₜ = ᾱₜ data_var + 1 - ᾱₜ is the variance of xₜ. With it and the exact denoiser the bound has no gap but for
    what the prior misses of q(x_T).

    Args:
        betas: β, `(T,)`.
        data_var: the variance of the data, per dimension.
    """
    noise = noise_variance(betas)
    before = torch.cat([torch.zeros_like(noise[:1]), noise[:-1]])  # 1 - ᾱ before the step
    v = finite_number("data_var", data_var, low=0.0, strict=True) * (1 - before) + before
    return v * betas / ((1 - betas) * v + betas)
