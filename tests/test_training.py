"""The training loop: repeatable to the bit, and counting right."""

import pytest
import torch
from torch import Tensor, nn
from torch.testing import assert_close

from tests.runs import QUIET, Stopped, dataset, failing_at, loss_fn, same, state, vae
from vaekit import Dataset, fit
from vaekit.training import loop

# Repeatable


def test_the_same_arguments_give_the_same_parameters_and_history_to_the_bit():
    runs = []
    for global_seed in (1, 2):
        model = vae()
        torch.manual_seed(global_seed)  # the global state has no influence
        history = fit(model, dataset(), loss_fn, epochs=3, validation=dataset(9, 1), seed=5, **QUIET)
        runs.append((state(model), history))
    assert same(runs[0][0], runs[1][0])
    assert (runs[0][1].loss, runs[0][1].validation) == (runs[1][1].loss, runs[1][1].validation)


def test_another_seed_gives_another_run_and_neighbouring_seeds_share_no_epoch():
    seen: list[bytes] = []
    record = lambda m, b, s: seen.append(b.x.numpy().tobytes()) or loss_fn(m, b, s)  # noqa: E731
    for seed in range(4):
        fit(vae(), dataset(), record, epochs=4, seed=seed, batch_size=20, progress=False)
    assert len(set(seen)) == len(seen) == 16


@pytest.mark.parametrize("fails", [False, True])
def test_global_random_state_and_thread_count_are_left_as_they_were(fails):
    torch.set_num_threads(2)
    try:
        before, inside = torch.get_rng_state(), []
        loss = failing_at(4 if fails else -1)
        try:
            fit(vae(), dataset(), lambda *a: inside.append(torch.get_num_threads()) or loss(*a), epochs=2, **QUIET)
        except Stopped:
            assert fails
        assert torch.equal(torch.get_rng_state(), before)
        assert torch.get_num_threads() == 2 and set(inside) == {1}
        fit(
            vae(),
            dataset(),
            lambda *a: inside.append(torch.get_num_threads()) or loss_fn(*a),
            epochs=1,
            threads=3,
            **QUIET,
        )
        assert torch.get_num_threads() == 2 and inside[-1] == 3
    finally:
        torch.set_num_threads(1)


def test_validation_does_not_change_training_and_is_measured_with_the_same_noise_each_time():
    plain, validated = vae(), vae()
    history = fit(plain, dataset(), loss_fn, epochs=3, **QUIET)
    with_validation = fit(validated, dataset(), loss_fn, epochs=3, validation=dataset(9, 1), **QUIET)
    assert same(state(plain), state(validated)) and history.loss == with_validation.loss
    assert history.validation == [] and len(with_validation.validation) == 3
    still = fit(
        vae(),
        dataset(),
        lambda m, b, s: 0 * loss_fn(m, b, s) + b.x.mean() + torch.rand(()),
        epochs=3,
        validation=dataset(),
        **QUIET,
    )
    assert len(set(still.validation)) == 1 and len(set(still.loss)) == 3


def test_validation_is_without_gradients_in_evaluation_mode_and_draws_other_pixels_than_training():
    modes, pixels = [], {True: [], False: []}

    def loss(model, batch, step):
        modes.append((model.training, torch.is_grad_enabled()))
        pixels[model.training].append(batch.x[batch.y.argsort()])
        return loss_fn(model, batch, step)

    model = vae()
    fit(model, dataset(), loss, epochs=2, validation=dataset(), batch_size=20, progress=False)
    assert modes == [(True, True), (False, False)] * 2 and not model.training
    assert not any(torch.equal(one, other) for one in pixels[True] for other in pixels[False])


def peak_correlation(one: Tensor, other: Tensor) -> float:
    """The largest correlation of two sequences over all shifts of one against the other."""
    one, other = ((each - each.mean()) / each.std() for each in (one, other))
    spectrum = torch.fft.rfft(one, 2 * len(one)) * torch.fft.rfft(other, 2 * len(one)).conj()
    return torch.fft.irfft(spectrum).abs().max().item() / len(one)


def test_pixels_noise_and_epochs_come_from_unrelated_streams():
    data = Dataset(torch.full((64, 100), 0.5), torch.arange(64), binarize="dynamic")
    streams: list[Tensor] = []

    def loss(model, batch, step):
        streams.extend([batch.x.flatten(), -torch.rand(6400)])
        return model.weight.sum() * 0

    fit(nn.Linear(1, 1), data, loss, epochs=2, validation=data, batch_size=64, progress=False)
    assert len(streams) == 8
    assert peak_correlation(streams[0], streams[0]) > 0.99
    validation = {2: 6, 3: 7}  # the same pixels and noise after each epoch, on purpose
    for i, one in enumerate(streams):
        for j, other in enumerate(streams[:i]):
            assert validation.get(j) == i or peak_correlation(one, other) < 0.1, (i, j)


# What the loop counts


def test_seeds_epochs_and_purposes_all_have_streams_of_their_own():
    seeds = [0, 1, 2, 2**31, 2**32 - 1]
    keys = [(s, epoch, purpose) for s in seeds for epoch in (None, *range(100)) for purpose in ("data", "draws")]
    assert len({loop._stream(*key) for key in keys}) == len(keys)
    assert max(loop._stream(*key) for key in keys) < 2**32


def test_steps_count_batches_from_zero_over_all_epochs():
    seen = []
    fit(vae(), dataset(20), lambda m, b, s: seen.append((s, len(b))) or loss_fn(m, b, s), epochs=2, **QUIET)
    assert seen == [(0, 8), (1, 8), (2, 4), (3, 8), (4, 8), (5, 4)]


@pytest.mark.parametrize("validation", [None, dataset(20)])
def test_history_weighs_a_smaller_last_batch_by_its_size(validation):
    weight = lambda m, b, s: b.y.float().mean() + 0 * m.decoder.head.logits.bias.sum()  # noqa: E731
    history = fit(vae(), dataset(20), weight, epochs=2, validation=validation, **QUIET)
    assert_close(history.loss, [9.5, 9.5])
    assert_close(history.validation, [] if validation is None else [9.5, 9.5])
    assert len(history) == 2 == len(history.seconds) and min(history.seconds) > 0


def test_training_is_adam_on_the_mean_loss():
    by_hand, trained = nn.Linear(6, 1), nn.Linear(6, 1)
    trained.load_state_dict(by_hand.state_dict())
    x = torch.randn(12, 6, generator=torch.Generator().manual_seed(0))
    square = lambda m, b, s: m(b.x).square().mean()  # noqa: E731
    seen = []
    fit(trained, Dataset(x, torch.arange(12)), lambda m, b, s: seen.append(b) or square(m, b, s), epochs=2, **QUIET)
    optimizer = torch.optim.Adam(by_hand.parameters(), lr=0.01)
    for batch in seen:
        optimizer.zero_grad()
        square(by_hand, batch, 0).backward()
        optimizer.step()
    assert same(state(trained), state(by_hand))


def test_training_lowers_the_loss():
    history = fit(vae(), dataset(100), loss_fn, epochs=12, **{**QUIET, "lr": 0.05})
    assert history.loss[-1] < history.loss[0] - 0.1


def test_small_models_train_on_one_thread_and_large_ones_on_those_there_are(monkeypatch):
    torch.set_num_threads(2)
    try:
        monkeypatch.setattr(loop, "_SMALL", 10)
        with loop._threads(nn.Linear(3, 3), None):
            assert torch.get_num_threads() == 2
        with loop._threads(nn.Linear(2, 2), None):
            assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(1)
