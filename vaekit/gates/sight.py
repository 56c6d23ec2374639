"""A disagreement between two functions, and one sentence about it, with numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from vaekit.gates.guard import Failure
from vaekit.gates.observe import Probe
from vaekit.gates.probes import Case, apart, describe, written
from vaekit.gates.task import Task


@dataclass(frozen=True)
class Sight:
    """A disagreement.

    Attributes:
        answer: the learner's function.
        probes: those up to the first where it disagrees, which is the last.
        got: what it shows there.
        want: what the solution shows there.
        more: probes that confirm a name, lest two functions agree on one by accident.
        finer: probes of the gradient, which choose between forms whose values are the same.
    """

    answer: Callable[..., Tensor]
    probes: list[Probe]
    got: list[Tensor]
    want: list[Tensor]
    more: list[Probe]
    finer: list[Probe]

    @property
    def probe(self) -> Probe:
        """Where the two disagree."""
        return self.probes[-1]


def seen(task: Task, sight: Sight) -> str:
    """One sentence with numbers: the example where the mistake shows there, the probe otherwise."""
    probe, got, want = sight.probe, sight.got[0], sight.want[0]
    if probe.weights is not None:
        return _seen_gradient(task, sight)
    example = Probe(
        Case(tuple(torch.tensor(each, dtype=torch.float64, device="cpu") for each in task.settings.example))
    )
    try:
        shown, right = example.observe(sight.answer)[0], example.right(task.solution)[0]
    except Failure:
        shown = right = want
    if shown.numel() <= 8 and not example.close(shown, right):
        return _told(task, example, shown, right)
    if got.shape != want.shape:
        return f"It returned shape {tuple(got.shape)}, where {tuple(want.shape)} is right."
    if task.settings.rows and all(tensor.ndim == 1 for tensor in probe.case.inputs):
        return _told(task, probe, got, want)
    at = int(probe.differs(got, want).flatten().nonzero()[0])
    dtype = str(probe.case.inputs[0].dtype).removeprefix("torch.")
    numbers = apart(float(got.flatten()[at]), float(want.flatten()[at]))
    return f"On {dtype} inputs{probe.case.label} your function returns {numbers[0]}, where {numbers[1]} is right."


def _told(task: Task, probe: Probe, got: Tensor, want: Tensor) -> str:
    """The inputs and both results in full; where every row is a call of its own, those of the first that differs."""
    inputs = probe.case.inputs
    if task.settings.rows:
        at = int(probe.differs(got, want).nonzero()[0])
        inputs, got, want = tuple(tensor[at] for tensor in inputs), got[at], want[at]
    results = apart(float(got), float(want)) if got.ndim == want.ndim == 0 else (written(got), written(want))
    return f"For {describe(task.arguments, inputs)} your function returns {results[0]}, where {results[1]} is right."


def _seen_gradient(task: Task, sight: Sight) -> str:
    names = [name for name, graded in zip(task.arguments, sight.probe.graded, strict=True) if graded]
    for name, got, want in zip(names, sight.got, sight.want, strict=True):
        wrong = sight.probe.differs(got, want)
        if wrong.any():
            at = int(wrong.flatten().nonzero()[0])
            numbers = apart(float(got.flatten()[at]), float(want.flatten()[at]))
            where = f"on inputs{sight.probe.case.label} " if sight.probe.case.label else ""
            start = "The value is right, but " if task.settings.valued else ""
            text = f"{start}{where}a derivative in {name} is {numbers[0]}, where {numbers[1]} is right."
            return text[0].upper() + text[1:]
    raise AssertionError("unreachable: the gradients disagree somewhere")
