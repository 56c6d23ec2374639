"""The task: how much of the KL is charged while training warms up."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from vaekit.gates.arguments import MixedLearner, Typed, typed
from vaekit.gates.banks import kl_weight as bank
from vaekit.gates.checks import Settings
from vaekit.gates.guard import Failure, Learner, NotAttempted
from vaekit.gates.probes import Case, Draw
from vaekit.gates.scalars import one_number
from vaekit.gates.task import Ladder, Task

RAMP = 20  # steps: where the shape of an unknown schedule is looked at


def _case(draw: Draw, steps: list[int], warmups: list[int]) -> Case:
    """One call for each step and warmup, the first in its place, the others in random order."""
    order = torch.randperm(len(steps), generator=draw.generator, device="cpu")
    order = torch.cat([order[order == 0], order[order > 0]])
    return Case(tuple(torch.tensor(each, dtype=torch.float64, device="cpu")[order] for each in (steps, warmups)))


def _whole(draw: Draw, count: int, low: int, high: int) -> list[int]:
    return draw.uniform(count, low=float(low), high=float(high)).long().tolist()


def _cases(draw: Draw) -> Iterator[Case]:
    """One ramp from end to end; many; long ones; far beyond their ends; the shortest; none."""
    (w,) = _whole(draw, 1, 11, 19)
    steps = [1, 0, 2, w // 3, w // 2, w - 2, w - 1, w, w + 1, w + 3, 2 * w - 1, 2 * w, 2 * w + 5, 3 * w + 2, 7 * w]
    yield _case(draw, steps, [w] * len(steps))
    for ends, low, high in (((3, 30), 0.0, 2.0), ((20, 60), 0.0, 2.0), ((1000, 6000), 0.0, 2.0), ((5, 70), 5.0, 99.0)):
        warmups = _whole(draw, 14, *ends)
        parts = draw.uniform(14, low=low, high=high).tolist()
        yield _case(draw, [int(part * w) for part, w in zip(parts, warmups, strict=True)], warmups)
    yield _case(draw, [0, 10**6, 10**5], [7, 5000, 900])
    yield _case(draw, [0, 1, 2, 3, 0, 1, 2, 3, 4], [1, 1, 1, 1, 2, 2, 2, 2, 2])
    yield _case(draw, [0, 1, 2, 1000, *_whole(draw, 2, 3, 500)], [0] * 6)


def _shape(answer: Callable[..., Tensor], case: Case) -> str | None:
    """What is wrong with the curve of the weight over the steps."""
    steps = torch.arange(4 * RAMP + 1, dtype=torch.float64, device="cpu")
    curve, other = (answer(steps, torch.full_like(steps, warmup, device="cpu")) for warmup in (RAMP, 3 * RAMP))
    rises, falls = bool((curve.diff() > 1e-6).any()), bool((curve.diff() < -1e-6).any())
    if torch.allclose(curve, (steps / RAMP).clamp(max=1.0)):
        return None  # the mistake shows elsewhere
    if rises and torch.allclose(curve, other):
        return "warmup-ignored"
    if curve.min() < -1e-6 or not rises:
        return "falls" if falls and curve.min() >= -1e-6 else None
    if curve.max() > 1 + 1e-6 and curve[RAMP:].diff().max() > 1e-6:
        return "runs-past-one"
    if falls:
        return "restarts"
    full = (curve > 1 - 1e-6).nonzero().flatten()
    if curve[0].abs() > 1e-6 or curve.max() > 1 + 1e-6 or not len(full):
        return None
    if len(curve.unique()) <= RAMP // 2:
        return "jumps" if len(curve.unique()) == 2 else "staircase"
    return "not-linear" if full[0] == RAMP else "ends-elsewhere"


def _judge(task: Task, learner: Learner, draw: Draw) -> None:
    """As any function of numbers; and an error has a name if it is a division by what may be 0."""
    try:
        typed(task, learner, draw)
    except Failure as failure:
        slug = _where_it_raises(task, learner) if failure.misconception == "raises" else None
        if slug is None:
            raise
        raise Failure(f"{failure.message} {task.explanation(slug)}", slug) from None


def _where_it_raises(task: Task, learner: Learner) -> str | None:
    """The name of an error that comes at the first step only, or without a ramp only."""
    raised = []
    for step, warmup in ((3, 7), (0, 7), (7, 7), (0, 0), (3, 0)):
        try:
            MixedLearner(learner.function, task.arguments)(step, warmup)
        except (Failure, NotAttempted):
            raised.append((step, warmup))
    if raised[:1] == [(0, 7)]:
        return "upside-down"
    return "fails-without-warmup" if raised and all(warmup == 0 for _, warmup in raised) else None


TASK = Task(
    name="kl_weight",
    chapter="09",
    statement="The weight of the KL at a step of training, counted from 0. It rises in equal parts from 0 at step 0 to "
    "1 at step warmup and stays 1 afterwards. With warmup = 0 nothing is annealed: it is 1 at every step.",
    shapes={"step": "int", "warmup": "int"},
    returns="float",
    difficulty=1,
    minutes=5,
    hints=(
        "Which part of the ramp is done after 25 of 100 steps? And after 130 of 100?",
        "The weight is that part, but never more than 1. Which function of Python returns the smaller of two numbers?",
        "A ramp of no steps cannot be divided by. Answer that case before you divide.",
    ),
    ladder=Ladder(
        worked="""
# A learning rate that falls in equal parts from 1 at step 0 to 0 at step
# total, and stays there
def learning_rate_factor(step, total):
    if total == 0:
        return 0.0  # nothing to fall through
    return max(1 - step / total, 0.0)
""",
        completion="""
def kl_weight(step, warmup):
    if warmup == ▢:
        return ▢
    return ▢(step / warmup, 1.0)
""",
        blanks=("0", "1.0", "min"),
        broken=bank.BROKEN,
        bug="The remainder of the division starts again at every multiple of warmup: the weight is a saw, and is 0 "
        "where it should be 1 for the first time.",
    ),
    solution=bank.solution,
    bank=bank.BANK,
    judge=_judge,
    settings=Typed(
        (int, int),
        Settings(_cases, ([25.0, 130.0, 0.0, 100.0], [100.0] * 4), rows=True, everywhere=(_shape,)),
        one_number,
    ),
)
