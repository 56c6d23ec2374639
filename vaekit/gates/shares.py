"""What a relaxed one-hot sample must be at the least, shares of 1, and what it is called if it is something else."""

from __future__ import annotations

from typing import TypeGuard

import torch
from torch import Tensor

from vaekit.gates.guard import Failure
from vaekit.gates.probes import number

CLOSE, ROUNDED = 1e-4, 1e-2  # where scores are in the thousands, their exponentials lose three digits in float32


def are_shares(y: Tensor, close: float = CLOSE) -> bool:
    """Whether no number is negative and every row sums to 1, within rounding."""
    return bool((y > -close).all()) and bool(((y.sum(-1) - 1).abs() < close).all())


def is_one_hot(y: object) -> bool:
    """Whether it has several rows of several classes, all of them one-hot, with exact zeros."""
    if not _is_real(y) or y.ndim != 2 or min(y.shape) < 2:
        return False
    return are_shares(y) and bool(((y == 0).sum(-1) == y.shape[1] - 1).all())


def is_index(y: object, logits: Tensor) -> bool:
    """Whether it is the number of a class for each example."""
    one_for_each = _is_real(y) and y.shape in (logits.shape[:1], (len(logits), 1)) and logits.shape[1] > 1
    return one_for_each and torch.equal(y, y.round())


def _is_real(y: object) -> TypeGuard[Tensor]:
    return isinstance(y, Tensor) and y.layout == torch.strided and not y.is_complex() and y.dtype != torch.bool


def name_of_no_shares(y: Tensor, logits: Tensor) -> str:
    """The mistake in a finite result of the right shape whose rows are no shares.

    Raises:
        Failure: if it is a mistake that every task knows.
    """
    if not y.any():
        raise Failure("It returns zeros whatever its inputs are, so nothing can be learned from it.", "returns-zeros")
    if torch.equal(y, logits):
        raise Failure("It returns its input logits unchanged. Where are the noise and tau?", "returns-its-input")
    if are_shares(y.T):
        return "softmax-over-the-batch"
    if are_shares(y.exp()):
        return "log-probabilities"
    return "softmax-missing" if bool((y < 0).any()) else "not-normalised"


def begins(y: Tensor) -> str:
    """The first row of a result, for a message."""
    return f"the first row of the result is [{', '.join(number(float(each)) for each in y.reshape(len(y), -1)[0])}]."
