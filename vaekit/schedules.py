"""Weights that change in training: plain functions from the step to a number.

`fit` counts steps from 0 over the whole run, not over an epoch, and hands the count to the loss:
`lambda model, batch, step: weighted_loss(elbo(model, batch.x), beta=warmup(step))`.
"""

from __future__ import annotations

from collections.abc import Callable

from vaekit._checks import finite_number, positive_int


def linear_warmup(steps: int) -> Callable[[int], float]:
    """A weight that rises from 0 at step 0 to 1 at `steps` in equal parts, and stays there: min(1, step / steps).

    Source: Bowman et al. (2016), who anneal the weight of the KL (with a sigmoid; Sønderby et al., 2016, linearly).

    Args:
        steps: where it reaches 1. With 0 it is 1 everywhere.

    Returns:
        A function of the step, an integer >= 0; it keeps no state, so that it cannot restart.

    Raises:
        TypeError: if `steps`, or later a step, is not an integer.
        ValueError: if it is negative.
    """
    positive_int("steps", steps, least=0)

    def weight(step: int) -> float:
        positive_int("step", step, least=0)
        return min(1.0, step / steps) if steps else 1.0

    return weight


def cyclical(period: int, *, ramp: float = 0.5) -> Callable[[int], float]:
    """A weight that starts anew every `period` steps: 0 -> 1 over the first `ramp` of the period, then 1.

    min(1, t / (ramp · period)) with t = step mod period. Source: Fu et al. (2019).

    Args:
        period: steps from one start to the next.
        ramp: the part of a period in which the weight rises, above 0 and at most 1.

    Returns:
        A function of the step, an integer >= 0, with exactly this period.

    Raises:
        TypeError: if `period`, or later a step, is not an integer, or `ramp` is not a number.
        ValueError: if a number is out of range.
    """
    positive_int("period", period)
    if finite_number("ramp", ramp, low=0.0, strict=True) > 1:
        raise ValueError(f"ramp: got {ramp}; expected a number above 0 and at most 1, a part of the period")

    def weight(step: int) -> float:
        return min(1.0, positive_int("step", step, least=0) % period / (ramp * period))

    return weight
