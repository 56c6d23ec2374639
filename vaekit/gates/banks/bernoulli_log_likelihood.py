"""The right log likelihood of binary pixels, and the wrong ones."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from vaekit.gates.banks.likelihoods import any_log_likelihood
from vaekit.gates.task import Function, wrong


def solution(logits: Tensor, x: Tensor) -> Tensor:
    """Minus the cross-entropy of the logits, which never leaves the log scale."""
    nll = F.binary_cross_entropy_with_logits(logits, x, reduction="none")  # (B, D)
    return -nll.sum(-1)


def _by_hand(logits: Tensor, x: Tensor) -> Tensor:
    p = torch.sigmoid(logits)
    log_px = x * p.log() + (1 - x) * (1 - p).log()
    return log_px.sum(-1)


def _terms(logits: Tensor, x: Tensor) -> Tensor:
    return x * logits - F.softplus(logits)


def _of_probabilities(p: Tensor, x: Tensor, inside: float = 0.0) -> Tensor:
    return (x * (p + inside).log() + (1 - x) * (1 - p + inside).log()).sum(-1)


def _padded(more: float) -> Function:
    return lambda a, x: _of_probabilities(a.sigmoid(), x, more)


BROKEN = _by_hand
BANK = (
    *any_log_likelihood(_terms),
    wrong(
        "double-sigmoid",
        "The logits go through a sigmoid, and what comes out is taken for logits again. No pixel can then get a "
        "probability above 0.73 or below 0.5: samples stay grey. How often is the sigmoid applied on the way to a "
        "probability?",
        lambda a, x: _terms(a.sigmoid(), x).sum(-1),
    ),
    wrong(
        "logits-as-probabilities",
        "The logits are taken for probabilities, whose logarithm is NaN where a logit is negative, or is cut off "
        "there. Which numbers can a logit be, and which a probability?",
        lambda a, x: _of_probabilities(a, x),
        lambda a, x: -F.binary_cross_entropy(a.clamp(0, 1), x, reduction="none").sum(-1),
        lambda a, x: _of_probabilities(a.clamp(1e-6, 1 - 1e-6), x),
        lambda a, x: _of_probabilities(a.clamp(1e-7, 1 - 1e-7), x),
        lambda a, x: _of_probabilities(a.clamp(1e-8, 1 - 1e-8), x),
    ),
    wrong(
        "exp-overflows",
        "It takes the exponential of a logit as it is. exp(100) is infinite in float32, and so is the result, "
        "although its logarithm is no more than 100. Which function of torch gives log(1 + exp(a)) in one step?",
        lambda a, x: (x * a - (1 + a.exp()).log()).sum(-1),
    ),
    wrong(
        "log-of-zero",
        "It takes the logarithm of a probability. The sigmoid of a large logit is exactly 1, so the log of what is "
        "left is minus infinity, and the gradient NaN. Which function takes the logits themselves?",
        _by_hand,
        lambda a, x: torch.where(x > 0.5, a.sigmoid(), 1 - a.sigmoid()).log().sum(-1),
    ),
    wrong(
        "cut-off",
        "The cost of a pixel that is surely wrong stops growing with its logit, because a probability or a logit is "
        "kept from its ends. There the gradient is zero or wrong, so the pixel stays wrong. Which function takes the "
        "logits themselves and needs no such guard?",
        lambda a, x: -F.binary_cross_entropy(a.sigmoid(), x, reduction="none").sum(-1),
        *(_padded(more) for more in (1e-10, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3)),
        lambda a, x: _of_probabilities(a.sigmoid().clamp(1e-7, 1 - 1e-7), x),
        lambda a, x: _terms(a.clamp(-10, 10), x).sum(-1),
        lambda a, x: _terms(a.clamp(-30, 30), x).sum(-1),
    ),
    wrong(
        "squared-error",
        "It is a squared error, the log likelihood of a Gaussian but for constants. A pixel that is surely wrong then "
        "costs at most 1, and the sum is no bound on the log probability of binary data. What probability does the "
        "model give to the pixel's own value?",
        lambda a, x: -((a.sigmoid() - x) ** 2).sum(-1),
        lambda a, x: -0.5 * ((a.sigmoid() - x) ** 2).sum(-1),
        lambda a, x: -((a - x) ** 2).sum(-1),
        lambda a, x: -0.5 * ((a - x) ** 2).sum(-1),
        lambda a, x: ((a.sigmoid() - x) ** 2).sum(-1),
        lambda a, x: -((a.sigmoid() - x) ** 2).mean(-1),
        lambda a, x: F.mse_loss(a.sigmoid(), x),
    ),
    wrong(
        "absolute-error",
        "It is an absolute error, so a pixel that is surely wrong costs no more than 1, and a grey that hedges is no "
        "better than a bold guess. What probability does the model give to the pixel's own value?",
        lambda a, x: -(a.sigmoid() - x).abs().sum(-1),
    ),
    wrong(
        "targets-swapped",
        "Ones and zeros are swapped: training would draw every digit in negative. For x = 1, should a large logit be "
        "likely?",
        lambda a, x: _terms(-a, x).sum(-1),
    ),
    wrong(
        "arguments-swapped",
        "The logits stand where the data belong, and the data where the logits belong. In which order does the "
        "function that you call take its arguments?",
        lambda a, x: _terms(x, a).sum(-1),
    ),
    wrong(
        "zeros-ignored",
        "Only the pixels that are 1 count. A decoder that paints everything white would be perfect. What do the other "
        "pixels contribute?",
        lambda a, x: (x * F.logsigmoid(a)).sum(-1),
    ),
    wrong(
        "ones-ignored",
        "Only the pixels that are 0 count. A decoder that paints everything black would be perfect. What do the other "
        "pixels contribute?",
        lambda a, x: ((1 - x) * F.logsigmoid(-a)).sum(-1),
    ),
    wrong(
        "data-ignored",
        "It does not depend on x: it is the entropy of the model's own pixels, or treats them all as ones. A decoder "
        "would learn to be certain, of anything. Where does x enter?",
        lambda a, x: (a.sigmoid() * a - F.softplus(a)).sum(-1),
        lambda a, x: F.logsigmoid(a).sum(-1),
        lambda a, x: F.logsigmoid(-a).sum(-1),
    ),
    wrong(
        "normaliser-missing",
        "The term that makes the probabilities of 0 and 1 add up to 1 is missing, or has the wrong sign. Without it, "
        "ever larger logits are ever better. What must p(0) + p(1) be?",
        lambda a, x: (x * a).sum(-1),
        lambda a, x: (x * a + F.softplus(a)).sum(-1),
        lambda a, x: ((2 * x - 1) * a).sum(-1),
    ),
    wrong(
        "poisson-for-bernoulli",
        "It is the log likelihood of a count with rate exp(logit), which has another normaliser. Which numbers can x "
        "be?",
        lambda a, x: (x * a - a.exp()).sum(-1),
    ),
    wrong(
        "softmax-over-pixels",
        "The pixels compete in one softmax, as classes do. A picture has many pixels that are 1 at the same time. "
        "Which distribution does a single pixel have?",
        lambda a, x: (x * a.log_softmax(-1)).sum(-1),
        lambda a, x: (x * a.log_softmax(-1)).mean(-1),
    ),
    wrong(
        "random-result",
        "It is random. The log likelihood of given pixels needs no draw. Which numbers are given?",
        lambda a, x: _terms(a + torch.randn_like(a, device=a.device), x).sum(-1),
    ),
)
