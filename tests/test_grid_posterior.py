"""Quadrature posteriors and the closed-form ELBO against the linear-Gaussian model, and against each other."""

import pytest
import torch
from torch import Tensor
from torch.distributions import MultivariateNormal, Normal, kl_divergence
from torch.testing import assert_close

from tests.bad_input import unchecked  # noqa: F401
from tests.zoo import ZOO, D, linear_model, toy
from vaekit import LinearVAE, elbo_of, grid_log_evidence, grid_posterior

EXACT = {"rtol": 0, "atol": 1e-9}


@pytest.fixture
def x() -> Tensor:
    return torch.randn(3, D, dtype=torch.float64, generator=torch.Generator().manual_seed(6))


def a_normal(rows: int, latents: int) -> Normal:
    generator = torch.Generator().manual_seed(7)
    loc = 0.3 * torch.randn(rows, latents, dtype=torch.float64, generator=generator)
    return Normal(loc, 0.3 + 0.4 * torch.rand(rows, latents, dtype=torch.float64, generator=generator))


def as_multivariate(q: Normal) -> MultivariateNormal:
    return MultivariateNormal(q.loc, covariance_matrix=q.variance.diag_embed())


@pytest.mark.parametrize("latents", [1, 2])
def test_posterior_on_the_grid_is_that_of_the_linear_model(latents, x):
    linear, q = linear_model(latents=latents, noise_var=0.5), a_normal(3, latents)
    exact = linear.posterior(x)
    found = grid_posterior(linear, x, half_width=9.0, points=361)
    assert_close(found.log_evidence, linear.log_evidence(x).detach(), **EXACT)
    assert_close(grid_log_evidence(linear, x, half_width=9.0, points=361), found.log_evidence, **EXACT)
    assert_close(found.mean, exact.mean.detach(), **EXACT)
    assert_close(found.variance, exact.variance.detach(), **EXACT)
    assert_close(found.kl_from(q), kl_divergence(as_multivariate(q), exact).detach(), **EXACT)
    assert_close(found.kl_to(q), kl_divergence(exact, as_multivariate(q)).detach(), **EXACT)
    assert_close(found.log_density.exp().sum(0) * found.cell, torch.ones(3, dtype=torch.float64), **EXACT)


@pytest.mark.parametrize("latents", [1, 2, 4])
def test_exact_elbo_lies_below_the_evidence_by_the_kl_to_the_posterior(latents, x):
    linear, q = linear_model(latents=latents), a_normal(3, latents)
    gap = linear.log_evidence(x) - linear.exact_elbo(x, q)
    assert_close(gap, kl_divergence(as_multivariate(q), linear.posterior(x)), **EXACT)


def test_the_toy_of_the_course_has_the_stated_numbers():
    model, x = toy()
    linear, q = model.decoder.linear, model.encoder(x)
    assert linear.posterior(x).mean.item() == pytest.approx(0.72, abs=1e-12)
    assert linear.posterior(x).variance.item() == pytest.approx(0.1, abs=1e-12)
    assert linear.log_evidence(x).item() == pytest.approx(-1.6651, abs=5e-5)
    assert linear.exact_elbo(x, q).item() == pytest.approx(-2.9219, abs=5e-5)
    assert grid_posterior(model, x).kl_from(q).item() == pytest.approx(1.2569, abs=5e-5)


def test_the_gap_of_a_network_is_the_kl_to_its_posterior(x):
    model = ZOO["bernoulli"]()[0].double()
    x, q = x.sigmoid(), a_normal(3, 2)
    found = grid_posterior(model, x)
    torch.manual_seed(0)
    with torch.no_grad():
        terms = elbo_of(model, x, q, 20_000)
    error = terms.log_px.std(0) / 20_000**0.5
    assert ((found.log_evidence - found.kl_from(q) - terms.elbo).abs() < 4.5 * error).all()


def test_a_prior_that_does_not_factorise_is_integrated_as_well(x):
    model = ZOO["mixture_prior"]()[0].double()
    evidence = grid_log_evidence(model, x.sigmoid(), half_width=8.0, points=241)
    torch.manual_seed(0)
    with torch.no_grad():
        z = model.prior().sample((200_000,))
        log_px = torch.cat([model.decoder(part.unsqueeze(1)).log_prob(x.sigmoid()).sum(-1) for part in z.split(20_000)])
    p = log_px.exp()
    assert ((p.mean(0) - evidence.exp()).abs() < 4.5 * p.std(0) / len(p) ** 0.5).all()


def test_a_q_that_the_grid_does_not_hold_is_refused(x):
    found = grid_posterior(linear_model(latents=1), x)
    for loc, scale in [(0.01, 1e-3), (5.9, 1.0)]:
        q = Normal(torch.full((3, 1), loc).double(), scale)
        with pytest.raises(ValueError, match=r"^q: its density adds up to .*; expected 1"):
            found.kl_from(q)


@pytest.mark.usefixtures("unchecked")
def test_bad_arguments_are_named(x):
    linear = linear_model(latents=1)
    found = grid_posterior(linear, x)
    with pytest.raises(ValueError, match=r"^q: got batch shape \(3, 2\); expected \(3, 1\)"):
        found.kl_to(a_normal(3, 2))
    with pytest.raises(TypeError, match=r"^q: got MultivariateNormal; expected a factorised"):
        linear.exact_elbo(x, linear.posterior(x))
    with pytest.raises(ValueError, match=r"^q: got batch shape \(2, 1\); expected \(3, 1\)"):
        linear.exact_elbo(x, a_normal(2, 1))
    with pytest.raises(ValueError, match=r"^model: its prior has shape \(3,\)"):
        grid_posterior(LinearVAE(torch.ones(D, 3).double(), torch.zeros(D).double(), 1.0), x)
