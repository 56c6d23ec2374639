"""The name of a mistake: the bank first, then a property of what was seen.

A form of the bank matches if it does what the learner's function does at the first disagreement, and is right wherever
the learner's was right before. So a mistake that shows only at extremes is not taken for one that shows everywhere.
"""

from __future__ import annotations

import contextlib
from typing import NoReturn

import torch
from torch import Tensor

from vaekit.gates.guard import Failure
from vaekit.gates.observe import Probe, common_factor
from vaekit.gates.probes import number
from vaekit.gates.sight import Sight, seen
from vaekit.gates.task import Function, Task

UNKNOWN = (
    "This is none of the mistakes that the gate knows. Compare your formula term by term with the statement, on one "
    "example with one dimension, by hand."
)


def name_the_mistake(task: Task, sight: Sight) -> NoReturn:
    """Raise `Failure` with what was seen and, if it has one, the name of the mistake."""
    slug = _in_bank(task, sight) or _by_hunch(task, sight)
    if slug is not None:
        raise Failure(f"{seen(task, sight)} {task.explanation(slug)}", slug)
    slug, text = _by_property(task, sight)
    raise Failure(f"{seen(task, sight)} {text}", slug)


def _in_bank(task: Task, sight: Sight) -> str | None:
    """The first mutant that does the same; where gradients were to choose among several, none without them."""
    confirmed, gradients = _observed(sight, sight.more), _observed(sight, sight.finer)
    matches = _matches(task, sight, confirmed + gradients)
    if matches or not gradients:
        return next(iter(matches), None)
    by_value = _matches(task, sight, confirmed)
    return by_value[0] if len(by_value) == 1 else None


def _matches(task: Task, sight: Sight, more: list[tuple[Probe, list[Tensor]]]) -> list[str]:
    """The mutants that do what the learner's function does."""
    return [mutant.slug for mutant in task.bank if any(_is_like(form, task, sight, more) for form in mutant.forms)]


def _observed(sight: Sight, probes: list[Probe]) -> list[tuple[Probe, list[Tensor]]]:
    """What the learner's function shows on further probes: nothing if it fails there, and the first has to do."""
    with contextlib.suppress(Failure):
        return [(probe, probe.observe(sight.answer)) for probe in probes]
    return []


def _by_hunch(task: Task, sight: Sight) -> str | None:
    """The name that a property gives, some only where all is right elsewhere; what cannot be tried names nothing."""
    if sight.got[0].shape != sight.want[0].shape:
        return None
    at_extremes = task.settings.hunches if len(sight.probes) > 1 else ()
    everywhere = task.settings.everywhere if sight.probe.weights is None else ()
    for hunch in (*everywhere, *at_extremes):
        with contextlib.suppress(Failure, ArithmeticError, RuntimeError, IndexError, ValueError):
            if slug := hunch(sight.answer, sight.probe.case):
                return slug
    return None


def _is_like(form: Function, task: Task, sight: Sight, more: list[tuple[Probe, list[Tensor]]]) -> bool:
    """Whether a form does what the learner's function does, right and wrong."""
    try:
        if not all(probe.agree(got, probe.observe(form)) for probe, got in [(sight.probe, sight.got), *more]):
            return False
        return all(probe.agree(probe.observe(form), probe.right(task.solution)) for probe in sight.probes[:-1])
    except (ArithmeticError, RuntimeError, IndexError, ValueError, Failure):
        return False  # a form may be impossible on shapes where the learner's function is not


def _by_property(task: Task, sight: Sight) -> tuple[str | None, str]:
    """A slug and a text for a mistake that the bank does not know."""
    got, want, inputs = sight.got[0], sight.want[0], sight.probe.case.inputs
    if sight.probe.weights is not None:
        return _by_gradient(task, sight)
    for name, tensor in zip(task.arguments, inputs, strict=True):
        if sight.probe.close(got, tensor):
            return "returns-its-input", f"It returns its input {name} unchanged."
    if got.shape != want.shape:
        return "wrong-shape", (
            f"The result has shape {tuple(got.shape)}; expected {tuple(want.shape)}, that is {task.returns}. A result "
            "of the wrong shape broadcasts against the other terms of a loss without an error. Which axes are "
            "summed, and which kept?"
        )
    if not got.isfinite().all():
        return "not-finite", (
            f"The result holds {'NaN' if got.isnan().any() else 'infinity'}. One such number spreads to every weight "
            "in a single step of training. Which step of your formula leaves the range of floating-point numbers?"
        )
    if not got.any():
        return "returns-zeros", "It returns zeros whatever its inputs are, so nothing can be learned from it."
    if len(sight.probes) > 1:  # where all is right elsewhere, no proportion holds everywhere
        return None, UNKNOWN
    return _by_proportion(*_several(task, sight))


def _several(task: Task, sight: Sight) -> tuple[Tensor, Tensor]:
    """Results and right results: one number alone shows no proportion, so those of the next probes come with it."""
    pairs = [(sight.got[0], sight.want[0])]
    if sight.got[0].numel() == 1:
        with contextlib.suppress(Failure):
            pairs += [(probe.observe(sight.answer)[0], probe.right(task.solution)[0]) for probe in sight.more]
    same = [pair for pair in pairs if pair[0].shape == pair[1].shape]
    return torch.cat([one.flatten() for one, _ in same]), torch.cat([other.flatten() for _, other in same])


def _by_proportion(got: Tensor, want: Tensor) -> tuple[str | None, str]:
    """A factor or a constant that separates two results everywhere."""
    shift = got.double() - want
    factor = common_factor(got.double(), want)
    if factor == -1:
        return "sign-flipped", "It is the right result with its sign flipped, so training would push the wrong way."
    if factor:
        return "wrong-factor", (
            f"Everywhere it is {number(factor)} times the right result, which weighs this term against the others by "
            "a factor that nobody chose. Where does your formula divide or multiply?"
        )
    if got.numel() > 1 and torch.allclose(shift, shift.flatten()[0].expand_as(shift), rtol=1e-6):
        return "wrong-constant", (
            f"Everywhere it differs from the right result by {number(float(shift.flatten()[0]))}. A constant has no "
            "gradient, so training would not notice; every number that you report would be wrong. Which constant is "
            "missing?"
        )
    return None, UNKNOWN


def _by_gradient(task: Task, sight: Sight) -> tuple[str | None, str]:
    names = [name for name, graded in zip(task.arguments, sight.probe.graded, strict=True) if graded]
    if not any(gradient.any() for gradient in sight.got):
        return "detached", (
            "Your result carries no gradient at all, so nothing that came before it can learn. Look for `detach`, "
            "`no_grad`, `.data`, `.item()`, numpy, or a result that does not depend on the inputs, such as zeros."
        )
    for name, got, want in zip(names, sight.got, sight.want, strict=True):
        if not got.isfinite().all():
            return "not-finite", (
                f"The gradient in {name} holds NaN or infinity, which spreads to every weight in one step. Which step "
                "of your formula leaves the range of floating-point numbers?"
            )
        if want.any() and not got.any():
            return "no-gradient", (
                f"No gradient reaches {name}, so whatever computes it never learns from this term. Where does {name} "
                "leave the graph?"
            )
        if got.any() and not want.any():
            return "stray-gradient", f"A gradient reaches {name}, which must get none. Where does it leave the graph?"
    got, want = (torch.cat([each.flatten() for each in side]).double() for side in (sight.got, sight.want))
    if factor := common_factor(got, want):
        return "wrong-factor", (
            f"The whole gradient is {number(factor)} times the right one, so every step of the optimiser is too "
            "large, too small or in the wrong direction. Where does your formula divide or multiply?"
        )
    return None, "Look for a `detach`, a clamp or a rounding on the way from the inputs to the result."
