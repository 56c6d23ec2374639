"""The task: the naive Monte Carlo estimate of a log evidence."""

from __future__ import annotations

from collections.abc import Iterator

from vaekit.gates.banks import log_mean_exp_evidence as bank
from vaekit.gates.checks import Settings, deterministic
from vaekit.gates.hunches import floored
from vaekit.gates.probes import DTYPES, SHAPES, Case, Draw
from vaekit.gates.task import Ladder, Task


def _cases(draw: Draw) -> Iterator[Case]:
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


TASK = Task(
    name="log_mean_exp_evidence",
    chapter="01",
    statement="The naive Monte Carlo estimate of the log evidence in nats: log of the mean of p(x|z_k) over K draws "
    "z_k from the prior, one number for each of the B examples. It must survive log likelihoods of -1000.",
    shapes={"log_px_given_z": "(K, B)"},
    returns="(B,)",
    difficulty=1,
    minutes=10,
    hints=(
        "The evidence is the expectation of p(x|z) over the prior. Which average of your K numbers estimates it, "
        "before any logarithm?",
        "exp(-1000) is 0 in floating point. For any number m, mean(exp(a)) = exp(m) mean(exp(a - m)). Which m keeps "
        "the exponentials in range?",
        "torch.logsumexp gives the log of a sum, safely. What separates the log of a sum of K terms from the log of "
        "their mean?",
    ),
    ladder=Ladder(
        worked="""
# The log of the root mean square of numbers given by their logs:
# half the log of the mean of exp(2 a)
def log_rms(log_size):  # (N, B) -> (B,)
    top = log_size.max(dim=0).values
    scaled = (2 * (log_size - top)).exp()  # between 0 and 1
    return top + 0.5 * scaled.mean(dim=0).log()
""",
        completion="""
def log_mean_exp_evidence(log_px_given_z):
    num_samples = log_px_given_z.shape[▢]
    log_sum = torch.logsumexp(log_px_given_z, dim=▢)
    return log_sum - ▢
""",
        blanks=("0", "0", "math.log(num_samples)"),
        broken=bank.BROKEN,
        bug="It is right on paper. In floating point exp(-1000) is 0, and the log of 0 is minus infinity.",
    ),
    solution=bank.solution,
    bank=bank.BANK,
    judge=deterministic,
    settings=Settings(_cases, ([[-1.0, -2.0], [-3.0, -2.5], [-1.5, 0.5]],), hunches=(floored,)),
)
