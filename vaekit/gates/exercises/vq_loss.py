"""The task: what moves a codebook and what ties an encoder to it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from vaekit.gates.arguments import Typed, typed
from vaekit.gates.banks import vq_loss as bank
from vaekit.gates.checks import Settings
from vaekit.gates.probes import DTYPES, SHAPES, Case, Draw
from vaekit.gates.task import Ladder, Task


def _case(draw: Draw, shape: tuple[int, int], dtype: torch.dtype, beta: float, apart: float, label: str = "") -> Case:
    """Codes at a distance from what the encoder asked for."""
    z_e = draw.normal(*shape, dtype=dtype)
    e = z_e + apart * draw.signs(*shape).to(dtype) * draw.uniform(*shape, low=0.3, high=2.0, dtype=dtype)
    return Case((z_e, e, torch.tensor(beta, dtype=torch.float64, device="cpu")), label)


def _cases(draw: Draw) -> Iterator[Case]:
    """A beta below 1 and one above, in every shape; then none and one, far apart, close together, and no distance."""
    for shape in SHAPES:
        for dtype in DTYPES:
            for low, high in ((0.1, 0.45), (1.5, 4.0)):
                yield _case(draw, shape, dtype, float(draw.uniform(1, low=low, high=high)), 1.0)
    for dtype in DTYPES:
        for beta in (0.0, 1.0):
            yield _case(draw, (5, 3), dtype, beta, 1.0, f" with beta = {beta:g}")
        for apart, label in (
            (100.0, " far from their codes"),
            (0.01, " close to their codes"),
            (0.0, " at their codes"),
        ):
            yield _case(draw, (5, 3), dtype, float(draw.uniform(1, low=0.1, high=0.45)), apart, label)


def _weight(answer: Callable[..., Tensor], case: Case) -> str | None:
    """What an unknown loss makes of beta, if it is a multiple of the mean squared error."""
    z_e, e = (tensor.double() for tensor in case.inputs[:2])

    def multiple(beta: float, stretch: float = 1.0) -> float:
        price = torch.tensor(beta, dtype=torch.float64, device="cpu")
        return float(answer(z_e, z_e + stretch * (e - z_e), price) / (stretch * (e - z_e)).square().mean())

    none, some, more = multiple(0.0), multiple(0.7), multiple(2.1)
    if not math.isclose(some, multiple(0.7, 3.0), rel_tol=1e-6):
        return None
    if math.isclose(none, some) and math.isclose(none, more):
        return "beta-ignored"
    if abs(none) < 1e-9:
        return "beta-on-both" if math.isclose(more, 3 * some) else None
    return "beta-transformed" if math.isclose(none, 1.0) else None


TASK = Task(
    name="vq_loss",
    chapter="12",
    statement="The two squares of a vector-quantised autoencoder, to be minimised: the codebook's, which moves e "
    "towards z_e and leaves z_e alone, plus beta times the commitment, which moves z_e towards e and leaves e alone. "
    "z_e is what the encoder asks for, e the nearest code of each of the B vectors. Each square is averaged over all "
    "numbers, L and B.",
    shapes={"z_e": "(B, L)", "e": "(B, L)", "beta": "float"},
    returns="()",
    difficulty=2,
    minutes=10,
    hints=(
        "Both terms are the same number, the mean squared distance. They differ in which side may move. How do you "
        "tell torch to hold a tensor?",
        "In the first square z_e is held, so its gradient goes to e. Which tensor is held in the second, and which of "
        "the two squares does beta weigh?",
        "Detach z_e in the first square and e in the second, take the mean of each, and add beta times the second to "
        "the first. For z_e = 2, e = 1 the gradients are 2 beta and -2.",
    ),
    ladder=Ladder(
        worked="""
# Temporal differences: the value of a state is pulled to what came after
# it, and that target is held
def td_loss(value, reward, next_value):  # (B,), (B,), (B,) -> ()
    target = (reward + 0.9 * next_value).detach()
    return (value - target).square().mean()
""",
        completion="""
def vq_loss(z_e, e, beta):
    codebook = (z_e.▢ - e).square().mean()
    commitment = (z_e - ▢).square().mean()
    return codebook + ▢
""",
        blanks=("detach()", "e.detach()", "beta * commitment"),
        broken=bank.BROKEN,
        bug="The stop-gradients are exchanged: what it calls the codebook's term moves the encoder, with weight 1, and "
        "beta weighs what moves the codebook.",
    ),
    solution=bank.solution,
    bank=bank.BANK,
    judge=typed,
    settings=Typed(
        (Tensor.clone, Tensor.clone, float),
        Settings(_cases, ([[2.0, 0.0]], [[1.0, 0.5]], 0.25), ("z_e", "e"), everywhere=(_weight,)),
    ),
)
