"""Arguments that are not tensors of real numbers: modules, integers and labels."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

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
            numbers = [
                f"{name} = {value}"
                for name, value in zip(self.arguments, inputs, strict=True)
                if isinstance(value, int | float)
            ]
            raise Failure(f"{failure.message} There, {' and '.join(numbers)}.", "raises") from None


def _tensors(names: tuple[str, ...], inputs: tuple[object, ...]) -> Iterator[tuple[str, Tensor]]:
    """The tensors among some arguments and in the modules among them, by name."""
    for name, value in zip(names, inputs, strict=True):
        if isinstance(value, Tensor):
            yield name, value
        if isinstance(value, nn.Module):
            yield from ((f"{name}.{part}", tensor) for part, tensor in value.state_dict().items())


@dataclass(frozen=True)
class Typed:
    """What the judge of a deterministic task needs whose arguments are not all tensors of real numbers.

    Attributes:
        kinds: for each argument, what makes it of the tensor of real numbers that a probe holds.
        settings: those of the task in tensors of real numbers.
    """

    kinds: tuple[Kind, ...]
    settings: Settings


def typed(task: Task, learner: Learner, draw: Draw) -> None:
    """Raise `Failure`, naming the mistake, unless a function of such arguments agrees with the task's solution."""
    deterministic(in_tensors(task), _Converting(learner, task.settings.kinds), draw)


def in_tensors(task: Task) -> Task:
    """The same task for functions of tensors of real numbers.

    Args:
        task: one with settings of type `Typed`.

    Returns:
        One with settings of type `Settings`.
    """
    kinds = task.settings.kinds
    bank = tuple(
        Mutant(mutant.slug, mutant.explanation, tuple(_converting(form, kinds) for form in mutant.forms))
        for mutant in task.bank
    )
    return replace(task, solution=_converting(task.solution, kinds), bank=bank, settings=task.settings.settings)


def _converting(function: Function, kinds: tuple[Kind, ...]) -> Function:
    return lambda *inputs: function(*(kind(tensor) for kind, tensor in zip(kinds, inputs, strict=True)))


class _Converting(MixedLearner):
    """A function to be judged that gets what its arguments should be, when it is called with tensors."""

    def __init__(self, learner: Learner, kinds: tuple[Kind, ...]) -> None:
        super().__init__(learner.function, learner.arguments)
        self.call = _converting(super().__call__, kinds)

    def __call__(self, *inputs: Tensor) -> object:
        return self.call(*inputs)
