"""The task: the loss of a VAE for binary data."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from vaekit.gates.banks import negative_elbo as bank
from vaekit.gates.checks import Settings, deterministic
from vaekit.gates.hunches import clamped
from vaekit.gates.probes import DTYPES, Case, Draw
from vaekit.gates.task import Ladder, Task

SIZES = ((5, 7, 3), (4, 4, 4), (2, 3, 6), (1, 6, 2), (6, 1, 1), (1, 1, 1))  # B, D, L


def _case(draw: Draw, size: tuple[int, int, int], dtype: torch.dtype) -> list[Tensor]:
    examples, pixels, latents = size
    return [
        draw.normal(examples, pixels, dtype=dtype, scale=2.0),
        draw.binary(examples, pixels, dtype=dtype),
        draw.normal(examples, latents, dtype=dtype),
        draw.normal(examples, latents, dtype=dtype),
    ]


def _cases(draw: Draw) -> Iterator[Case]:
    for size in SIZES:
        for dtype in DTYPES:
            yield Case(tuple(_case(draw, size, dtype)))
    for dtype, bound in zip(DTYPES, (100.0, 13.0), strict=True):
        for level in (30.0, 60.0, 100.0):
            logits, x, mu, logvar = _case(draw, SIZES[0], dtype)
            yield Case((draw.extreme(5, 7, bound=level, dtype=dtype), x, mu, logvar), f" with logits near ±{level:g}")
        for sign in (-1, 1):
            logits, x, mu, _ = _case(draw, SIZES[0], dtype)
            logvar = sign * draw.uniform(5, 3, low=0.7 * bound, high=bound, dtype=dtype)
            yield Case((logits, x, mu, logvar), f" with log-variances near {sign * bound:g}")


def _cut_off(answer: Callable[..., Tensor], case: Case) -> str | None:
    """Whether the cost of a pixel that is surely wrong stops growing with its logit."""
    zeros = [torch.zeros(1, tensor.shape[-1], dtype=torch.float64, device="cpu") for tensor in case.inputs]
    costs = [answer(torch.full_like(zeros[0], level, device="cpu"), *zeros[1:]) for level in (2.0, 3.0, 500.0, 600.0)]
    return "log-of-zero" if costs[1] - costs[0] > 0.5 and not costs[3] - costs[2] > 1 else None


TASK = Task(
    name="negative_elbo",
    chapter="05",
    statement="The loss of a VAE for binary data in nats, to be minimised: minus the ELBO, from one draw of z for "
    "each example. logits belong to the Bernoulli pixels of p(x|z), x is 0 or 1, and q(z|x) = N(mu, "
    "diag(exp(logvar))) with prior N(0, I). Sum over the event, average over the batch, take the KL in closed form. "
    "Logits of ±100 must be accurate.",
    shapes={"logits": "(B, D)", "x": "(B, D)", "mu": "(B, L)", "logvar": "(B, L)"},
    returns="()",
    difficulty=2,
    minutes=15,
    hints=(
        "The loss has two costs: minus the log likelihood of the pixels, and the KL. Compute each as one number for "
        "each example, shape (B,), before you combine them.",
        "torch has a cross-entropy for Bernoulli variables that takes logits, and is accurate for large ones. Its "
        "default reduction is not the one you need.",
        "Sum the cross-entropy over D and the closed-form KL over L, add the two, and only then take the mean over "
        "the batch.",
    ),
    ladder=Ladder(
        worked="""
# The loss for counts: x is Poisson with rate exp(log_rate), one draw of z
def negative_elbo_of_counts(log_rate, x, mu, logvar):
    nll = log_rate.exp() - x * log_rate + torch.lgamma(x + 1)  # (B, D)
    kl = 0.5 * (mu**2 + logvar.exp() - logvar - 1)  # (B, L)
    return (nll.sum(-1) + kl.sum(-1)).mean()
""",
        completion="""
def negative_elbo(logits, x, mu, logvar):
    nll = F.binary_cross_entropy_with_logits(logits, x, reduction=▢)
    kl = 0.5 * (mu**2 + logvar.exp() - logvar - 1)
    return (nll.▢ + kl.▢).mean()
""",
        blanks=('"none"', "sum(-1)", "sum(-1)"),
        broken=bank.BROKEN,
        bug="The cross-entropy is averaged over pixels as well as examples, and the KL is summed over latents: the KL "
        "counts D times too much.",
    ),
    solution=bank.solution,
    bank=bank.BANK,
    judge=deterministic,
    settings=Settings(
        _cases,
        ([[2.0, -1.0, 0.5]], [[1.0, 1.0, 0.0]], [[1.0, -2.0]], [[0.5, -1.0]]),
        ("logits", "mu", "logvar"),
        (_cut_off, clamped(3)),
    ),
)
