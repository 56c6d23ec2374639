"""Right answers to the gate about the loss of a beta-VAE, each written in another way."""

from __future__ import annotations

import torch

from tests.gate_answers import answers


@answers("beta_loss")
def term_by_term(nll, kl, beta):
    return nll.mean() + beta * kl.mean()


@answers("beta_loss")
def with_a_factor_in_the_addition(nll, kl, beta):
    return torch.add(nll, kl, alpha=beta).mean()


@answers("beta_loss")
def as_a_product_of_matrices(nll, kl, beta):
    weights = torch.tensor([1.0, beta], dtype=nll.dtype)
    return (torch.stack([nll, kl], dim=-1) @ weights).sum() / nll.shape[0]


@answers("beta_loss")
def example_by_example(nll, kl, beta):
    costs = [one + beta * other for one, other in zip(nll, kl, strict=True)]
    return sum(costs) / len(costs)


@answers("beta_loss")
def as_the_elbo_and_the_rest(nll, kl, beta):
    elbo = -(nll + kl)
    return (-elbo + (beta - 1.0) * kl).mean()


@answers("beta_loss")
def by_einsum(nll, kl, beta):
    ones = torch.ones_like(nll) / len(nll)
    return torch.einsum("b,b->", nll, ones) + torch.einsum("b,b->", kl, beta * ones)


@answers("beta_loss")
def in_place_on_a_product(nll, kl, beta):
    cost = beta * kl
    cost += nll
    return cost.mean(dim=-1)


@answers("beta_loss")
def over_a_square_of_pairs(nll, kl, beta):
    return (nll[:, None] + beta * kl).mean()
