"""The denoising diffusion model: T levels of latents whose encoder is fixed, returned as a `Trace` like any other."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.distributions import Normal

from vaekit._checks import float_tensor, positive_int
from vaekit.distributions import BinnedPixels
from vaekit.latents import StepLatent
from vaekit.models.reverse_process import ReverseProcess
from vaekit.trace import Draw, Latent, Trace, pathwise

Levels = tuple[Normal | BinnedPixels, tuple[Latent, ...]]
"""The likelihood, and the levels of latents from the data upward."""


class DDPM(ReverseProcess):
    """Reverse steps p(xₜ₋₁|xₜ) = N(m, rₜ I), where m is the mean of q(xₜ₋₁|xₜ, x₀) at the x₀ that a denoiser predicts.

    What is diffused is x₀ = (x - loc) / scale; bounds and samples are in the units of x. Called as any model, it
    returns the reconstruction term, *one* step drawn from the T - 1 others and weighted by their number, and the prior
    term: enough for an unbiased `elbo`, while `log_w` raises. `chain` is called alike and returns every level.
    Source: Sohl-Dickstein et al. (2015); Ho et al. (2020).

    Args:
        denoiser: `denoiser(xt, t, context=None)` returns the predicted noise, `(N, *event)`, for `xt: (N, *event)`,
            `t: (N,)` and `context: (N, C)`. Its attribute `event_shape` says what an event is; a vector without it.
        betas: β, `(T,)`, best in float64. The buffers take the dtype of the denoiser's parameters, if it has any.
        reverse_var: r, `(T,)`; β unless given. A 0 at t = 0, as in `posterior_variance`, becomes β₀.
        loc: subtracted from x; a number or a tensor like an event.
        scale: x is divided by it; positive, a number or a tensor like an event.
        levels: if given, x is pixels of so many grey values from 0 to 1, and p(x|x₁) the Gaussian's mass on their bins.
        bounds: if given, the predicted x₀ is clipped to them, in the bound and in sampling alike.
    """

    def forward(
        self, x: Tensor, num_samples: int = 1, *, context: Tensor | None = None, draw: Draw = pathwise
    ) -> Trace:
        """Return the trace of `num_samples` draws of x₁, of x_T and of a step in between that is drawn for each.

        Args:
            x: data, `(B, *event)`.
            num_samples: K.
            context: `(B, C)`, for the denoiser.
            draw: how the states are drawn.

        Returns:
            A trace with two levels, the drawn step and x_T; for T = 1 with x_T alone.

        Raises:
            TypeError: if x is not of the buffers' floating-point type.
            ValueError: if x is empty, not finite or of the wrong shape, or `num_samples` < 1.
        """
        shape = torch.Size([positive_int("num_samples", num_samples)])
        return Trace(x, *self.one_step(self.standardise(x), shape, context=context, draw=draw))

    def chain(self, x: Tensor, num_samples: int = 1, *, context: Tensor | None = None, draw: Draw = pathwise) -> Trace:
        """Return the trace of the whole chain, x₁ to x_T, drawn from the top: a hierarchy of T levels like any other.

        For small T and for tests: K T states are held for each example. Arguments and errors are those of the call.
        """
        shape = torch.Size([positive_int("num_samples", num_samples)])
        return Trace(x, *self.every_step(self.standardise(x), shape, context=context, draw=draw))

    def one_step(
        self, x0: Tensor, shape: torch.Size, *, context: Tensor | None = None, draw: Draw = pathwise
    ) -> Levels:
        """Return p(x|x₁) and the levels of a call: a step drawn for every sample and example, and x_T.

        Args:
            x0: the data in the diffusion's units, `(B, *event)` or, with its own samples, `(K, B, *event)`.
            shape: `(K,)`, or `()` where x₀ has samples of its own.
            context: for the denoiser.
            draw: how the states are drawn.
        """
        px = self.likelihood(draw(self.q(x0, 0), shape), context=context)
        top = self.top(x0, shape, draw=draw)
        if len(self) == 1:
            return px, (top,)
        t = torch.randint(1, len(self), self.rows(top.z), device=x0.device)
        xt = draw(self.q(x0.expand_as(top.z), t), torch.Size())
        q, p = self.posterior(x0, xt, t), self.reverse(xt, t, context=context)
        return px, (StepLatent(draw(q, torch.Size()), q, p, weight=len(self) - 1), top)

    def every_step(
        self, x0: Tensor, shape: torch.Size, *, context: Tensor | None = None, draw: Draw = pathwise
    ) -> Levels:
        """Return p(x|x₁) and all T levels; arguments as in `one_step`."""
        levels = [self.top(x0, shape, draw=draw)]
        for t in range(len(self) - 1, 0, -1):
            xt = levels[-1].z
            q, p = self.posterior(x0, xt, t), self.reverse(xt, t, context=context)
            levels.append(Latent(draw(q, torch.Size()), q, p))
        return self.likelihood(levels[-1].z, context=context), tuple(reversed(levels))

    def top(self, x0: Tensor, shape: torch.Size, *, draw: Draw = pathwise) -> Latent:
        """Return the level of x_T, whose prior is N(0, I); arguments as in `one_step`."""
        q = self.q(x0, len(self) - 1)
        zero = torch.zeros_like(x0[(0,) * len(self.rows(x0))])
        return Latent(draw(q, shape), q, Normal(zero, torch.ones_like(zero)))

    @torch.no_grad()
    def sample(self, num: int, *, context: Tensor | None = None, guidance: float = 1.0) -> Tensor:
        """Draw x from the model, from x_T down: ancestral sampling, T calls of the denoiser (2T with guidance).

        Args:
            num: how many.
            context: one row for each sample, if the model is conditional.
            guidance: see `noise`. With anything but 0 or 1 the samples are not from the model that `elbo` bounds.

        Returns:
            Samples in the units of x, `(num, *event)`.

        Raises:
            ValueError: if `num` < 1, differs from the rows of `context`, or the denoiser has no `event_shape`.
        """
        for x in self._states(num, context, guidance):
            last = x
        return last

    @torch.no_grad()
    def sample_path(self, num: int, *, context: Tensor | None = None, guidance: float = 1.0) -> Tensor:
        """Draw x and keep every state on the way, in the units of x: `(T + 1, num, *event)`, noise first, x last.

        Arguments and errors are those of `sample`.
        """
        return torch.stack(list(self._states(num, context, guidance)))

    def _states(self, num: int, context: Tensor | None, guidance: float) -> Iterator[Tensor]:
        state = self.start(num, context=context)
        yield self.loc + self.scale * state
        for t in range(len(self) - 1, 0, -1):
            state = self.reverse(state, t, context=context, guidance=guidance).sample()
            yield self.loc + self.scale * state
        yield self.likelihood(state, context=context, guidance=guidance).sample()

    def start(self, num: int, *, context: Tensor | None = None) -> Tensor:
        """Draw x_T from the prior N(0, I), `(num, *event)`; arguments and errors as in `sample`."""
        positive_int("num", num)
        if context is not None and len(float_tensor("context", context)) != num:
            raise ValueError(f"context: got {len(context)} rows; expected num = {num}")
        if self.event_shape is None:
            raise ValueError("denoiser: it has no event_shape; expected one, which says what shape a sample has")
        return torch.randn(num, *self.event_shape, dtype=self.betas.dtype, device=self.betas.device)
