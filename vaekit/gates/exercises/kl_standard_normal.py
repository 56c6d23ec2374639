"""The task: KL(N(mu, diag(exp(logvar))) ‖ N(0, I))."""

from __future__ import annotations

from collections.abc import Iterator

from vaekit.gates.banks import kl_standard_normal as bank
from vaekit.gates.checks import Settings, deterministic
from vaekit.gates.hunches import clamped
from vaekit.gates.probes import DTYPES, SHAPES, Case, Draw
from vaekit.gates.task import Ladder, Task


def _cases(draw: Draw) -> Iterator[Case]:
    for shape in SHAPES:
        for dtype in DTYPES:
            yield Case((draw.normal(*shape, dtype=dtype), draw.normal(*shape, dtype=dtype)))
    for dtype, bound in zip(DTYPES, (100.0, 13.0), strict=True):
        for sign in (-1, 1):
            logvar = sign * draw.uniform(4, 3, low=0.7 * bound, high=bound, dtype=dtype)
            yield Case((draw.normal(4, 3, dtype=dtype), logvar), f" with log-variances near {sign * bound:g}")


TASK = Task(
    name="kl_standard_normal",
    chapter="04",
    statement="The KL divergence KL(q ‖ p) in nats from q = N(mu, diag(exp(logvar))) to p = N(0, I), one number for "
    "each of the B examples, in closed form. logvar is the logarithm of the variance σ².",
    shapes={"mu": "(B, L)", "logvar": "(B, L)"},
    returns="(B,)",
    difficulty=1,
    minutes=10,
    hints=(
        "Both densities factorise over the L latents. What does that make of the KL of the whole vector?",
        "For one latent, write log q(z) - log p(z) and take its expectation under q; you need E[z²] and E[(z - μ)²].",
        "Four terms remain for each latent: one in μ, one in σ², one in log σ², and a constant that makes the KL of "
        "the prior with itself zero.",
    ),
    ladder=Ladder(
        worked="""
# KL between exponential distributions of rates a and b.
# log(a e^(-az)) - log(b e^(-bz)) under the first, where E[z] = 1/a:
def kl_exponential(a, b):  # (B, L), (B, L) -> (B,)
    terms = a.log() - b.log() + b / a - 1  # zero where a = b
    return terms.sum(-1)
""",
        completion="""
def kl_standard_normal(mu, logvar):
    variance = ▢
    terms = mu**2 + variance - ▢ - 1
    return 0.5 * terms.▢
""",
        blanks=("logvar.exp()", "logvar", "sum(-1)"),
        broken=bank.BROKEN,
        bug="It averages over the latents where the KL adds up: with L latents it is L times too small.",
    ),
    solution=bank.solution,
    bank=bank.BANK,
    judge=deterministic,
    settings=Settings(_cases, ([[1.0, -2.0]], [[0.5, -1.0]]), ("mu", "logvar"), (clamped(1),)),
)
