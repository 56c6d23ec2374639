"""What goes wrong with the steps of a posterior mean: another step, above all before the first."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from vaekit.gates.task import Function, wrong

Parts = tuple[Tensor, Tensor, Tensor]


def parts(t: int, alphas: Tensor, alpha_bar: Tensor) -> Parts:
    """The alpha and alpha_bar of step t, and the alpha_bar before it."""
    return alphas[t], alpha_bar[t], alpha_bar[t - 1] if t > 0 else torch.ones_like(alpha_bar[t])


def mean_of(x: Tensor, y: Tensor, a: Tensor, b: Tensor, p: Tensor) -> Tensor:
    """The mean for `x0` and `xt`, with alpha, alpha_bar and the alpha_bar before."""
    return (p.sqrt() * (1 - a) * x + a.sqrt() * (1 - p) * y) / (1 - b)


def of(change: Callable[..., Tensor]) -> Function:
    """What is made of `x0`, `xt` and the right parts."""
    return lambda x, y, t, alphas, bars: change(x, y, *parts(t, alphas, bars))


def at(change: Callable[[int, Tensor, Tensor], Parts]) -> Function:
    """Right but for the parts, which are made of `t`, `alphas` and `alpha_bar`."""
    return lambda x, y, t, alphas, bars: mean_of(x, y, *change(t, alphas, bars))


def _first(instead: Callable[[Tensor, Tensor], Tensor], last: int = 0) -> Function:
    """Something else of `x0` and `xt` up to a step, and right afterwards."""
    return lambda x, y, t, al, ab: instead(x, y) if t <= last else mean_of(x, y, *parts(t, al, ab))


def _late(function: Function) -> Function:
    """x0 at t = 0, and a function afterwards."""
    return lambda x, y, t, al, ab: x.clone() if t == 0 else function(x, y, t, al, ab)


def _by_precisions(x: Tensor, y: Tensor, a: Tensor, b: Tensor, p: Tensor) -> Tensor:
    """The mean as a compromise between two Gaussians, which needs a spread of both."""
    from_x, from_y = 1 / (1 - p), a / (1 - a)
    return (from_x * p.sqrt() * x + from_y / a.sqrt() * y) / (from_x + from_y)


OTHER_STEPS = (
    wrong(
        "previous-clamped",
        "At t = 0 it takes alpha_bar[0] for the alpha_bar before it, so some noise is left in the finished sample. How "
        "much signal is there before the first step?",
        lambda x, y, t, al, ab: mean_of(x, y, al[t], ab[t], ab[max(t - 1, 0)]),
    ),
    wrong(
        "previous-zero",
        "At t = 0 it takes 0 for the alpha_bar before it, as if noise came before the data. How much signal is there "
        "before the first step?",
        lambda x, y, t, al, ab: mean_of(x, y, al[t], ab[t], ab[t - 1] if t > 0 else 0 * ab[0]),
    ),
    wrong(
        "divides-by-zero",
        "At t = 0 it divides by zero: before the first step there is no noise, so a variance is 0 and a precision has "
        "no bound. The finished samples are all NaN. Which form of the mean needs neither?",
        of(_by_precisions),
    ),
    wrong(
        "first-step-changed",
        "It is right except at t = 0, where something else is returned. What came before the first step is known for "
        "sure. What is its mean?",
        _first(lambda x, y: y.clone()),
        _first(lambda x, y: 0 * x),
        _first(lambda x, y: 0.5 * (x + y)),
    ),
    wrong(
        "first-steps-merged",
        "Step 1 is treated as the first, as if steps counted from 1, so one of the T steps is lost. With which number "
        "does the count begin?",
        _first(lambda x, y: x.clone(), last=1),
    ),
    wrong(
        "previous-is-current",
        "It uses alpha_bar[t] where the alpha_bar before t belongs, so the step goes nowhere near far enough. Whose "
        "mean is it: that of x_t, or of the state before?",
        at(lambda t, al, ab: (al[t], ab[t], ab[t])),
        _late(at(lambda t, al, ab: (al[t], ab[t], ab[t]))),
        of(lambda x, y, a, b, p: (b.sqrt() * (1 - a) * x + a.sqrt() * (1 - p) * y) / (1 - b)),
        of(lambda x, y, a, b, p: (p.sqrt() * (1 - a) * x + a.sqrt() * (1 - b) * y) / (1 - b)),
    ),
    wrong(
        "previous-in-the-denominator",
        "It divides by the noise of the step before, which is none at t = 0. The variance of which state stands in the "
        "denominator of Bayes' rule?",
        of(lambda x, y, a, b, p: mean_of(x, y, a, p, p)),
        _late(of(lambda x, y, a, b, p: mean_of(x, y, a, p, p))),
    ),
    wrong(
        "two-steps-back",
        "It uses the alpha_bar of two steps before, or of the step after, where that of the step before belongs. Which "
        "state does the mean belong to?",
        at(lambda t, al, ab: (al[t], ab[t], ab[t - 2] if t > 1 else torch.ones_like(ab[t]))),
        _late(at(lambda t, al, ab: (al[t], ab[t], ab[t - 2]))),
        at(lambda t, al, ab: (al[t], ab[t], ab[min(t + 1, len(ab) - 1)])),
    ),
    wrong(
        "one-step-early",
        "All of it belongs to the step before: t counts from 0, and alphas[t] belongs to it. Which entry belongs to "
        "t = 0?",
        at(lambda t, al, ab: parts(t - 1, al, ab)),
        at(lambda t, al, ab: parts(max(t - 1, 0), al, ab)),
    ),
    wrong(
        "one-step-late",
        "All of it belongs to the step after, which the last step does not have: t counts from 0. Which entry belongs "
        "to t = 0?",
        at(lambda t, al, ab: parts(t + 1, al, ab)),
        at(lambda t, al, ab: parts(min(t + 1, len(al) - 1), al, ab)),
    ),
    wrong(
        "alpha-of-another-step",
        "alpha_bar is right and alpha is that of another step, so the two weights no longer fit. Which alpha leads "
        "from the state before to x_t?",
        at(lambda t, al, ab: (al[t - 1], *parts(t, al, ab)[1:])),
        _late(at(lambda t, al, ab: (al[t - 1], *parts(t, al, ab)[1:]))),
        at(lambda t, al, ab: (al[min(t + 1, len(al) - 1)], *parts(t, al, ab)[1:])),
    ),
    wrong(
        "time-reversed",
        "The schedule is read from its end. Sampling runs from the last step to the first, but t is already the step "
        "meant. Which entry belongs to t = 0?",
        at(lambda t, al, ab: parts(len(al) - 1 - t, al, ab)),
    ),
    wrong(
        "step-ignored",
        "t does not enter: every step is treated as the last one. Where does t enter?",
        at(lambda t, al, ab: parts(len(al) - 1, al, ab)),
    ),
    wrong(
        "cumulated-again",
        "alpha_bar is multiplied up once more. It is the product of all alphas up to a step already. What does the bar "
        "stand for?",
        at(lambda t, al, ab: parts(t, al, ab.cumprod(0))),
    ),
    wrong(
        "alphas-taken-for-betas",
        "alphas are taken for the variances of the noise, and 1 - alphas is multiplied up. The data would be gone "
        "after two steps. Which of alpha and 1 - alpha is near 1 where a step adds little noise?",
        at(lambda t, al, ab: parts(t, 1 - al, (1 - al).cumprod(0))),
        at(lambda t, al, ab: parts(t, 1 - al, (1 - ab).cumprod(0))),
    ),
)
