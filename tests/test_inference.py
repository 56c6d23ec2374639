"""Quadrature over z, and a q fitted to each example, against the linear-Gaussian model where both are exact."""

import copy
import math

import pytest
import torch
from torch import nn
from torch.distributions import Normal
from torch.testing import assert_close

from tests.statistics import assert_mean_at_least, seeded
from tests.zoo import ZOO, B, D, bernoulli_vae, gaussian_vae, linear_model, linear_twin, sigma_points
from vaekit import detached, elbo, elbo_of, grid_log_evidence, refine_posterior


def twin(latents: int):
    linear = linear_model(latents=latents, noise_var=0.5)
    return linear_twin(linear, torch.full((latents,), 0.3).double(), torch.full((latents,), 0.8).double())


@pytest.fixture
def x():
    return torch.randn(B, D, dtype=torch.float64, generator=torch.Generator().manual_seed(5))


@pytest.mark.parametrize("latents", [1, 2])
@pytest.mark.parametrize("chunk", [100, 10**6])
def test_grid_evidence_is_exact_on_the_linear_model_whatever_the_chunk(latents, chunk, x):
    model = twin(latents)
    evidence = grid_log_evidence(model, x, half_width=9.0, points=241, chunk=chunk)
    assert_close(evidence, model.decoder.linear.log_evidence(x).detach(), rtol=0, atol=1e-9)


@pytest.mark.parametrize("build", [bernoulli_vae, gaussian_vae])
def test_grid_evidence_sums_every_pixel_and_grid_point_once(build, x):
    with seeded():
        model = build().double()
    x = x.sigmoid()  # greys, too
    evidence = grid_log_evidence(model, x, half_width=3.0, points=31)
    total, axis = 0.0, torch.linspace(-3, 3, 31, dtype=torch.float64)
    with torch.no_grad():
        for one in axis:
            for other in axis:
                z = torch.stack([one, other])
                log_joint = model.decoder(z.expand(1, B, 2)).log_prob(x).sum(-1) + Normal(0.0, 1.0).log_prob(z).sum()
                total = total + log_joint.exp() * 0.2**2
    assert_close(evidence, total.log()[0], rtol=1e-11, atol=1e-11)
    assert not evidence.requires_grad


def test_grid_evidence_converges_with_the_spacing_and_stays_finite_where_the_likelihood_underflows(x):
    model = ZOO["bernoulli"]()[0].double()
    coarse, fine = (grid_log_evidence(model, x.sigmoid(), points=points) for points in (121, 241))
    assert_close(coarse, fine, rtol=0, atol=1e-8)
    with torch.no_grad():
        model.decoder.head.logits.weight.zero_()
        model.decoder.head.logits.bias.fill_(500.0)
    evidence = grid_log_evidence(model, torch.zeros(1, D, dtype=torch.float64))
    assert_close(evidence.item(), -500.0 * D, rtol=0, atol=1e-6)


def test_default_grid_is_accurate_in_float32():
    model, x = ZOO["bernoulli"]()
    exact = grid_log_evidence(copy.deepcopy(model).double(), x.double())
    assert_close(grid_log_evidence(model, x).double(), exact, rtol=0, atol=1e-4)


@pytest.mark.parametrize("latents", [1, 2, 3])
def test_refined_posterior_is_the_mean_field_optimum_of_the_linear_model(latents, x):
    model = twin(latents)
    posterior = model.decoder.linear.posterior(x)
    q = refine_posterior(model, x, steps=600, num_samples=32)
    precision = posterior.precision_matrix.detach()
    diagonal = precision.diagonal(0, -2, -1)
    assert_close(q.stddev, diagonal.rsqrt(), rtol=0.03, atol=0)
    assert ((q.mean - posterior.mean.detach()).abs() < 0.05 * posterior.stddev.detach()).all()
    gap = 0.5 * (diagonal.log().sum(-1) - torch.logdet(precision))  # of the optimum, exactly
    best = Normal(posterior.mean.detach(), diagonal.rsqrt())
    evidence = model.decoder.linear.log_evidence(x).detach()
    for each, slack in ((best, 1e-10), (q, 5e-3)):
        fitted = linear_twin(model.decoder.linear, each.mean, each.stddev)
        excess = evidence - elbo(fitted, x, 2 * latents, draw=sigma_points).elbo.detach() - gap
        assert -1e-10 < excess.min() and excess.max() < slack


@pytest.mark.parametrize("name", ["bernoulli", "gaussian"])
def test_refined_posterior_is_never_worse_than_the_encoder(name):
    model, x = ZOO[name]()
    model, x = model.double(), x.double()
    q = refine_posterior(model, x, steps=200)
    with seeded(6), torch.no_grad():
        refined, amortised = elbo_of(model, x, q, 4000), elbo(model, x, 4000, draw=detached)
    gain = (refined.log_px - refined.kl.sum(-1)) - (amortised.log_px - amortised.kl.sum(-1))
    assert_mean_at_least(gain, 0.0)
    assert gain.mean() > 1e-3
    evidence = grid_log_evidence(model, x)
    assert_mean_at_least(evidence - (refined.log_px - refined.kl.sum(-1)), 0.0)


def test_refining_starts_at_the_answer_of_the_encoder():
    model, x = ZOO["gaussian"]()
    start, q = model.encoder(x), refine_posterior(model, x, steps=1, lr=1e-6)
    assert_close(q.mean, start.mean.detach(), rtol=0, atol=2e-6)
    assert_close(q.stddev, start.stddev.detach(), rtol=2e-6, atol=0)


def test_refining_leaves_model_mode_gradients_and_random_state_alone_and_repeats_to_the_bit():
    model, x = ZOO["bernoulli"]()
    model.encoder.body = nn.Sequential(model.encoder.body, nn.BatchNorm1d(8))
    elbo(model, x).elbo.sum().backward()
    before, grads = copy.deepcopy(model.state_dict()), [p.grad.clone() for p in model.parameters()]
    random = torch.get_rng_state()
    one, same, other = (refine_posterior(model, x, steps=5, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(one.mean, same.mean) and torch.equal(one.stddev, same.stddev)
    assert not torch.equal(one.mean, other.mean) and not one.mean.requires_grad
    assert torch.equal(torch.get_rng_state(), random) and model.training
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())
    assert all(torch.equal(grad, p.grad) for grad, p in zip(grads, model.parameters(), strict=True))


def test_refining_works_inside_no_grad_and_one_example_does_not_depend_on_the_others():
    model = twin(2)
    x = torch.randn(B, D, dtype=torch.float64)
    with torch.no_grad():
        together = refine_posterior(model, x, steps=400, num_samples=32)
    alone = refine_posterior(model, x[:1], steps=400, num_samples=32)
    assert_close(together.mean[:1], alone.mean, rtol=0, atol=0.03)


def test_elbo_of_the_encoders_own_q_is_its_elbo():
    model, x = ZOO["gaussian"]()
    with seeded():
        expected = elbo(model, x, 3)
    with seeded():
        terms = elbo_of(model, x, model.encoder(x), 3)
    assert_close(terms.log_px, expected.log_px)
    assert_close(terms.kl, expected.kl)
    assert terms.groups == expected.groups


def test_narrow_posteriors_need_a_finer_grid_as_documented():
    linear = linear_model(dims=1, latents=1, noise_var=1e-4)
    model = linear_twin(linear, torch.zeros(1).double(), torch.ones(1).double())
    x = linear.bias.detach() + 0.5 * linear.weight.detach().T + 0.003
    exact = linear.log_evidence(x).item()
    width = math.sqrt(1e-4) / linear.weight.abs().item()
    errors = [abs(grid_log_evidence(model, x, points=round(12 / (r * width))).item() - exact) for r in (8, 1)]
    assert errors[0] > 0.1 and errors[1] < 1e-6
