"""The right estimate of a log evidence, and the wrong ones."""

from __future__ import annotations

import math

import torch
from torch import Tensor

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
        "log-k-sign",
        "log K is added where the sum has to become a mean, so the estimate rises with every further draw. Is the "
        "mean of K numbers larger or smaller than their sum?",
        lambda p: p.logsumexp(0) + math.log(len(p)),
    ),
    wrong(
        "divides-the-log",
        "The logarithm of the sum is divided by K. Dividing a sum by K is something else on the log scale. What is "
        "log(a / K)?",
        lambda p: p.logsumexp(0) / len(p),
    ),
    wrong(
        "wrong-count",
        "The sum is right and the count is wrong: it is not the number of draws. Your estimate changes with the size "
        "of the batch, or is biased for few draws. Along which axis did you sum, and how long is it?",
        lambda p: p.logsumexp(0) - math.log(p.shape[1]),
        lambda p: p.logsumexp(0) - math.log(p.numel()),
        lambda p: p.logsumexp(0) - (math.log(len(p) - 1) if len(p) > 1 else -math.inf),
    ),
    wrong(
        "wrong-axis",
        "It averages over the batch and keeps the draws, so different examples are mixed. In a square batch no shape "
        "shows it. Which axis holds the draws for one example?",
        lambda p: p.logsumexp(1) - math.log(p.shape[1]),
        lambda p: p.logsumexp(1),
        lambda p: p.mean(1),
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
        "draws-axis-kept",
        "The axis of the draws is still there. Subtracted from a (B,) bound it broadcasts without an error. What does "
        "keepdim do?",
        lambda p: solution(p)[None],
    ),
    wrong(
        "no-logsumexp",
        "It leaves the log scale: for log likelihoods of an ordinary image, -1000 say, every exponential is 0 and its "
        "logarithm minus infinity. Which number can you take out of the mean before you exponentiate?",
        _by_hand,
    ),
    wrong(
        "one-maximum-for-all",
        "One maximum is taken out for the whole batch. An example far below the likeliest one then underflows: the "
        "result depends on what else is in the batch. Which maximum keeps every example in range?",
        lambda p: (p - p.max()).exp().mean(0).log() + p.max(),
    ),
    wrong(
        "maximum-not-added-back",
        "The maximum is taken out for safety and never put back, so it says nothing about how likely x is: the "
        "likeliest draw always counts as 0. What have you divided the mean by?",
        lambda p: (p - p.max(0).values).exp().mean(0).log(),
        lambda p: (p - p.max()).exp().mean(0).log(),
    ),
    wrong(
        "constant-inside-the-log",
        "A small constant inside the logarithm puts a floor under the result. Every image whose log likelihood lies "
        "below it looks equally likely, and nothing warns you. Which step makes the constant seem necessary?",
        lambda p: (p.exp().mean(0) + 1e-8).log(),
        lambda p: (p.exp().mean(0) + 1e-6).log(),
        lambda p: p.exp().mean(0).clamp(min=1e-10).log(),
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
    wrong(
        "other-logarithm",
        "It is the log evidence to another base, not in nats, so it cannot be compared with a bound in nats. Which "
        "logarithm is the natural one?",
        lambda p: solution(p) / math.log(2),
        lambda p: solution(p) / math.log(10),
    ),
)
