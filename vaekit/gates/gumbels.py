"""The noise behind a relaxed sample, and which noise and formula explain it.

A relaxed sample y = softmax((a + g) / τ) gives its noise back up to a constant for each row: τ log y - a. If g is
Gumbel, exp(-g) is exponential, so softmax(-g) is uniform on the simplex, whatever a and τ are. Breaking it like a stick
makes C - 1 independent uniform numbers of it, and those make normal ones, exactly. So the statistics of `moments` judge
a relaxed sample. At two temperatures false alarms are four times as many as said there: 0.1 expected in 30,000 runs.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from vaekit.gates.moments import Samples, alarms
from vaekit.gates.probes import Draw

LOGISTIC = math.pi**2 / 3  # the variance of the difference of two Gumbel numbers
TINY = 1e-300


@dataclass(frozen=True)
class Relaxed:
    """What a function returned for the same inputs, twice.

    Attributes:
        logits: `(N, C)`.
        tau: the temperature.
        y: relaxed samples, `(2, N, C)`.
    """

    logits: Tensor
    tau: float
    y: Tensor

    @property
    def log_y(self) -> Tensor:
        """The logarithms of the samples; what has underflowed counts as a very small number."""
        return self.y.clamp(min=TINY).log()

    @property
    def noise(self) -> Tensor:
        """The noise, up to a constant for each row, `(2, N, C)`."""
        return self.tau * self.log_y - self.logits


def off(noise: Tensor, logits: Tensor, draw: Draw, law: Callable[[Tensor], Tensor], sigmas: float) -> set[str]:
    """Which statistics contradict a law of the noise, or its independence of the logits and of other rows.

    Args:
        noise: up to a constant for each row, `(2, N, C)`.
        logits: `(N, C)`.
        draw: of a width for each number, on which nothing may depend.
        law: makes independent normal numbers `(2, N, C - 1)` of noise that follows it.
        sigmas: standard errors that are allowed.

    Returns:
        Names of groups of statistics, none if nothing contradicts.
    """
    normal, place = law(noise), logits[:, 1:] - logits[:, :1]
    width = draw.normal(*place.shape)
    return alarms(Samples(place, width, place + (0.5 * width).exp() * normal), sigmas)


def gumbel(noise: Tensor) -> Tensor:
    """Normal numbers from Gumbel noise: of the stick that is left, each class but the last breaks off a piece."""
    left = (-noise).flip(-1).logcumsumexp(-1).flip(-1)  # log of the stick before each break
    after = torch.arange(noise.shape[-1] - 1, 0, -1, device=noise.device)  # classes that come later
    return _normal((after * (left[..., 1:] - left[..., :-1])).exp())


def exponential(noise: Tensor) -> Tensor:
    """Normal numbers from exponential noise: beyond the least of a row, the others are exponential again."""
    least = noise.argmin(-1, keepdim=True)
    others = torch.ones_like(noise, dtype=torch.bool, device=noise.device).scatter(-1, least, False)
    beyond = (noise - noise.gather(-1, least))[others].view(*noise.shape[:-1], -1)
    return _normal((-beyond).exp())


def gaussian(noise: Tensor) -> Tensor:
    """Normal numbers from Gaussian noise of any width: each class against the mean of those before it."""
    before = torch.arange(1, noise.shape[-1], device=noise.device, dtype=noise.dtype)
    contrasts = (noise[..., 1:] - noise.cumsum(-1)[..., :-1] / before) * (before / (before + 1)).sqrt()
    return contrasts / contrasts.std()


def any_width(noise: Tensor) -> Tensor:
    """Normal numbers from Gumbel noise that has been multiplied by something."""
    return gumbel(noise * math.sqrt(LOGISTIC / float((noise[..., 1:] - noise[..., :-1]).var())))


def _normal(uniform: Tensor) -> Tensor:
    return torch.special.ndtri(uniform.clamp(1e-12, 1 - 1e-12))


def _before_a_second_softmax(log_y: Tensor) -> Tensor:
    """The logs of probabilities that went through one more softmax: those that sum to 1."""
    inner = log_y - log_y.mean(-1, keepdim=True) + 1 / log_y.shape[-1]
    return inner.clamp(min=1e-16).log()  # smaller ones have drowned in rounding


Formula = Callable[[Tensor, float, Tensor], Tensor]
FORMULAS: dict[str, tuple[Formula, ...]] = {
    "tau-multiplied": (lambda a, t, y: y / t - a,),
    "tau-ignored": (lambda a, t, y: y - a,),
    "tau-on-the-logits-only": (lambda a, t, y: y - a / t,),
    "tau-on-the-noise-only": (lambda a, t, y: t * (y - a),),
    "wrong-tau": (
        lambda a, t, y: t * t * y - a,
        lambda a, t, y: math.sqrt(t) * y - a,
        lambda a, t, y: t * y - a / t,
        lambda a, t, y: (1 + t) * y - a,
        lambda a, t, y: math.exp(t) * y - a,
        lambda a, t, y: max(t, 1.0) * y - a,
        lambda a, t, y: min(t, 1.0) * y - a,
    ),
    "probabilities-as-logits": (
        lambda a, t, y: t * y - a.softmax(-1),
        lambda a, t, y: t * y - a.exp(),
        lambda a, t, y: t * y - a.sigmoid(),
    ),
    "logits-ignored": (lambda a, t, y: t * y,),
    "logits-negated": (lambda a, t, y: t * y + a,),
    "logits-of-the-batch": (
        lambda a, t, y: t * y - a.log_softmax(0),
        lambda a, t, y: t * y - a + a.mean(0),
        lambda a, t, y: t * y - (a - a.mean(0)) / a.std(0),
    ),
    "double-softmax": (
        lambda a, t, y: t * _before_a_second_softmax(y) - a,
        lambda a, t, y: t * _before_a_second_softmax(t * y) - a,
        lambda a, t, y: _before_a_second_softmax(t * y) - a,
    ),
}
"""How the noise is got back from log y, if that mistake was made with Gumbel noise."""

LAWS: dict[str, tuple[Callable[[Tensor], Tensor], ...]] = {
    "gumbel-sign": (lambda noise: gumbel(-noise),),
    "exponential-noise": (exponential, lambda noise: exponential(-noise)),
    "gaussian-noise": (gaussian,),
    "noise-scaled": (any_width, lambda noise: any_width(-noise)),
}
"""Normal numbers from the noise, if it followed another law."""


def name_of_law(samples: list[Relaxed], draw: Draw) -> str:
    """The mistake that explains samples at several temperatures, where Gumbel noise and the formula do not."""

    def explains(formula: Formula, law: Callable[[Tensor], Tensor]) -> bool:
        found = ((formula(each.logits, each.tau, each.log_y), each.logits) for each in samples)
        return not any(off(noise, logits, draw, law, sigmas=6.0) for noise, logits in found)

    for slug, formulas in FORMULAS.items():
        if any(explains(formula, gumbel) for formula in formulas):
            return slug
    for slug, laws in LAWS.items():
        if any(explains(lambda a, t, y: t * y - a, law) for law in laws):
            return slug
    spread = max(float((each.noise.amax(-1) - each.noise.amin(-1)).max()) for each in samples)
    return "uniform-noise" if 0.5 < spread <= 2 + 1e-6 else "another-law"
