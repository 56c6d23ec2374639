"""Other things than the mean of the state before, made of the same numbers."""

from __future__ import annotations

from torch import Tensor

from vaekit.gates.banks.previous_steps import mean_of, of
from vaekit.gates.task import wrong


def noise_in(x: Tensor, y: Tensor, b: Tensor) -> Tensor:
    """The noise that has led from `x0` to `xt`."""
    return (y - b.sqrt() * x) / (1 - b).sqrt()


def variance_of(a: Tensor, b: Tensor, p: Tensor) -> Tensor:
    """That of the state before, given `x0` and `xt`."""
    return (1 - a) * (1 - p) / (1 - b)


OTHER_MEANS = (
    wrong(
        "xt-ignored",
        "xt does not enter, so sampling would forget where it is. It is the mean given both. What does xt say of the "
        "state before?",
        of(lambda x, y, *abp: mean_of(x, 0 * y, *abp)),
        of(lambda x, y, a, b, p: p.sqrt() * x),
        of(lambda x, y, a, b, p: b.sqrt() * x),
        of(lambda x, y, a, b, p: a.sqrt() * x),
    ),
    wrong(
        "x-zero-ignored",
        "x0 does not enter: without the data nobody knows where noise came from. What does x0 say of the state before?",
        of(lambda x, y, *abp: mean_of(0 * x, y, *abp)),
        of(lambda x, y, a, b, p: a.sqrt() * y),
        of(lambda x, y, a, b, p: y / a.sqrt()),
        of(lambda x, y, a, b, p: p.sqrt() * y),
    ),
    wrong(
        "weights-sum-to-one",
        "The two weights are made to add up to 1. They do not: the state before is a shrunk x0, and x_t is shrunk once "
        "more. What is the mean of x_t for a known x0?",
        of(lambda x, y, a, b, p: mean_of(x, y, a, b, p) / mean_of(0 * x + 1, 0 * y + 1, a, b, p)),
        of(lambda x, y, a, b, p: (1 - a) * x + a * y),
        of(lambda x, y, a, b, p: p * x + (1 - p) * y),
        lambda x, y, t, al, ab: 0.5 * (x + y),
    ),
    wrong(
        "forward-step",
        "It is a step towards noise, with x0 and xt mixed as signal and noise are. Sampling needs the way back. Given "
        "x_t, which state is asked for?",
        of(lambda x, y, a, b, p: a.sqrt() * y + (1 - a).sqrt() * x),
        of(lambda x, y, a, b, p: a.sqrt() * x + (1 - a).sqrt() * y),
        of(lambda x, y, a, b, p: p.sqrt() * x + (1 - p).sqrt() * y),
        of(lambda x, y, a, b, p: b.sqrt() * x + (1 - b).sqrt() * y),
    ),
    wrong(
        "x-zero-taken-for-noise",
        "It is the formula for a predicted noise, and x0 stands where the noise belongs. Both are vectors of the same "
        "shape, so no error shows it. Which noise has led from x0 to xt?",
        of(lambda x, y, a, b, p: (y - (1 - a) / (1 - b).sqrt() * x) / a.sqrt()),
        of(lambda x, y, a, b, p: y - (1 - a) / (1 - b).sqrt() * x),
        of(lambda x, y, a, b, p: (y - (1 - b).sqrt() * x) / b.sqrt()),
    ),
    wrong(
        "factor-of-the-noise",
        "It is made of xt and the noise in it, which is a good way, and one of its factors is wrong. Put the noise "
        "in, as a function of x0 and xt: which weights come out?",
        of(lambda x, y, a, b, p: (y - (1 - a) * noise_in(x, y, b)) / a.sqrt()),
        of(lambda x, y, a, b, p: (y - (1 - a) / (1 - b) * noise_in(x, y, b)) / a.sqrt()),
        of(lambda x, y, a, b, p: (y - (1 - a).sqrt() * noise_in(x, y, b)) / a.sqrt()),
        of(lambda x, y, a, b, p: (y - (1 - a) / (1 - b).sqrt() * noise_in(x, y, b)) / a),
        of(lambda x, y, a, b, p: y - (1 - a) / (1 - b).sqrt() * noise_in(x, y, b)),
        of(lambda x, y, a, b, p: y - (1 - a).sqrt() * noise_in(x, y, b)),
    ),
    wrong(
        "deterministic-step",
        "It keeps all of the noise that is in xt and only shrinks it, as a sampler without randomness does. The mean "
        "of the state before has less noise in it. How much of it comes anew in a step?",
        of(lambda x, y, a, b, p: p.sqrt() * x + (1 - p).sqrt() * noise_in(x, y, b)),
        of(lambda x, y, a, b, p: p.sqrt() * x + (1 - b).sqrt() * noise_in(x, y, b)),
        of(lambda x, y, a, b, p: p.sqrt() * x + variance_of(a, b, p).sqrt() * noise_in(x, y, b)),
    ),
    wrong(
        "variance-returned",
        "It is the variance of the state before, or its root, and not its mean. Which of the two depends on x0?",
        of(lambda x, y, a, b, p: variance_of(a, b, p)),
        of(lambda x, y, a, b, p: variance_of(a, b, p) + 0 * x),
        of(lambda x, y, a, b, p: variance_of(a, b, p).sqrt() + 0 * x),
    ),
)
