"""`GradientRace`: three estimators of one gradient, from the same draws, beside their exact variances."""

from __future__ import annotations

from typing import Any

import traitlets

from vaekit._checks import finite_number, positive_int, random_seed
from vaekit.widgets.base import CourseWidget, complain

FUNCTIONS = ("square", "sine", "step")
RANGES = {
    "mean": (-3.0, 3.0),
    "scale": (0.2, 2.0),
    "omega": (0.5, 10.0),
    "samples": (2, 16),
    "draws": (10, 10_000),
    "seed": (0, 2**32 - 1),
}


class GradientRace(CourseWidget):
    """Gradients of E[f(z)] with respect to μ, z ~ N(μ, σ²), by three estimators that accumulate draw by draw.

    Pathwise: f'(z). Score function: f(z) s with s = (z - μ)/σ². Leave-one-out: the mean over K draws of
    (f(z_k) - mean of the other K - 1) s_k. All use the same draws; variances are per draw, so that of the
    leave-one-out average counts K times. For f = z² at μ = σ = 1 the gradient is 2, and the variances are exactly
    4 (pathwise) and 30 (score function). For the step, f' = 0 wherever it exists, and the pathwise estimator does not.
    All traits but the texts follow the reader, and setting them changes the race.

    Args:
        function: f, `"square"` (z²), `"sine"` (sin ωz) or `"step"` (1 where z > 0, else 0).
        mean: μ, between -3 and 3.
        scale: σ, between 0.2 and 2.
        omega: ω of the sine, between 0.5 and 10.
        samples: K of the leave-one-out estimator, from 2 to 16.
        draws: how many draws are shown at first, from 10 to 10,000.
        seed: of the draws, from 0 to 2**32 - 1.
        texts: `title`, `question`, `answer`, `tip`, where the defaults do not fit.

    Raises:
        TypeError: if an argument is no number, or no integer where one is needed.
        ValueError: if a number lies outside its range, or there is no such function.
    """

    parts = ("plot.js", "choices.js", "table.js", "gradient_estimators.js", "gradient_charts.js")
    script = "gradient_race.js"

    function = traitlets.Unicode(help="square, sine or step.").tag(sync=True)
    mean = traitlets.Float(help="μ.").tag(sync=True)
    scale = traitlets.Float(help="σ.").tag(sync=True)
    omega = traitlets.Float(help="ω of the sine.").tag(sync=True)
    samples = traitlets.Int(help="K, draws in a leave-one-out estimate.").tag(sync=True)
    draws = traitlets.Int(help="Draws so far, as of the last stop.").tag(sync=True)
    seed = traitlets.Int(help="Seed of the draws.").tag(sync=True)

    title = traitlets.Unicode("Gradient race").tag(sync=True)
    question = traitlets.Unicode(
        "For z² at μ = σ = 1 the pathwise gradient has variance 4 and the score function 30. "
        "Does the pathwise gradient win for every f?"
    ).tag(sync=True)
    answer = traitlets.Unicode(
        "No. Its variance is that of the slope f′, the score function’s that of the value f times the score. For sin "
        "ωz the slope grows with ω while the value stays within ±1, so from some ω on the score function wins. "
        "For the step every slope is 0: the samples agree perfectly, on a wrong gradient."
    ).tag(sync=True)
    tip = traitlets.Unicode("choose sin ωz and find the ω at which the lead changes; then let the step run.").tag(
        sync=True
    )

    def __init__(
        self,
        function: str = "square",
        mean: float = 1.0,
        scale: float = 1.0,
        *,
        omega: float = 2.0,
        samples: int = 4,
        draws: int = 100,
        seed: int = 0,
        **texts: str,
    ) -> None:
        """Check that everything fits, then send it."""
        reals = {"mean": mean, "scale": scale, "omega": omega}
        numbers = {name: finite_number(name, value) for name, value in reals.items()}
        counts = {name: positive_int(name, value) for name, value in {"samples": samples, "draws": draws}.items()}
        if not isinstance(function, str):
            raise TypeError(f"function: got {type(function).__name__}; expected one of {', '.join(FUNCTIONS)}")
        super().__init__(function=function, seed=random_seed("seed", seed), **numbers, **counts, **texts)

    @traitlets.validate(*RANGES)
    def _check_range(self, proposal: dict[str, Any]) -> int | float:
        name, value = proposal["trait"].name, proposal["value"]
        low, high = RANGES[name]
        if not low <= value <= high:
            raise complain(name, f"a number from {low} to {high}", value)
        return value

    @traitlets.validate("function")
    def _check_function(self, proposal: dict[str, Any]) -> str:
        if proposal["value"] not in FUNCTIONS:
            raise complain("function", f"one of {', '.join(FUNCTIONS)}", repr(proposal["value"]))
        return proposal["value"]

    def describe(self) -> dict[str, Any]:
        """The function and its settings."""
        names = ("function", "mean", "scale") + (("omega",) if self.function == "sine" else ()) + ("samples", "seed")
        return {name: getattr(self, name) for name in names}
