"""Right answers to the gates about tighter bounds and discrete latents, each written in another way."""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch.distributions import Exponential, Gumbel, RelaxedOneHotCategorical

from tests.gate_answers import answers


@answers("iwae_bound")
def with_a_maximum_by_hand(log_w):
    top = log_w.amax(0)
    return (log_w - top).exp().mean(0).log() + top


@answers("iwae_bound")
def with_a_detached_maximum(log_w):
    top = log_w.max(dim=0, keepdim=True).values.detach()
    return (torch.log(torch.exp(log_w - top).sum(0, keepdim=True) / log_w.shape[0]) + top).squeeze(0)


@answers("iwae_bound")
def by_log_softmax(log_w):
    return (log_w - log_w.log_softmax(0))[0] - np.log(log_w.shape[0])


@answers("iwae_bound")
def one_draw_after_the_other(log_w):
    total = log_w[0]
    for row in log_w[1:]:
        total = torch.logaddexp(total, row)
    return total - math.log(len(log_w))


@answers("iwae_bound")
def one_image_after_the_other(log_w):
    return torch.stack([torch.logsumexp(column - math.log(len(column)), 0) for column in log_w.T])


@answers("iwae_bound")
def as_elbo_and_gap(log_w):
    elbo = log_w.mean(0)
    return elbo + (log_w - elbo).logsumexp(0) - torch.tensor(float(len(log_w)), dtype=log_w.dtype).log()


@answers("iwae_bound")
def with_the_weights_as_a_surrogate(log_w):
    value = log_w.detach().logsumexp(0) - math.log(len(log_w))
    surrogate = (log_w.detach().softmax(0) * log_w).sum(0)
    return value + (surrogate - surrogate.detach())


@answers("iwae_bound")
def as_entropy_and_average(log_w):
    share = log_w.log_softmax(0)
    return (share.exp() * (log_w - share)).sum(0) - math.log(len(log_w))


@answers("gumbel_softmax")
def by_torch(logits, tau):
    return F.gumbel_softmax(logits, tau=tau)


@answers("gumbel_softmax")
def by_the_relaxed_categorical(logits, tau):
    return RelaxedOneHotCategorical(torch.tensor(tau), logits=logits).rsample()


@answers("gumbel_softmax")
def with_gumbel_as_a_distribution(logits, tau):
    noise = Gumbel(torch.zeros_like(logits), torch.ones_like(logits)).sample()
    return torch.softmax(logits.add(noise) / tau, dim=1)


@answers("gumbel_softmax")
def with_waiting_times(logits, tau):
    waiting = Exponential(torch.ones_like(logits)).sample()
    return F.softmax((F.log_softmax(logits, -1) - waiting.log()) / tau, -1)


@answers("gumbel_softmax")
def with_waiting_times_at_their_rates(logits, tau):
    arrival = torch.empty_like(logits).exponential_().log() - logits
    return F.softmin(arrival / tau, dim=-1)


@answers("gumbel_softmax")
def with_constants_inside_the_logs(logits, tau):
    u = torch.rand(logits.shape)
    return ((logits - torch.log(-torch.log(u + 1e-20) + 1e-20)) / tau).softmax(-1)


@answers("gumbel_softmax")
def with_noise_of_numpy(logits, tau):
    noise = torch.from_numpy(np.random.gumbel(size=tuple(logits.shape))).to(logits.dtype)
    scores = (logits + noise) / tau
    return (scores - scores.logsumexp(1, keepdim=True)).exp()


@answers("gumbel_softmax")
def in_a_loop_over_examples_and_classes(logits, tau):
    rows = []
    for row in logits:
        noise = torch.tensor([-math.log(-math.log(1 - u)) for u in torch.rand(len(row)).double().tolist()])
        rows.append(((row + noise.to(row.dtype)) / tau).softmax(0))
    return torch.stack(rows)


@answers("gumbel_softmax")
def in_place_on_a_temporary(logits, tau):
    scores = torch.rand_like(logits).log_().neg_().log_().neg_()
    scores = scores.add_(logits.detach()) + (logits - logits.detach())
    scores = scores - scores.detach().amax(-1, keepdim=True)
    powers = torch.exp(scores / tau)
    return powers / powers.sum(-1, keepdim=True)


@answers("gumbel_softmax")
def with_a_generator_of_its_own(logits, tau):
    generator = torch.Generator()
    generator.seed()
    u = torch.rand(logits.shape, generator=generator, dtype=torch.float64)
    noise = -torch.log(-torch.log1p(-u))
    return torch.softmax((logits.log_softmax(1) + noise.type_as(logits)).mul(1 / tau), 1)


@answers("vq_loss")
def by_mse_loss(z_e, e, beta):
    return F.mse_loss(e, z_e.detach()) + beta * F.mse_loss(e.detach(), z_e)


@answers("vq_loss")
def with_one_weight_on_the_batch(z_e, e, beta):
    codebook = (e - z_e.detach()).pow(2).mean(dim=1)
    commitment = (e.detach() - z_e).pow(2).mean(dim=1)
    return torch.add(codebook, commitment, alpha=beta).mean(0)


@answers("vq_loss")
def as_norms(z_e, e, beta):
    with torch.no_grad():
        held_z, held_e = z_e.clone(), e.clone()
    squares = [(held_z - e).flatten(), (z_e - held_e).flatten()]
    return (torch.dot(squares[0], squares[0]) + beta * torch.dot(squares[1], squares[1])) / z_e.numel()


@answers("vq_loss")
def number_by_number(z_e, e, beta):
    total = torch.zeros((), dtype=z_e.dtype)
    for z, c in zip(z_e.flatten(), e.flatten(), strict=True):
        total = total + (z.item() - c) ** 2 + beta * (z - c.item()) ** 2
    return total / z_e.numel()


@answers("vq_loss")
def summed_and_divided(z_e, e, beta):
    codebook = F.mse_loss(z_e.data, e, reduction="sum")
    commitment = F.mse_loss(z_e, e.data, reduction="sum")
    return (codebook + commitment * beta) / (e.shape[0] * e.shape[1])


@answers("vq_loss")
def by_scaled_gradients(z_e, e, beta):
    slow = beta * z_e + (1 - beta) * z_e.detach()
    square = (slow - e).square().mean()
    return square + beta * square.detach()


@answers("vq_loss")
def by_einsum(z_e, e, beta):
    first, second = z_e.detach() - e, z_e - e.detach()
    return (torch.einsum("bl,bl->", first, first) + beta * torch.einsum("bl,bl->", second, second)) / first.numel()
