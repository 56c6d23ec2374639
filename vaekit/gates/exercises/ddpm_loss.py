"""The task: the loss of a network that predicts noise."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from vaekit.gates.banks import ddpm_loss as bank
from vaekit.gates.checks import Settings, deterministic
from vaekit.gates.probes import DTYPES, SHAPES, Case, Draw
from vaekit.gates.task import Ladder, Task


def _cases(draw: Draw) -> Iterator[Case]:
    """Every shape; then predictions far off, close, and perfect."""
    for shape in SHAPES:
        for dtype in DTYPES:
            yield Case(tuple(draw.normal(*shape, dtype=dtype) for _ in range(2)))
    for dtype in DTYPES:
        for scale, label in ((100.0, "far from"), (0.01, "close to"), (0.0, "equal to")):
            eps = draw.normal(5, 3, dtype=dtype)
            yield Case((eps + draw.normal(5, 3, dtype=dtype, scale=scale), eps), f" with predictions {label} the noise")


def _scaling(answer: Callable[..., Tensor], case: Case) -> str | None:
    """How an unknown function of the errors alone grows: with their size, with D and with the batch."""
    eps = case.inputs[1].double()
    error = case.inputs[0].double() - eps
    signs = 1 - 2 * (torch.arange(error.numel(), device="cpu").view_as(error) % 2)

    def of(errors: Tensor, noise: Tensor = eps) -> float:
        return float(answer(noise + errors, noise))

    one = of(error)
    if not one or not all(math.isclose(one, other) for other in (of(error, 3 * eps + 1), of(signs * error))):
        return None
    if math.isclose(of(3 * error), 3 * one):
        parts = sum(of(torch.where(signs == sign, error, 0.0)) for sign in (1, -1))
        return "not-squared" if math.isclose(parts, one) else "root-of-the-square"
    if not math.isclose(of(3 * error), 9 * one):
        return "not-squared" if math.isclose(of(100 * error), 2 * of(50 * error), rel_tol=0.02) else None
    twice = [of(torch.cat([error] * 2, axis), torch.cat([eps] * 2, axis)) / one for axis in (0, 1)]
    return {
        (2, 2): "summed-over-everything",
        (2, 1): "axes-exchanged",
        (1, 1): "mean-over-everything",
        (0.5, 2): "divided-twice",
        (0.5, 1): "divided-twice",
        (1, 0.5): "divided-twice",
    }.get(tuple(round(ratio, 6) for ratio in twice))


TASK = Task(
    name="ddpm_loss",
    chapter="15",
    statement="The simplified loss of a diffusion model, to be minimised: the squared error of a network's prediction "
    "eps_hat of the noise eps, summed over the D numbers of an example and averaged over the B examples. It is "
    "differentiable in both.",
    shapes={"eps_hat": "(B, D)", "eps": "(B, D)"},
    returns="()",
    difficulty=1,
    minutes=5,
    hints=(
        "Each example has one vector of noise and one prediction of it. What is the squared length of the difference "
        "of two vectors?",
        "The bound of a diffusion model is made of KLs between Gaussians, and the KL of D independent numbers is the "
        "sum of D parts. Over which axis do you sum, then, and over which do you average?",
        "Subtract, square, sum over the last axis, which leaves one number for each example, and take the mean. A mean "
        "over both axes is D times too small.",
    ),
    ladder=Ladder(
        worked="""
# Cross-entropy with soft labels: summed over the classes of an example,
# averaged over the examples
def soft_cross_entropy(logits, target):  # (B, C), (B, C) -> ()
    terms = -target * logits.log_softmax(-1)
    return terms.sum(-1).mean()
""",
        completion="""
def ddpm_loss(eps_hat, eps):
    square = (▢) ** 2  # (B, D)
    return square.▢.▢
""",
        blanks=("eps_hat - eps", "sum(-1)", "mean()"),
        broken=bank.BROKEN,
        bug="It averages over the numbers of an example, too. With it the weights of the bound are D times too small, "
        "and an image counts as much as a single pixel.",
    ),
    solution=bank.solution,
    bank=bank.BANK,
    judge=deterministic,
    settings=Settings(
        _cases, ([[1.0, -0.5], [0.0, 2.0]], [[0.5, 0.5], [1.0, 0.0]]), ("eps_hat", "eps"), everywhere=(_scaling,)
    ),
)
