"""The right relaxed sample with gradients, and the wrong ones."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from vaekit.gates.banks.gumbel_parts import PARTS, gumbel, relaxed
from vaekit.gates.task import wrong


def solution(logits: Tensor, tau: float) -> Tensor:
    """The softmax of what the argmax would be taken of to draw a class."""
    uniform = torch.rand_like(logits, device=logits.device)  # one number for each class of each example
    gumbel = -(-uniform.log()).log()
    return ((logits + gumbel) / tau).softmax(dim=-1)


def _minus_lost(logits: Tensor, tau: float) -> Tensor:
    uniform = torch.rand_like(logits, device=logits.device)
    gumbel = (-uniform.log()).log()
    return ((logits + gumbel) / tau).softmax(dim=-1)


def _like(value: Tensor, source: Tensor) -> Tensor:
    """A number with the gradient of another."""
    return value.detach() + source - source.detach()


def _by_hand(scores: Tensor, constant: float = 0.0) -> Tensor:
    return scores.exp() / (scores.exp().sum(-1, keepdim=True) + constant)


def _hard(y: Tensor) -> Tensor:
    return F.one_hot(y.argmax(-1), y.shape[-1]).to(y.dtype)


BROKEN = _minus_lost
BANK = (
    *PARTS,
    wrong(
        "gumbel-sign",
        "The noise is Gumbel upside down: a long tail to the wrong side. Draws are not from softmax(logits), and no "
        "temperature mends it. How many minus signs turn a uniform number into a Gumbel one?",
        _minus_lost,
        lambda a, t: relaxed(a, -gumbel(a), t),
    ),
    wrong(
        "tau-multiplied",
        "It multiplies by tau. Lowering the temperature then makes the samples soft, not sharp. What happens to a "
        "softmax whose inputs grow?",
        lambda a, t: relaxed(a, gumbel(a), 1 / t),
    ),
    wrong(
        "tau-ignored",
        "tau changes nothing, so annealing does nothing and the samples stay as soft as at the start. Where does tau "
        "enter?",
        lambda a, t: relaxed(a, gumbel(a), 1.0),
    ),
    wrong(
        "tau-on-the-logits-only",
        "tau divides the logits and not the noise, so it changes the law of the draw: at a low temperature always the "
        "likeliest class. Which of the two does a temperature divide, if the argmax is to stay?",
        lambda a, t: relaxed(a / t, gumbel(a), 1.0),
    ),
    wrong(
        "tau-on-the-noise-only",
        "tau divides the noise and not the logits: at a low temperature the noise drowns them. Which of the two does "
        "a temperature divide, if the argmax is to stay?",
        lambda a, t: relaxed(a, gumbel(a) / t, 1.0),
    ),
    wrong(
        "wrong-tau",
        "tau enters, and not as it should: as its square or root, say, twice for the logits, or with a bound. What "
        "divides the sum of logits and noise?",
        lambda a, t: relaxed(a, gumbel(a), t**2),
        lambda a, t: relaxed(a, gumbel(a), t**0.5),
        lambda a, t: relaxed(a / t, gumbel(a), t),
        lambda a, t: relaxed(a, gumbel(a), 1 + t),
        lambda a, t: relaxed(a, gumbel(a), max(t, 1.0)),
        lambda a, t: relaxed(a, gumbel(a), min(t, 1.0)),
    ),
    wrong(
        "tau-clamped",
        "tau is bounded inside the function. A lower bound belongs in the schedule that anneals it, where it is seen. "
        "Which temperature did the caller ask for?",
        lambda a, t: relaxed(a, gumbel(a), max(t, 0.1)),
        lambda a, t: relaxed(a, gumbel(a), min(t, 10.0)),
    ),
    wrong(
        "double-softmax",
        "A softmax of a softmax: the shares are nearly equal, and no temperature makes them one-hot. How often is the "
        "softmax taken on the way to shares?",
        lambda a, t: solution(a, t).softmax(-1),
        lambda a, t: (solution(a, 1.0) / t).softmax(-1),
        lambda a, t: (solution(a, t) / t).softmax(-1),
    ),
    wrong(
        "softmax-over-the-batch",
        "The softmax runs over the batch: the shares of a class add up to 1 over the examples, not those of an example "
        "over the classes. Which axis holds the classes?",
        lambda a, t: ((a + gumbel(a)) / t).softmax(0),
    ),
    wrong(
        "softmax-missing",
        "These are scores, not shares: there are negative ones. The decoder would get an unbounded code. What turns "
        "scores into shares that add up to 1?",
        lambda a, t: (a + gumbel(a)) / t,
    ),
    wrong(
        "log-probabilities",
        "These are logs of shares, which are negative. Some libraries draw them for the sake of precision, and turn "
        "them into shares at the end. What do the shares of an example add up to?",
        lambda a, t: ((a + gumbel(a)) / t).log_softmax(-1),
    ),
    wrong(
        "not-normalised",
        "The shares of an example do not add up to 1. Each class has been squashed on its own, or numerator and "
        "denominator do not belong together. What is each of the exponentials divided by?",
        lambda a, t: ((a + gumbel(a)) / t).sigmoid(),
        lambda a, t: ((a + gumbel(a)) / t).exp(),
        lambda a, t: ((a + gumbel(a)) / t).exp() / ((a + gumbel(a)) / t).exp().sum(-1, keepdim=True),
        lambda a, t: F.normalize(relaxed(a, gumbel(a), t), dim=-1),
    ),
    wrong(
        "hard-sample",
        "It is the one-hot draw itself. No gradient passes through an argmax, so the encoder learns nothing from the "
        "likelihood. What does the softmax put in the place of the argmax?",
        lambda a, t: _hard(solution(a, t)),
        lambda a, t: F.gumbel_softmax(a, t, hard=True).detach(),
    ),
    wrong(
        "straight-through",
        "It is one-hot, with the gradient of a soft sample: the straight-through estimator. That has another bias, and "
        "is asked for elsewhere. Here the decoder is to see the soft sample. What does the relaxation return?",
        lambda a, t: F.gumbel_softmax(a, t, hard=True),
        lambda a, t: _hard(a + gumbel(a)) + a.softmax(-1) - a.softmax(-1).detach(),
    ),
    wrong(
        "index-returned",
        "It returns the number of a class, which has no gradient. What does the decoder see of a class?",
        lambda a, t: (a + gumbel(a)).argmax(-1),
        lambda a, t: (a + gumbel(a)).argmax(-1).to(a.dtype),
    ),
    wrong(
        "exp-overflows",
        "Large scores leave the range of floating-point numbers: their exponentials are infinite, or all of them are "
        "0, and the shares are lost. Low temperatures make every score large. Which function normalises safely?",
        lambda a, t: _by_hand((a + gumbel(a)) / t),
        lambda a, t: _by_hand((a + gumbel(a)) / t, 1e-10),
    ),
    wrong(
        "clamped-logits",
        "The logits are cut off. Beyond that the shares stop following them, and no gradient passes. What in the "
        "formula makes large logits seem dangerous?",
        lambda a, t: solution(a.clamp(-10, 10), t),
        lambda a, t: solution(a.clamp(min=-30), t),
    ),
    wrong(
        "detached",
        "The samples are right and carry no gradient: the encoder learns from the KL alone, which it satisfies by "
        "ignoring x. Which step leaves the graph?",
        lambda a, t: solution(a.detach(), t),
    ),
    wrong(
        "gradient-of-the-probabilities",
        "The samples are right, and their gradient is that of the probabilities, without the noise: as if the draw "
        "were its mean. That is another estimator. Through what does a sample depend on the logits?",
        lambda a, t: _like(solution(a, t), a.softmax(-1)),
        lambda a, t: _like(solution(a, t), (a / t).softmax(-1)),
    ),
    wrong(
        "gradient-scaled",
        "The samples are right and their gradient carries a factor that the formula does not have. At a low "
        "temperature it is steep, and is meant to be. What does dividing by tau do to a slope?",
        lambda a, t: solution(_like(a, t * a), t),
        lambda a, t: solution(_like(a, 0.5 * a), t),
    ),
    wrong(
        "wrong-gradient",
        "The samples are right, and their gradient is not that of the formula with the noise held fixed. Is something "
        "on the way detached, rounded or drawn anew?",
        lambda a, t: _like(solution(a, t), solution(a, t)),
        lambda a, t: _like(solution(a, t), (a / t).sigmoid()),
    ),
)
