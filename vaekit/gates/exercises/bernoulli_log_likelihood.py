"""The task: the log likelihood of binary pixels."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from vaekit.gates.banks import bernoulli_log_likelihood as bank
from vaekit.gates.checks import Settings, deterministic
from vaekit.gates.probes import DTYPES, SHAPES, Case, Draw
from vaekit.gates.task import Ladder, Task


def _cases(draw: Draw) -> Iterator[Case]:
    for shape in SHAPES:
        for dtype in DTYPES:
            yield Case((draw.uniform(*shape, low=-5.0, high=5.0, dtype=dtype), draw.binary(*shape, dtype=dtype)))
    for dtype in DTYPES:
        for level in (100.0, 60.0, 30.0):
            logits = draw.extreme(5, 7, bound=level, dtype=dtype)
            yield Case((logits, draw.binary(5, 7, dtype=dtype)), f" with logits near ±{level:g}")
    for dtype in DTYPES:
        x = draw.binary(3, 4, dtype=dtype)
        yield Case((100 * (1 - 2 * x), x), " with logits of ±100, all of them wrong")


def _at_the_ends(answer: Callable[..., Tensor], case: Case) -> str | None:
    """How the log likelihood of a pixel that is surely wrong goes on with its logit, if it begins as it should."""

    def of_zero(level: float, dtype: torch.dtype = torch.float64) -> Tensor:
        x = torch.zeros(1, case.inputs[0].shape[-1], dtype=dtype, device="cpu")
        return answer(torch.full_like(x, level, device="cpu"), x)

    if not bool(of_zero(2.0) - of_zero(3.0) > 0.5):
        return None
    double, single = (torch.cat([of_zero(end, dtype) for end in (100.0, -100.0)]) for dtype in DTYPES)
    if not double.isfinite().all():
        return "log-of-zero"
    if not single.isfinite().all():
        return "exp-overflows"
    return "cut-off" if bool((of_zero(500.0) - of_zero(600.0)).abs() < 1) else None


TASK = Task(
    name="bernoulli_log_likelihood",
    chapter="06",
    statement="The log likelihood log p(x|z) in nats of images whose D pixels are independent Bernoulli variables, "
    "one number for each of the B images. logits are the log odds of a 1, and x is 0 or 1. Logits of ±100 must be "
    "accurate.",
    shapes={"logits": "(B, D)", "x": "(B, D)"},
    returns="(B,)",
    difficulty=1,
    minutes=10,
    hints=(
        "The probability of a pixel is p where x = 1 and 1 - p where x = 0. Write its logarithm as one formula, and "
        "say what independence makes of the whole image.",
        "With p = sigmoid(a), log p = a - log(1 + exp(a)) and log(1 - p) = -log(1 + exp(a)). The probability itself "
        "need never be computed.",
        "torch has a cross-entropy for Bernoulli variables that takes logits. It is a cost, and by default an "
        "average: mind its sign and its reduction.",
    ),
    ladder=Ladder(
        worked="""
# The log likelihood of one digit of ten, given by logits: the normaliser
# stays on the log scale
def categorical_log_likelihood(logits, y):  # (B, C), (B,) -> (B,)
    chosen = logits.gather(1, y[:, None]).squeeze(1)
    return chosen - torch.logsumexp(logits, dim=1)
""",
        completion="""
def bernoulli_log_likelihood(logits, x):
    nll = F.binary_cross_entropy_with_logits(logits, x, reduction=▢)
    return ▢nll.▢
""",
        blanks=('"none"', "-", "sum(-1)"),
        broken=bank.BROKEN,
        bug="It is right on paper. For a logit of 100 the sigmoid is exactly 1 in floating point, so log(1 - p) is "
        "minus infinity.",
    ),
    solution=bank.solution,
    bank=bank.BANK,
    judge=deterministic,
    settings=Settings(_cases, ([[2.0, -1.0, 0.5]], [[1.0, 1.0, 0.0]]), ("logits",), (_at_the_ends,)),
)
