"""Right answers to the gates about posterior collapse, each written in another way."""

from __future__ import annotations

import statistics
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

import numpy as np
import torch
import torch.nn.functional as F

import tests.gate_answers_beta  # noqa: F401 (adds its answers to these)
from tests.gate_answers import answers


@answers("kl_weight")
def by_cases(step, warmup):
    if step >= warmup:
        return 1
    return step / warmup


@answers("kl_weight")
def as_a_fraction(step, warmup):
    return min(Fraction(step, warmup), Fraction(1)) if warmup else Fraction(1)


@answers("kl_weight")
def as_a_decimal(step, warmup):
    return Decimal(1) if step >= warmup else Decimal(step) / Decimal(warmup)


@answers("kl_weight")
def as_a_tensor(step, warmup):
    return torch.tensor(1.0) if warmup == 0 else torch.clamp(torch.tensor(step) / warmup, 0, 1)


@answers("kl_weight")
def as_a_number_of_numpy(step, warmup):
    return np.float32(1) if warmup == 0 else np.clip(np.float32(step) / np.float32(warmup), 0, 1)


@answers("kl_weight")
def by_where_of_numpy(step, warmup):
    return np.where(step < warmup, step / max(warmup, 1), 1.0)


@answers("kl_weight")
def by_interpolation(step, warmup):
    return np.interp(step, [0, warmup], [0.0, 1.0]) if warmup else 1.0


@answers("kl_weight")
def with_what_is_left(step, warmup):
    return warmup == 0 or 1 - max(warmup - step, 0) / warmup


@answers("kl_weight")
@lru_cache
def remembered(step, warmup):
    return 1.0 if warmup == 0 else min(step, warmup) / warmup


@answers("kl_weight")
def after_an_error(step, warmup):
    try:
        return min(1.0, step / warmup)
    except ZeroDivisionError:
        return 1.0


@answers("free_bits")
def by_maximum(kl, floor):
    return torch.maximum(kl.mean(0), torch.tensor(floor, dtype=kl.dtype)).sum()


@answers("free_bits")
def by_where(kl, floor):
    mean = kl.sum(0) / len(kl)
    return torch.where(mean > floor, mean, floor).sum()


@answers("free_bits")
def by_the_excess(kl, floor):
    return F.relu(kl.mean(dim=0) - floor).sum() + floor * kl.shape[1]


@answers("free_bits")
def unit_by_unit(kl, floor):
    total = torch.zeros((), dtype=kl.dtype)
    for unit in kl.T:
        mean = unit.mean()
        total = total + (mean if mean > floor else floor)
    return total


@answers("free_bits")
def without_a_graph_where_nothing_is_above(kl, floor):
    mean = torch.einsum("bl->l", kl) / kl.size(0)
    above = mean > floor
    paid = torch.tensor(float((~above).sum()) * floor, dtype=kl.dtype)
    return paid + mean[above].sum() if above.any() else paid


@answers("free_bits")
def with_a_threshold(kl, floor):
    return F.threshold(kl.mean(0), floor, floor).sum()


@answers("free_bits")
def through_the_indices(kl, floor):
    mean = kl.mean(0)
    mean[mean < floor] = floor
    return mean.sum()


@answers("free_bits")
def by_stacked_maxima(kl, floor):
    mean = kl.t().mean(-1)
    return torch.stack([mean, torch.full_like(mean, floor)]).amax(0).sum()


@answers("active_units")
def with_the_other_convention(mu, threshold):
    return (mu.var(0, unbiased=False) > threshold).sum().item()


@answers("active_units")
def as_a_tensor_of_no_axes(mu, threshold):
    return torch.count_nonzero((mu - mu.mean(0)).square().mean(0) > threshold)


@answers("active_units")
def with_numpy(mu, threshold):
    return np.count_nonzero(np.var(mu.numpy(), axis=0, ddof=1) > threshold)


@answers("active_units")
def as_an_integer_of_numpy(mu, threshold):
    return (mu.numpy().std(0) ** 2 > threshold).sum()


@answers("active_units")
def column_by_column(mu, threshold):
    return sum(statistics.variance(column) > threshold for column in mu.T.tolist())


@answers("active_units")
def by_moments(mu, threshold):
    mu = mu.double()
    return int((mu.pow(2).mean(0) - mu.mean(0).pow(2) > threshold).int().sum())


@answers("active_units")
def by_the_covariance(mu, threshold):
    return len(torch.cov(mu.T).reshape(mu.shape[1], -1).diagonal().gt(threshold).nonzero())


@answers("active_units")
def by_the_standard_deviation(mu, threshold):
    return (mu.std(dim=0) > threshold**0.5).long().sum().to(torch.int32)


@answers("active_units")
def by_pairs(mu, threshold):
    squares = (mu[:, None] - mu).pow(2).mean((0, 1))  # twice the variance
    return int((squares > 2 * threshold).sum())
