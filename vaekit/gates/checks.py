"""How a function without randomness is judged: on every case, first its values and then its gradients."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from vaekit.gates.guard import Failure, Learner
from vaekit.gates.hunches import Hunch
from vaekit.gates.naming import name_the_mistake
from vaekit.gates.observe import Probe
from vaekit.gates.probes import Case, Cases, Draw, number
from vaekit.gates.sight import Sight
from vaekit.gates.task import Task


@dataclass(frozen=True)
class Settings:
    """What the judge of a deterministic task needs.

    Attributes:
        cases: the probes; the first in float64, generic, with no two sizes equal.
        example: round numbers that a message can quote; a number or a nested list for each argument.
        graded: the arguments that the result must be differentiable in.
        hunches: properties that name a mistake (return its slug) when nothing in the bank matches.
        valued: whether the value counts, or (for a surrogate) the gradient alone.
        rows: whether a probe holds many calls, one for each row of its inputs, so that a result is one of many numbers.
        everywhere: properties that name a mistake wherever it shows, when nothing in the bank matches.
    """

    cases: Cases
    example: tuple[list | float, ...] = ()
    graded: tuple[str, ...] = ()
    hunches: tuple[Hunch, ...] = ()
    valued: bool = True
    rows: bool = False
    everywhere: tuple[Hunch, ...] = ()


def deterministic(task: Task, learner: Learner, draw: Draw) -> None:
    """Raise `Failure`, naming the mistake if it has a name, unless a function agrees with the task's solution."""
    settings: Settings = task.settings
    answer = with_kind(learner)
    cases = list(settings.cases(draw))
    _meet(task, answer, cases[0])
    probes = [Probe(case) for case in cases] if settings.valued else []
    probes += [_graded(task, case, draw) for case in cases if settings.graded and not case.only_values]
    for place, probe in enumerate(probes):
        got, want = probe.observe(answer), probe.right(task.solution)
        if not probe.agree(got, want):
            more = probes[1:3] if place == 0 else []
            finer = [each for each in probes if place == 0 and probe.weights is None and each.weights is not None]
            name_the_mistake(task, Sight(answer, probes[: place + 1], got, want, more, finer[:1]))


def _graded(task: Task, case: Case, draw: Draw) -> Probe:
    """Where the gradient of a randomly weighted sum of the results is looked at."""
    shape = task.solution(*case.inputs).shape
    graded = tuple(name in task.settings.graded for name in task.arguments)
    return Probe(case, graded, draw.normal(*shape) if task.settings.valued else torch.ones(shape, device="cpu"))


def with_kind(learner: Learner) -> Callable[..., Tensor]:
    """The learner's function, failing where its result is no tensor of real numbers in the dtype of its inputs."""

    def answer(*inputs: Tensor) -> Tensor:
        result = learner(*inputs)
        check_kind(result, inputs[0].dtype)
        return result

    return answer


def check_kind(result: object, dtype: torch.dtype) -> None:
    """Raise `Failure` unless a result is a tensor of the given dtype."""
    if not isinstance(result, Tensor):
        kind = "None; is a `return` missing?" if result is None else f"a {type(result).__name__}."
        raise Failure(
            f"Your function returned {kind} It must return a torch tensor: only a tensor can carry a gradient.",
            "not-a-tensor",
        )
    if result.layout != torch.strided or result.device.type != "cpu":
        raise Failure(
            f"Your function returned a {result.layout} tensor on {result.device}; expected a dense one on its inputs' "
            "device.",
            "not-a-tensor",
        )
    if result.dtype != dtype:
        names = [str(each).removeprefix("torch.") for each in (dtype, result.dtype)]
        raise Failure(
            f"Given {names[0]}, your function returned {names[1]}. A model in one precision then meets a loss in "
            "another: an error at best, lost digits at worst. Let the result follow the dtype of the inputs.",
            "wrong-dtype",
        )


def _meet(task: Task, answer: Callable[..., Tensor], case: Case) -> None:
    """The first two calls: is it written, does it return a tensor, and twice the same?"""
    one, other = (answer(*case.inputs).detach() for _ in range(2))
    if not task.settings.valued:
        _check_number(task, one, case)
    if not task.settings.valued or one.shape != other.shape or torch.allclose(one, other, equal_nan=True):
        return
    place = tuple((one - other).abs().nan_to_num().flatten().argmax().reshape(1).tolist())
    values = " and ".join(number(float(each.flatten()[place])) for each in (one, other))
    raise Failure(
        f"Two calls with the same inputs gave {values}. "
        + task.explanation(
            "random-result", "Nothing in this function needs to be drawn: its inputs decide its result."
        ),
        "random-result",
    )


def _check_number(task: Task, result: Tensor, case: Case) -> None:
    """A surrogate may have any value, but it must be one number."""
    if result.ndim:
        same = [name for name, tensor in zip(task.arguments, case.inputs, strict=True) if torch.equal(tensor, result)]
        text = f" It is its input {same[0]}, unchanged." if same else ""
        raise Failure(
            f"Your function returned shape {tuple(result.shape)}; expected (), one number.{text} "
            + task.explanation("wrong-shape", "What is to be differentiated has to be one number."),
            "wrong-shape",
        )
    if not result.isfinite():
        raise Failure(
            f"Your function returned {'NaN' if result.isnan() else 'infinity'}. Any finite value is fine, because "
            "only the gradient counts, but not this one. Which step leaves the range of floating-point numbers?",
            "not-finite",
        )
