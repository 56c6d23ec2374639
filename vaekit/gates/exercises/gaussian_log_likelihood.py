"""The task: the log likelihood of Gaussian pixels."""

from __future__ import annotations

from collections.abc import Iterator

from vaekit.gates.banks import gaussian_log_likelihood as bank
from vaekit.gates.checks import Settings, deterministic
from vaekit.gates.hunches import clamped
from vaekit.gates.probes import DTYPES, SHAPES, Case, Draw
from vaekit.gates.task import Ladder, Task


def _cases(draw: Draw) -> Iterator[Case]:
    for shape in SHAPES:
        for dtype in DTYPES:
            yield Case(tuple(draw.normal(*shape, dtype=dtype) for _ in range(3)))
    for dtype, bound in zip(DTYPES, (100.0, 13.0), strict=True):
        for sign in (-1, 1):
            x, mean = (draw.normal(4, 3, dtype=dtype) for _ in range(2))
            logvar = sign * draw.uniform(4, 3, low=0.7 * bound, high=bound, dtype=dtype)
            yield Case((x, mean, logvar), f" with log-variances near {sign * bound:g}")


TASK = Task(
    name="gaussian_log_likelihood",
    chapter="06",
    statement="The log density log p(x|z) in nats of images whose D pixels are independent, with p(x|z) = N(mean, "
    "diag(exp(logvar))), one number for each of the B images. logvar is the logarithm of the variance σ². Densities "
    "may be above 1, so the result may be positive.",
    shapes={"x": "(B, D)", "mean": "(B, D)", "logvar": "(B, D)"},
    returns="(B,)",
    difficulty=1,
    minutes=10,
    hints=(
        "Write the density of one Gaussian pixel with mean μ and variance σ², the factor in front included, and take "
        "its logarithm. What does independence make of D pixels?",
        "Three terms remain, all with the same factor ½: the logarithm of 2π, the logarithm of σ², and the squared "
        "error in units of σ.",
        "logvar is one of these terms as it is. To divide the squared error by σ², multiply by exp(-logvar). Then sum "
        "over the pixels: all three terms are there once for every pixel.",
    ),
    ladder=Ladder(
        worked="""
# The log likelihood of waiting times: x is exponential with mean exp(log_mean)
def exponential_log_likelihood(x, log_mean):  # (B, D), (B, D) -> (B,)
    in_units_of_the_mean = x * torch.exp(-log_mean)
    terms = -log_mean - in_units_of_the_mean  # the first normalises
    return terms.sum(-1)
""",
        completion="""
def gaussian_log_likelihood(x, mean, logvar):
    square = (x - mean) ** 2 * ▢
    terms = math.log(2 * math.pi) + ▢ + square
    return ▢ * terms.sum(-1)
""",
        blanks=("(-logvar).exp()", "logvar", "-0.5"),
        broken=bank.BROKEN,
        bug="The log-variance enters only through the square, where a larger one helps: nothing keeps it from growing.",
    ),
    solution=bank.solution,
    bank=bank.BANK,
    judge=deterministic,
    settings=Settings(_cases, ([[1.0, -0.5]], [[0.0, 0.5]], [[0.5, -1.0]]), ("x", "mean", "logvar"), (clamped(2),)),
)
