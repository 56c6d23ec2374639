"""The right way from data to noise in one step, and the wrong ones."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from vaekit.gates.banks.noise_steps import OTHER_STEPS, by, mixed, of
from vaekit.gates.task import wrong


def solution(x0: Tensor, t: Tensor, alpha_bar: Tensor, eps: Tensor) -> Tensor:
    """Signal and noise with variances that add up to 1, each example at its own step."""
    share = alpha_bar[t][:, None]  # (B, 1)
    return share.sqrt() * x0 + (1 - share).sqrt() * eps


def _variances_as_factors(x0: Tensor, t: Tensor, alpha_bar: Tensor, eps: Tensor) -> Tensor:
    share = alpha_bar[t][:, None]
    return share * x0 + (1 - share) * eps


BROKEN = _variances_as_factors
BANK = (
    wrong(
        "roots-missing",
        "alpha_bar and 1 - alpha_bar are used as factors. They are variances, and a factor of c makes a variance of "
        "c squared: halfway the state has half the variance that the network will meet at that step. Which factor "
        "makes a variance of alpha_bar?",
        _variances_as_factors,
    ),
    wrong(
        "signal-root-missing",
        "The signal is multiplied by its variance alpha_bar, so it fades too fast and the variances no longer add up "
        "to 1. Which factor makes a variance of alpha_bar?",
        of(lambda x, e, a: a * x + (1 - a).sqrt() * e),
    ),
    wrong(
        "noise-root-missing",
        "The noise is multiplied by its variance and not by its standard deviation, so there is too little of it at "
        "every step. Which factor makes a variance of 1 - alpha_bar?",
        of(lambda x, e, a: a.sqrt() * x + (1 - a) * e),
    ),
    wrong(
        "root-twice",
        "A root is taken once too often: the fourth root of a variance. Which power of a variance is a standard "
        "deviation?",
        of(lambda x, e, a: a**0.25 * x + (1 - a) ** 0.25 * e),
        by(torch.sqrt),
    ),
    wrong(
        "alpha-bar-as-factor",
        "One of the two variances is taken for a factor, and the other made to fit. The variances add up to 1, and "
        "every step is another than the schedule says. What is alpha_bar: a factor or a variance?",
        by(torch.square),
        by(lambda a: 1 - (1 - a).square()),
    ),
    wrong(
        "factors-sum-to-one",
        "The two factors add up to 1. Independent parts add up in their variances: halfway this has too little of "
        "both. Which two numbers have to add up to 1?",
        of(lambda x, e, a: a.sqrt() * x + (1 - a.sqrt()) * e),
        of(lambda x, e, a: (1 - (1 - a).sqrt()) * x + (1 - a).sqrt() * e),
    ),
    wrong(
        "signal-and-noise-exchanged",
        "Signal and noise have each other's factor: it begins as noise and ends as data. alpha_bar is near 1 at the "
        "first step. What should be left of x0 there?",
        of(lambda x, e, a: (1 - a).sqrt() * x + a.sqrt() * e),
        of(lambda x, e, a: (1 - a) * x + a * e),
    ),
    wrong(
        "one-factor-for-both",
        "Signal and noise have the same factor, so the state never becomes clean or pure noise: only its size changes. "
        "Which of the two should grow with t?",
        *(of(lambda x, e, a, p=power: a**p * (x + e)) for power in (0.5, 1)),
        *(of(lambda x, e, a, p=power: (1 - a) ** p * (x + e)) for power in (0.5, 1)),
    ),
    wrong(
        "wrong-axis",
        "The factors run along the wrong axis: one for each column, where one for each row is meant. In a square batch "
        "no error shows it, and elsewhere there is only an error. Which shape broadcasts along the rows?",
        lambda x, t, a, e: mixed(a[t], x, e),
        lambda x, t, a, e: a[t][:, None].sqrt() * x + (1 - a[t]).sqrt() * e,
        lambda x, t, a, e: a[t].sqrt() * x + (1 - a[t][:, None]).sqrt() * e,
    ),
    wrong(
        "transposed",
        "Rows and columns of the result are exchanged, so a network sees mixtures of examples. Which axis holds the "
        "examples, before and after?",
        lambda x, t, a, e: solution(x, t, a, e).T,
        lambda x, t, a, e: mixed(a[t][:, None], x.T, e.T),
    ),
    wrong(
        "too-many-axes",
        "The factors have the axes of images, or every step is computed, so the result has more axes than x0. How many "
        "axes has x0, and on which of them do the factors depend?",
        lambda x, t, a, e: mixed(a[t].view(-1, 1, 1, 1), x, e),
        lambda x, t, a, e: mixed(a[t].view(-1, 1, 1), x, e),
        lambda x, t, a, e: mixed(a.view(-1, 1, 1), x, e),
        lambda x, t, a, e: solution(x, t, a, e)[None],
        lambda x, t, a, e: solution(x, t, a, e)[:, None],
    ),
    wrong(
        "noise-ignored",
        "eps does not enter, so what the network will be asked for is not in its input: the state is a paler picture, "
        "or noisy in another way. Where does eps enter?",
        of(lambda x, e, a: a.sqrt() * x),
        of(lambda x, e, a: a * x),
    ),
    wrong(
        "signal-ignored",
        "x0 does not enter: the state is noise at every step, and nothing can be learned from it. Where does x0 enter?",
        of(lambda x, e, a: (1 - a).sqrt() * e),
        of(lambda x, e, a: (1 - a) * e),
    ),
    wrong(
        "signal-not-shrunk",
        "The signal keeps its size, or is brought back to it, so the variance grows with t and the last state is no "
        "standard normal noise, which sampling starts from. What has to fade while noise is added?",
        of(lambda x, e, a: x + (1 - a).sqrt() * e),
        of(lambda x, e, a: x + (1 - a) * e),
        of(lambda x, e, a: x + ((1 - a) / a).sqrt() * e),
    ),
    wrong(
        "signal-scaled",
        "The noise is right, and the signal is weighed by another number than the schedule says. Which factor makes a "
        "variance of alpha_bar?",
        *(of(lambda x, e, a, k=factor: k * a.sqrt() * x + (1 - a).sqrt() * e) for factor in (0.5, 2.0)),
    ),
    wrong(
        "noise-scaled",
        "The signal is right, and the noise is weighed by another number than the schedule says. The network then "
        "learns to remove more, or less, than there will be. Which factor makes a variance of 1 - alpha_bar?",
        of(lambda x, e, a: a.sqrt() * x + e),
        *(of(lambda x, e, a, k=factor: a.sqrt() * x + k * (1 - a).sqrt() * e) for factor in (0.01, 0.1, 0.5, 2.0)),
    ),
    wrong(
        "noise-subtracted",
        "The noise is subtracted. As a draw that is as good, but the network is trained on eps, and would learn minus "
        "the noise that it sees. With which sign does it find eps in its input?",
        of(lambda x, e, a: a.sqrt() * x - (1 - a).sqrt() * e),
        of(lambda x, e, a: a * x - (1 - a) * e),
    ),
    wrong(
        "noise-shared",
        "Examples, or the numbers in one, share their noise. A network sees that the noise is the same everywhere and "
        "need not know what data look like. How many independent numbers does eps hold?",
        lambda x, t, a, e: mixed(a[t][:, None], x, e[:1]),
        lambda x, t, a, e: mixed(a[t][:, None], x, e.mean(0)),
        lambda x, t, a, e: mixed(a[t][:, None], x, e[:, :1]),
        lambda x, t, a, e: mixed(a[t][:, None], x, e.flip(0)),
    ),
    wrong(
        "formula-inverted",
        "It takes the noise out of a state, where it should put it in: solved for the wrong one of the three. Which of "
        "x0, x_t and eps is unknown?",
        of(lambda x, e, a: (x - (1 - a).sqrt() * e) / a.sqrt()),
        of(lambda x, e, a: (x - a.sqrt() * e) / (1 - a).sqrt()),
        of(lambda x, e, a: x / a.sqrt() + (1 - a).sqrt() * e),
    ),
    wrong(
        "another-target",
        "It is something that a network may be trained to predict, a velocity or a score, and not the state that it "
        "sees. What goes into the network?",
        of(lambda x, e, a: a.sqrt() * e - (1 - a).sqrt() * x),
        of(lambda x, e, a: -e / (1 - a).sqrt()),
        of(lambda x, e, a: e / (1 - a).sqrt()),
    ),
    wrong(
        "clipped",
        "Something is cut off or squashed, so the noise is not normal any more and every closed form about it fails. "
        "Which values may a noisy state have?",
        *(lambda x, t, a, e, low=low: solution(x, t, a, e).clamp(low, 1) for low in (-1, 0)),
        *(lambda x, t, a, e, low=low: solution(x.clamp(low, 1), t, a, e) for low in (-1, 0)),
        lambda x, t, a, e: solution(x, t, a, e).tanh(),
        lambda x, t, a, e: solution(x, t, a, F.normalize(e, dim=-1)),
    ),
    wrong(
        "random-result",
        "It is random. eps is the noise: the network will be asked for just that, and cannot know what is drawn here. "
        "Which part is drawn again?",
        lambda x, t, a, e: solution(x, t, a, torch.randn_like(e, device=e.device)),
        lambda x, t, a, e: solution(x, t, a, e) + torch.rand_like(e, device=e.device),
    ),
    *OTHER_STEPS,
)
