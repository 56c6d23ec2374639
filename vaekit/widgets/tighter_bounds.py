"""`TighterBounds`: more draws, a tighter bound, and what that does to the gradients of the model and of q."""

from __future__ import annotations

from typing import Any

import traitlets

from vaekit._checks import finite_number, positive_int, random_seed
from vaekit.widgets.base import CourseWidget, complain, source

PARAMETERS = ("mean", "log_scale")
RANGES = {"samples": (1, 1000), "mean": (-0.5, 2.0), "variance": (0.02, 1.0), "seed": (0, 2**32 - 1)}


class TighterBounds(CourseWidget):
    r"""The importance-weighted bound of one observation against K, the weights of a batch, and two gradients' worth.

    The model is z ~ N(0, 1), `x | z ~ N(1.5 z, 0.25)`, and x = 1.2, so the posterior is N(0.72, 0.1) and log p(x) is
    -1.6651 nats. K draws from q = N(mean, variance) have weights w, the estimate L_K = log(sum of w / K), and the
    effective sample size (sum of w)^2 / (sum of w^2). Mean and standard deviation of L_K's gradient, and their ratio,
    the SNR, are shown for θ = 1.5, the model's weight, and for φ, a parameter of q: along the path and doubly
    reparameterised. Bound and SNR are exact for every K, by one integral over the Laplace transform of a weight; marks
    with bars of one standard error are measured on about a million seeded draws.
    All traits but the texts follow the reader, and setting them changes the widget.

    Args:
        samples: K, from 1 to 1000.
        mean: mean of q, from -0.5 to 2.
        variance: variance of q, from 0.02 to 1. At 0.05 or less the weights have no variance.
        parameter: φ, `"mean"` or `"log_scale"`, the logarithm of q's standard deviation.
        seed: of the draws, from 0 to 2**32 - 1.
        texts: `title`, `question`, `answer`, `tip`, where the defaults do not fit.

    Raises:
        TypeError: if an argument is no number, or no integer where one is needed.
        ValueError: if a number lies outside its range, or there is no such parameter.
    """

    parts = ("plot.js", "choices.js", "random.js", "stops.js", "table.js", "moments.js", "importance.js")
    parts += ("weight_chart.js", "checks.js", "error_bars.js", "bounds_math.js", "bounds_charts.js")
    script = "tighter_bounds.js"

    samples = traitlets.Int(help="K.").tag(sync=True)
    mean = traitlets.Float(help="Mean of q.").tag(sync=True)
    variance = traitlets.Float(1.0, help="Variance of q.").tag(sync=True)
    parameter = traitlets.Unicode(help="φ: mean or log_scale.").tag(sync=True)
    seed = traitlets.Int(help="Seed of the draws.").tag(sync=True)

    title = traitlets.Unicode("Tighter bounds").tag(sync=True)
    question = traitlets.Unicode(
        "Every further draw tightens the bound. The same draws teach the model, θ, and q, φ. "
        "Does a larger K give both of them a clearer gradient?"
    ).tag(sync=True)
    answer = traitlets.Unicode(
        "No. Once K is large, and where q is wider than the posterior, the signal-to-noise ratio (SNR) of θ’s gradient "
        "grows like √K, and that of φ’s along the path falls like 1/√K: its noise falls like 1/√K, but its mean like "
        "1/K. Reparameterised doubly, φ’s grows like √K, too. All this wants weights that have a variance. If q has at "
        "most half of the posterior’s variance (σ up to 0.22), they have none. One draw may outweigh hundreds, the "
        "share of effective draws tends to 0, and even the doubly reparameterised gradient loses SNR as K grows."
    ).tag(sync=True)
    tip = traitlets.Unicode(
        "drag K to 1000 and compare the three lines; then make q narrow, σ = 0.14, and draw anew until one disc is big."
    ).tag(sync=True)

    def __init__(
        self,
        samples: int = 16,
        mean: float = 1.02,
        variance: float = 0.4,
        *,
        parameter: str = "mean",
        seed: int = 0,
        **texts: str,
    ) -> None:
        """Check that everything fits, then send it."""
        if not isinstance(parameter, str):
            raise TypeError(f"parameter: got {type(parameter).__name__}; expected one of {', '.join(PARAMETERS)}")
        numbers = {"mean": finite_number("mean", mean), "variance": finite_number("variance", variance)}
        numbers |= {"samples": positive_int("samples", samples), "seed": random_seed("seed", seed)}
        super().__init__(parameter=parameter, **numbers, **texts)

    @traitlets.default("_css")
    def _read_styles(self) -> str:
        return source("widgets.css") + source("bounds.css")

    @traitlets.validate(*RANGES)
    def _check_range(self, proposal: dict[str, Any]) -> int | float:
        name, value = proposal["trait"].name, proposal["value"]
        low, high = RANGES[name]
        if not low <= value <= high:
            raise complain(name, f"a number from {low} to {high}", value)
        return value

    @traitlets.validate("parameter")
    def _check_parameter(self, proposal: dict[str, Any]) -> str:
        if proposal["value"] not in PARAMETERS:
            raise complain("parameter", f"one of {', '.join(PARAMETERS)}", repr(proposal["value"]))
        return proposal["value"]

    def describe(self) -> dict[str, Any]:
        """What the reader may change."""
        return {name: getattr(self, name) for name in ("samples", "mean", "variance", "parameter", "seed")}
