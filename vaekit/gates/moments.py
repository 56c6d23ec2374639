"""Statistics of noise that should be standard normal, each in its own standard errors.

False alarms: a statistic counts only if it is more than 4.5 standard errors off twice, on independent draws. There are
about 20, and each is a mean of at least 4,000 independent terms. Nearly normal ones exceed 4.5 with probability 7e-6;
the fourth moment, the one with the heaviest tail, with about 1e-4. So a first alarm has probability below 1e-3, two in
a row below 1e-6: at most 0.03 expected in 30,000 runs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from vaekit.gates.probes import number

SIGMAS = 4.5


@dataclass(frozen=True)
class Samples:
    """What a sampler returned for the same inputs, twice.

    Attributes:
        mu: means, `(N, L)`.
        logvar: log-variances, `(N, L)`.
        z: samples, `(2, N, L)`.
    """

    mu: Tensor
    logvar: Tensor
    z: Tensor

    @property
    def offset(self) -> Tensor:
        """How far each sample lies from its mean, `(2, N, L)`."""
        return self.z - self.mu

    @property
    def noise(self) -> Tensor:
        """The offsets in units of the right standard deviation, `(2, N, L)`."""
        return self.offset * (-0.5 * self.logvar).exp()


def alarms(samples: Samples, sigmas: float = SIGMAS) -> set[str]:
    """Which groups of statistics are off by so many standard errors: location, scale, shape or dependence."""
    groups = _location(samples), _scale(samples), _shape(samples), _dependence(samples)
    names = "location", "scale", "shape", "dependence"
    return {name for name, scores in zip(names, groups, strict=True) if not bool((scores.abs() <= sigmas).all())}


def _score(terms: Tensor, variance: float = 1.0) -> Tensor:
    """The mean of independent terms with mean 0 and a known variance, in standard errors."""
    return (terms.mean() * math.sqrt(terms.numel() / variance)).reshape(1)


def _standard(tensor: Tensor) -> Tensor:
    return (tensor - tensor.mean()) / tensor.std()


def _location(samples: Samples) -> Tensor:
    noise = samples.noise
    columns = [_score(noise[..., column]) for column in range(noise.shape[-1])]
    return torch.cat([*columns, _score(noise * _standard(samples.mu)), _score(noise * _standard(samples.logvar))])


def _scale(samples: Samples) -> Tensor:
    excess = samples.noise**2 - 1  # variance 2
    columns = [_score(excess[..., column], 2.0) for column in range(excess.shape[-1])]
    return torch.cat(
        [*columns, _score(excess * _standard(samples.mu), 2.0), _score(excess * _standard(samples.logvar), 2.0)]
    )


def _shape(samples: Samples) -> Tensor:
    noise = samples.noise
    typical = math.sqrt(2 / math.pi)
    return torch.cat(
        [_score(noise**3, 15.0), _score(noise**4 - 3, 96.0), _score(noise.abs() - typical, 1 - typical**2)]
    )


def _dependence(samples: Samples) -> Tensor:
    noise = samples.noise
    half = noise.shape[1] // 2
    rows = _score(noise[:, 1:] * noise[:, :-1]), _score(noise[:, :half] * noise[:, half : 2 * half])
    columns = [_score(noise * noise.roll(shift, -1)) for shift in range(1, noise.shape[-1] // 2 + 1)]
    return torch.cat([*rows, *columns, _score(noise[0] * noise[1])])


SCALES = {
    "noise-scaled": (lambda s: 0.5 * s,),
    "variance-as-scale": (lambda s: s,),
    "logvar-as-scale": (lambda s: s.abs().log(),),
    "sigma-inverted": (lambda s: -0.5 * s, lambda s: -s),
    "sigma-ignored": (lambda s: 0 * s,),
}
"""The logarithm of the width as a function of logvar, up to a constant, under the name of the mistake."""


def name_of_scale(samples: Samples) -> str:
    """Which wrong width explains the offsets: after division by it, nothing depends on logvar any more."""
    logvar = samples.logvar
    drivers = [_standard(f) for f in (logvar, logvar**2, logvar.abs().clamp(min=1e-6).log())]
    size = samples.offset.abs().clamp(min=1e-300).log()
    for slug, scales in SCALES.items():
        for scale in scales:
            left = _standard(size - scale(logvar))
            if all(float(_score(left * driver).abs()) < 6 for driver in drivers):
                return slug
    return "wrong-scale"


def explain(samples: Samples, wrong: set[str]) -> tuple[str, str]:
    """The name of a mistake and what shows it, for samples that raised alarms twice."""
    noise = samples.noise
    slope, error = _slope(samples)
    if abs(slope - 1) > max(6 * error, 0.01):
        return "mu-missing", f"When mu rises by 1, the samples rise by {number(slope)} on average, not by 1."
    mean, spread = float(noise.mean()), float(noise.std())
    seen = f"In units of σ, the offsets of {noise.numel()} samples from mu have mean {number(mean)} "
    seen += f"and standard deviation {number(spread)}, where 0 and 1 are right."
    if noise.min() >= 0 and noise.max() <= 1 + 1e-9 and abs(mean - 0.5) < 0.05:
        return "uniform-noise", seen
    if "scale" in wrong and (scale := name_of_scale(samples)) != "noise-scaled":
        return scale, seen
    if "location" in wrong:
        return "noise-shifted", seen
    if "scale" in wrong and not ("shape" in wrong and abs(spread - 1) < 0.1):  # heavy tails blur the variance
        return "noise-scaled", seen
    if "shape" in wrong:
        fourth = number(float((noise**4).mean()))
        return "noise-not-normal", f"{seen[:-1]}; their fourth moment is {fourth}, where 3 is right."
    between = float(_score(noise[0] * noise[1]).abs())
    return "constant-noise" if between > SIGMAS else "noise-reused", f"{seen[:-1]}, but they depend on one another."


def _slope(samples: Samples) -> tuple[float, float]:
    """By how much the samples rise with mu, and the standard error of that."""
    slope = (samples.z * (samples.mu - samples.mu.mean())).mean() / samples.mu.var()
    error = samples.offset.std() / samples.mu.std() / math.sqrt(samples.z.numel())
    return float(slope), float(error)
