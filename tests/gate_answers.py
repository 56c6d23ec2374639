"""Right answers to the gates of estimates, each written another way than the solution; and where all are collected."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

ANSWERS: dict[str, list[Callable[..., Tensor]]] = {}


def answers(task: str) -> Callable[[Callable[..., Tensor]], Callable[..., Tensor]]:
    """Collect the decorated function under the name of a task."""

    def collect(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
        ANSWERS.setdefault(task, []).append(function)
        return function

    return collect


@answers("log_mean_exp_evidence")
def by_hand_with_a_maximum(a):
    top = a.max(0, keepdim=True).values
    return (top + (a - top).exp().mean(0, keepdim=True).log()).squeeze(0)


@answers("log_mean_exp_evidence")
def in_a_loop_over_examples(a):
    return torch.stack([torch.logsumexp(a[:, b], 0) - np.log(a.shape[0]) for b in range(a.shape[1])])


@answers("log_mean_exp_evidence")
def one_draw_after_the_other(a):
    total = a[0]
    for row in a[1:]:
        total = torch.logaddexp(total, row)
    return total - math.log(len(a))


@answers("log_mean_exp_evidence")
def with_log_k_inside(a):
    return (a - torch.tensor(float(len(a)), dtype=a.dtype).log()).T.logsumexp(1)


@answers("log_mean_exp_evidence")
def with_a_count_in_single_precision(a):
    return torch.logsumexp(a, 0) - torch.log(torch.tensor(len(a)))


@answers("log_mean_exp_evidence")
def by_log_softmax(a):
    return a[0] - a.log_softmax(0)[0] - math.log(a.size(0))


@answers("log_mean_exp_evidence")
def in_place_on_a_copy(a):
    result = a.clone()
    top = a.amax(0)
    result.sub_(top).exp_()
    return result.mean(0).log_().add_(top)


@answers("monte_carlo_elbo")
def term_by_term(a, b, c):
    return a.mean(0) + b.mean(0) - c.mean(0)


@answers("monte_carlo_elbo")
def likelihood_less_kl(a, b, c):
    kl = c - b
    return torch.sum(a - kl, 0) / a.shape[0]


@answers("monte_carlo_elbo")
def with_einsum(a, b, c):
    ones = torch.full((len(a),), 1 / len(a), dtype=a.dtype)
    return torch.einsum("kb,k->b", a + b - c, ones)


@answers("monte_carlo_elbo")
def in_a_loop_over_draws(a, b, c):
    total = torch.zeros_like(a[0])
    for k in range(len(a)):
        total = total + (a[k] + b[k] - c[k])
    return total / len(a)


@answers("monte_carlo_elbo")
def in_place_on_a_temporary(a, b, c):
    weight = a + b
    weight -= c
    return weight.mean(0)


@answers("monte_carlo_elbo")
def stacked_with_signs(a, b, c):
    return torch.stack([a, b, -c]).sum(0).transpose(0, 1).mean(-1)


@answers("score_function_surrogate")
def summed_and_divided(log_q, reward):
    return torch.dot(log_q, reward.detach()) / len(log_q)


@answers("score_function_surrogate")
def with_a_ratio_that_is_one(log_q, reward):
    return ((log_q - log_q.detach()).exp() * reward.detach()).mean()


@answers("score_function_surrogate")
def under_no_grad(log_q, reward):
    with torch.no_grad():
        weights = reward / reward.numel()
    return (weights * log_q).sum()


@answers("score_function_surrogate")
def in_a_loop(log_q, reward):
    total = 0.0
    for k in range(log_q.shape[0]):
        total = total + reward[k].item() * log_q[k]
    return total / log_q.shape[0]


@answers("score_function_surrogate")
def with_the_mean_reward_as_value(log_q, reward):
    surrogate = torch.einsum("k,k->", reward.detach(), log_q) / len(reward)
    return reward.detach().mean() + surrogate - surrogate.detach()


@answers("score_function_surrogate")
def with_numbers_of_numpy(log_q, reward):
    return (torch.as_tensor(reward.detach().numpy()) * log_q).mean()


@answers("leave_one_out_surrogate")
def by_the_identity(log_q, reward):
    r, count = reward.detach(), len(reward)
    return ((r - r.mean()) * log_q).sum() / (count - 1)


@answers("leave_one_out_surrogate")
def with_an_explicit_loop(log_q, reward):
    r = reward.detach()
    total = torch.zeros((), dtype=log_q.dtype)
    for k in range(len(r)):
        others = torch.cat([r[:k], r[k + 1 :]])
        total = total + (r[k] - others.mean()) * log_q[k]
    return total / len(r)


@answers("leave_one_out_surrogate")
def with_a_matrix_of_others(log_q, reward):
    count = len(reward)
    weights = (1 - torch.eye(count, dtype=reward.dtype)) / (count - 1)
    gain = reward.detach() - weights @ reward.detach()
    return torch.dot(gain, log_q) / count


@answers("leave_one_out_surrogate")
def with_the_score_centred(log_q, reward):
    others = (log_q.sum() - log_q) / (len(log_q) - 1)
    return (reward.detach() * (log_q - others)).mean()


@answers("leave_one_out_surrogate")
@torch.enable_grad()
def over_pairs(log_q, reward):
    r, count = reward.detach(), len(reward)
    differences = r[:, None] - r[None, :]
    return (differences * log_q[:, None]).sum() / (count * (count - 1))


@answers("leave_one_out_surrogate")
def in_place_on_a_detached_copy(log_q, reward):
    gain = reward.detach().clone()
    total = gain.sum()
    gain.mul_(len(gain)).sub_(total).div_(len(gain) - 1)
    return (gain * log_q).mean()
