"""The task: the loss of a VAE that weighs the KL."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from vaekit.gates.arguments import Typed, typed
from vaekit.gates.banks import beta_loss as bank
from vaekit.gates.checks import Settings
from vaekit.gates.probes import DTYPES, Case, Draw
from vaekit.gates.task import Ladder, Task

BATCHES = (5, 4, 7, 2, 1)


def _case(draw: Draw, batch: int, dtype: torch.dtype, beta: float, place: float, label: str = "") -> Case:
    """Both terms of both signs around a place, as densities and estimates from one draw have them."""
    nll, kl = (centre + draw.normal(batch, dtype=dtype, scale=2.0) for centre in (place, 0.3 * abs(place)))
    return Case((nll, kl, torch.tensor(beta, dtype=torch.float64, device="cpu")), label)


def _cases(draw: Draw) -> Iterator[Case]:
    """A beta above 1, one below, one above; no KL, plain; far from 0, where the loss itself is negative, or not."""
    for start in range(len(BATCHES)):
        for dtype in DTYPES:
            for place, (low, high, centre) in enumerate(((2.0, 6.0, -4.0), (0.1, 0.7, 3.0), (7.0, 12.0, -3.0))):
                batch = BATCHES[(start + place) % len(BATCHES)]
                yield _case(draw, batch, dtype, float(draw.uniform(1, low=low, high=high)), centre)
    for dtype in DTYPES:
        for beta in (0.0, 1.0):
            yield _case(draw, 5, dtype, beta, 4.0, f" with beta = {beta:g}")
        for place in (-3000.0, 800.0):
            yield _case(draw, 6, dtype, float(draw.uniform(1, low=0.2, high=0.8)), place, f" near {place:g}")
        for sign in (-1, 1):
            nll, kl = (sign * draw.uniform(5, low=0.5, high=4.0, dtype=dtype) for _ in range(2))
            word = "positive" if sign > 0 else "negative"
            beta = draw.uniform(1, low=1.5, high=4.0)[0]
            yield Case((nll, kl, beta), f" where both terms are {word}")


def _weights(answer: Callable[..., Tensor], case: Case) -> str | None:
    """Which weights an unknown loss gives to its terms, if that is all that it does."""
    nll, kl, beta = (tensor.double() for tensor in case.inputs)
    nothing, one = (torch.full_like(nll, value, device="cpu") for value in (0.0, 1.0))

    def weights(price: Tensor) -> tuple[Tensor, Tensor]:
        return answer(one, nothing, price), answer(nothing, one, price)

    (on_nll, on_kl), others = weights(beta), weights(2 * beta + 1)
    if not torch.allclose(on_nll * nll.mean() + on_kl * kl.mean(), answer(nll, kl, beta)):
        return None
    same = [torch.allclose(*pair) for pair in zip((on_nll, on_kl), others, strict=True)]
    if same[1]:
        return "beta-ignored" if same[0] else "beta-on-the-likelihood"
    if not same[0]:
        return "beta-on-both" if torch.allclose(on_nll, on_kl) else None
    return "beta-transformed" if torch.allclose(on_nll, one[0]) and not torch.allclose(on_kl, beta) else None


TASK = Task(
    name="beta_loss",
    chapter="10",
    statement="The loss of a beta-VAE in nats, to be minimised: the negative log likelihood nll plus beta times the "
    "KL, averaged over the B examples. Both are given for each example. Either may be negative: a density may be above "
    "1, and a KL may come from a single draw.",
    shapes={"nll": "(B,)", "kl": "(B,)", "beta": "float"},
    returns="()",
    difficulty=1,
    minutes=5,
    hints=(
        "The loss is distortion plus price times rate. Which of the arguments is the distortion, and which the rate?",
        "beta is the price of one nat of KL. With beta = 1 the loss has to be the negative ELBO. What is then the "
        "weight of nll?",
        "Make one cost for each example, shape (B,), and average it over the batch. Cut nothing off: negative numbers "
        "count.",
    ),
    ladder=Ladder(
        worked="""
# Elastic net: a squared error with two penalties, one of them priced
def elastic_net(squared_error, weights, price):  # (B,), (P,), float -> ()
    penalty = weights.abs().sum() + 0.5 * weights.pow(2).sum()
    return squared_error.mean() + price * penalty
""",
        completion="""
def beta_loss(nll, kl, beta):
    cost = ▢ + ▢  # (B,)
    return cost.▢
""",
        blanks=("nll", "beta * kl", "mean()"),
        broken=bank.BROKEN,
        bug="The price is on the wrong term: it makes errors dear where it should make information dear.",
    ),
    solution=bank.solution,
    bank=bank.BANK,
    judge=typed,
    settings=Typed(
        (Tensor.clone, Tensor.clone, float),
        Settings(_cases, ([3.0, -1.0], [2.0, 0.5], 4.0), ("nll", "kl"), everywhere=(_weights,)),
    ),
)
