"""Bad input to data, training, persistence and plots: the error names the argument, what came and what was expected."""

from pathlib import Path

import matplotlib
import pytest
import torch
from torch import nn

matplotlib.use("Agg")

from tests.bad_input import Case, check, unchecked  # noqa: E402, F401
from tests.runs import dataset, loss_fn, vae  # noqa: E402
from vaekit import Dataset, fit, load_dataset, plots, restore, save  # noqa: E402

pytestmark = pytest.mark.usefixtures("unchecked")
NAN = float("nan")
X, LABELS = torch.rand(3, 4), torch.arange(3)


def train(model=None, data=None, loss=loss_fn, **arguments):
    settings = {"epochs": 1, "progress": False, **arguments}
    return fit(vae() if model is None else model, dataset() if data is None else data, loss, **settings)


def constant(value: object):
    return lambda model, batch, step: value


DATA = {
    "name": Case(lambda: load_dataset("mnist"), ValueError, "name", "'mnist'"),
    "name: list": Case(lambda: load_dataset(["mnist5k"]), ValueError, "name", "['mnist5k']"),
    "split": Case(lambda: load_dataset("digits", split="valid"), ValueError, "split", "'valid'"),
    "binarize": Case(lambda: load_dataset("digits", binarize=True), ValueError, "binarize", "True"),
    "seed": Case(lambda: load_dataset("digits", binarize="static", seed=1.5), TypeError, "seed", "1.5"),
    "device": Case(lambda: load_dataset("digits", device="gpu"), ValueError, "device", "'gpu'"),
    "x: list": Case(lambda: Dataset([[0.0]], LABELS[:1]), TypeError, "x", "list"),
    "x: int": Case(lambda: Dataset(X.long(), LABELS), TypeError, "x", "int64"),
    "x: images": Case(lambda: Dataset(X.reshape(3, 2, 2), LABELS), ValueError, "x", "(3, 2, 2)"),
    "x: empty": Case(lambda: Dataset(X[:0], LABELS[:0]), ValueError, "x", "(0, 4)"),
    "x: nan": Case(lambda: Dataset(X * NAN, LABELS), ValueError, "x", "12 of 12"),
    "x: range": Case(lambda: Dataset(255 * (X + 1), LABELS, binarize="dynamic"), ValueError, "x", "to "),
    "y: list": Case(lambda: Dataset(X, [0, 1, 2]), TypeError, "y", "list"),
    "y: length": Case(lambda: Dataset(X, LABELS[:2]), ValueError, "y", "(2,)"),
    "y: float": Case(lambda: Dataset(X, LABELS.float()), TypeError, "y", "float32"),
    "binarize: static": Case(lambda: Dataset(X, LABELS, binarize="static"), ValueError, "binarize", "'static'"),
    "shape": Case(lambda: Dataset(X, LABELS, image_shape=(2, 3)), ValueError, "image_shape", "(2, 3)"),
    "batches: 0": Case(lambda: list(dataset().batches(0, 0)), ValueError, "size", "0"),
    "batches: float": Case(lambda: list(dataset().batches(2.0, 0)), TypeError, "size", "2.0"),
    "batches: seed": Case(lambda: list(dataset().batches(2, None)), TypeError, "seed", "None"),
    "to": Case(lambda: dataset().to("gpu"), ValueError, "device", "'gpu'"),
}
FIT = {
    "model": Case(lambda: train(model=3), TypeError, "model", "int"),
    "model: empty": Case(lambda: train(model=nn.Tanh()), ValueError, "model", "Tanh"),
    "data": Case(lambda: train(data=X), TypeError, "data", "Tensor"),
    "loss_fn": Case(lambda: train(loss=None), TypeError, "loss_fn", "NoneType"),
    "epochs": Case(lambda: train(epochs=-1), ValueError, "epochs", "-1"),
    "epochs: float": Case(lambda: train(epochs=1.0), TypeError, "epochs", "1.0"),
    "batch_size": Case(lambda: train(batch_size=0), ValueError, "batch_size", "0"),
    "lr": Case(lambda: train(lr=0.0), ValueError, "lr", "0"),
    "lr: nan": Case(lambda: train(lr=NAN), ValueError, "lr", "nan"),
    "seed": Case(lambda: train(seed=1.5), TypeError, "seed", "1.5"),
    "seed: negative": Case(lambda: train(seed=-1), ValueError, "seed", "-1"),
    "seed: huge": Case(lambda: train(seed=2**60), ValueError, "seed", str(2**60)),
    "device": Case(lambda: train(device="gpu"), ValueError, "device", "'gpu'"),
    "validation": Case(lambda: train(validation=X), TypeError, "validation", "Tensor"),
    "checkpoint": Case(lambda: train(checkpoint=3), TypeError, "checkpoint", "int"),
    "resume": Case(lambda: train(resume=True), ValueError, "checkpoint", "None"),
    "threads": Case(lambda: train(threads=0), ValueError, "threads", "0"),
    "loss: float": Case(lambda: train(loss=constant(1.0)), ValueError, "loss_fn", "float at step 0"),
    "loss: none": Case(lambda: train(loss=constant(None)), ValueError, "loss_fn", "NoneType at step 0"),
    "loss: vector": Case(lambda: train(loss=constant(torch.ones(8))), ValueError, "loss_fn", "(8,) at step 0"),
    "loss: detached": Case(lambda: train(loss=constant(torch.ones(()))), ValueError, "loss_fn", "gradient"),
}
FILES = {
    "save: model": Case(lambda: save(None, "unused"), TypeError, "model", "NoneType"),
    "save: path": Case(lambda: save(nn.Linear(1, 1), 3), TypeError, "path", "int"),
    "restore: model": Case(lambda: restore(None, "unused"), TypeError, "model", "NoneType"),
    "restore: path": Case(lambda: restore(nn.Linear(1, 1), None), TypeError, "path", "NoneType"),
}
PLOTS = {
    "images: list": Case(lambda: plots.image_grid([[0.0]], (1, 1), columns=1), TypeError, "images", "list"),
    "images: width": Case(lambda: plots.image_grid(X, (2, 3), columns=1), ValueError, "images", "(3, 4)"),
    "images: none": Case(lambda: plots.image_grid(X[:0], (2, 2), columns=1), ValueError, "images", "(0, 4)"),
    "columns": Case(lambda: plots.image_grid(X, (2, 2), columns=0), ValueError, "columns", "0"),
    "shape": Case(lambda: plots.image_grid(X, 4, columns=1), TypeError, "image_shape", "int"),
    "series": Case(lambda: plots.curves({}, xlabel="", ylabel=""), ValueError, "series", "{}"),
    "codes": Case(lambda: plots.latent_scatter(X, LABELS), ValueError, "codes", "(3, 4)"),
    "labels": Case(lambda: plots.latent_scatter(X[:, :2], LABELS[:2]), ValueError, "labels", "(2,)"),
    "labels: range": Case(lambda: plots.latent_scatter(X[:, :2], LABELS + 9), ValueError, "labels", "11"),
}


@pytest.mark.parametrize("name", DATA)
def test_data_sets_say_what_is_wrong_with_their_arguments(name):
    check(DATA[name])


@pytest.mark.parametrize("name", FIT)
def test_fit_says_what_is_wrong_with_its_arguments_and_leaves_the_random_state_alone(name):
    before = torch.get_rng_state(), torch.get_num_threads()
    check(FIT[name])
    assert torch.equal(torch.get_rng_state(), before[0]) and torch.get_num_threads() == before[1]


@pytest.mark.parametrize("name", FILES)
def test_saving_says_what_is_wrong_with_its_arguments_and_leaves_no_file(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    check(FILES[name])
    assert list(Path.cwd().iterdir()) == []


def test_restoring_a_file_that_is_absent_is_a_file_not_found_error(tmp_path):
    with pytest.raises(FileNotFoundError, match="absent"):
        restore(nn.Linear(1, 1), tmp_path / "absent")


@pytest.mark.parametrize("name", PLOTS)
def test_plots_say_what_is_wrong_with_their_arguments_and_open_no_figure(name):
    before = matplotlib.pyplot.get_fignums()
    check(PLOTS[name])
    assert matplotlib.pyplot.get_fignums() == before
