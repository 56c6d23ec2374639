"""Properties that name a mistake which comes in too many variants for a bank."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from vaekit.gates.probes import Case

Hunch = Callable[[Callable[..., Tensor], Case], str | None]


def clamped(position: int) -> Hunch:
    """Whether a result stops following a log-variance somewhere above -80.

    Args:
        position: of the log-variance among the arguments.

    Returns:
        A hunch that names "clamped-logvar".
    """

    def hunch(answer: Callable[..., Tensor], case: Case) -> str | None:
        inputs = [torch.zeros(1, tensor.shape[-1], dtype=torch.float64, device="cpu") for tensor in case.inputs]
        steps = []
        for value in (-1.0, -2.0, -79.0, -80.0):
            inputs[position] = torch.full_like(inputs[position], value, device="cpu")
            steps.append(answer(*inputs).sum())
        early, late = steps[1] - steps[0], steps[3] - steps[2]
        return "clamped-logvar" if early > 0.1 and late.abs() < 1e-6 else None

    return hunch


def floored(answer: Callable[..., Tensor], case: Case) -> str | None:
    """Whether the logarithm of something that vanishes stops at a number that a small constant inside it explains."""
    rest = [torch.zeros_like(tensor, device="cpu") for tensor in case.inputs[1:]]
    result = answer(torch.full_like(case.inputs[0], -1000.0, device="cpu"), *rest)
    return "constant-inside-the-log" if bool(((result > -100) & (result < -5)).all()) else None
