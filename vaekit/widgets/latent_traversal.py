"""`LatentTraversal`: move through a latent space of more than two dimensions, one or two of them at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import traitlets

from vaekit.widgets.base import Array, CourseWidget, as_array, complain
from vaekit.widgets.latent_codes import LatentCodes, code_traits
from vaekit.widgets.weights import DecoderWeights

MAX_ROWS = 8


def _order(order: Sequence[int] | None, rates: np.ndarray | None, size: int) -> list[int]:
    """The dimensions that get a row: as given, or those of the largest rates, or the first."""
    if order is None:
        ranked = np.arange(size) if rates is None else np.argsort(-rates, kind="stable")
        return [int(k) for k in ranked[:MAX_ROWS]]
    dims = as_array("order", order, (None,), "<i4").tolist()
    if len(set(dims)) != len(dims) or not 2 <= len(dims) <= MAX_ROWS or not all(0 <= k < size for k in dims):
        raise complain("order", f"2 to {MAX_ROWS} different numbers from 0 to {size - 1}", dims)
    return dims


class LatentTraversal(LatentCodes, CourseWidget):
    """The reader moves z through L > 2 latent dimensions: a plane for two, a row of seven images for each of several.

    The images of a row show the decoder's mean with that dimension at -3, -2, ..., 3 and all others where they are.

    Args:
        weights: the decoder, L inputs and as many outputs as pixels; several widgets may share it.
        codes: `(N, L)` encoded examples, N at most 5,000.
        labels: `(N,)` class of each code, counted from 0.
        image_shape: rows and columns of an image.
        rates: `(L,)` mean KL of each dimension in nats, shown beside its row.
        order: the dimensions with a row, counted from 0, two to eight; the eight with the largest rates unless given.
        z: `(L,)` where the point starts, the origin unless given; the trait follows the reader.
        pair: the two dimensions of the plane, the first two of `order` unless given; the trait follows the reader.
        classes: a mark of one or two characters for each class; digits unless given.
        extent: half width of the plane; wide enough for all codes and three standard deviations unless given.
        texts: `title`, `question`, `answer`, `tip`, where the defaults do not fit.

    Raises:
        ValueError: for fewer than three dimensions, shapes, labels, marks or dimensions that do not fit, values that
            are not finite, or z outside the plane.
    """

    parts = ("images.js", "choices.js", "plane.js", "latent_strips.js")
    script = "latent_traversal.js"

    rates = traitlets.List(traitlets.Float(), help="Nats, one a dimension; empty if unknown.").tag(sync=True)
    order = traitlets.List(traitlets.Int(), help="Dimensions with a row.").tag(sync=True)
    z = traitlets.List(traitlets.Float(), help="The point, L numbers.").tag(sync=True)
    pair = traitlets.List(traitlets.Int(), help="The two dimensions of the plane.").tag(sync=True)

    title = traitlets.Unicode("Latent traversal").tag(sync=True)
    question = traitlets.Unicode(
        "Each row of images moves one latent dimension from −3 to 3 and holds the others. "
        "Does each dimension change one thing, such as slant or width? And will a row look the same for every digit?"
    ).tag(sync=True)
    answer = traitlets.Unicode(
        "Start from two different digits and compare. Nothing in the ELBO asks for one meaning a dimension: the prior "
        "looks the same in every direction, and a diagonal q merely prefers some axes to others. So what a row shows "
        "may depend on where it starts. A dimension whose rate is near 0 tells the decoder next to nothing about x; "
        "a decoder that has learned to ignore it draws the same image seven times."
    ).tag(sync=True)
    tip = traitlets.Unicode("start from a digit, walk along one row, and watch how the other rows change with it.").tag(
        sync=True
    )

    def __init__(
        self,
        weights: DecoderWeights,
        codes: Array,
        labels: Array,
        image_shape: tuple[int, int] = (28, 28),
        *,
        rates: Array | None = None,
        order: Sequence[int] | None = None,
        z: Array | None = None,
        pair: tuple[int, int] | None = None,
        classes: Sequence[str] | None = None,
        extent: float | None = None,
        **texts: str,
    ) -> None:
        """Check that everything fits, then send it."""
        size = getattr(weights, "inputs", 3)
        if size < 3:
            raise complain("weights", "at least 3 inputs (LatentExplorer is for two)", f"{size} inputs")
        sent = code_traits(weights, codes, labels, image_shape, inputs=size, classes=classes, extent=extent)
        nats = None if rates is None else as_array("rates", rates, (size,), "<f8")
        rows = _order(order, nats, size)
        sent |= {"order": rows, "rates": [] if nats is None else nats.tolist()}
        point = [0.0] * size if z is None else as_array("z", z, (size,), "<f8").tolist()
        super().__init__(z=point, pair=list(rows[:2] if pair is None else pair), **sent, **texts)

    @traitlets.validate("z")
    def _check_z(self, proposal: dict[str, Any]) -> list[float]:
        return self._check_point("z", proposal["value"], self.weights.inputs)

    @traitlets.validate("pair")
    def _check_pair(self, proposal: dict[str, Any]) -> list[int]:
        pair, size = proposal["value"], self.weights.inputs
        if len(set(pair)) != 2 or len(pair) != 2 or not all(0 <= k < size for k in pair):
            raise complain("pair", f"two different numbers from 0 to {size - 1}", list(pair))
        return pair
