"""The task: a KL that charges no unit for its first few nats."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from vaekit.gates.arguments import Typed, typed
from vaekit.gates.banks import free_bits as bank
from vaekit.gates.checks import Settings
from vaekit.gates.probes import DTYPES, SHAPES, Case, Draw
from vaekit.gates.task import Ladder, Task


def _case(draw: Draw, shape: tuple[int, int], dtype: torch.dtype, ratios: Tensor, label: str = "") -> Case:
    """KLs of single examples on both sides of the floor, whose means are `ratios` times the floor."""
    floor = draw.uniform(1, low=0.3, high=0.9)
    kl = draw.uniform(*shape, low=0.05, high=1.0).square()
    return Case(((kl / kl.mean(0) * ratios * floor).to(dtype), floor[0]), label)


def _mixed(draw: Draw, units: int) -> Tensor:
    """As in the middle of training: some units above the floor, some below, and in sum above all floors together."""
    above = draw.binary(units).bool()[torch.randperm(units, generator=draw.generator, device="cpu")]
    ratios = torch.where(above, _above(draw, units), draw.uniform(units, low=0.1, high=0.8))
    return torch.where(ratios == ratios.max(), ratios * units, ratios) if units > 1 else ratios


def _above(draw: Draw, units: int) -> Tensor:
    return draw.uniform(units, low=1.3, high=6.0)


def _below(draw: Draw, units: int) -> Tensor:
    """Even their sum is below the floor, though the largest is above the floor divided by their number."""
    ratios = draw.uniform(units, low=0.02, high=0.1)
    ratios[int(draw.uniform(1, low=0.0, high=float(units)))] = float(draw.uniform(1, low=0.4, high=0.55))
    return ratios


def _cases(draw: Draw) -> Iterator[Case]:
    """Mixed, and all below, in every shape; then all above, no floor, and a KL of nothing."""
    for dtype in DTYPES:
        for shape in SHAPES:
            yield _case(draw, shape, dtype, _mixed(draw, shape[1]))
            yield _case(draw, shape, dtype, _below(draw, shape[1]), " with every unit below the floor")
    for dtype in DTYPES:
        yield _case(draw, (5, 3), dtype, _above(draw, 3), " with every unit above the floor")
        kl, floor = _case(draw, (4, 6), dtype, _mixed(draw, 6)).inputs
        yield Case((kl, 0 * floor), " with a floor of 0")
        yield Case((0 * kl, floor), " with every unit collapsed")


def _unheeded(answer: Callable[..., Tensor], case: Case) -> str | None:
    """Whether the argument makes no difference, wherever the floor lies."""
    kl, floor = (tensor.double() for tensor in case.inputs)
    costs = [float(answer(kl, factor * floor)) for factor in (0.2, 1.0, 5.0)]
    return "floor-missing" if max(costs) - min(costs) < 1e-9 else None


def _pushing(answer: Callable[..., Tensor], case: Case) -> str | None:
    """Whether units below the floor get a gradient, though the value is right."""
    kl = torch.full((4, 3), 0.1, dtype=torch.float64, device="cpu", requires_grad=True)
    cost = answer(kl, torch.ones((), dtype=torch.float64, device="cpu"))
    if not cost.requires_grad or abs(float(cost) - 3) > 1e-9:
        return None
    (gradient,) = torch.autograd.grad(cost, kl)
    return "pushed-below-the-floor" if gradient.any() else None


TASK = Task(
    name="free_bits",
    chapter="09",
    statement="The cost of L latent units in nats, with a floor under each: a unit costs its KL averaged over the "
    "batch, but at least floor, and the costs add up. kl holds the KL of each unit for each of the B examples, none "
    "negative; floor is 0 or more, in nats for each unit.",
    shapes={"kl": "(B, L)", "floor": "float"},
    returns="()",
    difficulty=2,
    minutes=10,
    hints=(
        "The floor is a promise to each unit: up to so many nats on average you pay the same. Which number is compared "
        "with the floor, and how many such numbers are there?",
        "First average over the batch, which leaves (L,). Which function replaces every number below the floor by the "
        "floor, and has gradient 0 there?",
        "Then add up the L costs. For two units with averages 0.1 and 3 and a floor of 0.5 the result is 3.5.",
    ),
    ladder=Ladder(
        worked="""
# The opposite: a ceiling. Each unit's average KL counts up to a limit
def capped_kl(kl, limit):  # (B, L), float -> ()
    average = kl.mean(dim=0)  # (L,)
    capped = torch.where(average < limit, average, limit)  # gradient 0 above
    return capped.sum()
""",
        completion="""
def free_bits(kl, floor):
    average = kl.mean(dim=▢)  # (L,)
    paid = average.clamp(▢=floor)
    return paid.▢
""",
        blanks=("0", "min", "sum()"),
        broken=bank.BROKEN,
        bug="The floor comes before the average over the batch, so each single example pays it. Units that speak "
        "of few examples pay for all.",
    ),
    solution=bank.solution,
    bank=bank.BANK,
    judge=typed,
    settings=Typed(
        (Tensor.clone, float),
        Settings(_cases, ([[0.0, 0.1, 2.0], [1.4, 0.3, 4.0]], 0.5), ("kl",), (_pushing,), everywhere=(_unheeded,)),
    ),
)
