"""The right log likelihood of Gaussian pixels, and the wrong ones."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from vaekit.gates.banks.likelihoods import any_log_likelihood
from vaekit.gates.task import Function, wrong

LOG_TWO_PI = math.log(2 * math.pi)


def solution(x: Tensor, mean: Tensor, logvar: Tensor) -> Tensor:
    """Minus half of three terms for each pixel: a constant, the log-variance, and the squared error in units of σ."""
    square = (x - mean) ** 2 * (-logvar).exp()  # (B, D)
    return -0.5 * (math.log(2 * math.pi) + logvar + square).sum(-1)


def _log_term_missing(x: Tensor, mean: Tensor, logvar: Tensor) -> Tensor:
    square = (x - mean) ** 2 / logvar.exp()
    return -0.5 * (math.log(2 * math.pi) + square).sum(-1)


def _square(x: Tensor, m: Tensor, s: Tensor) -> Tensor:
    return (x - m) ** 2 * (-s).exp()


def _sum(square: Tensor, log: Tensor | float, constant: float = LOG_TWO_PI) -> Tensor:
    return -0.5 * (constant + log + square).sum(-1)


def _terms(x: Tensor, m: Tensor, s: Tensor) -> Tensor:
    return -0.5 * (LOG_TWO_PI + s + _square(x, m, s))


def _padded(more: float) -> tuple[Function, ...]:
    """The log likelihoods with a constant added to the variance, to σ, or to the variance in the square alone."""
    return (
        lambda x, m, s: _terms(x, m, (s.exp() + more).log()).sum(-1),
        lambda x, m, s: _terms(x, m, 2 * ((0.5 * s).exp() + more).log()).sum(-1),
        lambda x, m, s: _sum((x - m) ** 2 / (s.exp() + more), s),
    )


BROKEN = _log_term_missing
BANK = (
    *any_log_likelihood(_terms),
    wrong(
        "log-term-missing",
        "The log term is missing. Nothing then keeps σ from growing: the worse the reconstruction, the larger the σ "
        "that excuses it. What makes the density of a wide Gaussian low even at its mean?",
        _log_term_missing,
        lambda x, m, s: _sum(_square(x, m, s), 0.0, 0.0),
        lambda x, m, s: -_square(x, m, s).sum(-1),
    ),
    wrong(
        "two-pi-missing",
        "The constant with 2π is missing. The gradient is right, but every number that you report is off by 0.92 nats "
        "for each pixel, and cannot be compared with anybody's. What does a density have to integrate to?",
        lambda x, m, s: _sum(_square(x, m, s), s, 0.0),
        lambda x, m, s: -_sum(_square(x, m, s), s, 0.0),
        lambda x, m, s: 0.5 * (s + _square(x, m, s)).mean(),
    ),
    wrong(
        "constant-counted-once",
        "The constant with 2π is subtracted once and not for every pixel. How many constants has a sum over D pixels?",
        lambda x, m, s: _sum(_square(x, m, s), s, 0.0) - 0.5 * LOG_TWO_PI,
        lambda x, m, s: _sum(_square(x, m, s), s, 0.0) - LOG_TWO_PI,
    ),
    wrong(
        "constant-wrong",
        "The constant with 2π is wrong: its half, its 2 or its sign. The gradient is right, and every reported number "
        "is off. What is the logarithm of 1 / sqrt(2π)?",
        lambda x, m, s: _sum(_square(x, m, s), s, 2 * LOG_TWO_PI),
        lambda x, m, s: _sum(_square(x, m, s), s, -LOG_TWO_PI),
        lambda x, m, s: _sum(_square(x, m, s), s, math.log(math.pi)),
    ),
    wrong(
        "log-sigma-twice",
        "The log term counts twice: log σ² stands where log σ belongs. σ then comes out too small by a factor of √2, "
        "and the model is too sure of itself. How much of log σ² is log σ?",
        lambda x, m, s: _sum(_square(x, m, s), 2 * s),
    ),
    wrong(
        "log-term-halved",
        "The log term counts half: a ½ stands before log σ, which has none. σ then comes out too large. In front of "
        "which of log σ and log σ² does the ½ belong?",
        lambda x, m, s: _sum(_square(x, m, s), 0.5 * s),
    ),
    wrong(
        "log-term-sign",
        "The log term has the wrong sign: the wider the Gaussian, the likelier everything becomes. Is the density at "
        "the mean of a wide Gaussian high or low?",
        lambda x, m, s: _sum(_square(x, m, s), -s),
    ),
    wrong(
        "half-missing",
        "The ½ is missing throughout, so it is twice the log likelihood. The data then weigh double against the KL. "
        "Which factor stands before the square in the log density of a Gaussian?",
        lambda x, m, s: 2 * _terms(x, m, s).sum(-1),
    ),
    wrong(
        "half-misplaced",
        "The ½ does not stand before the square as it does before the log term, so the two are weighed wrongly "
        "against each other, and σ comes out wrong by a constant factor. Which terms share the ½?",
        lambda x, m, s: _sum(2 * _square(x, m, s), s),
        lambda x, m, s: _sum(0.5 * _square(x, m, s), s),
    ),
    wrong(
        "sigma-for-variance",
        "The squared error is divided by σ, not by σ². A square has the unit of a variance. Which of the two is left "
        "without a unit?",
        lambda x, m, s: _sum(_square(x, m, 0.5 * s), s),
    ),
    wrong(
        "logvar-as-log-sigma",
        "exp(logvar) is taken for σ where it is σ². A Gaussian that is wide is then far too wide, and a narrow one "
        "far too narrow. What is σ if log σ² is given?",
        lambda x, m, s: _terms(x, m, 2 * s).sum(-1),
        lambda x, m, s: _sum(_square(x, m, 2 * s), s),
    ),
    wrong(
        "sigma-as-variance",
        "The standard deviation is taken for the variance: a root too many. What is σ² if log σ² is given?",
        lambda x, m, s: _terms(x, m, 0.5 * s).sum(-1),
    ),
    wrong(
        "exp-missing",
        "logvar stands where a variance or a standard deviation belongs. It may be negative, and then so is the "
        "variance, or the result is NaN. What turns a log-variance into a variance?",
        lambda x, m, s: _sum((x - m) ** 2 / s, s.log()),
        lambda x, m, s: _sum((x - m) ** 2 / s**2, 2 * s.log()),
        lambda x, m, s: _sum((x - m) ** 2 / s, s),
        lambda x, m, s: _sum(_square(x, m, s), s.log()),
    ),
    wrong(
        "exp-twice",
        "The exponential is applied twice. For positive log-variances the numbers explode within a few steps. In "
        "which form does the argument come, and in which does each term need it?",
        lambda x, m, s: _terms(x, m, s.exp()).sum(-1),
        lambda x, m, s: _sum(_square(x, m, s), s.exp()),
    ),
    wrong(
        "log-precision",
        "logvar is taken for a log-precision: its sign is flipped. Is a large logvar a wide Gaussian or a narrow one?",
        lambda x, m, s: _terms(x, m, -s).sum(-1),
    ),
    wrong(
        "variance-multiplies",
        "The squared error is multiplied by the variance. In which unit does a Gaussian measure distances?",
        lambda x, m, s: _sum(_square(x, m, -s), s),
    ),
    wrong(
        "square-sign",
        "The squared error has the wrong sign. Which sign has the exponent of a Gaussian?",
        lambda x, m, s: _sum(-_square(x, m, s), s),
    ),
    wrong(
        "not-squared",
        "The error is not squared, as in a Laplace density: a large one costs too little. Which power of the distance "
        "stands in the exponent of a Gaussian?",
        lambda x, m, s: _sum((x - m).abs() * (-s).exp(), s),
        lambda x, m, s: _sum((x - m).abs() * (-0.5 * s).exp(), s),
        lambda x, m, s: -((x - m).abs() * (-0.5 * s).exp() + 0.5 * s + math.log(2)).sum(-1),
    ),
    wrong(
        "square-missing",
        "The error does not enter, so the narrowest Gaussian is the best, wherever it lies. Where do x and mean enter?",
        lambda x, m, s: _sum(0 * x, s),
        lambda x, m, s: _sum(1 + 0 * x, s),
    ),
    wrong(
        "squared-error",
        "It is a squared error for a fixed variance: the decoder cannot say where it is unsure. Where does logvar "
        "enter?",
        lambda x, m, s: -((x - m) ** 2).sum(-1),
        lambda x, m, s: -0.5 * ((x - m) ** 2).sum(-1),
        lambda x, m, s: _terms(x, m, 0 * s).sum(-1),
        lambda x, m, s: ((x - m) ** 2).mean(),
    ),
    wrong(
        "clamped-logvar",
        "It stops following the log-variance beyond some bound, or adds a constant to the variance, and there the "
        "gradient is wrong. A formula must not clamp; where would you bound a log-variance instead?",
        lambda x, m, s: -F.gaussian_nll_loss(m, x, s.exp(), full=True, reduction="none").sum(-1),
        lambda x, m, s: _terms(x, m, s.clamp(-10, 10)).sum(-1),
        lambda x, m, s: _terms(x, m, s.clamp(-20, 20)).sum(-1),
        *_padded(1e-8)[1:],
        *(form for more in (1e-7, 1e-6, 1e-5, 1e-4) for form in _padded(more)),
    ),
    wrong(
        "random-result",
        "It is random. The log density of given pixels needs no draw. Which numbers are given?",
        lambda x, m, s: _terms(x, m + (0.5 * s).exp() * torch.randn_like(m, device=m.device), s).sum(-1),
    ),
)
