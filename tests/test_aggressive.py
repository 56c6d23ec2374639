"""Aggressive training: the encoder alone goes first, until it stops improving, and nothing else is touched."""

import copy

import pytest
import torch
from torch.testing import assert_close

from tests.bad_input import Case, check, unchecked  # noqa: F401
from tests.runs import QUIET, dataset, loss_fn, same, state, vae
from vaekit import Batch, aggressive, fit

BATCH = Batch(torch.ones(8, 6), torch.arange(8))


def parts(model) -> tuple[dict, dict]:
    """The encoder's parameters, and all others."""
    named = {name: value.detach().clone() for name, value in model.named_parameters()}
    encoder = {name: value for name, value in named.items() if name.startswith("encoder.")}
    return encoder, {name: value for name, value in named.items() if name not in encoder}


def changed(before: dict, after: dict) -> set[str]:
    return {name for name in before if not torch.equal(before[name], after[name])}


def counting(calls: list, loss=loss_fn):
    return lambda model, batch, step: (
        calls.append((step, len(batch), torch.is_grad_enabled())) or loss(model, batch, step)
    )


def test_the_inner_loop_changes_the_parameters_of_the_encoder_and_no_others_and_leaves_no_gradients():
    model = vae()
    before = parts(model)
    loss = aggressive(loss_fn, model.encoder, dataset(), steps=1, inner_steps=5)(model, BATCH, 0)
    after = parts(model)
    assert changed(before[0], after[0]) == set(before[0]) and not changed(before[1], after[1])
    assert all(parameter.grad is None for parameter in model.parameters())
    loss.backward()
    assert all(parameter.grad is not None for parameter in model.parameters())


def test_an_inner_step_is_one_step_of_adam_on_the_encoder():
    model, data = vae().eval(), dataset()
    twin = copy.deepcopy(model)
    seen = []
    watch = lambda m, b, step: seen.append(b) or loss_fn(m, b, step)  # noqa: E731
    torch.manual_seed(3)
    aggressive(watch, model.encoder, data, steps=1, inner_steps=1, lr=0.1)(model, BATCH, 0)
    adam = torch.optim.Adam(twin.encoder.parameters(), lr=0.1)
    torch.manual_seed(3)
    torch.randint(2**32, (), device="cpu")  # the seed of the inner batches
    loss_fn(twin, seen[0], 0).backward()
    adam.step()
    assert same(state(model.encoder), state(twin.encoder))


@pytest.mark.parametrize("arguments", [{"steps": 4, "inner_steps": 0}, {"steps": 0}])
def test_without_inner_steps_it_is_the_plain_loss_to_the_bit(arguments):
    plain, other = vae(), vae()
    fit(plain, dataset(), loss_fn, epochs=2, **QUIET)
    fit(other, dataset(), aggressive(loss_fn, other.encoder, dataset(), **arguments), epochs=2, **QUIET)
    assert same(state(plain), state(other))


def test_only_the_first_steps_are_aggressive_each_with_at_most_the_inner_steps_on_batches_of_the_same_size():
    calls, model = [], vae()
    loss = aggressive(counting(calls), model.encoder, dataset(), steps=2, inner_steps=7, window=100)
    fit(model, dataset(24), loss, epochs=1, **QUIET)  # 3 batches of 8
    assert [step for step, *_ in calls] == [0] * 8 + [1] * 8 + [2]
    assert {size for _, size, _ in calls} <= {8, 4}


def test_the_inner_loop_stops_at_the_first_window_that_is_not_better():
    losses = iter([5.0, 5.0, 4.0, 4.0, 4.5, 4.5, 0.0, 0.0])
    calls, model = [], vae()

    def scripted(model, batch, step):
        calls.append(step)
        value = sum(p.sum() for p in model.parameters())
        return value - value.detach() + next(losses)

    aggressive(scripted, model.encoder, dataset(), steps=1, inner_steps=50, window=2)(model, BATCH, 0)
    assert len(calls) == 6 + 1  # three windows of two, the third no better, and the outer loss


def test_the_encoder_catches_up():
    model, data = vae().eval(), dataset(200)
    batch = Batch((data.x > 0.5).float(), data.y)
    before = sum(loss_fn(model, batch, 0).item() for _ in range(50)) / 50
    aggressive(loss_fn, model.encoder, data, steps=1, inner_steps=300, window=100, lr=0.02)(model, batch, 0)
    assert sum(loss_fn(model, batch, 0).item() for _ in range(50)) / 50 < before - 0.02


def test_a_run_repeats_itself_to_the_bit_and_leaves_the_global_random_state_alone():
    before, runs = torch.get_rng_state(), []
    for _ in range(2):
        model = vae()
        loss = aggressive(loss_fn, model.encoder, dataset(), steps=3, inner_steps=4)
        history = fit(model, dataset(), loss, epochs=2, validation=dataset(9, 1), **QUIET)
        runs.append((state(model), history.loss, history.validation))
    assert same(runs[0][0], runs[1][0]) and runs[0][1:] == runs[1][1:]
    assert torch.equal(torch.get_rng_state(), before)


def test_a_validation_does_not_train():
    calls, model = [], vae()
    loss = aggressive(counting(calls), model.encoder, dataset(), steps=100, inner_steps=5)
    before = state(model)
    with torch.no_grad():
        assert_close(loss(model.eval(), BATCH, 0).ndim, 0)
    assert len(calls) == 1 and not calls[0][2] and same(state(model), before)


def test_an_inner_loss_that_is_not_finite_stops_before_it_does_harm():
    model = vae()
    before = parts(model)
    bad = lambda m, b, step: loss_fn(m, b, step) * float("nan")  # noqa: E731
    with pytest.raises(FloatingPointError, match=r"inner.*not finite") as caught:
        fit(model, dataset(), aggressive(bad, model.encoder, dataset(), steps=1), epochs=1, **QUIET)
    assert any("step 0" in note for note in caught.value.__notes__)
    assert not changed(before[0], parts(model)[0])


MODEL = vae()
BAD = {
    "encoder": Case(lambda: aggressive(loss_fn, None, dataset(), steps=1), TypeError, "encoder", "NoneType"),
    "data": Case(lambda: aggressive(loss_fn, MODEL.encoder, BATCH, steps=1), TypeError, "data", "Batch"),
    "loss": Case(lambda: aggressive(3, MODEL.encoder, dataset(), steps=1), TypeError, "loss_fn", "int"),
    "steps": Case(lambda: aggressive(loss_fn, MODEL.encoder, dataset(), steps=-1), ValueError, "steps", "-1"),
    "inner": Case(
        lambda: aggressive(loss_fn, MODEL.encoder, dataset(), steps=1, inner_steps=2.5), TypeError, "inner_steps", "2.5"
    ),
    "window": Case(lambda: aggressive(loss_fn, MODEL.encoder, dataset(), steps=1, window=0), ValueError, "window", "0"),
    "lr": Case(lambda: aggressive(loss_fn, MODEL.encoder, dataset(), steps=1, lr=0.0), ValueError, "lr", "0"),
}


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("name", BAD)
def test_aggressive_says_what_is_wrong_with_its_arguments(name):
    check(BAD[name])
