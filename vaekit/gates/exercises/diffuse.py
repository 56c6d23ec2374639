"""The task: data, noised to any step at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from vaekit.gates.arguments import Typed, typed
from vaekit.gates.banks import diffuse as bank
from vaekit.gates.checks import Settings
from vaekit.gates.probes import DTYPES, Case, Draw
from vaekit.gates.task import Ladder, Task

# B, D, T. Where factors of shape (B,) meet a square batch they broadcast without an error, so a square comes first.
INNER = ((4, 4, 8), (5, 3, 9), (2, 7, 6), (1, 6, 5), (6, 1, 9), (1, 1, 4))
WHOLE = ((7, 3, 5), (4, 4, 4), (3, 5, 2), (5, 2, 1), (1, 1, 1))


def _schedule(draw: Draw, count: int, dtype: torch.dtype) -> Tensor:
    return draw.uniform(count, low=0.6, high=0.95).cumprod(0).to(dtype)


def _steps(draw: Draw, batch: int, low: int, high: int) -> Tensor:
    """Steps from `low` to `high` - 1, not sorted where there are several; different ones where there is room."""
    order = torch.randperm(high - low, generator=draw.generator, device="cpu")[:batch] + low
    order = order[torch.arange(batch, device="cpu") % len(order)]
    return order.roll(1) if torch.equal(order, order.sort().values) else order


def _case(
    draw: Draw, size: tuple[int, int], steps: Tensor, alpha_bar: Tensor, label: str = "", scale: float = 1.0
) -> Case:
    x0, eps = (draw.normal(*size, dtype=alpha_bar.dtype, scale=scale) for _ in range(2))
    return Case((x0, steps.double(), alpha_bar, eps), label)


def _cases(draw: Draw) -> Iterator[Case]:
    """Neither end of the schedule; then both; one step for all; almost no noise, almost no signal; large."""
    for batch, width, count in INNER:
        for dtype in DTYPES:
            steps = _steps(draw, batch, 1, count - 1)
            yield _case(draw, (batch, width), steps, _schedule(draw, count, dtype))
    for batch, width, count in WHOLE:
        for dtype in DTYPES:
            steps = _steps(draw, batch, 0, count)
            yield _case(draw, (batch, width), steps, _schedule(draw, count, dtype), " with t from 0 to T - 1")
    for dtype in DTYPES:
        for step, where in ((0, "0"), (5, "T - 1")):
            steps = torch.full((3,), step, device="cpu")
            yield _case(draw, (3, 4), steps, _schedule(draw, 6, dtype), f" with t = {where} everywhere")
        ends = torch.tensor([0.9999, 0.995, 0.5, 0.005, 0.0001], dtype=dtype, device="cpu")
        yield _case(draw, (5, 3), _steps(draw, 5, 0, 5), ends, " with alpha_bar from almost 1 to almost 0")
        steps = _steps(draw, 5, 0, 8)
        yield _case(draw, (5, 3), steps, _schedule(draw, 8, dtype), " of large numbers", scale=100.0)


def _factors(answer: Callable[..., Tensor], case: Case) -> str | None:
    """Which factors an unknown mixture gives to its parts, if that is all that it does."""
    x0, t, alpha_bar, eps = (tensor.double() for tensor in case.inputs)
    whole, nothing = answer(x0, t, alpha_bar, eps), torch.zeros_like(x0, device="cpu")
    if not whole.isfinite().all() or any(torch.allclose(whole, other) for other in (x0, eps, nothing)):
        return None
    if torch.allclose(whole, answer(x0, t, alpha_bar, eps.square())):
        return "noise-ignored"
    if torch.allclose(whole, answer(x0.square(), t, alpha_bar, eps)):
        return "signal-ignored"
    if not torch.allclose(0.001 * whole, small := answer(0.001 * x0, t, alpha_bar, 0.001 * eps)):
        return "clipped" if torch.allclose(small, 0.001 * _right(x0, t, alpha_bar, eps)) else None
    if torch.allclose(whole, answer(x0, t, alpha_bar.square(), eps)):
        return "schedule-ignored"
    one = nothing + 1
    signal, noise = answer(one, t, alpha_bar, nothing), answer(nothing, t, alpha_bar, one)
    if not torch.allclose(signal * x0 + noise * eps, whole):
        return None
    return _misfit(signal, noise, alpha_bar[t.long()][:, None])


def _misfit(signal: Tensor, noise: Tensor, share: Tensor) -> str | None:
    """What is wrong with two factors."""
    if torch.allclose(signal, share.sqrt()):
        return "noise-scaled" if (noise > 0).all() else "noise-subtracted"
    if torch.allclose(noise, (1 - share).sqrt()):
        return "signal-scaled"
    if len(share.unique()) > 1 and torch.allclose(signal, signal[:1]):
        return "one-step-for-the-batch"
    preserving = torch.allclose(signal.square() + noise.square(), torch.ones_like(share))
    return "another-share" if preserving and 0.01 < share.min() and share.max() < 0.99 else None


def _right(x0: Tensor, t: Tensor, alpha_bar: Tensor, eps: Tensor) -> Tensor:
    return bank.solution(x0, t.long(), alpha_bar, eps)


def _flat(answer: Callable[..., Tensor], case: Case) -> str | None:
    """Whether a result stops following alpha_bar where it is almost 1 or almost 0."""
    one, nothing = torch.ones(1, 1, dtype=torch.float64, device="cpu"), torch.zeros(1, 1, device="cpu").double()

    def of(share: float) -> Tensor:
        """Both factors."""
        alpha_bar = torch.tensor([0.5 + 0.5 * share, share], dtype=torch.float64, device="cpu")
        return torch.cat([answer(x, one[0], alpha_bar, one - x) for x in (one, nothing)])

    near_one, near_zero = of(1 - 1e-5) - of(1 - 1e-6), of(1e-5) - of(1e-6)
    return "alpha-bar-clamped" if min(near_one[1].abs(), near_zero[0].abs()) < 1e-4 else None


TASK = Task(
    name="diffuse",
    chapter="15",
    statement="The state of B examples after step t of a diffusion, drawn in one go: x0 and the standard normal noise "
    "eps, mixed so that the signal keeps a variance of alpha_bar[t] times its own and the noise has the rest. Steps "
    "count from 0, each example has its own, and alpha_bar falls from almost 1 to almost 0.",
    shapes={"x0": "(B, D)", "t": "(B,) int64", "alpha_bar": "(T,)", "eps": "(B, D)"},
    returns="(B, D)",
    difficulty=1,
    minutes=5,
    hints=(
        "If signal and noise are independent and both have variance 1, the state has variance 1 at every step. What "
        "must the variances of its two parts add up to?",
        "alpha_bar and 1 - alpha_bar are variances. By which number do you multiply a standard normal draw to give it "
        "a certain variance?",
        "Look up one entry of alpha_bar for each example. That is (B,): give it a second axis, or it will not run "
        "along the rows. Then add sqrt(alpha_bar) x0 and sqrt(1 - alpha_bar) eps.",
    ),
    ladder=Ladder(
        worked="""
# From one piece of music to another, for each of B listeners at a moment of
# their own. Unrelated sounds add up in power, so the power stays the same
def crossfade(one, other, progress):  # (B, D), (B, D), (B,) -> (B, D)
    angle = (0.5 * math.pi * progress)[:, None]  # (B, 1), along the rows
    return angle.cos() * one + angle.sin() * other
""",
        completion="""
def diffuse(x0, t, alpha_bar, eps):
    share = alpha_bar[▢][▢]  # (B, 1)
    return share.sqrt() * x0 + ▢ * eps
""",
        blanks=("t", ":, None", "(1 - share).sqrt()"),
        broken=bank.BROKEN,
        bug="The factors are variances. A factor of one half leaves a quarter of the variance, so halfway the state "
        "has only half the variance that it should have.",
    ),
    solution=bank.solution,
    bank=bank.BANK,
    judge=typed,
    settings=Typed(
        (Tensor.clone, Tensor.long, Tensor.clone, Tensor.clone),
        Settings(
            _cases,
            ([[1.0, -0.5], [2.0, 0.0]], [2.0, 1.0], [0.9, 0.64, 0.36, 0.1], [[0.5, 1.0], [-1.0, 0.5]]),
            everywhere=(_factors,),
            hunches=(_flat,),
        ),
    ),
)
