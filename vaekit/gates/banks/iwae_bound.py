"""The right importance-weighted bound, and the wrong ones."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from vaekit.gates.banks.log_means import any_log_mean
from vaekit.gates.task import wrong


def solution(log_w: Tensor) -> Tensor:
    """The logarithm of the average weight, which never leaves the log scale."""
    num_samples = len(log_w)
    return torch.logsumexp(log_w, dim=0) - math.log(num_samples)


def _self_normalised(log_w: Tensor) -> Tensor:
    share = torch.softmax(log_w, dim=0)  # of each draw in the sum
    return (share * log_w).sum(dim=0)


def _shares_of_the_loss(log_w: Tensor) -> Tensor:
    return (-log_w).softmax(0)  # (K, B)


def _like(value: Tensor, source: Tensor) -> Tensor:
    """A number with the gradient of another."""
    return value.detach() + source - source.detach()


BROKEN = _self_normalised
BANK = (
    wrong(
        "mean-of-logs",
        "It is the mean of the log weights: the ELBO with K draws, whose average is the same for every K. More draws "
        "make it less noisy, and never tighter. Which comes first, the mean or the logarithm?",
        lambda w: w.mean(0),
    ),
    wrong(
        "log-k-missing",
        "It is the log of the sum, so it rises by log 2 whenever K doubles, and soon lies above log p(x). What does "
        "the bound have to be where all weights are equal?",
        lambda w: w.logsumexp(0),
    ),
    wrong(
        "sum-of-logs",
        "It is the sum of the log weights: K times an ELBO, and no bound on log p(x) of one example. What is averaged "
        "over the draws before any logarithm?",
        lambda w: w.sum(0),
    ),
    wrong(
        "batch-reduced",
        "It has reduced the batch to one number. One bound for each example is wanted: which axis has to stay?",
        lambda w: solution(w).mean(),
        lambda w: -solution(w).mean(),
        lambda w: solution(w).sum(),
        lambda w: w.flatten().logsumexp(0) - math.log(w.numel()),
        lambda w: w.mean(),
    ),
    wrong(
        "normalised-weights",
        "It returns the normalised weights, or their logarithms, one for each draw. They say which draw counts in the "
        "gradient; what they were divided by is the bound. What normalises a softmax?",
        lambda w: w.softmax(0),
        lambda w: w.log_softmax(0),
    ),
    wrong(
        "self-normalised",
        "It weighs the log weights by the normalised weights. With those held constant, that is a surrogate whose "
        "gradient is right; its value is another, above the bound, and for large K above log p(x). What weight does "
        "each draw get in a plain average?",
        _self_normalised,
        lambda w: (w.softmax(0).detach() * w).sum(0),
    ),
    wrong(
        "weights-from-the-loss",
        "Its weights fall where log w rises: a softmax of the loss, not of the log weight. The draw that explains the "
        "example worst counts most. Which draw has the largest weight?",
        lambda w: (_shares_of_the_loss(w) * w).sum(0),
        lambda w: (_shares_of_the_loss(w).detach() * w).sum(0),
        lambda w: _like(solution(w), (_shares_of_the_loss(w).detach() * w).sum(0)),
    ),
    wrong(
        "no-logsumexp",
        "It leaves the log scale: for log weights of an ordinary image, -1000 say, every exponential is 0 and its "
        "logarithm minus infinity. Which number can you take out of the mean before you exponentiate?",
        lambda w: w.exp().mean(0).log(),
    ),
    wrong(
        "weights-clamped",
        "The log weights are clamped. Beyond the clamp the result stops following them and no gradient passes, which "
        "for images is everywhere. What keeps the exponentials in range without changing the result?",
        lambda w: solution(w.clamp(-50, 50)),
        lambda w: solution(w.clamp(-20, 20)),
    ),
    wrong(
        "best-draw-only",
        "It is the largest log weight, less log K or not. It ignores how many draws explain x, and without log K lies "
        "above the bound. How does one draw count among K?",
        lambda w: w.max(0).values,
        lambda w: w.max(0).values - math.log(len(w)),
    ),
    wrong(
        "middle-or-worst-draw",
        "It is the worst of the log weights, or their median: one number that ignores the others. How do all K of them "
        "enter a mean?",
        lambda w: w.min(0).values,
        lambda w: w.median(0).values,
    ),
    wrong(
        "one-draw-only",
        "It uses a single draw and ignores the others: the ELBO with one draw. How do all K of them enter?",
        lambda w: w[0],
        lambda w: w[-1],
    ),
    wrong(
        "harmonic-mean",
        "It is the log of the harmonic mean: weights are inverted before they are averaged, and the worst draw "
        "decides. Which mean of the weights has p(x) as its average?",
        lambda w: math.log(len(w)) - (-w).logsumexp(0),
    ),
    wrong(
        "another-power",
        "It averages a power of the weights, as in a Rényi bound of another order. That bounds log p(x) from the wrong "
        "side, less tightly, or not at all. Which power of the weight has p(x) as its average?",
        lambda w: 0.5 * ((2 * w).logsumexp(0) - math.log(len(w))),
        lambda w: 2 * ((0.5 * w).logsumexp(0) - math.log(len(w))),
        lambda w: (2 * w).logsumexp(0) - math.log(len(w)),
    ),
    wrong(
        "two-moments-only",
        "It adds half the variance of the log weights to their mean. That is what the bound tends to where log w is "
        "normal, and it may lie above log p(x). What is the average weight itself?",
        lambda w: w.mean(0) + 0.5 * w.var(0, correction=0),
        lambda w: w.mean(0) + 0.5 * w.var(0, correction=1),
    ),
    wrong(
        "weight-not-log",
        "It is the average weight, not its logarithm. For an image of 784 pixels that is 0 in floating point. On which "
        "scale is the result wanted?",
        lambda w: w.exp().mean(0),
        lambda w: w.exp().sum(0),
    ),
    wrong(
        "exp-missing",
        "It takes the logarithm of log weights, which are mostly negative: NaN. In which form do the numbers come?",
        lambda w: w.mean(0).log(),
        lambda w: w.sum(0).log(),
    ),
    wrong(
        "sign-flipped",
        "It is the bound with its sign flipped: a loss. On which side of log p(x) does a lower bound lie?",
        lambda w: -solution(w),
    ),
    wrong(
        "detached",
        "The value is right and no gradient leads back to the log weights, so nothing can be trained with it. Where "
        "does the result leave the graph?",
        lambda w: solution(w.detach()),
    ),
    wrong(
        "gradient-of-the-elbo",
        "The value is right and every draw gets the same gradient, as in the ELBO. The model would be trained on one "
        "bound and judged by another. By how much does the bound rise with each log weight?",
        lambda w: _like(solution(w), w.mean(0)),
        lambda w: _like(solution(w), w.sum(0)),
    ),
    wrong(
        "squared-weights",
        "The value is right and the gradient carries squared weights. That belongs to the doubly reparameterised "
        "encoder, where log w has been prepared for it, not to the bound. What is the derivative of a log of a sum?",
        lambda w: _like(solution(w), (w.softmax(0).detach().square() * w).sum(0)),
    ),
    wrong(
        "winner-takes-all",
        "The value is right and the best draw alone gets a gradient. The others count in the bound, by their share. "
        "What is the derivative of a log of a sum?",
        lambda w: _like(solution(w), w.max(0).values),
    ),
    wrong(
        "random-result",
        "It is random. The draws have been made; what is left is arithmetic. Which part is drawn?",
        lambda w: solution(w + 0.1 * torch.randn_like(w, device=w.device)),
    ),
    *any_log_mean(),
)
