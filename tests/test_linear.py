"""The exact oracle against formulas that it does not use, and the general code against the oracle."""

import math

import pytest
import torch
from scipy.stats import multivariate_normal
from torch import Tensor
from torch.distributions import MultivariateNormal, Normal, kl_divergence
from torch.testing import assert_close

from tests.statistics import assert_mean, seeded
from tests.zoo import D, L, linear_model, linear_twin, sigma_points
from vaekit import LinearVAE, elbo, elbo_of, log_likelihood

EXACT = {"rtol": 1e-10, "atol": 1e-10}
EYE = torch.eye(D, dtype=torch.float64)
EIGENVALUES = torch.tensor([4.0, 2.0, 1.0, 0.5, 0.1, 0.02], dtype=torch.float64)


@pytest.fixture
def x() -> Tensor:
    return torch.randn(5, D, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


@pytest.fixture(scope="module")
def data() -> Tensor:
    """Rows whose mean is 0.7 and whose covariance has exactly the eigenvalues above, along rotated axes."""
    generator = torch.Generator().manual_seed(2)
    raw = torch.randn(200, D, dtype=torch.float64, generator=generator)
    white = torch.linalg.qr(raw - raw.mean(0)).Q * math.sqrt(200)
    rotation = torch.linalg.qr(torch.randn(D, D, dtype=torch.float64, generator=generator)).Q
    return white * EIGENVALUES.sqrt() @ rotation.T + 0.7


def exact_elbo(linear: LinearVAE, x: Tensor, mean: Tensor, covariance: Tensor) -> Tensor:
    """E_q[log p(x|z)] - KL(q ‖ p) for q = N(mean, covariance), each written out."""
    weight, noise = linear.weight.detach(), linear.noise_var.item()
    residual = x - linear.bias.detach() - mean @ weight.T
    spread = (weight @ covariance @ weight.T).diagonal(0, -2, -1).sum(-1)
    fit = -0.5 * (residual.square().sum(-1) + spread) / noise - 0.5 * D * math.log(2 * math.pi * noise)
    trace = covariance.diagonal(0, -2, -1).sum(-1)
    return fit - 0.5 * (trace + mean.square().sum(-1) - L - torch.logdet(covariance))


def test_posterior_is_that_of_conditioning_the_joint_gaussian(x):
    linear = linear_model()
    weight = linear.weight.detach()
    gain = weight.T @ torch.linalg.inv(weight @ weight.T + 0.3 * EYE)
    posterior = linear.posterior(x)
    assert_close(posterior.mean.detach(), (x - linear.bias.detach()) @ gain.T, **EXACT)
    assert_close(posterior.covariance_matrix.detach(), (EYE[:L, :L] - gain @ weight).expand(5, L, L), **EXACT)


def test_log_evidence_is_the_gaussian_density_of_x(x):
    linear = linear_model()
    weight, bias = linear.weight.detach(), linear.bias.detach()
    covariance = weight @ weight.T + 0.3 * EYE
    expected = multivariate_normal(bias.numpy(), covariance.numpy()).logpdf(x.numpy())
    assert_close(linear.log_evidence(x).detach(), torch.from_numpy(expected), **EXACT)


@pytest.mark.parametrize("samples", [1, 2, 7])
def test_every_weight_of_the_exact_posterior_is_the_evidence(x, samples):
    linear = linear_model()
    evidence = linear.log_evidence(x)
    assert_close(linear(x, samples).log_w, evidence.expand(samples, -1), **EXACT)
    assert_close(log_likelihood(linear, x, samples, chunk=2), evidence.detach(), **EXACT)


def test_elbo_of_the_exact_posterior_equals_the_evidence(x):
    linear = linear_model()
    assert_close(elbo(linear, x, 2 * L, draw=sigma_points).elbo, linear.log_evidence(x), **EXACT)
    posterior = linear.posterior(x)
    assert_close(exact_elbo(linear, x, posterior.mean, posterior.covariance_matrix), linear.log_evidence(x), **EXACT)


@pytest.mark.parametrize("seed", range(5))
def test_evidence_is_the_elbo_plus_the_kl_to_the_posterior_for_any_gaussian_q(x, seed):
    with seeded(seed):
        linear = linear_model(seed=seed)
        mean, raw = torch.randn(5, L).double(), torch.randn(5, L, L).double()
    covariance = raw @ raw.mT + 0.1 * EYE[:L, :L]
    gap = kl_divergence(MultivariateNormal(mean, covariance), linear.posterior(x))
    assert (gap > 1e-3).all()
    assert_close(linear.log_evidence(x), exact_elbo(linear, x, mean, covariance) + gap, **EXACT)


@pytest.mark.parametrize("seed", range(5))
def test_elbo_of_a_factorised_q_is_exact_under_sigma_points_and_right_on_average(x, seed):
    with seeded(seed):
        linear = linear_model(seed=seed)
        loc, scale = torch.randn(L).double(), torch.rand(L).double() + 0.3
    model = linear_twin(linear, loc, scale)
    exact = exact_elbo(linear, x, loc, scale.square().diag())
    assert_close(elbo(model, x, 2 * L, draw=sigma_points).elbo, exact, **EXACT)
    with seeded(seed), torch.no_grad():
        terms = elbo_of(model, x, Normal(loc.expand(5, L), scale), 20_000)
    assert_mean(terms.log_px - terms.kl.sum(-1), exact)


def test_elbo_gradient_of_a_replayed_seed_is_the_hand_formula(x):
    linear, samples = linear_model(), 4
    loc, scale = torch.tensor([0.3, -0.8]).double(), torch.tensor([0.5, 1.2]).double()
    model = linear_twin(linear, loc.clone(), scale.clone())
    with seeded(9):
        elbo(model, x, samples).elbo.mean().backward()
    with seeded(9):
        noise = torch.randn(samples, 5, L, dtype=torch.float64)
    weight, bias = linear.weight.detach(), linear.bias.detach()
    residual = x - bias - (loc + scale * noise) @ weight.T
    pull = residual @ weight / 0.3  # d log p(x|z) / dz
    assert_close(model.encoder.loc.grad, pull.mean((0, 1)) - loc, rtol=1e-5, atol=1e-8)
    assert_close(model.encoder.scale.grad, (pull * noise).mean((0, 1)) - scale + 1 / scale, rtol=1e-5, atol=1e-8)
    assert_close(linear.bias.grad, residual.mean((0, 1)) / 0.3, rtol=1e-5, atol=1e-8)


def test_pathwise_gradient_is_unbiased(x):
    linear, repeats = linear_model(), 20_000
    loc = torch.tensor([[0.3, -0.8]]).double().expand(repeats, L).clone().requires_grad_()
    scale = torch.tensor([[0.5, 1.2]]).double().expand(repeats, L).clone().requires_grad_()
    model = linear_twin(linear, torch.zeros(L).double(), torch.ones(L).double())
    with seeded(10):
        elbo_of(model, x[:1].expand(repeats, D), Normal(loc, scale)).elbo.sum().backward()
    m, s = loc[:1].detach().clone().requires_grad_(), scale[:1].detach().clone().requires_grad_()
    exact_elbo(linear, x[:1], m, torch.diag_embed(s.square())).sum().backward()
    assert_mean(loc.grad, m.grad)
    assert_mean(scale.grad, s.grad)


@pytest.mark.parametrize("noise_var", [3.0, 0.7, 0.2, 0.05])
def test_optimum_keeps_exactly_the_directions_above_the_noise_and_pays_half_the_log_ratio_for_each(data, noise_var):
    latents = 5
    model = LinearVAE.optimum(data, latents, noise_var)
    kept = EIGENVALUES[:latents]
    norms = model.weight.detach().square().sum(0)
    assert_close(norms, (kept - noise_var).clamp(min=0), rtol=1e-9, atol=1e-9)
    assert int((norms > 1e-6).sum()) == int((kept > noise_var).sum())
    assert_close(model.bias.detach(), data.mean(0))
    rate = elbo(model, data).rate.mean().item()
    assert_close(rate, 0.5 * (kept / noise_var).clamp(min=1).log().sum().item(), rtol=1e-9, atol=1e-9)


def test_gradient_of_the_mean_evidence_vanishes_at_the_optimum_and_training_finds_nothing_better(data):
    best = LinearVAE.optimum(data, 2, 0.3)
    best.log_evidence(data).mean().backward()
    assert max(p.grad.abs().max().item() for p in best.parameters()) < 1e-10
    trained = linear_model(seed=3)
    optimizer = torch.optim.LBFGS(trained.parameters(), max_iter=200, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = -trained.log_evidence(data).mean()
        loss.backward()
        return loss

    optimizer.step(closure)
    gap = (best.log_evidence(data).mean() - trained.log_evidence(data).mean()).item()
    assert -1e-10 < gap < 1e-4


def test_the_most_likely_noise_is_the_mean_of_the_discarded_eigenvalues(data):
    likeliest = EIGENVALUES[2:].mean().item()
    evidence = [LinearVAE.optimum(data, 2, likeliest * f).log_evidence(data).mean().item() for f in (0.99, 1.0, 1.01)]
    assert evidence[1] > max(evidence[0], evidence[2])


def test_the_model_keeps_a_copy_of_what_it_is_given():
    weight, bias = torch.ones(D, L), torch.ones(D)
    model = LinearVAE(weight, bias, 1.0)
    weight.zero_(), bias.zero_()
    assert (model.weight == 1).all() and (model.bias == 1).all()


def test_optimum_follows_the_dtype_of_the_data_and_context_is_ignored(data):
    model = LinearVAE.optimum(data.float(), 2, 0.3)
    assert {p.dtype for p in model.parameters()} == {torch.float32} and model.noise_var.dtype == torch.float32
    few = data[:3].float()
    with seeded():
        plain = elbo(model, few, 2).elbo
    with seeded():
        assert torch.equal(elbo(model, few, 2, context=torch.zeros(3, 1)).elbo, plain)
