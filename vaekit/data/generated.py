"""Images that are made, not found: shapes whose every factor is known, and patches cut from photographs."""

from __future__ import annotations

import itertools

import numpy as np

_SIDE, _FINE = 16, 4  # pixels of an image's side, and points on each side of a pixel over which its grey is averaged
SHAPE_FACTORS = ("shape", "size", "column", "row")
SHAPE_COUNTS = (3, 4, 8, 8)
_PATCHES, _PATCH_SEED = 2500, 0


def read_shapes() -> tuple[np.ndarray, np.ndarray]:
    """Draw a square, a disc and a triangle in every size and at every place.

    Returns:
        Images in [0, 1], `(768, 256)`, grey where an edge cuts a pixel, and the factors, `(768, 4)`: shape 0 to 2,
        size 0 to 3, column and row of the centre 0 to 7, each combination once.
    """
    factors = np.array(list(itertools.product(*map(range, SHAPE_COUNTS))))
    axis = (np.arange(_SIDE * _FINE) + 0.5) / _FINE
    x, y = np.meshgrid(axis, axis)
    images = [
        _shade(int(kind), 2.0 + 0.6 * size, x - 4.5 - column, y - 4.5 - row) for kind, size, column, row in factors
    ]
    return np.stack(images).reshape(len(factors), -1), factors


def _shade(kind: int, radius: float, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The share of each pixel that a shape around (0, 0) covers."""
    square = np.maximum(abs(x), abs(y)) < 0.85 * radius
    disc = x**2 + y**2 < radius**2
    triangle = (y < radius / 2 + 0.3) & (2 * abs(x) < y + radius)  # its tip points up
    inside = (square, disc, triangle)[kind]
    return inside.reshape(_SIDE, _FINE, _SIDE, _FINE).mean((1, 3))


def read_patches() -> tuple[np.ndarray, np.ndarray]:
    """Cut grey patches of 16x16 pixels from the two photographs that scikit-learn ships.

    Returns:
        Patches with grey values k/255, `(5000, 256)`, and which photograph each is from, `(5000,)`: 0 `china.jpg`,
        1 `flower.jpg`. Those that `load_dataset` keeps for testing come from the right fifth of the pictures alone.
    """
    from sklearn.datasets import load_sample_images

    generator = np.random.default_rng(_PATCH_SEED)
    found = []
    for picture in load_sample_images().images:
        grey = np.round(picture @ [0.299, 0.587, 0.114]) / 255
        border = int(0.8 * grey.shape[1])
        for low, high, count in ((border, grey.shape[1], _PATCHES // 5), (0, border, _PATCHES - _PATCHES // 5)):
            rows = generator.integers(grey.shape[0] - _SIDE, size=count)
            columns = generator.integers(low, high - _SIDE, size=count)
            found.append([grey[r : r + _SIDE, c : c + _SIDE].ravel() for r, c in zip(rows, columns, strict=True)])
    test_first = [found[0], found[2], found[1], found[3]]
    labels = np.repeat([0, 1, 0, 1], [len(part) for part in test_first])
    return np.concatenate(test_first), labels
