"""Right answers to the gates about likelihoods, each written in another way."""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch.distributions import Bernoulli, Independent, MultivariateNormal, Normal

from tests.gate_answers import answers


@answers("bernoulli_log_likelihood")
def by_distribution(logits, x):
    return Bernoulli(logits=logits).log_prob(x).sum(-1)


@answers("bernoulli_log_likelihood")
def by_independent_distribution(logits, x):
    return Independent(Bernoulli(logits=logits), 1).log_prob(x)


@answers("bernoulli_log_likelihood")
def by_softplus(logits, x):
    return torch.einsum("bd,bd->b", x, logits) - F.softplus(logits).sum(1)


@answers("bernoulli_log_likelihood")
def by_logsigmoid(logits, x):
    return (x * F.logsigmoid(logits) + (1 - x) * F.logsigmoid(-logits)).sum(dim=1)


@answers("bernoulli_log_likelihood")
def by_the_sign_of_x(logits, x):
    return F.logsigmoid((2 * x - 1) * logits).sum(-1)


@answers("bernoulli_log_likelihood")
def by_logaddexp(logits, x):
    wrong = torch.where(x == 1, -logits, logits)
    return -torch.logaddexp(wrong, torch.zeros_like(wrong)).sum(-1)


@answers("bernoulli_log_likelihood")
def by_hand_with_a_maximum(logits, x):
    nll = logits.clamp(min=0) - logits * x + torch.log1p(torch.exp(-logits.abs()))
    return -nll.sum(-1)


@answers("bernoulli_log_likelihood")
def by_log_softmax_over_two_classes(logits, x):
    both = torch.stack([torch.zeros_like(logits), logits], dim=-1).log_softmax(-1)
    return both.gather(-1, x.long()[..., None]).squeeze(-1).sum(-1)


@answers("bernoulli_log_likelihood")
def one_image_after_the_other(logits, x):
    loss = torch.nn.BCEWithLogitsLoss(reduction="sum")
    return torch.stack([-loss(a, b) for a, b in zip(logits, x, strict=True)])


@answers("bernoulli_log_likelihood")
def averaged_and_multiplied(logits, x):
    return -F.binary_cross_entropy_with_logits(logits, x, reduction="none").mean(1) * x.shape[1]


@answers("gaussian_log_likelihood")
def by_normal(x, mean, logvar):
    return Normal(mean, torch.exp(0.5 * logvar)).log_prob(x).sum(-1)


@answers("gaussian_log_likelihood")
def by_independent_normal(x, mean, logvar):
    return Independent(Normal(mean, logvar.exp().sqrt()), 1).log_prob(x)


@answers("gaussian_log_likelihood")
def by_a_multivariate_normal(x, mean, logvar):
    return MultivariateNormal(mean, scale_tril=torch.diag_embed((0.5 * logvar).exp())).log_prob(x)


@answers("gaussian_log_likelihood")
def by_the_formula_with_sigma(x, mean, logvar):
    sigma = torch.exp(logvar / 2)
    return (-(((x - mean) / sigma) ** 2) / 2 - sigma.log() - math.log(math.sqrt(2 * math.pi))).sum(1)


@answers("gaussian_log_likelihood")
def with_one_constant_for_all_pixels(x, mean, logvar):
    square = ((mean - x).square() / logvar.exp()).sum(-1)
    return -0.5 * (square + logvar.sum(-1) + x.shape[-1] * np.log(2 * np.pi))


@answers("gaussian_log_likelihood")
def by_torch_with_the_variance_divided_out(x, mean, logvar):
    precision = (-0.5 * logvar).exp()
    unit = F.gaussian_nll_loss(mean * precision, x * precision, torch.ones_like(x), full=True, reduction="none")
    return -(unit + 0.5 * logvar).sum(-1)


@answers("gaussian_log_likelihood")
def in_place_on_temporaries(x, mean, logvar):
    terms = (x - mean) * torch.exp(-0.5 * logvar)
    terms = terms**2
    terms += logvar
    terms += math.log(2 * math.pi)
    return terms.sum(1).mul_(-0.5)


@answers("gaussian_log_likelihood")
def pixel_by_pixel(x, mean, logvar):
    rows = []
    for a, m, s in zip(x, mean, logvar, strict=True):
        terms = [-0.5 * (math.log(2 * math.pi) + s[d] + (a[d] - m[d]) ** 2 / s[d].exp()) for d in range(len(a))]
        rows.append(sum(terms))
    return torch.stack(rows)
