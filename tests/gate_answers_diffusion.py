"""Right answers to the gates about diffusion, each written in another way."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch.distributions import Independent, Normal, kl_divergence

import tests.gate_answers_posterior  # noqa: F401 (adds its answers to these)
from tests.gate_answers import answers


@answers("diffuse")
def by_gather_and_view(x0, t, alpha_bar, eps):
    a = alpha_bar.gather(-1, t).view(-1, 1)
    return torch.sqrt(a) * x0 + torch.sqrt(1.0 - a) * eps


@answers("diffuse")
def with_two_tables(x0, t, alpha_bar, eps):
    signal, noise = alpha_bar.sqrt(), (1 - alpha_bar).sqrt()
    return signal[t].unsqueeze(-1) * x0 + noise.index_select(0, t)[..., None] * eps


@answers("diffuse")
def one_example_at_a_time(x0, t, alpha_bar, eps):
    rows = []
    for x, step, e in zip(x0, t.tolist(), eps, strict=True):
        share = alpha_bar[step].item()
        rows.append(math.sqrt(share) * x + math.sqrt(1 - share) * e)
    return torch.stack(rows)


@answers("diffuse")
def number_by_number(x0, t, alpha_bar, eps):
    result = torch.empty_like(x0)
    for b in range(x0.shape[0]):
        for d in range(x0.shape[1]):
            share = alpha_bar[t[b]]
            result[b, d] = share**0.5 * x0[b, d] + (1 - share) ** 0.5 * eps[b, d]
    return result


@answers("diffuse")
def by_einsum(x0, t, alpha_bar, eps):
    share = alpha_bar[t]
    return torch.einsum("b,bd->bd", share.sqrt(), x0) + torch.einsum("b,bd->bd", (1 - share).sqrt(), eps)


@answers("diffuse")
def with_diagonal_matrices(x0, t, alpha_bar, eps):
    chosen = F.one_hot(t, len(alpha_bar)).to(x0.dtype) @ alpha_bar
    return torch.diag(chosen.sqrt()) @ x0 + torch.diag((1 - chosen).sqrt()) @ eps


@answers("diffuse")
def transposed_and_in_place_on_a_product(x0, t, alpha_bar, eps):
    share = torch.take(alpha_bar, t)
    state = x0.T * share.pow(0.5)
    state += eps.T * share.neg().add(1).sqrt_()
    return state.T


@answers("diffuse")
def as_a_distribution_with_its_draw(x0, t, alpha_bar, eps):
    q = Normal(alpha_bar[t, None].sqrt() * x0, (1 - alpha_bar[t, None]).sqrt())
    return q.loc + q.scale * eps


@answers("diffuse")
def by_an_angle(x0, t, alpha_bar, eps):
    angle = torch.atan2((1 - alpha_bar).sqrt(), alpha_bar.sqrt())[t].reshape(len(t), 1)
    return angle.cos() * x0 + angle.sin() * eps


@answers("diffuse")
def from_the_signal_to_noise_ratio(x0, t, alpha_bar, eps):
    ratio = (alpha_bar / (1 - alpha_bar))[t][:, None]
    return torch.addcmul(torch.sigmoid(ratio.log()).sqrt() * x0, torch.rsqrt(1 + ratio), eps)


@answers("diffuse")
def by_a_product_of_matrices(x0, t, alpha_bar, eps):
    with torch.no_grad():
        return (
            F.embedding(t, torch.stack([alpha_bar, 1 - alpha_bar], 1).sqrt())
            .unsqueeze(1)
            .bmm(torch.stack([x0, eps], 1))[:, 0]
        )


@answers("diffuse")
def step_after_step(x0, t, alpha_bar, eps):
    alphas = alpha_bar / torch.cat([torch.ones(1, dtype=alpha_bar.dtype), alpha_bar[:-1]])
    mean, variance = x0, torch.zeros(len(x0), 1, dtype=x0.dtype)
    for step, alpha in enumerate(alphas):
        here = (step <= t)[:, None]
        mean = torch.where(here, alpha.sqrt() * mean, mean)
        variance = torch.where(here, alpha * variance + (1 - alpha), variance)
    return mean + variance.sqrt() * eps


@answers("ddpm_loss")
def by_mse_times_the_size(eps_hat, eps):
    return F.mse_loss(eps_hat, eps) * eps.shape[1]


@answers("ddpm_loss")
def by_a_summed_mse(eps_hat, eps):
    return F.mse_loss(eps_hat, eps, reduction="sum") / len(eps)


@answers("ddpm_loss")
def by_the_norm(eps_hat, eps):
    return torch.linalg.vector_norm(eps - eps_hat, dim=1).pow(2).mean()


@answers("ddpm_loss")
def by_einsum_of_the_error(eps_hat, eps):
    error = eps_hat - eps
    return torch.einsum("bd,bd->", error, error) / error.size(0)


@answers("ddpm_loss")
def by_the_trace_of_a_product(eps_hat, eps):
    error = eps_hat.sub(eps)
    return (error @ error.T).trace() / eps.shape[0]


@answers("ddpm_loss")
def one_pair_at_a_time(eps_hat, eps):
    total = 0
    for one, other in zip(eps_hat, eps, strict=True):
        total = total + torch.dot(one - other, one - other)
    return total / len(eps_hat)


@answers("ddpm_loss")
def with_the_axes_in_the_other_order(eps_hat, eps):
    return torch.square(eps_hat - eps).mean(0).sum()


@answers("ddpm_loss")
def as_a_kl_of_two_gaussians(eps_hat, eps):
    one = torch.ones_like(eps)
    return 2 * kl_divergence(Independent(Normal(eps, one), 1), Independent(Normal(eps_hat, one), 1)).mean()


@answers("ddpm_loss")
def in_place_on_the_error(eps_hat, eps):
    error = eps_hat - eps
    return error.pow_(2).sum(dim=-1).mean(dim=0)
