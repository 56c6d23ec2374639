"""`LatentExplorer`: drag a point over the latent plane of a trained decoder and see what it makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import traitlets

from vaekit.widgets.base import Array, CourseWidget, complain
from vaekit.widgets.latent_codes import LatentPlane, Posteriors, aggregate_traits, code_traits
from vaekit.widgets.weights import DecoderWeights

VIEWS = ("codes", "prior", "aggregate", "holes")
OVERLAY_TEXTS = {
    "question": (
        "New images come from z drawn from the prior; the decoder was trained on z drawn from the posteriors "
        "of the examples. Do these together cover what the prior covers?"
    ),
    "answer": (
        "The lines in the view “aggregate posterior” mark the densities that the prior has on its rings: where the "
        "two were the same, line and ring would coincide. The view “holes” shows where the prior is more than ten "
        "times as dense. Samples land there, though training hardly ever asked for an image there. How much of this "
        "is the model's: the mixture has one narrow cloud for each example, so fewer examples leave more gaps."
    ),
    "tip": "choose “holes” and walk into one, then across its edge: does the image tell where the codes begin?",
}


class LatentExplorer(LatentPlane, CourseWidget):
    """The reader moves z over a two-dimensional latent plane and sees the decoder's mean at once.

    Args:
        weights: the decoder, two inputs and as many outputs as pixels; several widgets may share it.
        codes: `(N, 2)` encoded examples, N at most 5,000.
        labels: `(N,)` class of each code, counted from 0.
        image_shape: rows and columns of an image.
        classes: a mark of one or two characters for each class; digits unless given.
        z: where the point starts; the trait follows the reader, and setting it moves the point.
        extent: half width of the plane; wide enough for all codes and three standard deviations unless given.
        posteriors: means and standard deviations of q(z|x), each `(M, 2)`, of any number of examples, best of all
            that the model was trained on. With them the reader may lay prior, aggregate posterior (their mixture) and
            holes (log p(z) - log q(z) > log 10) over the plane; log q(z) is read from a grid of 129 by 129 points.
        view: what lies over the plane at first: `"codes"` (nothing), `"prior"`, `"aggregate"` or `"holes"`; the last
            three need `posteriors`. The trait follows the reader.
        texts: `title`, `question`, `answer`, `tip`, where the defaults do not fit.

    Raises:
        ValueError: for shapes, labels or marks that do not fit, values that are not finite, z outside the plane, or
            a view that is not there.
    """

    parts = ("images.js", "choices.js", "surface.js", "plane.js", "latent_density.js")
    script = "latent_explorer.js"

    z = traitlets.List(traitlets.Float(), help="The point, [z1, z2].").tag(sync=True)
    view = traitlets.Unicode("codes", help="codes, prior, aggregate or holes.").tag(sync=True)

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
        posteriors: Posteriors | None = None,
        view: str = "codes",
        **texts: str,
    ) -> None:
        """Check that everything fits, then send it."""
        sent = code_traits(weights, codes, labels, image_shape, inputs=2, classes=classes, extent=extent)
        sent |= aggregate_traits(posteriors, sent["extent"])
        defaults = {} if posteriors is None else OVERLAY_TEXTS
        super().__init__(z=list(z), view=view, **sent, **defaults | texts)

    @traitlets.validate("z")
    def _check_z(self, proposal: dict[str, Any]) -> list[float]:
        return self._check_point("z", proposal["value"], 2)

    @traitlets.validate("view")
    def _check_view(self, proposal: dict[str, Any]) -> str:
        view, known = proposal["value"], VIEWS if self.resolution else VIEWS[:1]
        if view not in known:
            needs = "" if self.resolution else " (the others need posteriors)"
            raise complain("view", " or ".join(map(repr, known)) + needs, repr(view))
        return view
