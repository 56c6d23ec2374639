"""The fixed encoder of a diffusion model, by quadrature in one dimension."""

import pytest
import torch
from torch.distributions import Normal
from torch.testing import assert_close

from tests.statistics import seeded
from tests.zoo import B, D
from vaekit import ForwardProcess, linear_betas, scaled_betas

GRID = torch.linspace(-10, 10, 1601, dtype=torch.float64)


@pytest.mark.parametrize("t", [1, 2, 7, 19])
def test_the_posterior_of_a_step_is_that_of_quadrature(t):
    process = ForwardProcess(scaled_betas(20))
    x0, xt = torch.tensor([[1.3]], dtype=torch.float64), torch.tensor([[-0.4]], dtype=torch.float64)
    kernel = Normal(process.alphas[t].sqrt() * GRID, process.betas[t].sqrt())
    joint = (process.q(x0, t - 1).log_prob(GRID) + kernel.log_prob(xt)).exp().squeeze(0)
    evidence = torch.trapezoid(joint, GRID)
    assert_close(evidence, process.q(x0, t).log_prob(xt).exp().squeeze(), rtol=1e-12, atol=1e-12)
    found = process.posterior(x0, xt, t)
    mean = torch.trapezoid(GRID * joint, GRID) / evidence
    variance = torch.trapezoid((GRID - mean).square() * joint, GRID) / evidence
    assert_close(found.mean.squeeze(), mean, rtol=0, atol=1e-12)
    assert_close(found.variance.squeeze(), variance, rtol=0, atol=1e-12)
    assert_close(found.log_prob(GRID).exp().squeeze(0), joint / evidence, rtol=0, atol=1e-11)


def test_the_steps_one_after_another_are_the_kernel_of_all_of_them_at_once():
    process = ForwardProcess(scaled_betas(6))
    x0 = torch.tensor([[0.8]], dtype=torch.float64)
    density = process.q(x0, 0).log_prob(GRID).exp().squeeze(0)
    for t in range(1, 6):
        kernel = Normal(process.alphas[t].sqrt() * GRID, process.betas[t].sqrt())
        density = torch.trapezoid(kernel.log_prob(GRID.unsqueeze(-1)).exp() * density, GRID)
        assert_close(density, process.q(x0, t).log_prob(GRID).exp().squeeze(0), rtol=0, atol=1e-12)


def test_steps_may_differ_from_row_to_row_and_the_posterior_mean_at_the_first_step_is_the_data():
    process = ForwardProcess(scaled_betas(9))
    with seeded():
        x0, xt, t = torch.randn(B, D).double(), torch.randn(3, B, D).double(), torch.randint(1, 9, (3, B))
    q, posterior = process.q(x0.expand(3, B, D), t), process.posterior(x0, xt, t)
    for k in range(3):
        for b in range(B):
            step = int(t[k, b])
            assert_close(q.mean[k, b], process.alpha_bar[step].sqrt() * x0[b])
            assert_close(posterior.mean[k, b], process.posterior(x0, xt[k], step).mean[b])
            assert_close(posterior.variance[k, b], process.posterior_var[step].expand(D))
    assert_close(process.posterior_mean(x0, xt[0], 0), x0)
    assert_close(process.alpha_bar, process.alphas.cumprod(0))
    assert_close(process.alphas, 1 - process.betas)


def test_the_share_of_noise_keeps_its_digits_in_single_precision():
    process = ForwardProcess(linear_betas(1000).float())
    exact = 1 - (1 - linear_betas(1000).float().double()).cumprod(0)
    assert_close(process.noise_var.double(), exact, rtol=1e-6, atol=0)
