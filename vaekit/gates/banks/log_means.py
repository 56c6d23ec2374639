"""What goes wrong with any log of a mean of exponentials: its count, its axis, and how it stays on the log scale."""

from __future__ import annotations

import math

from torch import Tensor

from vaekit.gates.task import Mutant, wrong


def any_log_mean() -> tuple[Mutant, ...]:
    """The mutants of a function that takes logs `(K, B)` and returns the log of the mean over K, `(B,)`."""
    return (
        wrong(
            "log-k-sign",
            "log K is added where the sum has to become a mean, so the result rises with every further draw. Is the "
            "mean of K numbers larger or smaller than their sum?",
            lambda a: a.logsumexp(0) + math.log(len(a)),
        ),
        wrong(
            "divides-the-log",
            "The logarithm of the sum is divided by K. Dividing a sum by K is something else on the log scale. What is "
            "log(a / K)?",
            lambda a: a.logsumexp(0) / len(a),
        ),
        wrong(
            "wrong-count",
            "The sum is right and the count is wrong: it is not the number of draws. The result changes with the size "
            "of the batch, or is biased for few draws. Along which axis did you sum, and how long is it?",
            lambda a: a.logsumexp(0) - math.log(a.shape[1]),
            lambda a: a.logsumexp(0) - math.log(a.numel()),
            lambda a: a.logsumexp(0) - (math.log(len(a) - 1) if len(a) > 1 else -math.inf),
        ),
        wrong(
            "wrong-axis",
            "It averages over the batch and keeps the draws, so different examples are mixed. In a square batch no "
            "shape shows it. Which axis holds the draws for one example?",
            lambda a: a.logsumexp(1) - math.log(a.shape[1]),
            lambda a: a.logsumexp(1),
            lambda a: a.mean(1),
        ),
        wrong(
            "draws-axis-kept",
            "The axis of the draws is still there. Subtracted from a (B,) result it broadcasts without an error. What "
            "does keepdim do?",
            lambda a: _log_mean(a)[None],
        ),
        wrong(
            "another-number-taken-out",
            "Something is taken out of the mean before it is exponentiated, and it is not the maximum: what lies far "
            "above it still overflows. After which shift is every exponential between 0 and 1?",
            lambda a: (a - a.mean(0)).exp().mean(0).log() + a.mean(0),
            lambda a: (a - a[0]).exp().mean(0).log() + a[0],
            lambda a: (a - a.min(0).values).exp().mean(0).log() + a.min(0).values,
        ),
        wrong(
            "one-maximum-for-all",
            "One maximum is taken out for the whole batch. An example far below the likeliest one then underflows: the "
            "result depends on what else is in the batch. Which maximum keeps every example in range?",
            lambda a: (a - a.max()).exp().mean(0).log() + a.max(),
        ),
        wrong(
            "maximum-not-added-back",
            "The maximum is taken out for safety and never put back, so it says nothing about how likely x is: the "
            "best draw always counts as 0. What have you divided the mean by?",
            lambda a: (a - a.max(0).values).exp().mean(0).log(),
            lambda a: (a - a.max()).exp().mean(0).log(),
        ),
        wrong(
            "constant-inside-the-log",
            "A constant inside the logarithm puts a floor under the result. Every image whose logs lie below it looks "
            "equally likely, and nothing warns you. Which step makes the constant seem necessary?",
            lambda a: (a.exp().mean(0) + 1e-8).log(),
            lambda a: (a.exp().mean(0) + 1e-6).log(),
            lambda a: a.exp().mean(0).clamp(min=1e-10).log(),
            lambda a: a.exp().mean(0).log1p(),
        ),
        wrong(
            "other-logarithm",
            "The result is to another base, not in nats, so it cannot be compared with a bound in nats. Which "
            "logarithm is the natural one?",
            lambda a: _log_mean(a) / math.log(2),
            lambda a: _log_mean(a) / math.log(10),
        ),
    )


def _log_mean(logs: Tensor) -> Tensor:
    return logs.logsumexp(0) - math.log(len(logs))
