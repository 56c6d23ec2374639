"""Noise schedules against their formulas, and the four ways to say what the noise was."""

import math

import pytest
import torch
from torch.testing import assert_close

from vaekit import (
    DDPM,
    GaussianDenoiser,
    cosine_betas,
    gaussian_reverse_variance,
    linear_betas,
    noise_to_score,
    noise_to_velocity,
    noise_to_x0,
    posterior_variance,
    scaled_betas,
    score_to_noise,
    signal_to_noise,
    velocity_to_noise,
    x0_to_noise,
)

SCHEDULES = {"linear": linear_betas, "scaled": scaled_betas, "cosine": cosine_betas}


def randn(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("steps", [1, 2, 30, 1000])
@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_adds_noise_at_every_step_and_the_signal_to_noise_ratio_falls(name, steps):
    betas = SCHEDULES[name](steps)
    assert betas.shape == (steps,) and betas.dtype == torch.float64
    assert (betas > 0).all() and (betas < 1).all()
    assert (signal_to_noise(betas).diff() < 0).all()
    assert SCHEDULES[name](steps, dtype=torch.float32).dtype == torch.float32
    assert SCHEDULES[name](steps, device="meta").is_meta


def test_the_linear_schedule_has_its_ends_and_the_scaled_one_is_clipped():
    betas = linear_betas(1000)
    assert_close(betas[[0, -1]], torch.tensor([1e-4, 0.02], dtype=torch.float64))
    assert_close(betas.diff(), betas.diff()[:1].expand(999))
    assert_close(scaled_betas(1000)[[0, -1]], torch.tensor([1e-4, 0.02], dtype=torch.float64))
    by_hand = [min(0.1 / 10 + i * (20 / 10 - 0.1 / 10) / 9, 0.999) for i in range(10)]
    assert_close(scaled_betas(10), torch.tensor(by_hand, dtype=torch.float64))


def test_finer_scaled_schedules_cut_up_one_process():
    left = [(1 - scaled_betas(steps)).log().sum().item() for steps in (1000, 10_000, 100_000)]
    assert abs(left[0] + 10.05) > abs(left[1] + 10.05) > abs(left[2] + 10.05)
    assert left[2] == pytest.approx(-(0.1 + 20) / 2, abs=2e-3)


def test_the_cosine_schedule_keeps_the_share_of_signal_that_its_formula_says():
    steps, offset = 50, 0.008
    kept = [math.cos((t / steps + offset) / (1 + offset) * math.pi / 2) ** 2 for t in range(steps + 1)]
    alpha_bar = (1 - cosine_betas(steps)).cumprod(0)
    wanted = torch.tensor([k / kept[0] for k in kept[1:-1]], dtype=torch.float64)
    assert_close(alpha_bar[:-1], wanted, rtol=1e-10, atol=0)
    assert cosine_betas(steps)[-1] == 0.999


def test_the_posterior_variance_is_below_beta_and_nothing_is_left_to_vary_before_the_first_step():
    betas = scaled_betas(30)
    variance, alpha_bar = posterior_variance(betas), (1 - betas).cumprod(0)
    assert variance[0] == 0 and (variance < betas).all()
    by_hand = betas[1:] * (1 - alpha_bar[:-1]) / (1 - alpha_bar[1:])
    assert_close(variance[1:], by_hand, rtol=1e-12, atol=0)


def test_the_reverse_variance_of_gaussian_data_lies_between_that_of_a_point_and_beta_at_unit_variance():
    betas = scaled_betas(30)
    assert_close(gaussian_reverse_variance(betas, 1.0), betas, rtol=1e-12, atol=0)
    assert_close(gaussian_reverse_variance(betas, 1e-14), posterior_variance(betas), rtol=1e-9, atol=1e-13)
    joint = 4.0 * (1 - betas[0])  # x₁ and x₀ are jointly Gaussian: var(x₀|x₁) = v - cov² / var(x₁)
    by_hand = 4.0 - 4.0 * joint / (joint + betas[0])
    assert_close(gaussian_reverse_variance(betas, 4.0)[0], by_hand, rtol=1e-10, atol=0)


@pytest.mark.parametrize("alpha_bar", [0.9999, 0.5, 1e-4])
def test_noise_x0_score_and_velocity_say_the_same(alpha_bar):
    x0, noise = randn(7, 3), randn(7, 3, seed=1)
    xt = alpha_bar**0.5 * x0 + (1 - alpha_bar) ** 0.5 * noise
    velocity = alpha_bar**0.5 * noise - (1 - alpha_bar) ** 0.5 * x0
    assert_close(noise_to_x0(noise, xt, alpha_bar), x0, rtol=1e-9, atol=1e-9)
    assert_close(x0_to_noise(x0, xt, alpha_bar), noise, rtol=1e-9, atol=1e-9)
    assert_close(noise_to_velocity(noise, xt, alpha_bar), velocity, rtol=1e-9, atol=1e-9)
    assert_close(velocity_to_noise(velocity, xt, alpha_bar), noise, rtol=1e-9, atol=1e-9)
    kernel = torch.distributions.Normal(alpha_bar**0.5 * x0, (1 - alpha_bar) ** 0.5)
    point = xt.clone().requires_grad_()
    (score,) = torch.autograd.grad(kernel.log_prob(point).sum(), point)
    assert_close(noise_to_score(noise, alpha_bar), score, rtol=1e-9, atol=1e-9)
    assert_close(score_to_noise(score, alpha_bar), noise, rtol=1e-9, atol=1e-9)


def cubic_betas(steps: int) -> torch.Tensor:
    """A schedule of the test's own: log SNR falls along a cubic from 9 to -9."""
    grid = torch.linspace(-1, 1, steps, dtype=torch.float64)
    alpha_bar = torch.sigmoid(-4 * grid**3 - 5 * grid)
    return 1 - alpha_bar / torch.cat([torch.ones(1).double(), alpha_bar[:-1]])


@pytest.mark.parametrize("schedule", [linear_betas, cosine_betas, cubic_betas])
def test_in_continuous_time_the_bound_depends_on_the_ends_of_the_schedule_alone(schedule):
    """½ ∫ mmse dSNR by the trapezoid over log SNR; the mmse is measured at the exact denoiser, with Gaussian points."""
    s2, steps = 4.0, 4000
    betas = schedule(steps)
    model = DDPM(GaussianDenoiser(betas, s2, mean=torch.zeros(1).double()), betas)
    t, x0 = torch.arange(steps).repeat_interleave(4), s2**0.5 * torch.tensor([1.0, 1, -1, -1]).double().repeat(steps)
    noise = torch.tensor([1.0, -1, 1, -1]).double().repeat(steps)  # ±1 has the moments that a square needs
    q = model.q(x0.unsqueeze(-1), t)
    guess = model.predict_x0(q.loc + q.scale * noise.unsqueeze(-1), t)
    mmse = (guess.squeeze(-1) - x0).square().unflatten(0, (steps, 4)).mean(1)
    ratio = signal_to_noise(betas)
    inside = slice(0, -1)  # the last β of the cosine is clipped, and jumps
    integral = torch.trapezoid((mmse * ratio)[inside], -ratio.log()[inside])
    exact = 0.5 * torch.log((1 + ratio[0] * s2) / (1 + ratio[-2] * s2))
    assert_close(integral / 2, exact, rtol=0, atol=1e-5 if schedule is not cosine_betas else 1e-3)
