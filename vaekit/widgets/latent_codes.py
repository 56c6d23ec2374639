"""What the widgets of a latent space share: a decoder, encoded examples, and the density of the aggregate posterior."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import traitlets
from ipywidgets import widget_serialization

from vaekit.widgets.base import Array, as_array, complain, source
from vaekit.widgets.weights import DecoderWeights

MAX_CODES = 5000
RESOLUTION = 129  # grid points a side: 33 KB
FLOOR = -30.0  # nats; what the grid holds where no cloud is near
Posteriors = tuple[Array, Array]


def _extent(codes: np.ndarray, extent: float | None) -> float:
    """Half width of the plane: as given, or just wide enough for the codes and the prior's third ring."""
    if extent is None:
        return max(3.5, math.ceil(4.1 * float(np.abs(codes).max())) / 4)
    if not (math.isfinite(extent) and extent > 0):
        raise complain("extent", "a positive number", extent)
    return float(extent)


def _classes(labels: np.ndarray, classes: Sequence[str] | None) -> list[str]:
    """Marks of the classes, `"0"`, `"1"`, … unless given."""
    marks = [str(k) for k in range(int(labels.max()) + 1)] if classes is None else list(classes)
    if len(marks) <= labels.max() or len(marks) > 10:
        raise complain("classes", f"a mark for every label (0 to {labels.max()}), at most 10", f"{len(marks)} marks")
    if not all(isinstance(mark, str) and 1 <= len(mark) <= 2 for mark in marks):
        raise complain("classes", "marks of one or two characters", marks)
    return marks


def aggregate_grid(posteriors: Posteriors, extent: float, resolution: int = RESOLUTION) -> np.ndarray:
    """Tabulate log q(z) in nats over the plane, q(z) = (1/M) sum_m N(z; m_m, diag s_m^2), at least `FLOOR`.

    Args:
        posteriors: means and standard deviations of q(z|x), each `(M, 2)`.
        extent: half width of the plane.
        resolution: points a side, R.

    Returns:
        `(R, R)` float64, z2 along the rows and z1 along the columns, both from -extent to extent.

    Raises:
        TypeError: if `posteriors` is no pair.
        ValueError: for shapes that differ, values that are not finite, or a standard deviation that is not positive.
    """
    if not isinstance(posteriors, tuple | list) or len(posteriors) != 2:
        raise TypeError(f"posteriors: got {type(posteriors).__name__}; expected (means, scales)")
    means = as_array("posteriors[0]", posteriors[0], (None, 2), "<f8")
    scales = as_array("posteriors[1]", posteriors[1], (len(means), 2), "<f8")
    if not (scales > 0).all():
        raise complain("posteriors[1]", "positive standard deviations", f"a smallest of {scales.min()}")
    axis = np.linspace(-extent, extent, resolution)[:, None]
    across, up = (
        np.exp(-0.5 * ((axis - m) / s) ** 2) / (math.sqrt(2 * math.pi) * s)
        for m, s in zip(means.T, scales.T, strict=True)
    )
    with np.errstate(divide="ignore"):
        return np.maximum(np.log(up @ across.T / len(means)), FLOOR)


class LatentCodes(traitlets.HasTraits):
    """Traits of a decoder and of encoded examples."""

    weights = traitlets.Instance(DecoderWeights).tag(sync=True, **widget_serialization)
    codes = traitlets.Bytes(help="(N, L) float32.").tag(sync=True)
    labels = traitlets.Bytes(help="(N,) uint8.").tag(sync=True)
    count = traitlets.Int().tag(sync=True)
    classes = traitlets.List(traitlets.Unicode()).tag(sync=True)
    image_shape = traitlets.List(traitlets.Int()).tag(sync=True)
    extent = traitlets.Float().tag(sync=True)

    @traitlets.default("_css")
    def _read_styles(self) -> str:
        return source("widgets.css") + source("latent.css")

    def _check_point(self, name: str, point: list[float], size: int) -> list[float]:
        """`point`, if it is `size` numbers within the plane's half width."""
        if len(point) != size or not all(abs(v) <= self.extent for v in point):
            numbers = "two numbers" if size == 2 else f"{size} numbers"
            raise complain(name, f"{numbers} between -{self.extent:g} and {self.extent:g}", list(point))
        return point

    def describe(self) -> dict[str, Any]:
        """Decoder, number of codes and image size."""
        return {"weights": self.weights, "codes": self.count, "image_shape": tuple(self.image_shape)}


class LatentPlane(LatentCodes):
    """Traits of a two-dimensional latent space, with the aggregate posterior where it is known."""

    resolution = traitlets.Int(0, help="Points a side of `aggregate`; 0: none.").tag(sync=True)
    aggregate = traitlets.Bytes(help="(resolution, resolution) float16: log q(z), rows upwards.").tag(sync=True)


def code_traits(
    weights: DecoderWeights,
    codes: Array,
    labels: Array,
    image_shape: tuple[int, int],
    *,
    inputs: int,
    classes: Sequence[str] | None,
    extent: float | None,
) -> dict[str, Any]:
    """The traits of `LatentCodes`, checked against one another and against a decoder of `inputs` inputs."""
    if not isinstance(weights, DecoderWeights):
        raise TypeError(f"weights: got {type(weights).__name__}; expected DecoderWeights")
    rows, columns = image_shape
    if (weights.inputs, weights.outputs) != (inputs, rows * columns):
        made = f"{weights.inputs} inputs and {weights.outputs} outputs"
        raise complain("weights", f"{inputs} inputs and {rows * columns} outputs", made)
    points = as_array("codes", codes, (None, inputs), "<f4")
    if len(points) > MAX_CODES:
        raise complain("codes", f"at most {MAX_CODES} rows", len(points))
    names = as_array("labels", labels, (len(points),), "u1")
    return {
        "weights": weights,
        "codes": points.tobytes(),
        "labels": names.tobytes(),
        "count": len(points),
        "classes": _classes(names, classes),
        "image_shape": [rows, columns],
        "extent": _extent(points, extent),
    }


def aggregate_traits(posteriors: Posteriors | None, extent: float) -> dict[str, Any]:
    """The traits that `LatentPlane` adds; none without `posteriors`."""
    if posteriors is None:
        return {}
    grid = aggregate_grid(posteriors, extent)
    return {"resolution": len(grid), "aggregate": grid.astype("<f2").tobytes()}
