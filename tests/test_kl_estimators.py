"""Estimators of the KL divergence from samples, against closed forms and quadrature."""

import pytest
import torch
from torch import Tensor
from torch.distributions import Normal, kl_divergence

from tests.statistics import assert_mean, seeded
from vaekit import kl_controlled, kl_direct, kl_squared


def normals(q_scale: float, p_loc: float) -> tuple[Normal, Normal]:
    return Normal(torch.tensor(0.2).double(), q_scale), Normal(torch.tensor(p_loc).double(), 1.0)


def moments(values: Tensor, log_q: Tensor, step: float) -> tuple[float, float]:
    """Mean and variance of `values` under q by quadrature."""
    mass = log_q.exp() * step
    mean = (mass * values).sum()
    return mean.item(), (mass * (values - mean).square()).sum().item()


@pytest.mark.parametrize("q_scale", [0.8, 1.0, 1.3])
def test_kl_estimators_have_the_means_that_they_promise(q_scale):
    q, p = normals(q_scale, 0.7)
    z = torch.linspace(-12, 12, 48001, dtype=torch.float64)
    log_q, log_p = q.log_prob(z), p.log_prob(z)
    exact = kl_divergence(q, p).item()
    found = {kl: moments(kl(log_q, log_p), log_q, 24 / 48000) for kl in (kl_direct, kl_squared, kl_controlled)}
    assert found[kl_direct][0] == pytest.approx(exact, abs=1e-9)
    assert found[kl_controlled][0] == pytest.approx(exact, abs=1e-9)
    assert abs(found[kl_squared][0] - exact) > 1e-3
    with seeded():
        draws = q.sample((20_000,))
    for kl, (mean, _) in found.items():
        assert_mean(kl(q.log_prob(draws), p.log_prob(draws)), mean)


def test_controlled_and_squared_are_never_negative_and_direct_is_sometimes():
    q, p = normals(1.3, 0.7)
    with seeded():
        z = q.sample((1000,))
    log_q, log_p = q.log_prob(z), p.log_prob(z)
    assert kl_squared(log_q, log_p).min() >= 0 and kl_controlled(log_q, log_p).min() >= 0
    assert kl_direct(log_q, log_p).min() < 0
    tiny = torch.tensor(1e-9, dtype=torch.float64)  # r - 1 - log r = ½ (log r)²: no digit is lost
    assert kl_controlled(torch.zeros_like(tiny), tiny).item() == pytest.approx(0.5e-18, rel=1e-6)
