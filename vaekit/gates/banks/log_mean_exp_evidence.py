"""The right estimate of a log evidence, and the wrong ones."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from vaekit.gates.banks.log_means import any_log_mean
from vaekit.gates.task import wrong


def solution(log_px_given_z: Tensor) -> Tensor:
    """The logarithm of a mean of exponentials, which never leaves the log scale."""
    num_samples = len(log_px_given_z)
    return torch.logsumexp(log_px_given_z, dim=0) - math.log(num_samples)


def _by_hand(log_px_given_z: Tensor) -> Tensor:
    px_given_z = log_px_given_z.exp()
    return px_given_z.mean(dim=0).log()


BROKEN = _by_hand
BANK = (
    wrong(
        "mean-of-logs",
        "It is the mean of the logs. By Jensen's inequality that lies below the log of the mean, the further the more "
        "the draws differ, so a good model looks bad. Which comes first, the mean or the logarithm?",
        lambda p: p.mean(0),
    ),
    wrong(
        "sum-of-logs",
        "It is the sum of the logs over the draws: the log probability of seeing x once for every draw. It falls with "
        "each further draw. What is the average likelihood, before any logarithm?",
        lambda p: p.sum(0),
    ),
    wrong(
        "log-k-missing",
        "It is the log of the sum, so the estimate rises by log 2 whenever you double the number of draws, and soon "
        "promises more than the true log evidence. What turns a sum into a mean?",
        lambda p: p.logsumexp(0),
    ),
    wrong(
        "batch-reduced",
        "It has reduced the batch to one number. One log evidence for each example is wanted: which axis has to stay?",
        lambda p: solution(p).mean(),
        lambda p: solution(p).sum(),
        lambda p: p.flatten().logsumexp(0) - math.log(p.numel()),
        lambda p: p.mean(),
    ),
    wrong(
        "no-logsumexp",
        "It leaves the log scale: for log likelihoods of an ordinary image, -1000 say, every exponential is 0 and its "
        "logarithm minus infinity. Which number can you take out of the mean before you exponentiate?",
        _by_hand,
    ),
    wrong(
        "best-draw-only",
        "It is the best of the draws, which only rises with K, towards the likelihood at the best z. It ignores how "
        "many draws explain x. How does one draw count among K?",
        lambda p: p.max(0).values,
        lambda p: p.max(0).values - math.log(len(p)),
    ),
    wrong(
        "worst-draw-only",
        "It is the worst of the draws, or their median: a single number that ignores the others. How do all K of them "
        "enter a mean?",
        lambda p: p.min(0).values,
        lambda p: p.median(0).values,
    ),
    wrong(
        "one-draw-only",
        "It uses a single draw and ignores the others, so more draws do not help. How do all K of them enter?",
        lambda p: p[0],
        lambda p: p[-1],
    ),
    wrong(
        "evidence-not-log",
        "It is the evidence, not its logarithm. For an image of 784 pixels that is 0 in floating point. On which "
        "scale is the result wanted?",
        lambda p: p.exp().mean(0),
        lambda p: p.exp().sum(0),
    ),
    wrong(
        "self-normalised",
        "It weighs the logs by normalised weights. That estimates a mean under the posterior, not the evidence, and "
        "lies above it. What weight does each draw from the prior get in a plain average?",
        lambda p: (p.softmax(0) * p).sum(0),
    ),
    wrong(
        "exp-missing",
        "It takes the logarithm of log likelihoods, which are negative: NaN. In which form do the numbers come?",
        lambda p: p.mean(0).log(),
        lambda p: p.sum(0).log(),
    ),
    wrong(
        "sign-flipped",
        "It is the negative log evidence. Reported as a log evidence it would rank the worst model first. Is the log "
        "probability of an image positive or negative?",
        lambda p: -solution(p),
    ),
    *any_log_mean(),
)
