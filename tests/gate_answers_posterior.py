"""Right answers to the gate about the state before a step of a diffusion, each written in another way."""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F

from tests.gate_answers import answers


@answers("ddpm_posterior_mean")
def with_a_padded_schedule(x0, xt, t, alphas, alpha_bar):
    before = torch.cat([torch.ones(1, dtype=alpha_bar.dtype), alpha_bar[:-1]])
    betas = 1 - alphas
    on_x0 = betas * torch.sqrt(before) / (1 - alpha_bar)
    on_xt = (1 - before) * torch.sqrt(alphas) / (1 - alpha_bar)
    return on_x0[t] * x0 + on_xt[t] * xt


@answers("ddpm_posterior_mean")
def with_pad_and_an_early_return(x0, xt, t, alphas, alpha_bar):
    if t == 0:
        return x0
    before = F.pad(alpha_bar[:-1], (1, 0), value=1.0)[t]
    return (before.sqrt() * (1 - alphas[t]) * x0 + alphas[t].sqrt() * (1 - before) * xt) / (1 - alpha_bar[t])


@answers("ddpm_posterior_mean")
def by_the_predicted_noise(x0, xt, t, alphas, alpha_bar):
    eps = (xt - alpha_bar[t].sqrt() * x0) / (1 - alpha_bar[t]).sqrt()
    return (xt - (1 - alphas[t]) / (1 - alpha_bar[t]).sqrt() * eps) / alphas[t].sqrt()


@answers("ddpm_posterior_mean")
def by_precisions(x0, xt, t, alphas, alpha_bar):
    if t < 1:
        return x0.clone()
    before, a = alpha_bar[t - 1], alphas[t]
    from_data, from_state = 1 / (1 - before), a / (1 - a)
    return (from_data * before.sqrt() * x0 + from_state * xt / a.sqrt()) / (from_data + from_state)


@answers("ddpm_posterior_mean")
def as_a_correction_of_the_forecast(x0, xt, t, alphas, alpha_bar):
    before = alpha_bar[t] / alphas[t]
    forecast, gain = before.sqrt() * x0, alphas[t].sqrt() * (1 - before) / (1 - alpha_bar[t])
    return forecast + gain * (xt - alphas[t].sqrt() * forecast)


@answers("ddpm_posterior_mean")
def with_numbers_of_python(x0, xt, t, alphas, alpha_bar):
    a, bar = alphas.tolist(), [1.0, *alpha_bar.tolist()]
    x = math.sqrt(bar[t]) * (1 - a[t]) / (1 - bar[t + 1])
    y = math.sqrt(a[t]) * (1 - bar[t]) / (1 - bar[t + 1])
    return x * x0 + y * xt


@answers("ddpm_posterior_mean")
def with_the_schedule_multiplied_up_anew(x0, xt, t, alphas, alpha_bar):
    before, now = alphas[:t].prod(), alphas[: t + 1].prod()
    parts = torch.stack([before.sqrt() * (1 - alphas[t]), alphas[t].sqrt() * (1 - before)]) / (1 - now)
    return torch.einsum("k,kbd->bd", parts, torch.stack([x0, xt]))


@answers("ddpm_posterior_mean")
def as_a_stochastic_sampler_of_few_steps(x0, xt, t, alphas, alpha_bar):
    now, before = alpha_bar[t], alpha_bar[t - 1] if t else alpha_bar.new_tensor(1.0)
    eps = (xt - now.sqrt() * x0) / (1 - now).sqrt()
    fresh = (1 - before) / (1 - now) * (1 - now / before)
    return before.sqrt() * x0 + (1 - before - fresh).clamp(min=0).sqrt() * eps


@answers("ddpm_posterior_mean")
def by_conditioning_a_joint_gaussian(x0, xt, t, alphas, alpha_bar):
    before = float(alpha_bar[t - 1]) if t else 1.0
    a = float(alphas[t])
    covariance = np.array([[1 - before, a**0.5 * (1 - before)], [a**0.5 * (1 - before), a * (1 - before) + 1 - a]])
    mean = before**0.5 * x0
    return mean + covariance[0, 1] / covariance[1, 1] * (xt - a**0.5 * mean)


@answers("ddpm_posterior_mean")
def in_place_on_a_product(x0, xt, t, alphas, alpha_bar):
    before = torch.ones_like(alpha_bar[t]) if t == 0 else alpha_bar[t - 1]
    result = xt * (alphas[t].sqrt() * (1 - before))
    result.add_(x0 * (before.sqrt() * (1 - alphas[t]))).div_(1 - alpha_bar[t])
    return result
