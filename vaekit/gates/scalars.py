"""Results that are one number, not a tensor: a weight, a count."""

from __future__ import annotations

import functools
import numbers
from decimal import Decimal

import numpy as np
import torch
from torch import Tensor

from vaekit.gates.arguments import typed
from vaekit.gates.guard import Failure, Learner
from vaekit.gates.probes import Draw
from vaekit.gates.task import Task


def one_number(result: object, dtype: torch.dtype) -> Tensor:
    """A real number, whether Python, torch or numpy holds it, as a tensor of shape ().

    Args:
        result: of a learner's function.
        dtype: that the tensor is to have.

    Returns:
        The same number.

    Raises:
        Failure: if it is something else.
    """
    if isinstance(result, numbers.Real | Decimal | np.bool_):
        return torch.tensor(float(result), dtype=dtype, device="cpu")
    if isinstance(result, Tensor | np.ndarray):
        return _only_one(result, dtype)
    kind = "None; is a `return` missing?" if result is None else f"a {type(result).__name__}."
    raise Failure(f"Your function returned {kind} It must return one number.", "not-a-number")


def _only_one(result: Tensor | np.ndarray, dtype: torch.dtype) -> Tensor:
    """What an array of no axes holds."""
    if result.ndim:
        what = f"a {type(result).__name__} of shape {tuple(result.shape)}"
        raise Failure(f"Your function returned {what}; expected one number.", "wrong-shape")
    value = result.item()
    if not isinstance(value, numbers.Real):
        raise Failure(f"Your function returned {value!r}. It must return one real number.", "not-a-number")
    return torch.tensor(float(value), dtype=dtype, device="cpu")


def counted(task: Task, learner: Learner, draw: Draw) -> None:
    """Raise `Failure`, naming the mistake, unless a function returns the right counts, as integers."""
    results = []

    @functools.wraps(learner.function)
    def recorded(*inputs: object) -> object:
        results.append(learner.function(*inputs))
        return results[-1]

    typed(task, Learner(recorded, learner.arguments), draw)
    for result in results:
        if not _is_whole(result):
            raise Failure(
                f"Your function returned {float(result):g}, which is right, as a {_kind(result)}. "
                + task.explanation("not-an-integer"),
                "not-an-integer",
            )


def _is_whole(result: object) -> bool:
    """Whether a number is held as an integer."""
    if isinstance(result, Tensor):
        return not result.dtype.is_floating_point
    if isinstance(result, np.ndarray):
        return result.dtype.kind in "iub"
    return isinstance(result, numbers.Integral | np.bool_)


def _kind(result: object) -> str:
    """The type of a number, with its precision where it has one."""
    return f"{type(result).__name__} of {result.dtype}" if hasattr(result, "dtype") else type(result).__name__
