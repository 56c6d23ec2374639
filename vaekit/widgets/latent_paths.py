"""`LatentPaths`: walk from one point of the latent plane to another and see the images on the way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import traitlets

from vaekit.widgets.base import Array, CourseWidget, complain
from vaekit.widgets.latent_codes import LatentPlane, Posteriors, aggregate_traits, code_traits
from vaekit.widgets.weights import DecoderWeights


class LatentPaths(LatentPlane, CourseWidget):
    """The reader sets A and B on a two-dimensional latent plane and walks from one to the other.

    On the straight path z(t) = (1 - t) A + t B. On the spherical one the distance from the origin goes linearly from
    that of A to that of B while the direction turns steadily, the shorter way round; where both are equal this is the
    usual spherical interpolation. Nine images along the path are shown, and the densities (nats) that it runs through.

    Args:
        weights: the decoder, two inputs and as many outputs as pixels; several widgets may share it.
        codes: `(N, 2)` encoded examples, N at most 5,000.
        labels: `(N,)` class of each code, counted from 0.
        image_shape: rows and columns of an image.
        start: A; this trait and those of the next three follow the reader, and setting them moves what is shown.
        end: B.
        t: how far the walk has come, between 0 and 1.
        path: `"straight"` or `"spherical"`.
        classes: a mark of one or two characters for each class; digits unless given.
        extent: half width of the plane; wide enough for all codes and three standard deviations unless given.
        posteriors: means and standard deviations of q(z|x), each `(M, 2)`; adds the density of their mixture.
        texts: `title`, `question`, `answer`, `tip`, where the defaults do not fit.

    Raises:
        ValueError: for shapes, labels or marks that do not fit, values that are not finite, A or B outside the plane,
            t outside [0, 1], or an unknown path.
    """

    parts = ("images.js", "choices.js", "plot.js", "plane.js", "latent_density.js", "latent_strips.js")
    script = "latent_paths.js"

    start = traitlets.List(traitlets.Float(), help="A, [z1, z2].").tag(sync=True)
    end = traitlets.List(traitlets.Float(), help="B, [z1, z2].").tag(sync=True)
    t = traitlets.Float(0.5, help="Between 0 (A) and 1 (B).").tag(sync=True)
    path = traitlets.Unicode("straight", help="straight or spherical.").tag(sync=True)

    title = traitlets.Unicode("Paths between two codes").tag(sync=True)
    question = traitlets.Unicode(
        "Put A and B on codes of two classes that have a third between them. "
        "Will the images halfway be a cross-fade of the two ends, or something else?"
    ).tag(sync=True)
    answer = traitlets.Unicode(
        "Something else: each image is what the decoder makes of a place on the way, and where codes of a third class "
        "lie, images of that class come. A cross-fade mixes pixels; a path mixes latents, and what it meets depends on "
        "its route: choose the other path, and compare. Where codes are rare, the decoder was hardly ever "
        "trained."
    ).tag(sync=True)
    tip = traitlets.Unicode("drag A and B, then walk along the row of images; compare the two kinds of path.").tag(
        sync=True
    )

    def __init__(
        self,
        weights: DecoderWeights,
        codes: Array,
        labels: Array,
        image_shape: tuple[int, int] = (28, 28),
        *,
        start: tuple[float, float] = (-1.5, -1.0),
        end: tuple[float, float] = (1.5, 1.0),
        t: float = 0.5,
        path: str = "straight",
        classes: Sequence[str] | None = None,
        extent: float | None = None,
        posteriors: Posteriors | None = None,
        **texts: str,
    ) -> None:
        """Check that everything fits, then send it."""
        sent = code_traits(weights, codes, labels, image_shape, inputs=2, classes=classes, extent=extent)
        sent |= aggregate_traits(posteriors, sent["extent"])
        super().__init__(start=list(start), end=list(end), t=t, path=path, **sent, **texts)

    @traitlets.validate("start", "end")
    def _check_end(self, proposal: dict[str, Any]) -> list[float]:
        return self._check_point(proposal["trait"].name, proposal["value"], 2)

    @traitlets.validate("t")
    def _check_t(self, proposal: dict[str, Any]) -> float:
        if not 0 <= proposal["value"] <= 1:
            raise complain("t", "a number from 0 to 1", proposal["value"])
        return proposal["value"]

    @traitlets.validate("path")
    def _check_path(self, proposal: dict[str, Any]) -> str:
        if proposal["value"] not in ("straight", "spherical"):
            raise complain("path", "'straight' or 'spherical'", repr(proposal["value"]))
        return proposal["value"]
