"""Diffusion in the latent space of a VAE: a VAE whose prior is a DDPM."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

from vaekit._checks import instance, positive_int
from vaekit.latents import SampledLatent
from vaekit.models.ddpm import DDPM
from vaekit.models.vae import VAE
from vaekit.trace import Draw, Trace, pathwise


class LatentDiffusion(nn.Module):
    """x ← z by the decoder of a VAE, z ← z₁ ← … ← z_T by a DDPM: the DDPM takes the place of the prior.

    Its `elbo` bounds log p(x): E_q[log p(x|z) - log q(z|x) + the DDPM's bound on log p(z)]. Usually the VAE is trained
    first, and then the DDPM on draws from its encoder. Source: Vahdat et al. (2021), who train both together; Rombach
    et al. (2022), who do not.

    Args:
        vae: a VAE whose z is a vector; its own prior is not used.
        ddpm: a diffusion model of z; its `loc` and `scale` are best those of `latent_moments`.
    """

    def __init__(self, vae: VAE, ddpm: DDPM) -> None:
        super().__init__()
        instance("vae", vae, VAE, "a VAE")
        instance("ddpm", ddpm, DDPM, "a DDPM")
        self.vae, self.ddpm = vae, ddpm

    def forward(
        self, x: Tensor, num_samples: int = 1, *, context: Tensor | None = None, draw: Draw = pathwise
    ) -> Trace:
        """Return the trace of z and of one step of the DDPM; see `DDPM.forward`.

        Args:
            x: data, `(B, *event)`.
            num_samples: K.
            context: `(B, C)`, for the denoiser alone.
            draw: how z and the states are drawn.
        """
        return self._trace(self.ddpm.one_step, x, num_samples, context, draw)

    def chain(self, x: Tensor, num_samples: int = 1, *, context: Tensor | None = None, draw: Draw = pathwise) -> Trace:
        """Return the trace of z and the whole chain above it, which has log weights; arguments as in the call."""
        return self._trace(self.ddpm.every_step, x, num_samples, context, draw)

    def _trace(self, levels_of: object, x: Tensor, num_samples: int, context: Tensor | None, draw: Draw) -> Trace:
        inner = self.vae(x, positive_int("num_samples", num_samples), draw=draw)
        (latent,) = inner.latents
        x0 = (latent.z - self.ddpm.loc) / self.ddpm.scale
        pz, levels = levels_of(x0, torch.Size(), context=context, draw=draw)
        return Trace(x, inner.px, (SampledLatent(latent.z, latent.q, pz), *levels))

    @torch.no_grad()
    def sample(self, num: int, *, context: Tensor | None = None, guidance: float = 1.0) -> Tensor:
        """Draw z from the DDPM, then x from p(x|z).

        Decoder means are `model.vae.decoder(z).mean` with `z = model.ddpm.sample(num)`.

        Args:
            num: how many.
            context: one row for each sample, for the denoiser.
            guidance: see `DDPM.noise`.

        Returns:
            Samples, `(num, *event)`.
        """
        return self.vae.decoder(self.ddpm.sample(num, context=context, guidance=guidance)).sample()


@torch.no_grad()
def latent_moments(vae: VAE, x: Tensor) -> tuple[Float[Tensor, " L"], Float[Tensor, " L"]]:
    """Mean and standard deviation of the aggregate posterior, per dimension: the scale that a diffusion of z needs.

    The variance is that of the means plus the mean of the variances.

    Args:
        vae: a VAE whose q factorises.
        x: data, `(B, *event)`.

    Returns:
        Mean and standard deviation, each `(L,)`.
    """
    q = vae.encoder(x)
    return q.mean.mean(0), (q.mean.var(0, correction=0) + q.variance.mean(0)).sqrt()
