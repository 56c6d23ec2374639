"""Beside the diffusion model: the loss and the bound, guidance, samplers, exact denoisers, and pixels."""

import math

import pytest
import torch
from torch import Tensor
from torch.testing import assert_close

from tests.statistics import assert_mean, seeded
from tests.zoo import B, D, ddpm
from vaekit import (
    DDPM,
    GaussianDenoiser,
    MixtureDenoiser,
    MLPDenoiser,
    ddim_sample,
    elbo,
    gaussian_reverse_variance,
    noise_prediction_loss,
    scaled_betas,
    step_terms,
)

BETAS = scaled_betas(60)


def guided(steps: int = 5) -> DDPM:
    with seeded():
        return DDPM(
            MLPDenoiser(D, hidden=16, layers=2, time_features=8, context_features=3), scaled_betas(steps)
        ).double()


def mixture(betas: Tensor) -> MixtureDenoiser:
    means = torch.tensor([[1.0, 0.0], [-1.0, 1.0], [0.0, -2.0]], dtype=torch.float64)
    return MixtureDenoiser(
        betas, torch.tensor([0.5, 0.3, 0.2]).double(), means, torch.tensor([0.1, 0.3, 0.05]).double()
    )


def test_the_weighted_loss_is_the_bound_and_the_simplified_one_is_its_unweighted_sum():
    with seeded(1):
        model = DDPM(MLPDenoiser(2, hidden=8).double(), scaled_betas(4))
        x = torch.randn(3, 2).double()
        rows = x.repeat(400, 1)
        weights = len(model) * model.noise_weight
        losses = torch.stack([noise_prediction_loss(model, rows, weights=weights) for _ in range(200)]).detach()
        plain = torch.stack([noise_prediction_loss(model, rows) for _ in range(200)]).detach()
        terms = step_terms(model, x, 20_000).mean(1)
    errors = (terms[:, :-1] - 2 * model.variance_kl) / model.noise_weight  # |noise - predicted|² at each step
    constant = 2 * model.variance_kl.sum() + terms[0, -1]
    exact = terms.sum(-1).mean() - constant
    spread = terms.sum(-1).std() / math.sqrt(len(terms))
    assert (losses.mean() - exact).abs() < 4.5 * torch.hypot(losses.std() / 200**0.5, spread)
    wanted = errors.mean(-1)
    assert (plain.mean() - wanted.mean()).abs() < 4.5 * torch.hypot(
        plain.std() / 200**0.5, wanted.std() / math.sqrt(20_000)
    )


def test_guidance_of_one_is_the_conditional_prediction_of_zero_the_unconditional_and_between_and_beyond_linear():
    model, context = guided(), torch.eye(3).double()[[0, 1, 2, 0, 1]]
    with seeded():
        xt, t = torch.randn(4, B, D).double(), torch.randint(5, (4, B))
    noise = {w: model.noise(xt, t, context=context, guidance=w) for w in (0.0, 1.0, 3.0)}
    assert torch.equal(noise[1.0], model.noise(xt, t, context=context))
    assert torch.equal(noise[0.0], model.noise(xt, t))
    assert torch.equal(noise[0.0], model.noise(xt, t, context=torch.zeros(B, 3).double()))
    assert_close(noise[3.0], noise[0.0] + 3 * (noise[1.0] - noise[0.0]))
    assert (noise[1.0] - noise[0.0]).abs().max() > 1e-3
    for k in range(4):
        for b in range(B):
            alone = model.denoiser(xt[k, b : b + 1], t[k, b : b + 1], context=context[b : b + 1])
            assert_close(noise[1.0][k, b], alone[0])
    samples = []
    for options in (
        {"guidance": 0.0, "context": context},
        {},
        {"context": context},
        {"guidance": 1.0, "context": context},
    ):
        with seeded(3):
            samples.append(model.sample(B, **options))
    assert torch.equal(samples[0], samples[1]) and torch.equal(samples[2], samples[3])
    assert not torch.allclose(samples[1], samples[2])


def test_a_context_that_is_always_dropped_is_none_and_one_that_never_is_is_kept():
    model, context = guided(), torch.eye(3).double()[[0, 1, 2, 0, 1]]
    x, losses = torch.zeros(B, D).double(), []
    for options in ({}, {"context": context, "context_dropout": 1.0}, {"context": context}):
        with seeded(2):
            losses.append(noise_prediction_loss(model, x, **options))
    assert_close(losses[0], losses[1])
    assert not torch.allclose(losses[0], losses[2])


@pytest.mark.parametrize("sampler", [DDPM.sample, ddim_sample], ids=["ancestral", "DDIM"])
def test_samples_of_gaussian_data_have_its_moments(sampler):
    betas = scaled_betas(400) if sampler is ddim_sample else BETAS
    denoiser = GaussianDenoiser(betas, 4.0, mean=torch.tensor([1.5, -0.5]).double())
    model = DDPM(denoiser, betas, reverse_var=gaussian_reverse_variance(betas, 4.0))
    with seeded(4):
        centred = sampler(model, 20_000) - denoiser.mean
    if sampler is DDPM.sample:
        assert_mean(centred, 0.0)
        assert_mean(centred.unsqueeze(-1) * centred.unsqueeze(-2), 4 * torch.eye(2).double())
    else:  # a deterministic map of x_T, right to the order of a step
        assert centred.mean(0).abs().max() < 0.1
        assert_close(centred.std(0), torch.full((2,), 2.0).double(), rtol=0.03, atol=0)


def test_the_exact_denoiser_of_a_mixture_is_its_score_and_its_samples_those_of_the_mixture():
    denoiser = mixture(BETAS)
    model = DDPM(denoiser, BETAS)
    with seeded(5):
        data, samples = denoiser.data().sample((20_000,)), model.sample(20_000)
        xt = torch.randn(50, 2).double().requires_grad_()
    for t in (0, 20, 59):
        (score,) = torch.autograd.grad(denoiser.marginal(t).log_prob(xt).sum(), xt)
        wanted = -model.noise_var[t].sqrt() * score
        assert_close(model.noise(xt, t), wanted, rtol=1e-9, atol=1e-9)
        moments = (model.q(data, t).sample(), denoiser.marginal(t).sample((20_000,)))
        assert_close(*(each.var(0) for each in moments), rtol=0.05, atol=0)
    evidence = denoiser.data().log_prob(data[:500]).mean()
    bound = -step_terms(model, data[:500], 20).sum(-1).mean()
    assert bound < evidence and bound > evidence - 0.5
    one = GaussianDenoiser(BETAS, 0.3, mean=torch.ones(2).double())
    single = MixtureDenoiser(BETAS, torch.ones(1).double(), torch.ones(1, 2).double(), torch.full((1,), 0.3).double())
    t = torch.full((50,), 7)
    assert_close(one(xt, t), single(xt, t))
    assert_close(samples.mean(0), data.mean(0), rtol=0, atol=0.05)
    assert_close(samples.var(0), data.var(0), rtol=0.1, atol=0)


def test_the_path_of_a_sample_begins_in_noise_and_ends_in_the_sample():
    model = DDPM(guided().denoiser, scaled_betas(5), loc=2.0, scale=3.0)
    with seeded(6):
        path = model.sample_path(7)
    with seeded(6):
        sample = model.sample(7)
    with seeded(6):
        noise = model.start(7)
    assert path.shape == (6, 7, D)
    assert torch.equal(path[-1], sample) and torch.equal(path[0], 2 + 3 * noise)
    assert ddim_sample(model, 3, steps=1).shape == ddim_sample(model, 3, steps=4).shape == (3, D)


def test_pixels_have_a_mass_that_is_comparable_and_samples_on_the_levels():
    with seeded():
        model = ddpm(4, loc=0.5, scale=0.5, levels=17, bounds=(-1.0, 1.0)).double()
        x = torch.randint(17, (B, D)).double() / 16
        samples = model.sample(40)
        xt = 5 * torch.randn(B, D).double()
    assert_close((samples * 16).round() / 16, samples)
    assert samples.min() >= 0 and samples.max() <= 1
    assert (model(x).log_px <= 0).all() and elbo(model, x).elbo.isfinite().all()
    assert model.predict_x0(xt, 3).abs().max() == 1.0
    with pytest.raises(ValueError, match=r"x: got values between the levels"):
        _ = model(0.9 * x).log_px
