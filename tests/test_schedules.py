"""Schedules: exact values, and that none restarts or overshoots within a run (misconception 39)."""

import pytest

from tests.bad_input import Case, check, unchecked  # noqa: F401
from tests.runs import QUIET, dataset, loss_fn, vae
from vaekit import cyclical, elbo, fit, linear_warmup, weighted_loss


def test_warmup_is_zero_at_the_first_step_a_line_up_to_the_last_and_one_from_there_on():
    weight = linear_warmup(8)
    assert [weight(step) for step in (0, 1, 2, 4, 7, 8, 9, 10**9)] == [0.0, 0.125, 0.25, 0.5, 0.875, 1.0, 1.0, 1.0]
    assert linear_warmup(1)(0) == 0.0 and linear_warmup(1)(1) == 1.0


def test_without_steps_the_weight_is_one_everywhere():
    assert [linear_warmup(0)(step) for step in (0, 1, 100)] == [1.0, 1.0, 1.0]


def test_cycles_rise_over_their_ramp_hold_one_and_start_anew_exactly_every_period():
    weight = cyclical(8)
    assert [weight(step) for step in range(9)] == [0.0, 0.25, 0.5, 0.75, 1.0, 1.0, 1.0, 1.0, 0.0]
    assert [cyclical(4, ramp=1.0)(step) for step in range(5)] == [0.0, 0.25, 0.5, 0.75, 0.0]
    assert [cyclical(10, ramp=0.2)(step) for step in range(4)] == [0.0, 0.5, 1.0, 1.0]
    for period, ramp in ((1, 0.5), (7, 0.3), (100, 0.5)):
        weight = cyclical(period, ramp=ramp)
        values = [weight(step) for step in range(period)]
        assert values[0] == 0.0 and all(0 <= value <= 1 for value in values) and values == sorted(values)
        assert [weight(step + 3 * period) for step in range(period)] == values


def test_a_first_cycle_is_a_warmup_over_its_ramp():
    assert [cyclical(20)(step) for step in range(20)] == [linear_warmup(10)(step) for step in range(20)]


def test_a_schedule_keeps_no_state_so_that_the_order_of_calls_does_not_matter():
    for weight in (linear_warmup(10), cyclical(10)):
        forward = [weight(step) for step in range(40)]
        assert [weight(step) for step in reversed(range(40))] == forward[::-1]


def test_over_a_run_of_several_epochs_a_warmup_rises_once_and_never_falls_or_exceeds_one():
    warmup, seen = linear_warmup(7), []

    def loss(model, batch, step):
        seen.append(warmup(step))
        return weighted_loss(elbo(model, batch.x), beta=seen[-1])

    fit(vae(), dataset(), loss, epochs=4, **QUIET)  # 3 batches an epoch
    assert seen == [min(1.0, step / 7) for step in range(12)]


def test_a_schedule_that_ends_at_once_trains_as_no_schedule_does():
    def loss(model, batch, step):
        return weighted_loss(elbo(model, batch.x), beta=linear_warmup(0)(step))

    histories = [fit(vae(), dataset(), each, epochs=2, **QUIET).loss for each in (loss, loss_fn)]
    assert histories[0] == histories[1]


CASES = {
    "steps: negative": Case(lambda: linear_warmup(-1), ValueError, "steps", "-1"),
    "steps: float": Case(lambda: linear_warmup(10.0), TypeError, "steps", "10.0"),
    "warmup: step": Case(lambda: linear_warmup(10)(-1), ValueError, "step", "-1"),
    "warmup: fraction": Case(lambda: linear_warmup(10)(0.5), TypeError, "step", "0.5"),
    "no warmup: step": Case(lambda: linear_warmup(0)(-1), ValueError, "step", "-1"),
    "period: none": Case(lambda: cyclical(0), ValueError, "period", "0"),
    "period: float": Case(lambda: cyclical(2.5), TypeError, "period", "2.5"),
    "ramp: none": Case(lambda: cyclical(10, ramp=0), ValueError, "ramp", "0"),
    "ramp: too long": Case(lambda: cyclical(10, ramp=1.5), ValueError, "ramp", "1.5"),
    "ramp: NaN": Case(lambda: cyclical(10, ramp=float("nan")), ValueError, "ramp", "nan"),
    "cyclical: step": Case(lambda: cyclical(10)(-3), ValueError, "step", "-3"),
}


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("name", CASES)
def test_the_error_names_the_argument_what_came_and_what_was_expected(name):
    check(CASES[name])
