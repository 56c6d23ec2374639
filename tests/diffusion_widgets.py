"""Small diffusion models for the tests of the players: one of the plane, one in the latent space of a digits VAE."""

from functools import cache
from typing import Any

import torch

import vaekit
from vaekit import MLP, VAE, BernoulliHead, Conditional, GaussianHead, StandardNormal
from vaekit.denoisers import MLPDenoiser
from vaekit.models.ddpm import DDPM
from vaekit.models.diffusion import noise_prediction_loss
from vaekit.models.exact_denoisers import MixtureDenoiser
from vaekit.models.latent_diffusion import LatentDiffusion, latent_moments
from vaekit.noise import posterior_variance, scaled_betas
from vaekit.widgets import DiffusionPlayer, LatentDiffusionPlayer

STEPS, SHAPE = 20, (8, 8)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@cache
def mixture(dtype: torch.dtype = torch.float64) -> MixtureDenoiser:
    """Three clouds in the plane, of unequal weights."""
    means = torch.tensor([[-1.2, 0.6], [1.0, 1.0], [0.3, -1.3]], dtype=dtype)
    weights, variances = torch.tensor([1.0, 2.0, 3.0], dtype=dtype), torch.tensor([0.05, 0.1, 0.04], dtype=dtype)
    return MixtureDenoiser(scaled_betas(STEPS, dtype=dtype), weights, means, variances)


@cache
def plane_data(dtype: torch.dtype = torch.float64, count: int = 300) -> torch.Tensor:
    """Draws from the mixture, `(count, 2)`."""
    with torch.random.fork_rng():
        torch.manual_seed(3)
        return mixture().data().sample((count,)).to(dtype)


def plane_model(dtype: torch.dtype = torch.float64, *, hidden: int = 16, **options: Any) -> DDPM:
    """An untrained denoiser: to the page it is as good as any. Its step back has another variance than the forward."""
    with torch.random.fork_rng():
        torch.manual_seed(1)
        net = MLPDenoiser(2, hidden=hidden, layers=3, time_features=12, **options).to(dtype)
    betas = scaled_betas(STEPS)
    return DDPM(net, betas, reverse_var=0.5 * (betas + posterior_variance(betas)))


def plane_player(model: DDPM | None = None, **options: Any) -> DiffusionPlayer:
    """A player of the plane with 40 points and the exact field; weights as they are unless `dtype` says otherwise."""
    options = {"exact": mixture(), "points": 40, "num_samples": 2, "dtype": "float32", **options}
    return DiffusionPlayer(model or plane_model(), plane_data(), **options)


@cache
def latent_model() -> LatentDiffusion:
    """A VAE of 8x8 digits with three latents, trained for a moment, and a diffusion of its codes, likewise."""
    data = vaekit.load_dataset("digits", binarize="dynamic")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        decoder = Conditional(MLP([3, 32]), BernoulliHead(32, 64))
        vae = VAE(Conditional(MLP([64, 32]), GaussianHead(32, 3)), decoder, StandardNormal(3))
        net = MLPDenoiser(3, hidden=32, layers=2, time_features=8, context_features=2)

    def bound(model: VAE, batch: vaekit.Batch, step: int) -> torch.Tensor:
        return vaekit.weighted_loss(vaekit.elbo(model, batch.x))

    def loss(model: DDPM, batch: vaekit.Batch, step: int) -> torch.Tensor:
        return noise_prediction_loss(model, vae.encoder(batch.x).sample())

    vaekit.fit(vae, data, bound, epochs=8, batch_size=64, lr=5e-3, seed=0, progress=False)
    mean, sd = latent_moments(vae, data.x)
    ddpm = DDPM(net, scaled_betas(STEPS), loc=mean, scale=sd)
    vaekit.fit(ddpm, data, loss, epochs=8, batch_size=64, lr=5e-3, seed=0, progress=False)
    return LatentDiffusion(vae, ddpm)


@cache
def digits() -> torch.Tensor:
    """Sixty test digits, binary, `(60, 64)`."""
    return vaekit.load_dataset("digits", split="test", binarize="static").x[:60]


def latent_player(**options: Any) -> LatentDiffusionPlayer:
    """A player of six digits."""
    return LatentDiffusionPlayer(latent_model(), digits(), SHAPE, **{"digits": 6, **options})
