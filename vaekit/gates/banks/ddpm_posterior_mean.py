"""The right mean of the state before, given the state and the data, and the wrong ones."""

from __future__ import annotations

import torch
from torch import Tensor

from vaekit.gates.banks.other_means import OTHER_MEANS, variance_of
from vaekit.gates.banks.previous_steps import OTHER_STEPS, mean_of, of
from vaekit.gates.task import Function, wrong


def solution(x0: Tensor, xt: Tensor, t: int, alphas: Tensor, alpha_bar: Tensor) -> Tensor:
    """What x0 says of the state before, and what xt says of it, each weighed by the noise of the other."""
    before = alpha_bar[t - 1] if t > 0 else torch.ones_like(alpha_bar[0])
    on_x0 = before.sqrt() * (1 - alphas[t]) / (1 - alpha_bar[t])
    on_xt = alphas[t].sqrt() * (1 - before) / (1 - alpha_bar[t])
    return on_x0 * x0 + on_xt * xt


def _from_the_end(x0: Tensor, xt: Tensor, t: int, alphas: Tensor, alpha_bar: Tensor) -> Tensor:
    before = alpha_bar[t - 1]
    on_x0 = before.sqrt() * (1 - alphas[t]) / (1 - alpha_bar[t])
    on_xt = alphas[t].sqrt() * (1 - before) / (1 - alpha_bar[t])
    return on_x0 * x0 + on_xt * xt


def _on(a: Tensor, b: Tensor, p: Tensor) -> tuple[Tensor, Tensor]:
    """The right weights of x0 and xt."""
    return p.sqrt() * (1 - a) / (1 - b), a.sqrt() * (1 - p) / (1 - b)


def _weighed(x: Tensor, y: Tensor, a: Tensor, b: Tensor, p: Tensor, on: tuple[float | int, ...]) -> Tensor:
    """Both weights multiplied by a number each."""
    return on[0] * _on(a, b, p)[0] * x + on[1] * _on(a, b, p)[1] * y


def _powers(*powers: float | int) -> Function:
    """The right formula with other powers of its five variances."""
    one, two, three, four, five = powers
    return of(
        lambda x, y, a, b, p: (p**one * (1 - a) ** two * x + a**three * (1 - p) ** four * y) / (1 - b) ** five,
    )


BROKEN = _from_the_end
BANK = (
    wrong(
        "previous-wraps-around",
        "At t = 0 the index is -1, which is the last entry and no error: the last step of sampling mixes in what "
        "belongs to the first. How much signal is there before step 0?",
        _from_the_end,
    ),
    wrong(
        "weights-exchanged",
        "x0 and xt have each other's weight. Near the data the state before resembles both; late, x_t is the better "
        "witness. Which of the two weights vanishes at t = 0?",
        of(lambda x, y, a, b, p: mean_of(y, x, a, b, p)),
    ),
    wrong(
        "alpha-for-beta",
        "alpha stands where beta = 1 - alpha belongs: the weight of x0 is far too large. How much noise does one step "
        "add?",
        of(lambda x, y, a, b, p: (p.sqrt() * a * x + a.sqrt() * (1 - p) * y) / (1 - b)),
        of(lambda x, y, a, b, p: mean_of(x, y, 1 - a, b, p)),
    ),
    wrong(
        "beta-for-alpha",
        "beta = 1 - alpha stands under the root where alpha belongs, so xt hardly counts. By which factor is the state "
        "before shrunk in a step?",
        of(lambda x, y, a, b, p: (p.sqrt() * (1 - a) * x + (1 - a).sqrt() * (1 - p) * y) / (1 - b)),
    ),
    wrong(
        "alpha-bar-for-alpha",
        "alpha_bar stands where the alpha of the one step belongs. Which of the two leads from the state before to "
        "x_t?",
        of(lambda x, y, a, b, p: (p.sqrt() * (1 - a) * x + b.sqrt() * (1 - p) * y) / (1 - b)),
        of(lambda x, y, a, b, p: (p.sqrt() * (1 - b) * x + a.sqrt() * (1 - p) * y) / (1 - b)),
        of(lambda x, y, a, b, p: mean_of(x, y, b, b, p)),
    ),
    wrong(
        "alpha-for-alpha-bar",
        "The alpha of the one step stands where an alpha_bar belongs. Which of the two leads from the data to a state?",
        of(lambda x, y, a, b, p: mean_of(x, y, a, a, p)),
        of(lambda x, y, a, b, p: (p.sqrt() * (1 - a) * x + a.sqrt() * (1 - a) * y) / (1 - b)),
        of(lambda x, y, a, b, p: (a.sqrt() * (1 - a) * x + a.sqrt() * (1 - p) * y) / (1 - b)),
        lambda x, y, t, al, ab: mean_of(x, y, al[t], al[t], al[t - 1] if t > 0 else torch.ones_like(al[t])),
    ),
    wrong(
        "root-missing",
        "A root is missing: alpha, or alpha_bar, is a variance, and the state is multiplied by a factor. Which factor "
        "makes a variance of alpha?",
        *(_powers(one, 1, three, 1, 1) for one, three in ((1, 1), (1, 0.5), (0.5, 1))),
    ),
    wrong(
        "root-too-many",
        "There is a root where a variance belongs: of the noise of a step, of the states or of all. In the product of "
        "two Gaussians each mean is weighed by a variance. Is beta one?",
        *(_powers(0.5, *powers, 1) for powers in ((0.5, 0.5, 1), (1, 0.5, 0.5), (0.5, 0.5, 0.5))),
        *(_powers(0.5, *powers, 0.5) for powers in ((1, 0.5, 1), (0.5, 0.5, 0.5))),
    ),
    wrong(
        "one-minus-missing",
        "An alpha_bar stands where 1 - alpha_bar belongs: the signal, where the noise was meant. What is the weight of "
        "xt where there was no noise before?",
        of(lambda x, y, a, b, p: (p.sqrt() * (1 - a) * x + a.sqrt() * p * y) / (1 - b)),
        of(lambda x, y, a, b, p: mean_of(x, y, a, 1 - b, p)),
        of(lambda x, y, a, b, p: (p.sqrt() * (1 - a) * x + a.sqrt() * p * y) / b),
    ),
    wrong(
        "denominator-missing",
        "A division by the noise of x_t is missing, so the two weights are too small together. What are they where x0 "
        "and xt are both 1 and hardly anything happens in a step?",
        _powers(0.5, 1, 0.5, 1, 0),
        of(lambda x, y, a, b, p: p.sqrt() * (1 - a) * x + a.sqrt() * (1 - p) / (1 - b) * y),
        of(lambda x, y, a, b, p: p.sqrt() * (1 - a) / (1 - b) * x + a.sqrt() * (1 - p) * y),
    ),
    wrong(
        "part-subtracted",
        "One part is subtracted. Both x0 and xt pull the state before towards themselves. Which sign has a compromise?",
        *(of(lambda x, y, *abp, on=on: _weighed(x, y, *abp, on)) for on in ((1, -1), (-1, 1))),
    ),
    wrong(
        "weight-of-x-zero",
        "xt has the right weight, and x0 another than it should have. What are the two weights at t = 0?",
        *(of(lambda x, y, *abp, on=on: _weighed(x, y, *abp, on)) for on in ((0.5, 1), (2, 1))),
    ),
    wrong(
        "weight-of-xt",
        "x0 has the right weight, and xt another than it should have. What are the two weights at t = 0?",
        *(of(lambda x, y, *abp, on=on: _weighed(x, y, *abp, on)) for on in ((1, 0.5), (1, 2))),
    ),
    wrong(
        "clipped",
        "x0, xt or the result is cut off. A sampler may choose to do so; the formula has to hold for every x0. Which "
        "values may it have?",
        *(of(lambda x, y, *abp, low=low: mean_of(x.clamp(low, 1), y, *abp)) for low in (-1, 0)),
        *(of(lambda x, y, *abp, low=low: mean_of(x, y, *abp).clamp(low, 1)) for low in (-1, 0)),
        of(lambda x, y, *abp: mean_of(x, y.clamp(-1, 1), *abp)),
    ),
    wrong(
        "constant-in-the-denominator",
        "Something is added to the denominator, or it is kept away from 0. At the first steps of a long schedule it is "
        "no larger than that, and the finished sample comes out too small. Can it be 0 at all?",
        *(of(lambda x, y, a, b, p, m=more: mean_of(x, y, a, b - m, p)) for more in (1e-8, 1e-6, 1e-5, 1e-4, 1e-3)),
        *(of(lambda x, y, a, b, p, m=least: mean_of(x, y, a, b.clamp(max=1 - m), p)) for least in (1e-3, 1e-2)),
    ),
    wrong(
        "too-many-axes",
        "The result has an axis too many, of images or of one entry. How many axes have x0 and xt?",
        of(lambda *inputs: mean_of(*inputs)[None]),
        of(lambda *inputs: mean_of(*inputs)[:, None]),
        of(lambda x, y, a, b, p: mean_of(x, y, a.view(1, 1, 1, 1), b, p)),
    ),
    wrong(
        "random-result",
        "It is random: a draw of the state before, and not its mean. Sampling adds the noise afterwards. Which part is "
        "drawn?",
        of(lambda x, y, *abp: mean_of(x, y, *abp) + variance_of(*abp).sqrt() * torch.randn_like(y, device=y.device)),
        of(lambda x, y, a, b, p: mean_of(x, y, a, b, p) + (1 - a).sqrt() * torch.randn_like(y, device=y.device)),
    ),
    *OTHER_MEANS,
    *OTHER_STEPS,
)
