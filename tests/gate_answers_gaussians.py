"""Right answers to the gates about Gaussians, each written another way than the solution."""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch.distributions import Bernoulli, Independent, MultivariateNormal, Normal, kl_divergence

from tests.gate_answers import answers


@answers("reparameterize")
def by_rsample(mu, logvar):
    return Normal(mu, torch.exp(logvar / 2)).rsample()


@answers("reparameterize")
def by_an_independent_normal(mu, logvar):
    return Independent(Normal(mu, logvar.exp().sqrt()), 1).rsample()


@answers("reparameterize")
def with_noise_of_numpy(mu, logvar):
    noise = torch.from_numpy(np.random.randn(*mu.shape)).to(mu.dtype)
    return torch.addcmul(mu, noise, torch.exp(0.5 * logvar))


@answers("reparameterize")
def with_noise_of_single_precision(mu, logvar):
    return mu + torch.randn(mu.shape) * torch.exp(logvar * 0.5)


@answers("reparameterize")
def in_a_loop_over_examples_and_latents(mu, logvar):
    rows = []
    for m, s in zip(mu.unbind(0), (0.5 * logvar).exp().unbind(0), strict=True):
        rows.append(torch.stack([m[j] + s[j] * torch.randn((), dtype=mu.dtype) for j in range(len(m))]))
    return torch.stack(rows)


@answers("reparameterize")
def by_box_and_muller(mu, logvar):
    radius = (-2 * torch.log1p(-torch.rand_like(mu))).sqrt()
    return mu + radius * (2 * math.pi * torch.rand_like(mu)).cos() * (0.5 * logvar).exp()


@answers("reparameterize")
def in_place_on_the_noise(mu, logvar):
    return torch.empty_like(mu).normal_().mul_(1.0).mul((logvar / 2).exp()).add(mu)


@answers("reparameterize")
def with_fresh_seeds_and_a_generator(mu, logvar):
    generator = torch.Generator()
    generator.seed()
    return torch.randn(mu.shape, generator=generator, dtype=mu.dtype) * logvar.exp() ** 0.5 + mu


@answers("kl_standard_normal")
def by_torch(mu, logvar):
    q, p = Normal(mu, torch.exp(0.5 * logvar)), Normal(0.0, 1.0)
    return kl_divergence(q, p).sum(-1)


@answers("kl_standard_normal")
def by_sigma(mu, logvar):
    sigma = torch.exp(logvar / 2)
    return torch.sum(sigma**2 + mu**2 - 1 - 2 * sigma.log(), dim=1) / 2


@answers("kl_standard_normal")
def the_usual_line(mu, logvar):
    return -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp(), dim=1)


@answers("kl_standard_normal")
def with_products_of_rows(mu, logvar):
    squares = torch.einsum("bl,bl->b", mu, mu)
    return 0.5 * (squares + torch.expm1(logvar).sum(-1) - logvar.sum(-1))


@answers("kl_standard_normal")
def in_a_loop_over_everything(mu, logvar):
    rows = []
    for m, s in zip(mu, logvar, strict=True):
        rows.append(sum(0.5 * (m[j] ** 2 + s[j].exp() - s[j] - 1) for j in range(len(m))))
    return torch.stack(rows)


@answers("kl_standard_normal")
def in_place_on_temporaries(mu, logvar):
    terms = mu.square()
    terms += logvar.exp()
    terms -= logvar
    return terms.sum(1).sub_(mu.shape[1]).mul_(0.5)


@answers("kl_diagonal_gaussians")
def by_torch_between_two(mu_q, logvar_q, mu_p, logvar_p):
    q, p = Normal(mu_q, (0.5 * logvar_q).exp()), Normal(mu_p, (0.5 * logvar_p).exp())
    return kl_divergence(Independent(q, 1), Independent(p, 1))


@answers("kl_diagonal_gaussians")
def by_ratios_of_sigma(mu_q, logvar_q, mu_p, logvar_p):
    s, t = (0.5 * logvar_q).exp(), (0.5 * logvar_p).exp()
    return ((t / s).log() + (s**2 + (mu_q - mu_p) ** 2) / (2 * t**2) - 0.5).sum(-1)


@answers("kl_diagonal_gaussians")
def with_variances(mu_q, logvar_q, mu_p, logvar_p):
    var_q, var_p = logvar_q.exp(), logvar_p.exp()
    return 0.5 * (logvar_p - logvar_q + (var_q + (mu_p - mu_q) ** 2) / var_p - 1).sum(1)


@answers("kl_diagonal_gaussians")
def after_whitening(mu_q, logvar_q, mu_p, logvar_p):
    shift = (mu_q - mu_p) * torch.exp(-logvar_p / 2)
    ratio = logvar_q - logvar_p
    return -0.5 * (1 + ratio - shift.square() - ratio.exp()).sum(dim=-1)


@answers("kl_diagonal_gaussians")
def by_covariance_matrices(mu_q, logvar_q, mu_p, logvar_p):
    q = MultivariateNormal(mu_q, scale_tril=torch.diag_embed((0.5 * logvar_q).exp()))
    p = MultivariateNormal(mu_p, scale_tril=torch.diag_embed((0.5 * logvar_p).exp()))
    return kl_divergence(q, p)


@answers("kl_diagonal_gaussians")
def one_example_at_a_time(mu_q, logvar_q, mu_p, logvar_p):
    rows = []
    for m, s, n, t in zip(mu_q, logvar_q, mu_p, logvar_p, strict=True):
        rows.append(
            0.5 * sum((m[i] - n[i]) ** 2 / t[i].exp() + (s[i] - t[i]).exp() - s[i] + t[i] - 1 for i in range(len(m)))
        )
    return torch.stack(rows)


def kl(mu, logvar):
    return kl_divergence(Normal(mu, torch.exp(0.5 * logvar)), Normal(0.0, 1.0)).sum(-1)


@answers("negative_elbo")
def by_distributions(logits, x, mu, logvar):
    return (kl(mu, logvar) - Bernoulli(logits=logits).log_prob(x).sum(-1)).mean()


@answers("negative_elbo")
def by_softplus(logits, x, mu, logvar):
    log_px = (x * logits - F.softplus(logits)).sum(1)
    return -(log_px - kl(mu, logvar)).mean()


@answers("negative_elbo")
def by_logsigmoid(logits, x, mu, logvar):
    log_px = x * F.logsigmoid(logits) + (1 - x) * F.logsigmoid(-logits)
    return (-log_px.sum() - 0.5 * (1 + logvar - mu**2 - logvar.exp()).sum()) / len(x)


@answers("negative_elbo")
def summed_by_torch(logits, x, mu, logvar):
    nll = F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
    return nll / x.shape[0] + kl(mu, logvar).mean()


@answers("negative_elbo")
def by_the_sign_of_x(logits, x, mu, logvar):
    signed = torch.where(x > 0.5, logits, -logits)
    return torch.logaddexp(torch.zeros_like(signed), -signed).sum(-1).mean() + kl(mu, logvar).mean()


@answers("negative_elbo")
def one_example_after_the_other(logits, x, mu, logvar):
    losses = []
    for a, b, m, s in zip(logits, x, mu, logvar, strict=True):
        losses.append(torch.nn.BCEWithLogitsLoss(reduction="sum")(a, b) + kl(m[None], s[None])[0])
    return torch.stack(losses).mean()


@answers("negative_elbo")
def averaged_and_multiplied(logits, x, mu, logvar):
    return F.binary_cross_entropy_with_logits(logits, x) * x.shape[1] + kl(mu, logvar).mean(0)
