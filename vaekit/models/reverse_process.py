"""The generator of a diffusion model: reverse steps that a denoiser defines, down to the data."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.distributions import Normal

from vaekit._checks import data_tensor, finite_number, float_tensor, positive_int, same_shape
from vaekit.distributions import BinnedPixels
from vaekit.models.forward_process import ForwardProcess, Steps
from vaekit.noise import check_betas


class ReverseProcess(ForwardProcess):
    """p(xₜ₋₁|xₜ) = N(m, rₜ I), where m is the mean of q(xₜ₋₁|xₜ, x₀) at the x₀ that a denoiser predicts.

    A `DDPM` without its bound and its samples; the arguments are documented there.
    """

    reverse_var: Tensor
    loc: Tensor
    scale: Tensor

    def __init__(
        self,
        denoiser: nn.Module,
        betas: Float[Tensor, " T"],
        *,
        reverse_var: Float[Tensor, " T"] | None = None,
        loc: Tensor | float = 0.0,
        scale: Tensor | float = 1.0,
        levels: int | None = None,
        bounds: tuple[float, float] | None = None,
    ) -> None:
        parameters = denoiser.parameters() if isinstance(denoiser, nn.Module) else iter(())
        super().__init__(betas, dtype=getattr(next(parameters, None), "dtype", None))
        self.denoiser, self.bounds = denoiser, bounds
        self.event_shape: tuple[int, ...] | None = getattr(denoiser, "event_shape", None)
        self.levels = None if levels is None else positive_int("levels", levels, least=2)
        self.register_buffer("reverse_var", _reverse_variance(betas, reverse_var).to(self.betas))
        self.register_buffer("loc", torch.as_tensor(loc).detach().to(self.betas))
        self.register_buffer("scale", torch.as_tensor(scale).detach().to(self.betas))
        if not self.scale.is_meta and not (self.scale > 0).all():
            raise ValueError(f"scale: got {float(self.scale.min())}; expected positive numbers")
        if bounds is not None and not bounds[0] < bounds[1]:
            raise ValueError(f"bounds: got {bounds}; expected a lower and a higher number")

    def standardise(self, x: Float[Tensor, ...]) -> Float[Tensor, ...]:
        """Return x₀ = (x - loc) / scale.

        Args:
            x: data, `(B, *event)`.

        Raises:
            TypeError: if x is not of the buffers' floating-point type.
            ValueError: if x is empty, not finite, or not of the denoiser's event shape.
        """
        data_tensor("x", x, like=self.betas)
        if self.event_shape is not None and x.shape[1:] != self.event_shape:
            raise ValueError(f"x: got shape {tuple(x.shape)}; expected (B, {', '.join(map(str, self.event_shape))})")
        return (x - self.loc) / self.scale

    def noise(
        self, xt: Float[Tensor, ...], t: Steps, *, context: Tensor | None = None, guidance: float = 1.0
    ) -> Float[Tensor, ...]:
        """Return the predicted noise, like `xt`.

        With a `guidance` w it is ε(∅) + w (ε(context) - ε(∅)): without the context for w = 0, with it for w = 1, led
        beyond it for w > 1. Ho & Salimans (2022) count w from 0 where it is 1 here.

        Args:
            xt: states, `(B, *event)` or `(K, B, *event)`.
            t: a step, or one for each row.
            context: `(B, C)`.
            guidance: w; anything but 1 needs a context.

        Raises:
            ValueError: if there is no context to be guided by, or not one row for each example.
        """
        rows, guidance = self.rows(xt), finite_number("guidance", guidance)
        if context is not None:
            if len(float_tensor("context", context, ndim=2)) != rows[-1]:
                raise ValueError(f"context: got {len(context)} rows; expected {rows[-1]}, one for each example")
            context = context.expand(*rows, -1).flatten(0, len(rows) - 1)
        elif guidance != 1:
            raise ValueError(f"context: got None; expected a tensor (B, C), to be guided by with guidance {guidance:g}")
        flat, steps = xt.flatten(0, len(rows) - 1), self._steps(t, rows, xt)
        return self._guided(flat, steps, context, guidance).reshape(xt.shape)

    def _guided(self, xt: Tensor, t: Tensor, context: Tensor | None, guidance: float) -> Tensor:
        if guidance == 1:
            return self.denoiser(xt, t, context=context)
        free = self.denoiser(xt, t, context=None)
        return free if guidance == 0 else free + guidance * (self.denoiser(xt, t, context=context) - free)

    def _steps(self, t: Steps, rows: torch.Size, xt: Tensor) -> Tensor:
        """The steps as the denoiser wants them, `(N,)`; `at` has checked their range, and here none may be missing."""
        self.at("betas", t, xt)
        if isinstance(t, Tensor) and t.ndim:
            if t.shape != rows:
                raise ValueError(f"t: got shape {tuple(t.shape)}; expected {tuple(rows)}, one step for each row of xt")
            return t.flatten()
        return torch.full((rows.numel(),), int(t), dtype=torch.int64, device=xt.device)

    def rows(self, xt: Float[Tensor, ...]) -> torch.Size:
        """Return the shape in front of an event, `(B,)` or `(K, B)`.

        Args:
            xt: states.
        """
        return xt.shape[: xt.ndim - (1 if self.event_shape is None else len(self.event_shape))]

    def predict_x0(
        self, xt: Float[Tensor, ...], t: Steps, *, context: Tensor | None = None, guidance: float = 1.0
    ) -> Float[Tensor, ...]:
        """Return the predicted x₀ in the diffusion's units, clipped to `bounds` if there are any; see `noise`."""
        noise = self.noise(xt, t, context=context, guidance=guidance)
        x0 = (xt - self.at("noise_var", t, xt).sqrt() * noise) / self.at("alpha_bar", t, xt).sqrt()
        return x0 if self.bounds is None else x0.clamp(*self.bounds)

    def reverse(
        self, xt: Float[Tensor, ...], t: Steps, *, context: Tensor | None = None, guidance: float = 1.0
    ) -> Normal:
        """Return p(xₜ₋₁|xₜ), batch shape that of xₜ; at t = 0 that of x₀ given x₁. Arguments as in `noise`."""
        x0 = self.predict_x0(xt, t, context=context, guidance=guidance)
        return Normal(self.posterior_mean(x0, xt, t), self.at("reverse_var", t, xt).sqrt())

    def likelihood(
        self, x1: Float[Tensor, ...], *, context: Tensor | None = None, guidance: float = 1.0
    ) -> Normal | BinnedPixels:
        """Return p(x|x₁) in the units of x: a density, or with `levels` the masses of the grey values.

        Args:
            x1: the state after step 0.
            context: `(B, C)`.
            guidance: see `noise`.
        """
        p = self.reverse(x1, 0, context=context, guidance=guidance)
        px = Normal(self.loc + self.scale * p.loc, self.scale * p.scale)
        return px if self.levels is None else BinnedPixels(px, levels=self.levels)

    @property
    def noise_weight(self) -> Float[Tensor, " T"]:
        """What a squared error of the noise costs in the bound, wₜ = βₜ² / (2 rₜ αₜ (1 - ᾱₜ)) nats.

        Without `bounds`, the KL of step t is wₜ ‖ε - ε̂‖² plus D times `variance_kl`; at t = 0, so is -log p(x₀|x₁).
        Source: Ho et al. (2020), equation 12.
        """
        return self.betas.square() / (2 * self.reverse_var * self.alphas * self.noise_var)

    @property
    def variance_kl(self) -> Float[Tensor, " T"]:
        """What the variance of the reverse step costs, nats per dimension: ½(v/r - 1 - log(v/r)), v = `posterior_var`.

        At t = 0, where there is no v, it is the constant of the Gaussian, ½ log(2π r₀).
        """
        ratio = self.posterior_var / self.reverse_var
        first = torch.arange(len(self), device=ratio.device) == 0
        kl = 0.5 * (ratio - 1 - torch.where(first, 1.0, ratio).log())
        return torch.where(first, 0.5 * (2 * math.pi * self.reverse_var).log(), kl)


def _reverse_variance(betas: Tensor, wanted: Tensor | None) -> Tensor:
    """The variances of the reverse steps, with a 0 at t = 0 replaced; all others must be positive."""
    if wanted is None:
        return betas
    same_shape("reverse_var", float_tensor("reverse_var", wanted).detach(), "betas", betas)
    first = torch.where(wanted[:1] == 0, check_betas("betas", betas)[:1].to(wanted), wanted[:1])
    variance = torch.cat([first, wanted[1:]])
    if not variance.is_meta and not ((variance > 0) & variance.isfinite()).all():
        raise ValueError(f"reverse_var: got values down to {float(variance.min())}; expected positive finite numbers")
    return variance
