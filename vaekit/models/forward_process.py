"""The encoder of a diffusion model: it has no parameters, and all of its distributions are Gaussians in closed form."""

from __future__ import annotations

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn
from torch.distributions import Normal

from vaekit._checks import positive_int
from vaekit.noise import check_betas, noise_variance, posterior_variance

Steps = int | Int64[Tensor, "..."]
"""A step t, or an int64 tensor of steps, one for each entry of the first axes of what it is used with."""


class ForwardProcess(nn.Module):
    """q(x₀ → x₁ → … → x_T): each step multiplies by √αₜ and adds noise of variance βₜ = 1 - αₜ.

    Steps are counted from 0: "x at t" is the state after step t, with a share ᾱₜ of signal, and before step 0 stands
    x₀ itself. All is kept in buffers `(T,)`: `betas`, `alphas`, `alpha_bar`, `noise_var` (1 - ᾱ, with all its digits)
    and `posterior_var`. Source: Sohl-Dickstein et al. (2015); Ho et al. (2020), section 2.

    Args:
        betas: β, `(T,)`, between 0 and 1.
        dtype: of the buffers; that of `betas` unless given.
    """

    betas: Tensor
    alphas: Tensor
    alpha_bar: Tensor
    noise_var: Tensor
    posterior_var: Tensor
    x0_share: Tensor
    xt_share: Tensor

    def __init__(self, betas: Float[Tensor, " T"], *, dtype: torch.dtype | None = None) -> None:
        super().__init__()
        betas = check_betas("betas", betas).detach()
        exact = betas.double()
        noise, alphas = noise_variance(exact), 1 - exact
        alpha_bar = alphas.cumprod(0)
        signal_before = torch.cat([torch.ones_like(noise[:1]), alpha_bar[:-1]])  # before step 0 all is signal
        noise_before = torch.cat([torch.zeros_like(noise[:1]), noise[:-1]])
        buffers = {
            "betas": exact,
            "alphas": alphas,
            "alpha_bar": alpha_bar,
            "noise_var": noise,
            "posterior_var": posterior_variance(exact),
            "x0_share": signal_before.sqrt() * exact / noise,
            "xt_share": alphas.sqrt() * noise_before / noise,
        }
        for name, value in buffers.items():
            self.register_buffer(name, value.to(dtype or betas.dtype))

    def __len__(self) -> int:
        """The number of steps T."""
        return len(self.betas)

    def q(self, x0: Float[Tensor, ...], t: Steps) -> Normal:
        """Return the law of xₜ given x₀, N(√ᾱₜ x₀, (1 - ᾱₜ) I), all steps up to t at once; batch shape that of x₀.

        Args:
            x0: the data in the diffusion's units, `(B, *event)` or `(K, B, *event)`.
            t: from 0 to T - 1; a number, or one for each row: `(B,)` or `(K, B)`.

        Raises:
            TypeError: if t holds no integers.
            ValueError: if it is out of range, or not of the shape of the first axes of x₀.
        """
        return Normal(self.at("alpha_bar", t, x0).sqrt() * x0, self.at("noise_var", t, x0).sqrt())

    def posterior(self, x0: Float[Tensor, ...], xt: Float[Tensor, ...], t: Steps) -> Normal:
        """Return q(xₜ₋₁|xₜ, x₀), the distribution of the state before step t; batch shape that of xₜ.

        The mean is (√ᾱₜ₋₁ βₜ x₀ + √αₜ (1 - ᾱₜ₋₁) xₜ) / (1 - ᾱₜ), the variance βₜ (1 - ᾱₜ₋₁) / (1 - ᾱₜ).
        Source: Ho et al. (2020), equations 6 and 7.

        Args:
            x0: `(B, *event)`, or of the shape of `xt`.
            xt: the state after step t, `(B, *event)` or `(K, B, *event)`.
            t: from 1 to T - 1. Before step 0 is x₀, a point without a density.

        Raises:
            TypeError: if t holds no integers.
            ValueError: if it is out of range, 0 included.
        """
        if (not t.is_meta and bool((t == 0).any())) if isinstance(t, Tensor) else t == 0:
            raise ValueError("t: got 0; expected 1 to T - 1, for before step 0 the state is x0 itself, a point")
        return Normal(self.posterior_mean(x0, xt, t), self.at("posterior_var", t, xt).sqrt())

    def posterior_mean(self, x0: Float[Tensor, ...], xt: Float[Tensor, ...], t: Steps) -> Float[Tensor, ...]:
        """Return the mean of q(xₜ₋₁|xₜ, x₀), which at t = 0 is x₀.

        Args:
            x0: `(B, *event)`, or of the shape of `xt`.
            xt: the state after step t.
            t: from 0 to T - 1.
        """
        return self.at("x0_share", t, xt) * x0 + self.at("xt_share", t, xt) * xt

    def at(self, name: str, t: Steps, like: Float[Tensor, ...]) -> Float[Tensor, ...]:
        """Return the entries at t of a buffer, with axes added behind until they broadcast against `like`.

        Args:
            name: the buffer, such as `"alpha_bar"`.
            t: a number, or a tensor of the shape of the first axes of `like`.
            like: what the entries will be multiplied with.

        Raises:
            TypeError: if t holds no integers.
            ValueError: if it is out of range, or of another shape.
        """
        values = getattr(self, name)
        if not isinstance(t, Tensor):
            if positive_int("t", t, least=0) >= len(self):
                raise ValueError(f"t: got {t}; expected 0 to T - 1 = {len(self) - 1}")
            return values[t]
        if t.dtype != torch.int64:
            raise TypeError(f"t: got dtype {t.dtype}; expected torch.int64")
        if t.shape != like.shape[: t.ndim]:
            raise ValueError(f"t: got shape {tuple(t.shape)}; expected the first axes of {tuple(like.shape)}")
        if not t.is_meta and ((t < 0) | (t >= len(self))).any():
            raise ValueError(f"t: got {int(t.min())} to {int(t.max())}; expected 0 to T - 1 = {len(self) - 1}")
        return values[t].reshape(*t.shape, *(1,) * (like.ndim - t.ndim))
