"""The right weight of the KL in a warm-up, and the wrong ones."""

from __future__ import annotations

import itertools
import math

import torch
from torch import Tensor

from vaekit.gates.task import wrong


def solution(step: int, warmup: int) -> float:
    """A line from 0 to 1, which stops there; without a ramp, 1 from the start."""
    return min(step / warmup, 1.0) if warmup > 0 else 1.0


def _restarts(step: int, warmup: int) -> float:
    return (step % warmup) / warmup if warmup else 1.0


def _ramp(step: int, warmup: int | float) -> float:
    return max(0.0, min(step / warmup, 1.0)) if warmup > 0 else 1.0


def _whole_schedule(step: int, warmup: int) -> Tensor:
    return torch.linspace(0, 1, warmup + 1, device="cpu")


_CALLS = itertools.count()
BROKEN = _restarts
BANK = (
    wrong(
        "restarts",
        "The weight falls back after it has risen. A schedule that restarts by accident, at every epoch say, never "
        "charges the full KL for long, and the loss that is minimised is not the bound. What is the weight at a step "
        "far beyond warmup?",
        _restarts,
        lambda t, w: (t % (w + 1)) / w if w else 1.0,
        lambda t, w: min((t % (2 * w)) / w, 1.0) if w else 1.0,
        lambda t, w: t / w if t < w else float(w == 0),
        lambda t, w: 1 - abs(1 - (t / w) % 2) if w else 1.0,
    ),
    wrong(
        "runs-past-one",
        "The weight goes on rising after warmup. The KL is charged ever more, beta-VAE fashion, until the latents "
        "collapse: the opposite of what annealing is for. Where does the ramp end?",
        lambda t, w: t / w if w else 1.0,
        lambda t, w: t / w if w else float(t),
        lambda t, w: float(t),
    ),
    wrong(
        "max-for-min",
        "The weight is never less than 1, and rises from there: the larger of the two numbers is taken. The KL is "
        "charged in full when it should be free, and too much later. Which of the two is the limit, and from which "
        "side?",
        lambda t, w: max(t / w, 1.0) if w else 1.0,
    ),
    wrong(
        "off-by-one",
        "The ramp is one step too early or too late, or one step too short or too long: count from step 0. For long "
        "ramps nobody notices, for warmup = 1 it is a different schedule. What are the weights at the steps 0 and "
        "warmup?",
        lambda t, w: _ramp(t + 1, w),
        lambda t, w: _ramp(t - 1, w),
        lambda t, w: _ramp(t, w + 1),
        lambda t, w: _ramp(t, w - 1),
        lambda t, w: _ramp(t + 1, w + 1),
    ),
    wrong(
        "constant-one",
        "The weight is 1 at every step, so nothing is annealed, and a strong decoder learns to ignore the latents "
        "before they are of use. What is the weight at step 0?",
        lambda t, w: 1.0,
    ),
    wrong(
        "constant-zero",
        "The weight is 0 at every step (of a ramp), so the KL is never charged: a plain autoencoder, whose codes the "
        "prior does not know. What is the weight after warmup?",
        lambda t, w: 0.0,
        lambda t, w: float(w == 0),
    ),
    wrong(
        "falls",
        "The weight falls with the step. The KL is charged in full at the start, when the latents carry nothing yet, "
        "and not at all in the end. At which end of the ramp is the loss the negative ELBO?",
        lambda t, w: 1 - _ramp(t, w),
        lambda t, w: 1 - _ramp(t, w) if w else 1.0,
    ),
    wrong(
        "fails-without-warmup",
        "With warmup = 0 there is no ramp, and its length cannot be divided by. Python raises an error; torch returns "
        "NaN at step 0, which spreads to every weight. Which weight is right at every step when annealing is switched "
        "off?",
        lambda t, w: min(t / w, 1.0),
        lambda t, w: (torch.tensor(float(t), device="cpu") / w).clamp(max=1.0),
    ),
    wrong(
        "zero-without-warmup",
        "With warmup = 0 the weight is 0 somewhere or at every step. Whoever switches annealing off, to compare, then "
        "trains without a KL. Where does a ramp of no steps end?",
        lambda t, w: _ramp(t, w) if w else 0.0,
        lambda t, w: _ramp(t, w or 1),
    ),
    wrong(
        "jumps",
        "The weight jumps from 0 to 1. Integer division, int() and a comparison all throw the fraction away, and the "
        "jump is the shock that annealing is to avoid. What is the weight half-way?",
        lambda t, w: min(t // w, 1) if w else 1,
        lambda t, w: float(t > w),
        lambda t, w: float(t > 0),
        lambda t, w: round(_ramp(t, w)),
    ),
    wrong(
        "not-linear",
        "The weight begins and ends where it should, and is no straight line between. Curves are in use, too, and a "
        "number reported for one is not comparable with the other. By how much does the weight rise at each step of "
        "this one?",
        lambda t, w: _ramp(t, w) ** 2,
        lambda t, w: _ramp(t, w) ** 0.5,
        lambda t, w: 0.5 - 0.5 * math.cos(math.pi * _ramp(t, w)),
        lambda t, w: 1 / (1 + math.exp(-10 * (_ramp(t, w) - 0.5))),
        lambda t, w: math.tanh(3 * t / w) if w else 1.0,
        lambda t, w: 1 - math.exp(-5 * t / w) if w else 1.0,
    ),
    wrong(
        "staircase",
        "The weight is rounded, so it stays the same for some steps and then jumps. Which digits of step / warmup does "
        "a straight line have?",
        lambda t, w: round(_ramp(t, w), 1),
        lambda t, w: round(_ramp(t, w), 2),
        lambda t, w: math.floor(10 * _ramp(t, w)) / 10,
    ),
    wrong(
        "ends-elsewhere",
        "It is a ramp from 0 to 1, and it does not end at warmup. All comparisons between schedules are then between "
        "other schedules than their names say. At which step is the weight 1 for the first time?",
        lambda t, w: _ramp(t, 2 * w),
        lambda t, w: _ramp(t, w / 2),
        lambda t, w: _ramp(t, 10 * w),
        lambda t, w: _ramp(t - w, w),
    ),
    wrong(
        "warmup-ignored",
        "The weight is the same whatever warmup is: its length is written into the function. Where does warmup enter?",
        lambda t, w: _ramp(t, 10),
        lambda t, w: _ramp(t, 100),
        lambda t, w: _ramp(t, 1000),
    ),
    wrong(
        "upside-down",
        "The fraction is upside down: it is warmup over step, which falls, and has no value at step 0. Which part of "
        "the ramp is done at a step?",
        lambda t, w: min(w / t, 1.0),
        lambda t, w: min(w / t, 1.0) if t else 0.0,
        lambda t, w: w / max(t, 1),
    ),
    wrong(
        "wrong-unit",
        "The weight is in percent, or in steps. A KL that is multiplied by 100 leaves the latents no choice but to "
        "collapse. What is the weight of the KL in the ELBO?",
        lambda t, w: 100 * _ramp(t, w),
        lambda t, w: float(min(t, w)) if w else 1.0,
    ),
    wrong(
        "wrong-shape",
        "It is a whole schedule, or an array of one. Multiplied with a KL it broadcasts without an error. Which of its "
        "numbers belongs to this step?",
        _whole_schedule,
        lambda t, w: torch.tensor([_ramp(t, w)], device="cpu"),
    ),
    wrong(
        "random-result",
        "It draws, or it counts how often it was called. The weight then depends on more than the step: it is off as "
        "soon as you evaluate in between, resume a run or train a second model. Which argument says how far training "
        "is?",
        lambda t, w: float(torch.rand((), device="cpu")),
        lambda t, w: min(next(_CALLS) % 97 / 96, 1.0),
    ),
)
