"""The task: the ELBO, estimated from draws."""

from __future__ import annotations

from collections.abc import Iterator

from vaekit.gates.banks import monte_carlo_elbo as bank
from vaekit.gates.checks import Settings, deterministic
from vaekit.gates.probes import DTYPES, SHAPES, Case, Draw
from vaekit.gates.task import Ladder, Task


def _cases(draw: Draw) -> Iterator[Case]:
    for shape in SHAPES:
        for dtype in DTYPES:
            yield Case(tuple(draw.normal(*shape, dtype=dtype) - shift for shift in (3, 2, 1)))
    for dtype in DTYPES:
        for level in (-1000, 1000):
            yield Case(tuple(level + draw.normal(5, 3, dtype=dtype) for _ in range(3)), f" near {level}")


TASK = Task(
    name="monte_carlo_elbo",
    chapter="02",
    statement="The Monte Carlo estimate of the ELBO in nats, one number for each of the B examples, from K draws z_k "
    "of q(z|x). log_px, log_pz and log_qz hold log p(x|z_k), log p(z_k) and log q(z_k|x).",
    shapes={"log_px": "(K, B)", "log_pz": "(K, B)", "log_qz": "(K, B)"},
    returns="(B,)",
    difficulty=1,
    minutes=10,
    hints=(
        "Write the ELBO as one expectation under q. What stands inside the brackets?",
        "Inside stands the log of a ratio: the joint density of x and z over the density that z was drawn from.",
        "An expectation under q is estimated by the plain mean over draws from q. Which axis are the draws on?",
    ),
    ladder=Ladder(
        worked="""
# The entropy of q, estimated from draws: the expectation of -log q(z)
def monte_carlo_entropy(log_qz):  # (K, B) -> (B,)
    surprise = -log_qz  # one for each draw
    return surprise.mean(dim=0)  # over the draws, not over the batch
""",
        completion="""
def monte_carlo_elbo(log_px, log_pz, log_qz):
    log_joint = log_px + ▢
    log_weight = log_joint - ▢
    return log_weight.mean(dim=▢)
""",
        blanks=("log_pz", "log_qz", "0"),
        broken=bank.BROKEN,
        bug="What it calls the KL is the negative of it: log p(z) - log q(z) has a negative mean under q. So the KL "
        "is added to the bound where it must be subtracted.",
    ),
    solution=bank.solution,
    bank=bank.BANK,
    judge=deterministic,
    settings=Settings(
        _cases,
        ([[-4.0, -3.0], [-2.0, -5.0]], [[-1.0, -2.0], [-3.0, -1.5]], [[-0.5, -1.0], [-2.5, 0.5]]),
        ("log_px", "log_pz", "log_qz"),
    ),
)
