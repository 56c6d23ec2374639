"""The closed-form KL, the ELBO's terms, the weighted loss and the importance-weighted bound."""

import math

import pytest
import torch
from torch import Tensor
from torch.distributions import Normal, kl_divergence
from torch.testing import assert_close

from tests.statistics import assert_mean, seeded
from tests.zoo import ZOO, linear_model, linear_twin, toy
from vaekit import ElboTerms, detached, elbo, iwae, kl_standard_normal, weighted_loss


def kl_without_logs(mu: Tensor, logvar: Tensor) -> Tensor:
    """A wrong formula: -log σ² is missing."""
    return 0.5 * (mu.square() + logvar.exp() - 1).sum(-1)


def terms_of(kl: Tensor, groups: tuple[int, ...] | None = None) -> ElboTerms:
    return ElboTerms(torch.zeros(kl.shape[:2], dtype=kl.dtype), kl, groups or (kl.shape[-1],))


# The closed form


def test_kl_agrees_with_torch_where_no_terms_can_cancel():
    with seeded():
        mu, logvar = 3 * torch.randn(50, 4).double(), 2 * torch.randn(50, 4).double()
    expected = kl_divergence(Normal(mu, (0.5 * logvar).exp()), Normal(0.0, 1.0)).sum(-1)
    assert_close(kl_standard_normal(mu, logvar), expected, rtol=1e-11, atol=1e-11)


def test_worked_example_gives_3_125_but_a_formula_without_logs_does_so_too():
    mu, logvar = torch.tensor([[2.0, 0.0]]).double(), torch.tensor([[0.25, 4.0]]).double().log()
    assert_close(kl_standard_normal(mu, logvar).item(), 3.125, rtol=1e-14, atol=0)
    assert_close(kl_without_logs(mu, logvar).item(), 3.125, rtol=1e-14, atol=0)  # the logs cancel: a blind probe
    seeing = torch.tensor([[0.25, 3.0]]).double().log()
    assert (kl_without_logs(mu, seeing) - kl_standard_normal(mu, seeing)).abs().item() > 0.1


def test_kl_is_zero_at_the_prior_and_keeps_its_digits_beside_it():
    logvar = torch.tensor([[0.0], [1e-7]], dtype=torch.float64)
    kl = kl_standard_normal(torch.zeros_like(logvar), logvar)
    assert kl[0] == 0
    assert_close(kl[1].item(), 0.5 * (1e-14 / 2 + 1e-21 / 6), rtol=1e-6, atol=0)


def test_kl_and_its_gradient_are_finite_at_extreme_log_variances():
    logvar = torch.tensor([[-100.0], [100.0]], dtype=torch.float64, requires_grad=True)
    kl = kl_standard_normal(torch.zeros_like(logvar), logvar)
    kl.sum().backward()
    huge = 0.5 * math.exp(100)
    assert_close(kl.detach(), torch.tensor([49.5, huge], dtype=torch.float64), rtol=1e-12, atol=0)
    assert_close(logvar.grad[:, 0], torch.tensor([-0.5, huge], dtype=torch.float64), rtol=1e-12, atol=0)


# The terms and the loss


def test_bound_averages_over_samples_only_and_sums_over_groups_only():
    with seeded():
        log_px, kl = torch.randn(7, 3).double(), torch.rand(7, 3, 4).double()
    terms = ElboTerms(log_px, kl, (1, 3))
    for b in range(3):
        distortion = -sum(log_px[k, b] for k in range(7)) / 7
        rate = sum(kl[k, b, g] for k in range(7) for g in range(4)) / 7
        assert_close(terms.distortion[b], distortion)
        assert_close(terms.rate[b], rate)
        assert_close(terms.elbo[b], -distortion - rate)


@pytest.mark.parametrize("name", ZOO)
def test_loss_without_weights_is_minus_the_mean_elbo(name):
    model, x = ZOO[name]()
    terms = elbo(model, x, 3)
    assert_close(weighted_loss(terms), -terms.elbo.mean())


def test_loss_is_minus_the_elbo_even_where_a_sampled_kl_comes_out_negative():
    kl = torch.tensor([[[-0.5]], [[0.2]]], dtype=torch.float64, requires_grad=True)
    terms = terms_of(kl)
    weighted_loss(terms).backward()
    assert_close(weighted_loss(terms), -terms.elbo.mean())
    assert_close(kl.grad, torch.full_like(kl, 0.5))


def test_beta_weighs_the_rate_alone():
    model, x = ZOO["bernoulli"]()
    terms = elbo(model, x, 2)
    assert_close(weighted_loss(terms, beta=0.0), terms.distortion.mean())
    for beta in (0.25, 4.0):
        assert_close(weighted_loss(terms, beta=beta), terms.distortion.mean() + beta * terms.rate.mean())


def test_free_bits_are_a_floor_under_the_average_of_each_group():
    kl = torch.tensor([[[0.1, 2.0, 0.6], [0.3, 4.0, 0.6]]], dtype=torch.float64)  # averages 0.2, 3, 0.6
    assert_close(weighted_loss(terms_of(kl), free_bits=0.5).item(), 0.5 + 3 + 0.6)
    assert_close(weighted_loss(terms_of(kl), free_bits=0.5, beta=2.0).item(), 2 * (0.5 + 3 + 0.6))
    assert weighted_loss(terms_of(kl), free_bits=10.0).item() == 30.0  # one floor a group, not an example


def test_no_gradient_flows_through_a_group_under_the_floor():
    kl = torch.tensor([[[0.1, 2.0], [0.3, 4.0]]], dtype=torch.float64, requires_grad=True)
    weighted_loss(terms_of(kl), free_bits=0.5).backward()
    assert_close(kl.grad, torch.tensor([[[0.0, 0.5], [0.0, 0.5]]]).double())


# The importance-weighted bound


def hand_iwae(log_w: Tensor) -> Tensor:
    return torch.stack([row.exp().mean().log() for row in log_w.T])


@pytest.mark.parametrize("samples", [1, 2, 7])
def test_iwae_is_the_log_of_the_mean_weight_of_each_example(samples):
    model, x = ZOO["gaussian"]()
    model, x = model.double(), x.double()
    with seeded():
        log_w = model(x, samples).log_w
    with seeded():
        bound = iwae(model, x, samples)
    assert_close(bound, hand_iwae(log_w), rtol=1e-12, atol=1e-12)


def test_iwae_stays_finite_with_its_gradient_where_every_weight_underflows():
    linear = linear_model(dims=1, latents=1, noise_var=1e-3)
    model = linear_twin(linear, torch.zeros(1).double(), torch.ones(1).double())
    x = linear.bias.detach() + 2 * linear.weight.detach().T
    with seeded():
        bound = iwae(model, x, 5, draw=lambda q, shape: q.rsample(shape).clamp(max=0))
    bound.sum().backward()
    assert bound.item() < -1000
    assert all(torch.isfinite(p.grad).all() for p in model.parameters() if p.grad is not None)


def quadrature(model, x: Tensor, samples: int, points: int = 401) -> float:
    """E[IWAE_K] for K = 1, 2 and one latent, by the rectangle rule over every K-tuple of grid points."""
    q = model.encoder(x)
    axis = torch.linspace(-12, 12, points, dtype=x.dtype)
    weight = torch.exp(-0.5 * axis**2) / math.sqrt(2 * math.pi) * (axis[1] - axis[0])
    grid = torch.cartesian_prod(*[axis] * samples).reshape(-1, samples)
    mass = torch.cartesian_prod(*[weight] * samples).reshape(-1, samples).prod(-1)
    with torch.no_grad():
        bound = iwae(
            model, x.expand(len(grid), -1), samples, draw=lambda q, _: q.mean + q.stddev * grid.T.unsqueeze(-1)
        )
    assert_close(q.mean.shape, (1, 1))
    return (mass * bound).sum().item()


def test_iwae_of_one_and_two_samples_by_quadrature_on_the_toy():
    model, x = toy()
    log_evidence = model.decoder.linear.log_evidence(x).item()
    m, v, w, noise = 1.02, 0.4, 1.5, 0.25
    fit = -0.5 * math.log(2 * math.pi * noise) - ((1.2 - w * m) ** 2 + w**2 * v) / (2 * noise)
    bound = fit - 0.5 * (m**2 + v - 1 - math.log(v))
    gap = 0.5 * (v / 0.1 + (m - 0.72) ** 2 / 0.1 - 1 - math.log(v / 0.1))  # KL(q ‖ N(0.72, 0.1))
    one, two = quadrature(model, x, 1), quadrature(model, x, 2)
    assert_close(one, bound, rtol=0, atol=1e-9)
    assert_close(log_evidence - one, gap, rtol=0, atol=1e-9)
    assert [round(number, 4) for number in (one, log_evidence, gap)] == [-2.9219, -1.6651, 1.2569]
    assert one < two < log_evidence
    axis = torch.linspace(-12, 12, 401, dtype=torch.float64)
    log_w = Normal(w * (m + math.sqrt(v) * axis), math.sqrt(noise)).log_prob(x[0])
    log_w = (
        log_w + Normal(0.0, 1.0).log_prob(m + math.sqrt(v) * axis) - Normal(0.0, 1.0).log_prob(axis) + 0.5 * math.log(v)
    )
    density = Normal(0.0, 1.0).log_prob(axis).exp() * 0.06
    by_hand = density @ ((log_w[:, None].exp() + log_w.exp()) / 2).log() @ density
    assert_close(two, by_hand.item(), rtol=0, atol=1e-9)


@pytest.mark.parametrize(("samples", "published"), [(1, -2.923), (5, -1.757), (20, -1.684), (100, -1.6695)])
def test_sampled_iwae_on_the_toy_has_the_values_of_the_course(samples, published):
    model, x = toy()
    with seeded(), torch.no_grad():
        bound = iwae(model, x.expand(400_000 // samples, -1), samples, draw=detached)
    assert_mean(bound, published, rounding=2e-3)
    assert bound.mean() < model.decoder.linear.log_evidence(x).item()


def test_gap_of_iwae_falls_as_the_relative_variance_over_twice_the_samples():
    model, x = toy()
    z = torch.linspace(-10, 10, 20_001, dtype=torch.float64)
    posterior, q = Normal(0.72, math.sqrt(0.1)), Normal(1.02, math.sqrt(0.4))
    variance = (2 * posterior.log_prob(z) - q.log_prob(z)).exp().sum().item() * 1e-3 - 1
    with seeded(), torch.no_grad():
        bound = iwae(model, x.expand(40_000, -1), 100, draw=detached)
    gap = model.decoder.linear.log_evidence(x).item() - bound
    assert_mean(gap, variance / 200, rounding=0.1 * variance / 200)
