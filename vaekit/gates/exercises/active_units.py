"""The task: how many latent units tell examples apart."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from vaekit.gates.arguments import Typed
from vaekit.gates.banks import active_units as bank
from vaekit.gates.checks import Settings
from vaekit.gates.probes import DTYPES, Case, Draw
from vaekit.gates.scalars import counted, one_number
from vaekit.gates.task import Ladder, Task

SIZES = ((12, 7, 5), (10, 4, 4), (6, 11, 8), (5, 3, 6), (5, 2, 7), (5, 6, 1), (3, 2, 1), (3, 150, 3))  # calls, N, L
LOWEST, HIGHEST = 0.004, 8.0  # thresholds


def _ratios(draw: Draw, size: tuple[int, int, int]) -> Tensor:
    """Variances in units of the threshold, `(calls, L)`, far from 1 in either convention, for the larger divisor.

    In the first call no unit is active, though their variances together are above the threshold; in the second all
    are; in the last one is, just, so that the mean of the variances is below. In the others some are.
    """
    calls, examples, units = size
    active, below = draw.binary(calls, units).bool(), 1 - 1 / examples
    active[0], active[1], active[-1] = False, True, False
    active[-1, int(draw.uniform(1, low=0.0, high=float(units)))] = True
    large = draw.uniform(calls, units, low=math.log(1.4), high=math.log(8)).exp()
    small = below * draw.uniform(calls, units, low=0.05, high=0.7)
    large[-1] = draw.uniform(units, low=1.4, high=1.8)
    small[0] = below * draw.uniform(units, low=0.4, high=0.7)
    small[-1] = draw.uniform(units, low=0.02, high=0.1)
    return torch.where(active, large, small)


def _case(draw: Draw, size: tuple[int, int, int], dtype: torch.dtype) -> Case:
    """Several data sets with thresholds from small to large; a unit may lie near 0 or not."""
    calls, examples, units = size
    parts = (torch.arange(calls, device="cpu") + draw.uniform(calls, low=0.0, high=1.0)) / calls
    thresholds = LOWEST * (HIGHEST / LOWEST) ** parts
    deviations = draw.normal(*size)
    deviations = deviations - deviations.mean(1, keepdim=True)
    deviations = deviations / deviations.square().mean(1, keepdim=True).sqrt()
    scale = thresholds[:, None, None].sqrt()
    spread = scale * _ratios(draw, size).sqrt()[:, None]
    far = draw.binary(calls, 1, units).bool()
    far[-1] = False
    place = draw.normal(calls, 1, units) * torch.where(far, 1 + 3 * scale, 0.1 * scale)
    return Case(((place + spread * deviations).to(dtype), thresholds))


def _constant(draw: Draw, dtype: torch.dtype) -> Case:
    """Units of no variance at all, whichever way it is computed: exact numbers, as many as a power of two."""
    means = draw.normal(3, 4, 6, dtype=dtype)
    means[:, :, ::2] = torch.tensor([0.0, 0.5, -2.0], dtype=dtype, device="cpu")
    means[1, :, 1] = 1.0
    return Case((means, torch.zeros(3, dtype=torch.float64, device="cpu")), " with units that are constant")


def _cases(draw: Draw) -> Iterator[Case]:
    for size in SIZES:
        for dtype in DTYPES:
            yield _case(draw, size, dtype)
    for dtype in DTYPES:
        yield _constant(draw, dtype)


def _symmetries(answer: Callable[..., Tensor], case: Case) -> str | None:
    """What a variance does not depend on, and how it grows with the unit of mu."""
    mu, threshold = (tensor.double() for tensor in case.inputs)
    count = answer(mu, threshold)
    if not count.isfinite().all():
        return None
    if torch.equal(count, answer(mu, 7 * threshold)) and torch.equal(count, answer(mu, threshold / 7)):
        return "threshold-ignored"
    if not torch.equal(count, answer(mu + 3 * threshold.sqrt()[:, None, None], threshold)):
        return "not-centred"
    if not torch.equal(count, answer(5 * mu, 25 * threshold)) and torch.equal(count, answer(5 * mu, 5 * threshold)):
        return "another-spread"
    return None


TASK = Task(
    name="active_units",
    chapter="09",
    statement="How many latent units are active: units whose posterior mean has a variance over the data above the "
    "threshold. mu holds the posterior means of N examples, N at least 2. The variance may be taken with 1/N or with "
    "1/(N - 1). The result is an integer.",
    shapes={"mu": "(N, L)", "threshold": "float"},
    returns="int",
    difficulty=1,
    minutes=5,
    hints=(
        "A collapsed unit says the same of every example. Which number tells how much a column of mu differs from row "
        "to row?",
        "There is one variance for each unit. Along which axis of mu is it taken, and what is its shape?",
        "Compare the L variances with the threshold, which gives L answers yes or no. Count the answers yes, and make "
        "the count an int.",
    ),
    ladder=Ladder(
        worked="""
# How many examples have a code far from the origin: one squared length for
# each example, and then a count
def far_codes(mu, radius):  # (N, L), float -> int
    squared_length = mu.pow(2).sum(dim=1)  # (N,)
    far = squared_length > radius**2  # (N,), yes or no
    return int(far.sum())
""",
        completion="""
def active_units(mu, threshold):
    variance = mu.var(dim=▢)  # (L,)
    active = variance ▢ threshold
    return ▢(active.sum())
""",
        blanks=("0", ">", "int"),
        broken=bank.BROKEN,
        bug="It measures how far a unit is from 0, not how much it varies. A unit that says 3 of every example is "
        "counted, and carries nothing.",
    ),
    solution=bank.solution,
    bank=bank.BANK,
    judge=counted,
    settings=Typed(
        (Tensor.clone, float),
        Settings(
            _cases,
            (
                [
                    [[0.5, 1.0, 2.0], [0.5, 3.0, 2.0], [0.5, 2.0, 2.0]],
                    [[0.05, 0.5, 1.0], [-0.05, -0.5, -1.0], [0.0, 0.0, 0.0]],
                    [[2.0, 3.0, 0.0], [-2.0, -3.0, 0.0], [0.0, 0.0, 0.0]],
                ],
                [0.04, 0.04, 5.0],
            ),
            rows=True,
            everywhere=(_symmetries,),
        ),
        one_number,
    ),
)
