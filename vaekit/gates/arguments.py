"""Arguments and results that are not tensors of real numbers: modules, integers, labels, a weight, a count."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from vaekit.gates.checks import Settings, deterministic
from vaekit.gates.guard import Failure, Learner
from vaekit.gates.probes import Draw
from vaekit.gates.task import Function, Mutant, Task

Kind = Callable[[Tensor], object]


class MixedLearner(Learner):
    """A function to be judged, of tensors, modules and numbers; no tensor among them may be edited."""

    def __call__(self, *inputs: object) -> object:
        """The result of one call; raises `Failure` or `NotAttempted` instead of what the function raises."""
        tensors = dict(_tensors(self.arguments, inputs))
        call = Learner(lambda *_: self.function(*inputs), tuple(tensors))
        call.calls = self.calls
        self.calls += 1
        try:
            return call(*tensors.values())
        except Failure as failure:
            if failure.misconception != "raises":
                raise
            self._check_arguments(inputs)
            raise Failure(f"{failure.message}{_numbers(self.arguments, inputs)}", "raises") from None


def _numbers(names: tuple[str, ...], inputs: tuple[object, ...]) -> str:
    """The numbers among some arguments, as a sentence."""
    pairs = zip(names, inputs, strict=True)
    told = [f"{name} = {value:{'' if isinstance(value, int) else '.4g'}}" for name, value in pairs if _is_number(value)]
    return f" There, {' and '.join(told)}." if told else ""


def _is_number(value: object) -> bool:
    return isinstance(value, int | float)


def _tensors(names: tuple[str, ...], inputs: tuple[object, ...]) -> Iterator[tuple[str, Tensor]]:
    """The tensors among some arguments and in the modules among them, by name."""
    for name, value in zip(names, inputs, strict=True):
        if isinstance(value, Tensor):
            yield name, value
        if isinstance(value, nn.Module):
            yield from ((f"{name}.{part}", tensor) for part, tensor in value.state_dict().items())


def as_it_is(result: object, dtype: torch.dtype) -> object:
    """The result of a task that wants a tensor."""
    return result


@dataclass(frozen=True)
class Typed:
    """What the judge of a deterministic task needs whose arguments or result are not all tensors of real numbers.

    Attributes:
        kinds: for each argument, what makes it of the tensor of real numbers that a probe holds.
        settings: those of the task in tensors of real numbers.
        result: what makes a tensor of the given dtype of a result, or raises `Failure`.
    """

    kinds: tuple[Kind, ...]
    settings: Settings
    result: Callable[[object, torch.dtype], object] = as_it_is


def typed(task: Task, learner: Learner, draw: Draw) -> None:
    """Raise `Failure`, naming the mistake, unless a function of such arguments agrees with the task's solution."""
    deterministic(in_tensors(task), _Converting(task, learner), draw)


def in_tensors(task: Task) -> Task:
    """The same task for functions of tensors of real numbers.

    Args:
        task: one with settings of type `Typed`.

    Returns:
        One with settings of type `Settings`.
    """
    bank = tuple(
        Mutant(mutant.slug, mutant.explanation, tuple(_converting(task, form) for form in mutant.forms))
        for mutant in task.bank
    )
    return replace(task, solution=_converting(task, task.solution), bank=bank, settings=task.settings.settings)


def _converting(task: Task, function: Function) -> Function:
    """A function of tensors that hands over what the arguments should be, once or for each row."""
    typed: Typed = task.settings

    def once(*inputs: Tensor) -> object:
        values = tuple(kind(tensor) for kind, tensor in zip(typed.kinds, inputs, strict=True))
        try:
            return typed.result(function(*values), inputs[0].dtype)
        except Failure as failure:
            if failure.misconception in ("not-a-number", "wrong-shape"):
                told = (failure.message + _numbers(task.arguments, values), task.explanation(failure.misconception))
                raise Failure(" ".join(told).strip(), failure.misconception) from None
            raise

    def for_each_row(*inputs: Tensor) -> Tensor:
        return torch.stack([once(*row) for row in zip(*inputs, strict=True)])

    return for_each_row if typed.settings.rows else once


class _Converting(MixedLearner):
    """A function to be judged that gets what its arguments should be, when it is called with tensors."""

    def __init__(self, task: Task, learner: Learner) -> None:
        super().__init__(learner.function, learner.arguments)
        self.call = _converting(task, super().__call__)

    def __call__(self, *inputs: Tensor) -> object:
        return self.call(*inputs)
