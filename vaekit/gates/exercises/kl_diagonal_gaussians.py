"""The task: KL(N(mu_q, diag(exp(logvar_q))) ‖ N(mu_p, diag(exp(logvar_p))))."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from vaekit.gates.banks import kl_diagonal_gaussians as bank
from vaekit.gates.checks import Settings, deterministic
from vaekit.gates.hunches import clamped
from vaekit.gates.probes import DTYPES, SHAPES, Case, Draw
from vaekit.gates.task import Ladder, Task


def _cases(draw: Draw) -> Iterator[Case]:
    for shape in SHAPES:
        for dtype in DTYPES:
            yield Case(tuple(draw.normal(*shape, dtype=dtype) for _ in range(4)))
    for dtype, bound in zip(DTYPES, (100.0, 13.0), strict=True):
        for signs in product((-1, 1), repeat=2):
            logvars = [sign * draw.uniform(4, 3, low=0.7 * bound, high=bound, dtype=dtype) for sign in signs]
            means = [draw.normal(4, 3, dtype=dtype) for _ in range(2)]
            label = f" with log-variances of q near {signs[0] * bound:g} and of p near {signs[1] * bound:g}"
            yield Case((means[0], logvars[0], means[1], logvars[1]), label)


TASK = Task(
    name="kl_diagonal_gaussians",
    chapter="04",
    statement="The KL divergence KL(q ‖ p) in nats between two Gaussians with diagonal covariance, q = N(mu_q, "
    "diag(exp(logvar_q))) and p = N(mu_p, diag(exp(logvar_p))), one number for each of the B examples, in closed form.",
    shapes={"mu_q": "(B, L)", "logvar_q": "(B, L)", "mu_p": "(B, L)", "logvar_p": "(B, L)"},
    returns="(B,)",
    difficulty=2,
    minutes=15,
    hints=(
        "If p is the standard normal, your function must agree with kl_standard_normal. Shift and scale both "
        "Gaussians so that it is: does the KL change?",
        "For one latent, the expectation of (z - μ_p)² under q has two parts: one from where q lies, one from how "
        "wide it is.",
        "p is the unit of length: both parts are divided by its variance. The log term compares the two variances, "
        "and the constant makes KL(p ‖ p) zero.",
    ),
    ladder=Ladder(
        worked="""
# KL(q ‖ p) between Poisson distributions of rates a and b:
# E_q[z log(a / b) - a + b], with E_q[z] = a
def kl_poisson(log_a, log_b):  # (B, L), (B, L) -> (B,)
    log_ratio = log_a - log_b
    terms = log_a.exp() * log_ratio - log_a.exp() + log_b.exp()
    return terms.sum(-1)  # zero where both rates agree
""",
        completion="""
def kl_diagonal_gaussians(mu_q, logvar_q, mu_p, logvar_p):
    log_ratio = logvar_q - ▢
    distance = (mu_q - mu_p) ** 2 / ▢
    return 0.5 * (distance + ▢ - log_ratio - 1).sum(-1)
""",
        blanks=("logvar_p", "logvar_p.exp()", "log_ratio.exp()"),
        broken=bank.BROKEN,
        bug="The squared distance of the means is not divided by the variance of p, so a wrong mean costs the same "
        "under a narrow prior as under a wide one.",
    ),
    solution=bank.solution,
    bank=bank.BANK,
    judge=deterministic,
    settings=Settings(
        _cases,
        ([[1.0, -2.0]], [[0.5, -1.0]], [[0.0, 1.0]], [[-0.5, 1.5]]),
        ("mu_q", "logvar_q", "mu_p", "logvar_p"),
        (clamped(1),),
    ),
)
