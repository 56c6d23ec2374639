"""What goes wrong with the share of signal in a noised state: another step, or another schedule."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from vaekit.gates.task import Function, wrong


def mixed(share: Tensor, x: Tensor, e: Tensor) -> Tensor:
    """Signal and noise with a share of the variance for the signal."""
    return share.sqrt() * x + (1 - share).sqrt() * e


def of(change: Function) -> Function:
    """What is made of `x0`, `eps` and the share of signal at their steps, `(B, 1)`."""
    return lambda x0, t, alpha_bar, eps: change(x0, eps, alpha_bar[t][:, None])


def at(steps: Function) -> Function:
    """Right but for the steps, which are made of `t` and T."""
    return lambda x, t, a, e: mixed(a[steps(t, len(a))][:, None], x, e)


def by(schedule: Function) -> Function:
    """Right but for the schedule, which is made of `alpha_bar`."""
    return lambda x, t, a, e: mixed(schedule(a)[t][:, None], x, e)


def _before(a: Tensor) -> Tensor:
    return torch.cat([a.new_ones(1), a[:-1]])


def _part(a: Tensor) -> Tensor:
    """The part of all steps that lies before each."""
    return torch.arange(len(a), dtype=a.dtype, device=a.device) / len(a)


OTHER_STEPS = (
    wrong(
        "one-step-early",
        "It uses alpha_bar of the step before: t counts from 0, and alpha_bar[t] belongs to it. The network is then "
        "told a step that its input has not reached. Which entry belongs to t = 0?",
        at(lambda t, count: t - 1),
        at(lambda t, count: (t - 1).clamp(min=0)),
        by(_before),
    ),
    wrong(
        "one-step-late",
        "It uses alpha_bar of the step after, which the last step does not have: t counts from 0. Which entry belongs "
        "to t = 0?",
        at(lambda t, count: t + 1),
        at(lambda t, count: (t + 1).clamp(max=count - 1)),
        at(lambda t, count: (t + 1) % count),
        by(lambda a: torch.cat([a[1:], 0 * a[:1]])),
    ),
    wrong(
        "time-reversed",
        "The schedule is read from its end: at t = 0 there is the most noise. What should be left of x0 at t = 0?",
        at(lambda t, count: count - 1 - t),
        at(lambda t, count: -t),
    ),
    wrong(
        "one-step-for-the-batch",
        "All examples are noised to the same step, whatever their t says. The network is told one step and sees "
        "another, for all but one of them. How many entries of alpha_bar does a batch need?",
        *(at(lambda t, count, pick=pick: pick(t).expand_as(t)) for pick in (lambda t: t[0], lambda t: t[-1])),
        *(at(lambda t, count, pick=pick: pick(t).expand_as(t)) for pick in (torch.max, torch.min)),
        at(lambda t, count: t.double().mean().long().expand_as(t)),
        lambda x, t, a, e: mixed(a[t].mean(), x, e),
    ),
    wrong(
        "step-of-another-example",
        "Examples get each other's step: t has been sorted or turned round. Which entry of t belongs to a row of x0?",
        at(lambda t, count: t.sort().values),
        at(lambda t, count: t.flip(0)),
        at(lambda t, count: t.roll(1)),
        at(lambda t, count: torch.arange(len(t), device=t.device)),
    ),
    wrong(
        "step-ignored",
        "t does not enter: every call noises to the same step. Where does t enter?",
        *(at(lambda t, count, k=entry: torch.full_like(t, k, device=t.device)) for entry in (-1, 0)),
        lambda x, t, a, e: mixed(a.mean(), x, e),
    ),
    wrong(
        "schedule-ignored",
        "alpha_bar does not enter: how much noise there is has been fixed in the function, and any other schedule is "
        "wrong. Where does alpha_bar enter?",
        by(lambda a: 1 - _part(a)),
        by(lambda a: 1 - _part(a) - 1 / len(a)),
        by(lambda a: (0.5 * math.pi * _part(a)).cos().square()),
        by(lambda a: (1 - torch.linspace(1e-4, 0.02, len(a), dtype=a.dtype, device=a.device)).cumprod(0)),
        lambda x, t, a, e: x + e,
        lambda x, t, a, e: (x + e) / math.sqrt(2),
    ),
    wrong(
        "one-step-of-noise",
        "Only the noise of the last step is added, not that of all steps up to it: alpha_bar has been divided back "
        "into alphas. How many steps lie between x0 and x_t?",
        by(lambda a: a / _before(a)),
    ),
    wrong(
        "cumulated-again",
        "alpha_bar is multiplied up once more. It is the product of all alphas up to a step already. What does the "
        "bar stand for?",
        by(lambda a: a.cumprod(0)),
        by(lambda a: (1 - a).cumprod(0)),
    ),
    wrong(
        "another-share",
        "The two variances add up to 1, as they should, and the share of the signal is another than alpha_bar[t]: the "
        "schedule has been changed on the way. Which operations lie between alpha_bar[t] and your two roots?",
        by(lambda a: a / a[0]),
        by(lambda a: a**3),
        by(lambda a: 1 - (1 - a) ** 3),
        by(lambda a: 0.5 * a),
    ),
    wrong(
        "first-step-changed",
        "The first step is treated in a way of its own: it is left clean, or skipped. t = 0 is a step like any other, "
        "with the noise that alpha_bar[0] says. Which state has no noise at all?",
        lambda x, t, a, e: torch.where((t == 0)[:, None], x, mixed(a[t][:, None], x, e)),
        at(lambda t, count: t.clamp(min=1)),
    ),
    wrong(
        "last-step-changed",
        "The last step is treated in a way of its own: it is made pure noise, or never reached. There is still some "
        "signal in it, as much as the last entry of alpha_bar says. How much noise belongs to t = T - 1?",
        lambda x, t, a, e: torch.where((t == len(a) - 1)[:, None], e, mixed(a[t][:, None], x, e)),
        at(lambda t, count: t.clamp(max=count - 2)),
    ),
    wrong(
        "alpha-bar-clamped",
        "alpha_bar is kept away from 0 or 1, or something is added to a variance. Where there is almost no noise, or "
        "almost no signal, the state is then another. Which values of alpha_bar need protection under a root?",
        *(by(lambda a, end=end: a.clamp(min=end)) for end in (1e-3, 1e-2)),
        *(by(lambda a, end=end: a.clamp(max=1 - end)) for end in (1e-3, 1e-2)),
        by(lambda a: a.clamp(1e-3, 1 - 1e-3)),
        by(lambda a: a.clamp(1e-2, 1 - 1e-2)),
        *(of(lambda x, e, a, more=more: a.sqrt() * x + (1 - a + more).sqrt() * e) for more in (1e-5, 1e-4, 1e-3)),
        *(of(lambda x, e, a, more=more: a.sqrt() * x + ((1 - a).sqrt() + more) * e) for more in (1e-5, 1e-4, 1e-3)),
    ),
)
