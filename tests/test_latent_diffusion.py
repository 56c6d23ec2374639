"""Diffusion in the latent space of a VAE: exact where its parts are, and on the device of its parts."""

import torch
from torch import Tensor, nn
from torch.distributions import Distribution, Normal
from torch.testing import assert_close

from tests.statistics import assert_mean, seeded
from tests.zoo import B, D, conditional
from vaekit import (
    DDPM,
    VAE,
    BernoulliHead,
    GaussianDenoiser,
    LatentDiffusion,
    LinearVAE,
    MLPDenoiser,
    SampledLatent,
    StandardNormal,
    UNetDenoiser,
    ddim_sample,
    elbo,
    gaussian_reverse_variance,
    latent_moments,
    log_likelihood,
    noise_prediction_loss,
    scaled_betas,
    step_terms,
)


class Posterior(nn.Module):
    """The exact posterior of a linear VAE with one latent, as a factorised Gaussian."""

    def __init__(self, linear: LinearVAE) -> None:
        super().__init__()
        self.linear = linear

    def forward(self, x: Tensor, context: None = None) -> Normal:
        q = self.linear.posterior(x)
        return Normal(q.mean, q.variance.sqrt())


class Decoder(Posterior):
    def forward(self, z: Tensor, context: None = None) -> Normal:
        return self.linear.decoder(z)


def latent_model(loc: float = 0.0, scale: float = 1.0) -> tuple[LatentDiffusion, LinearVAE, Tensor]:
    """p(z) = N(0, 1) by a diffusion model that reverses exactly, in whatever units it diffuses."""
    with seeded(7):
        linear = LinearVAE(torch.randn(D, 1).double(), torch.randn(D).double(), 0.3)
    betas, unit = scaled_betas(4), torch.tensor([-loc / scale]).double()
    variance = gaussian_reverse_variance(betas, scale**-2)
    denoiser = GaussianDenoiser(betas, scale**-2, mean=unit)
    inner = DDPM(denoiser, betas, loc=loc, scale=scale, reverse_var=variance)
    vae = VAE(Posterior(linear), Decoder(linear), StandardNormal(1).double())
    return LatentDiffusion(vae, inner), linear, linear.sample(B)


def test_a_vae_whose_prior_is_an_exact_diffusion_model_weighs_every_draw_by_the_evidence():
    model, linear, x = latent_model()
    evidence = linear.log_evidence(x)
    assert_close(model.chain(x, 6).log_w, evidence.expand(6, B), rtol=1e-9, atol=1e-9)
    assert_close(log_likelihood(model.chain, x, 3), evidence, rtol=1e-9, atol=1e-9)
    with seeded(8):
        terms = elbo(model, x, 20_000)
    assert isinstance(model(x).latents[0], SampledLatent) and terms.groups == (1, 1, 1)
    assert_mean(terms.log_px - terms.kl.sum(-1), evidence)


def test_the_units_of_the_latents_are_those_of_their_moments_and_samples_are_those_of_the_vae():
    model, linear, _ = latent_model(loc=0.2, scale=0.9)
    with seeded(9):
        data = linear.sample(40_000)
        mean, sd = latent_moments(model.vae, data)
        x = model.sample(40_000)
    assert_close(mean, torch.zeros(1).double(), rtol=0, atol=0.03)
    assert_close(sd, torch.ones(1).double(), rtol=0, atol=0.03)
    # ᾱ_T = 5e-4 with 4 steps: the prior N(0, 1) misses q(x_T) by so little that the moments of z do not show it
    assert_close(x.mean(0), linear.bias.detach(), rtol=0, atol=0.05)
    assert_close(x.var(0), linear.weight.detach().square().squeeze(1) + 0.3, rtol=0.05, atol=0)


def test_gradients_of_a_latent_diffusion_model_reach_every_parameter_of_both_parts():
    with seeded():
        vae = VAE(conditional(D, 2), conditional(2, D, BernoulliHead), StandardNormal(2))
        model = LatentDiffusion(vae, DDPM(MLPDenoiser(2, hidden=8), scaled_betas(5)))
        (-elbo(model, torch.randint(2, (B, D)).float(), 3).elbo.mean()).backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters())


def test_diffusion_stays_on_the_device_of_the_model():
    Distribution.set_default_validate_args(False)
    try:
        denoiser = MLPDenoiser(D, hidden=16, context_features=3).double()
        model, x = DDPM(denoiser, scaled_betas(5)).to("meta"), torch.zeros(B, D, dtype=torch.float64, device="meta")
        context = torch.zeros(B, 3, dtype=torch.float64, device="meta")
        outputs = [
            elbo(model, x, 2, context=context).elbo,
            step_terms(model, x),
            ddim_sample(model, B, context=context),
        ]
        outputs += [noise_prediction_loss(model, x, context=context, context_dropout=0.2)]
        outputs += [model.sample(B, context=context, guidance=2.0), model.noise_weight, model.variance_kl]
        inner, _, x = latent_model()
        outputs += [elbo(inner.to("meta"), x.to("meta"), 2).elbo, inner.sample(3)]
        images = DDPM(UNetDenoiser((8, 8), channels=8), scaled_betas(3), levels=17).to("meta")
        outputs += [elbo(images, torch.zeros(2, 64, device="meta")).elbo, images.sample(2)]
        assert all(output.is_meta for output in outputs)
    finally:
        Distribution.set_default_validate_args(True)
