"""How the suite decides that a sample mean agrees with an exact value: within 4.5 standard errors."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator

import torch
from torch import Tensor

SIGMAS = 4.5  # a true claim fails once in 150,000 checks; the seeds are fixed, so it fails never or always


@contextlib.contextmanager
def seeded(seed: int = 0) -> Iterator[None]:
    """Fix the global random state inside, and put it back afterwards."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        yield


def mean_and_error(samples: Tensor) -> tuple[Tensor, Tensor]:
    """Mean over the first axis, and its standard error."""
    assert len(samples) >= 100, "too few samples for a standard error"
    return samples.mean(0), samples.std(0) / math.sqrt(len(samples))


def assert_mean(samples: Tensor, exact: Tensor | float, *, rounding: float = 1e-10) -> None:
    """Assert that independent samples, first axis, have the mean `exact`."""
    mean, error = mean_and_error(samples)
    excess = ((mean - exact).abs() - SIGMAS * error).max().item()
    assert excess <= rounding, f"mean {mean}, exact {exact}, standard error {error}"


def assert_mean_at_least(samples: Tensor, bound: Tensor | float, *, rounding: float = 1e-10) -> None:
    """Assert that independent samples, first axis, have a mean not below `bound`."""
    mean, error = mean_and_error(samples)
    shortfall = (bound - mean - SIGMAS * error).max().item()
    assert shortfall <= rounding, f"mean {mean}, bound {bound}, standard error {error}"
