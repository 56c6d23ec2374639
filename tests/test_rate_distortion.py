"""Rate and distortion: measured as the ELBO's two terms, and the exact curve of the linear model."""

import math

import pytest
import torch
from torch import Tensor
from torch.distributions import Normal
from torch.testing import assert_close

from tests.bad_input import Case, check, unchecked  # noqa: F401
from tests.statistics import seeded
from tests.zoo import ZOO, conditional_vae
from vaekit import LinearVAE, RatePoint, elbo, linear_rate_distortion, rate_distortion

EIGENVALUES = torch.tensor([4.0, 2.0, 1.0, 0.5, 0.1, 0.02], dtype=torch.float64)
NOISE, D = 0.2, 6
BETAS = [0.3, 1.0, 2.0, 4.0, 8.0, 30.0]


@pytest.fixture(scope="module")
def data() -> Tensor:
    """Rows of mean zero whose covariance has exactly the eigenvalues above, along rotated axes."""
    generator = torch.Generator().manual_seed(2)
    raw = torch.randn(200, D, dtype=torch.float64, generator=generator)
    white = torch.linalg.qr(raw - raw.mean(0)).Q * math.sqrt(200)
    return white * EIGENVALUES.sqrt() @ torch.linalg.qr(torch.randn(D, D, dtype=torch.float64, generator=generator)).Q.T


def exact_point(weight: Tensor, encoder: Tensor, logvar: Tensor, covariance: Tensor) -> tuple[Tensor, Tensor]:
    """Rate and distortion of q = N(A x, diag v) and p(x|z) = N(W z, s² I), means over data of a given covariance."""
    left = torch.eye(D, dtype=torch.float64) - weight @ encoder
    square = (left @ covariance @ left.T).trace() + (logvar.exp() * weight.square().sum(0)).sum()
    rate = 0.5 * ((encoder @ covariance @ encoder.T).trace() + (logvar.exp() - logvar - 1).sum())
    return rate, 0.5 * D * math.log(2 * math.pi * NOISE) + square / (2 * NOISE)


def train(covariance: Tensor, beta: float, latents: int, seed: int) -> RatePoint:
    """Minimise distortion + beta rate by L-BFGS, from a random start."""
    generator = torch.Generator().manual_seed(seed)
    sizes = (D, latents), (latents, D), (latents,)
    found = [torch.randn(size, dtype=torch.float64, generator=generator).mul(0.5).requires_grad_() for size in sizes]
    optimizer = torch.optim.LBFGS(
        found, max_iter=2000, tolerance_grad=1e-10, tolerance_change=1e-14, line_search_fn="strong_wolfe"
    )

    def closure() -> Tensor:
        optimizer.zero_grad()
        rate, distortion = exact_point(*found, covariance)
        (distortion + beta * rate).backward()
        return (distortion + beta * rate).detach()

    optimizer.step(closure)
    with torch.no_grad():
        return RatePoint(*(each.item() for each in exact_point(*found, covariance)))


@pytest.mark.parametrize("beta", BETAS)
@pytest.mark.parametrize("latents", [2, 5])
def test_training_a_linear_vae_at_any_beta_ends_at_the_exact_point(data, beta, latents):
    exact = linear_rate_distortion(EIGENVALUES, NOISE, beta, latents)
    reached = train(data.T @ data / len(data), beta, latents, seed=int(10 * beta) + latents)
    assert_close(reached.distortion + beta * reached.rate, exact.distortion + beta * exact.rate, rtol=1e-6, atol=1e-6)
    assert_close(tuple(reached), tuple(exact), rtol=0, atol=1e-4)


@pytest.mark.parametrize("beta", BETAS)
def test_the_optimum_is_that_of_the_noise_beta_times_as_large_judged_with_the_noise_itself(data, beta):
    optimum = LinearVAE.optimum(data, 4, beta * NOISE)
    posterior = optimum.posterior(data)
    variance = posterior.covariance_matrix.diagonal(0, -2, -1)
    assert_close(posterior.covariance_matrix, torch.diag_embed(variance), rtol=0, atol=1e-10)  # it factorises
    judged = LinearVAE(optimum.weight.detach(), optimum.bias.detach(), NOISE)
    bound = judged.exact_elbo(data, Normal(posterior.mean, variance.sqrt())).mean().item()
    exact = linear_rate_distortion(EIGENVALUES, NOISE, beta, 4)
    assert_close(-exact.rate - exact.distortion, bound, rtol=1e-9, atol=1e-9)
    assert_close(exact.rate, elbo(optimum, data).rate.mean().item(), rtol=1e-9, atol=1e-9)


def test_at_beta_one_the_point_is_the_best_evidence_and_no_other_beta_has_a_higher_elbo(data):
    evidence = LinearVAE.optimum(data, 3, NOISE).log_evidence(data).mean().item()
    bounds = {beta: -sum(linear_rate_distortion(EIGENVALUES, NOISE, beta, 3)) for beta in BETAS}
    assert_close(bounds[1.0], evidence, rtol=1e-10, atol=1e-10)
    assert all(bound < evidence - 1e-3 for beta, bound in bounds.items() if beta != 1.0)


@pytest.mark.parametrize("beta", [0.3, 1.0, 2.0, 4.0, 8.0])
def test_the_slope_of_the_curve_is_minus_beta(beta):
    step = 1e-4
    before, after = (linear_rate_distortion(EIGENVALUES, NOISE, beta * factor, 6) for factor in (1 - step, 1 + step))
    slope = (after.distortion - before.distortion) / (after.rate - before.rate)
    assert_close(slope, -beta, rtol=1e-6, atol=0)


def test_a_unit_is_active_iff_its_eigenvalue_exceeds_beta_times_the_noise_and_then_costs_half_the_log_ratio():
    below, above = (linear_rate_distortion(EIGENVALUES, NOISE, factor * 4.0 / NOISE, 6) for factor in (0.999, 1.001))
    assert 0 < below.rate < 1e-3 and above.rate == 0.0
    floor = 0.5 * D * math.log(2 * math.pi * NOISE) + EIGENVALUES.sum().item() / (2 * NOISE)
    assert_close(above.distortion, floor)  # nothing is coded: the data about their mean
    point = linear_rate_distortion(EIGENVALUES, 0.2, 3.0, 6)  # the level is 0.6: three units
    assert_close(point.rate, 0.5 * math.log(4.0 * 2.0 * 1.0 / 0.6**3))


def test_units_that_are_not_there_leave_their_eigenvalue_and_the_order_does_not_matter():
    shuffled = EIGENVALUES[torch.tensor([3, 0, 5, 1, 4, 2])]
    point = linear_rate_distortion(shuffled, NOISE, 1.0, 2)
    assert_close(point.rate, 0.5 * math.log(4.0 * 2.0 / NOISE**2))
    error = 2 * NOISE + 1.0 + 0.5 + 0.1 + 0.02
    assert_close(point.distortion, 0.5 * D * math.log(2 * math.pi * NOISE) + error / (2 * NOISE))
    negative = torch.cat([EIGENVALUES, torch.tensor([-1e-16]).double()])  # rounding in a decomposition
    wider = linear_rate_distortion(negative, NOISE, 1.0, 2)
    assert_close(wider.distortion - point.distortion, 0.5 * math.log(2 * math.pi * NOISE))


@pytest.mark.parametrize("name", ["bernoulli", "gaussian", "linear"])
def test_a_measured_point_holds_the_two_terms_of_the_elbo_in_any_chunks(name):
    model, x = ZOO[name]()
    with seeded(1):
        terms = elbo(model, x, 7)
    with seeded(1):
        point = rate_distortion(model, x, 7)
    assert isinstance(point, RatePoint) and point == (point.rate, point.distortion)
    assert_close(point.rate, terms.rate.mean().item())
    assert_close(point.distortion, terms.distortion.mean().item())
    with seeded(1):
        assert_close(-sum(rate_distortion(model, x, 7, chunk=7)), terms.elbo.mean().item(), rtol=1e-5, atol=1e-5)


def test_chunks_weigh_every_draw_alike_and_never_hold_more_than_they_may():
    model, x = ZOO["gaussian"]()
    model, x, sizes = model.double(), x.double(), []

    def watched(x, num_samples, **options):
        sizes.append((num_samples, torch.is_grad_enabled()))
        return model(x, num_samples, **options)

    with seeded(2):
        point = rate_distortion(watched, x, 7, chunk=3)
    assert sizes == [(3, False), (3, False), (1, False)]
    with seeded(2), torch.no_grad():
        log_px = torch.cat([elbo(model, x, size).log_px for size in (3, 3, 1)])
    assert_close(point.distortion, -log_px.mean().item(), rtol=1e-12, atol=1e-12)


def test_the_context_reaches_the_model():
    with seeded(3):
        model, x = conditional_vae(), torch.randint(2, (6, 6)).float()
        points = [rate_distortion(model, x, 1, context=torch.full((6, 3), value)) for value in (0.0, 2.0)]
    assert points[0].rate != points[1].rate


MODEL, X = ZOO["bernoulli"]()
CASES = {
    "samples": Case(lambda: rate_distortion(MODEL, X, 0), ValueError, "num_samples", "0"),
    "chunk": Case(lambda: rate_distortion(MODEL, X, chunk=0), ValueError, "chunk", "0"),
    "noise": Case(lambda: linear_rate_distortion(EIGENVALUES, 0.0, 1.0, 2), ValueError, "noise_var", "0"),
    "beta": Case(lambda: linear_rate_distortion(EIGENVALUES, 1.0, 0.0, 2), ValueError, "beta", "0"),
    "latents": Case(lambda: linear_rate_distortion(EIGENVALUES, 1.0, 1.0, 7), ValueError, "latent_dim", "7"),
    "no latents": Case(lambda: linear_rate_distortion(EIGENVALUES, 1.0, 1.0, 0), ValueError, "latent_dim", "0"),
    "negative": Case(lambda: linear_rate_distortion(-EIGENVALUES, 1.0, 1.0, 2), ValueError, "eigenvalues", "-4"),
    "none": Case(lambda: linear_rate_distortion(EIGENVALUES[:0], 1.0, 1.0, 1), ValueError, "eigenvalues", "none"),
    "axes": Case(lambda: linear_rate_distortion(EIGENVALUES[None], 1.0, 1.0, 1), ValueError, "eigenvalues", "(1, 6)"),
    "list": Case(lambda: linear_rate_distortion([4.0, 2.0], 1.0, 1.0, 1), TypeError, "eigenvalues", "list"),
    "NaN": Case(lambda: linear_rate_distortion(EIGENVALUES * math.nan, 1.0, 1.0, 1), ValueError, "eigenvalues", "NaN"),
}


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("name", CASES)
def test_the_error_names_the_argument_what_came_and_what_was_expected(name):
    check(CASES[name])
