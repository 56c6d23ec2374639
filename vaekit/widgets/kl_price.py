"""`KlPrice`: what a Gaussian posterior pays, as a surface over its mean and log-variance."""

from __future__ import annotations

import math
from typing import Any

import traitlets

from vaekit._checks import finite_number, instance
from vaekit.widgets.base import CourseWidget, complain

RANGES = {"mean": (-4.0, 4.0), "logvar": (-6.0, 3.0), "separation": (0.0, 6.0), "weight": (0.05, 0.95)}
TEXTS = {
    "price": {
        "question": (
            "Dimension 1 of a posterior has μ = 2 and σ² = 0.25, dimension 2 has μ = 0 and σ² = 4. "
            "Which pays more to the prior, and for what?"
        ),
        "answer": (
            "Dimension 1, almost three times as much, and nearly all of it for its mean: ½μ² = 2 nats. Both are wrong "
            "in width by a factor of four in variance, but not for the same price: the wide one pays more than the "
            "narrow one. The two logarithms cancel in the sum, so a formula without them gives the same total."
        ),
        "tip": "press both dimensions, then drag straight up and down: on which side of log σ² = 0 is it steeper?",
    },
    "modes": {
        "question": (
            "The target p has two modes, and q is a single Gaussian. Which fit covers both modes, which one picks "
            "a mode, and does it always pick the heavier?"
        ),
        "answer": (
            "Forward KL(p‖q) covers: its only minimum has the mean and the variance of p, wherever q starts. Reverse "
            "KL(q‖p), the one in the ELBO, charges q dearly where p is small: its surface has a valley at each mode, "
            "and the fit slides into the one where it starts, also when that is the lighter mode and the dearer valley."
        ),
        "tip": (
            "fit reverse from both sides of the ridge. Then set the weight to 0.5, fit forward, and fit reverse from "
            "there: where does q stay?"
        ),
    },
}


class KlPrice(CourseWidget):
    """The reader drags a Gaussian q over a surface of the KL that it pays, in nats.

    In the view `"price"` the surface is KL(q ‖ N(0, 1)) = ½μ² + ½(σ² - log σ² - 1). In the view `"modes"` it is
    KL(q ‖ p), or KL(p ‖ q) after a forward fit, to the target p = w N(-d/2, 0.6²) + (1 - w) N(d/2, 0.6²).
    All traits but the texts follow the reader, and setting them moves q or the target.

    Args:
        mean: μ of q, between -4 and 4.
        logvar: log σ² of q, between -6 and 3.
        view: `"price"` or `"modes"`.
        separation: d, the distance between the modes of p, between 0 and 6.
        weight: w, the weight of the left mode of p, between 0.05 and 0.95.
        texts: `title`, `question`, `answer`, `tip`, where those of the view do not fit.

    Raises:
        TypeError: if a number or the view is of another type.
        ValueError: if a number lies outside its range, or there is no such view.
    """

    parts = ("plot.js", "surface.js", "choices.js", "kl.js")
    script = "kl_price.js"

    mean = traitlets.Float(help="μ of q.").tag(sync=True)
    logvar = traitlets.Float(help="log σ² of q.").tag(sync=True)
    view = traitlets.Unicode(help="price or modes.").tag(sync=True)
    direction = traitlets.Unicode("reverse", help="Whose surface the view modes shows.").tag(sync=True)
    separation = traitlets.Float(help="Distance between the modes of p.").tag(sync=True)
    weight = traitlets.Float(help="Weight of the left mode of p.").tag(sync=True)
    title = traitlets.Unicode("The price of a posterior").tag(sync=True)

    def __init__(
        self,
        mean: float = 2.0,
        logvar: float = math.log(0.25),
        view: str = "price",
        *,
        separation: float = 4.0,
        weight: float = 0.7,
        **texts: str,
    ) -> None:
        """Check that everything fits, then send it."""
        given = {"mean": mean, "logvar": logvar, "separation": separation, "weight": weight}
        numbers = {name: finite_number(name, value) for name, value in given.items()}
        instance("view", view, str, "'price' or 'modes'")
        super().__init__(view=view, **numbers, **TEXTS.get(view, {}) | texts)

    @traitlets.validate(*RANGES)
    def _check_range(self, proposal: dict[str, Any]) -> float:
        name, value = proposal["trait"].name, proposal["value"]
        low, high = RANGES[name]
        if not low <= value <= high:
            raise complain(name, f"a number between {low:g} and {high:g}", value)
        return value

    @traitlets.validate("view", "direction")
    def _check_choice(self, proposal: dict[str, Any]) -> str:
        name, value = proposal["trait"].name, proposal["value"]
        choices = {"view": ("price", "modes"), "direction": ("reverse", "forward")}[name]
        if value not in choices:
            raise complain(name, " or ".join(map(repr, choices)), repr(value))
        return value

    def describe(self) -> dict[str, Any]:
        """The view and q; in the view `"modes"` the target too."""
        names = ("view", "mean", "logvar") + (("separation", "weight") if self.view == "modes" else ())
        return {name: getattr(self, name) for name in names}
