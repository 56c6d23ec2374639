"""The task: a bound that tightens with every further draw."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from vaekit.gates.banks import iwae_bound as bank
from vaekit.gates.checks import Settings, deterministic
from vaekit.gates.hunches import floored
from vaekit.gates.probes import DTYPES, SHAPES, Case, Draw
from vaekit.gates.task import Ladder, Task


def _cases(draw: Draw) -> Iterator[Case]:
    """Weights of ordinary size, then those of images: far from 1, all alike, or far apart in a batch or an example."""
    for shape in SHAPES:
        for dtype in DTYPES:
            yield Case((draw.normal(*shape, dtype=dtype, scale=1.5) - 1,))
    for dtype in DTYPES:
        for level in (-1000, 1000):
            yield Case((level + draw.normal(5, 3, dtype=dtype),), f" near {level}")
        columns = draw.normal(5, 3, dtype=dtype)
        columns[:, 0] -= 1000
        yield Case((columns,), " near -1000 for one example and near 0 for the others")
        yield Case((draw.extreme(5, 3, bound=1000.0, dtype=dtype),), " between -1000 and 1000")
        yield Case((draw.normal(1, 3, dtype=dtype).repeat(6, 1),), " with equal weights")


def _clamped(answer: Callable[..., Tensor], case: Case) -> str | None:
    """Whether the result stops following large log weights, and stays finite."""
    levels = [torch.full((2, 1), level, dtype=torch.float64, device="cpu") for level in (0.0, 1.0, 800.0, 900.0)]
    zero, one, far, farther = (float(answer(level)) for level in levels)
    return "weights-clamped" if one - zero > 0.9 and abs(farther - far) < 1e-6 else None


TASK = Task(
    name="iwae_bound",
    chapter="11",
    statement="The importance-weighted bound in nats, from K draws z_k of q(z|x): log of the mean of the weights w_k = "
    "p(x, z_k) / q(z_k|x), one number for each of the B images. log_w holds log w_k. It must survive log weights of "
    "-1000, with gradients to them.",
    shapes={"log_w": "(K, B)"},
    returns="(B,)",
    difficulty=1,
    minutes=5,
    hints=(
        "The average weight estimates p(x) without bias. Its logarithm is the bound. Which comes first?",
        "exp(-1000) is 0 in floating point, so the sum of the weights has to be formed without leaving the log scale. "
        "Which function of torch does that?",
        "torch.logsumexp over the axis of the draws is the log of a sum. What turns a sum of K weights into their "
        "mean, after the logarithm?",
    ),
    ladder=Ladder(
        worked="""
# Resistors in parallel, given by the logs of their resistances:
# 1 / R is the sum of all 1 / R_n
def log_parallel(log_ohm):  # (N, B) -> (B,)
    log_conductance = torch.logsumexp(-log_ohm, dim=0)
    return -log_conductance
""",
        completion="""
def iwae_bound(log_w):
    num_samples = log_w.shape[▢]
    log_sum = torch.▢(log_w, dim=0)
    return log_sum - ▢
""",
        blanks=("0", "logsumexp", "math.log(num_samples)"),
        broken=bank.BROKEN,
        bug="It averages log w with the normalised weights. Held constant, they make a surrogate with the right "
        "gradient; the number is not the bound, and exceeds it.",
    ),
    solution=bank.solution,
    bank=bank.BANK,
    judge=deterministic,
    settings=Settings(_cases, ([[0.0, -1.0], [-2.0, -1.5], [-1.0, 0.5]],), ("log_w",), (_clamped, floored)),
)
