"""`LatentExplorer`: drag a point over the latent plane of a trained decoder and see what it makes of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import traitlets
from ipywidgets import widget_serialization

from vaekit.widgets.base import Array, CourseWidget, as_array, complain
from vaekit.widgets.weights import DecoderWeights

MAX_CODES = 5000


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


class LatentExplorer(CourseWidget):
    """The reader moves z over a two-dimensional latent plane and sees the decoder's mean at once.

    Args:
        weights: the decoder, two inputs and as many outputs as pixels; several widgets may share it.
        codes: `(N, 2)` encoded examples, N at most 5,000.
        labels: `(N,)` class of each code, counted from 0.
        image_shape: rows and columns of an image.
        classes: a mark of one or two characters for each class; digits unless given.
        z: where the point starts; the trait follows the reader, and setting it moves the point.
        extent: half width of the plane; wide enough for all codes and three standard deviations unless given.
        texts: `title`, `question`, `answer`, `tip`, where the defaults do not fit.

    Raises:
        ValueError: for shapes, labels or marks that do not fit, values that are not finite, or z outside the plane.
    """

    parts = ("images.js",)
    script = "latent_explorer.js"

    weights = traitlets.Instance(DecoderWeights).tag(sync=True, **widget_serialization)
    codes = traitlets.Bytes(help="(N, 2) float32.").tag(sync=True)
    labels = traitlets.Bytes(help="(N,) uint8.").tag(sync=True)
    count = traitlets.Int().tag(sync=True)
    classes = traitlets.List(traitlets.Unicode()).tag(sync=True)
    image_shape = traitlets.List(traitlets.Int()).tag(sync=True)
    extent = traitlets.Float().tag(sync=True)
    z = traitlets.List(traitlets.Float(), help="The point, [z1, z2].").tag(sync=True)

    title = traitlets.Unicode("Latent explorer").tag(sync=True)
    question = traitlets.Unicode(
        "Drag the point beyond the 3σ ring, far from every code. "
        "Will the decoder draw nothing, noise, or still an image?"
    ).tag(sync=True)
    answer = traitlets.Unicode(
        "Still an image. The decoder is a function on the whole plane, so it answers everywhere, also where training "
        "never led it. Only the prior can tell: on the 3σ ring log p(z) is 4.5 nats lower than at the origin."
    ).tag(sync=True)
    tip = traitlets.Unicode("walk slowly from one class into another and watch where the image changes.").tag(sync=True)

    def __init__(
        self,
        weights: DecoderWeights,
        codes: Array,
        labels: Array,
        image_shape: tuple[int, int] = (28, 28),
        *,
        classes: Sequence[str] | None = None,
        z: tuple[float, float] = (0.0, 0.0),
        extent: float | None = None,
        **texts: str,
    ) -> None:
        """Check that everything fits, then send it."""
        if not isinstance(weights, DecoderWeights):
            raise TypeError(f"weights: got {type(weights).__name__}; expected DecoderWeights")
        rows, columns = image_shape
        if (weights.inputs, weights.outputs) != (2, rows * columns):
            made = f"{weights.inputs} inputs and {weights.outputs} outputs"
            raise complain("weights", f"2 inputs and {rows * columns} outputs", made)
        plane = as_array("codes", codes, (None, 2), "<f4")
        if len(plane) > MAX_CODES:
            raise complain("codes", f"at most {MAX_CODES} rows", len(plane))
        names = as_array("labels", labels, (len(plane),), "u1")
        super().__init__(
            weights=weights,
            codes=plane.tobytes(),
            labels=names.tobytes(),
            count=len(plane),
            classes=_classes(names, classes),
            image_shape=[rows, columns],
            extent=_extent(plane, extent),
            z=list(z),
            **texts,
        )

    @traitlets.validate("z")
    def _check_z(self, proposal: dict[str, Any]) -> list[float]:
        z, bound = proposal["value"], self.extent
        if len(z) != 2 or not all(abs(v) <= bound for v in z):
            raise complain("z", f"two numbers between -{bound:g} and {bound:g}", list(z))
        return z

    def describe(self) -> dict[str, Any]:
        """Decoder, number of codes and image size."""
        return {"weights": self.weights, "codes": self.count, "image_shape": tuple(self.image_shape)}
