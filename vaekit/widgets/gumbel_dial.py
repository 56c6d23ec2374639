"""`GumbelDial`: the temperature of Gumbel-Softmax, its draws on the simplex, and the bias and spread of gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import traitlets

from vaekit._checks import finite_number, random_seed
from vaekit.widgets.base import Array, CourseWidget, as_array, complain, source

FUNCTIONS = ("linear", "square", "hill")
TAUS = (0.05, 5.0)
LEAST = 0.02  # of a probability
LARGEST = 10.0  # of a value, up or down


def _three(argument: str, values: Array) -> list[float]:
    return as_array(argument, values, (3,), "<f8").tolist()


def _probabilities(logits: list[float]) -> np.ndarray:
    raised = np.exp(np.asarray(logits) - max(logits))
    return raised / raised.sum()


class GumbelDial(CourseWidget):
    """Gradients of E[f(z)] with respect to the logits of three classes, by Gumbel-Softmax at a temperature τ.

    A relaxed draw is z = softmax((logits + g) / τ) with Gumbel noise g; its gradient is (1/τ) (diag z - z zᵀ) ∇f(z).
    The hard variant takes ∇f at the corner nearest to z. The page integrates mean and variance of both over the
    simplex, compares them with the exact gradient p (f - E f), found by enumeration, and with two estimators that need
    no τ: straight-through, ∇f at an exact draw sent back through the probabilities, and the leave-one-out score
    function with 4 draws, whose variance counts 4 times. Bias is the length of the difference of the mean gradient from
    the exact one, s.d. the root of the variances summed over the logits.
    All traits but the texts follow the reader, and setting them changes the widget.

    Args:
        logits: `(3,)`, of the classes A, B, C; each probability at least 0.02. The reader moves them.
        values: `(3,)`, v in f, each from -10 to 10.
        tau: τ, between 0.05 and 5.
        function: f, `"linear"` (v·z), `"square"` ((v·z)²) or `"hill"` (1 - ‖z‖², which is 0 at every corner).
        seed: of the draws that are shown, from 0 to 2**32 - 1.
        texts: `title`, `question`, `answer`, `tip`, where the defaults do not fit.

    Raises:
        TypeError: if an argument is no number.
        ValueError: if a number lies outside its range, a shape is not `(3,)`, or there is no such function.
    """

    parts = ("plot.js", "choices.js", "log_slider.js", "random.js", "quadrature.js", "categorical.js", "simplex.js")
    parts += ("table.js", "gumbel_math.js", "gumbel_charts.js")
    script = "gumbel_dial.js"

    logits = traitlets.List(traitlets.Float(), help="(3,).").tag(sync=True)
    values = traitlets.List(traitlets.Float(), help="(3,), v in f.").tag(sync=True)
    tau = traitlets.Float(help="τ.").tag(sync=True)
    function = traitlets.Unicode(help="linear, square or hill.").tag(sync=True)
    seed = traitlets.Int(help="Seed of the draws shown.").tag(sync=True)

    title = traitlets.Unicode("Gumbel dial").tag(sync=True)
    question = traitlets.Unicode(
        "Turn the temperature τ down, and every draw moves into a corner, as a draw of a class should. "
        "Which τ gives the best gradient?"
    ).tag(sync=True)
    answer = traitlets.Unicode(
        "None has everything. As τ falls the bias vanishes. But a draw in a corner has no slope, and the few on their "
        "way between two corners have one of order 1/τ: the s.d. grows like 1/√τ. As τ rises all draws meet in the "
        "middle and agree, on a gradient that shrinks to 0. Which τ errs least depends on how many draws are averaged: "
        "that lowers the s.d., not the bias. What no τ changes is the share of draws nearest to each corner: it is p. "
        "Straight-through knows no τ: if f is linear it is exact on every draw, if not, its bias stays."
    ).tag(sync=True)
    tip = traitlets.Unicode(
        "turn τ down and up again; then choose 1 − |z|², which is 0 at every corner: its exact gradient is 0, too."
    ).tag(sync=True)

    def __init__(
        self,
        logits: Array = (0.5, 0.0, -0.5),
        values: Array = (-1.0, 0.0, 2.0),
        tau: float = 1.0,
        *,
        function: str = "square",
        seed: int = 0,
        **texts: str,
    ) -> None:
        """Check that everything fits, then send it."""
        if not isinstance(function, str):
            raise TypeError(f"function: got {type(function).__name__}; expected one of {', '.join(FUNCTIONS)}")
        sent = {"logits": _three("logits", logits), "values": _three("values", values)}
        sent |= {"tau": finite_number("tau", tau), "seed": random_seed("seed", seed)}
        super().__init__(function=function, **sent, **texts)

    @traitlets.default("_css")
    def _read_styles(self) -> str:
        return source("widgets.css") + source("gumbel.css")

    @traitlets.validate("logits")
    def _check_logits(self, proposal: dict[str, Any]) -> list[float]:
        chances = _probabilities(_three("logits", proposal["value"]))
        if chances.min() < LEAST - 1e-6:
            came = f"probabilities {', '.join(f'{each:.3g}' for each in chances)}"
            raise complain("logits", f"three, with probabilities of at least {LEAST}", came)
        return proposal["value"]

    @traitlets.validate("values")
    def _check_values(self, proposal: dict[str, Any]) -> list[float]:
        if np.abs(_three("values", proposal["value"])).max() > LARGEST:
            raise complain("values", f"three numbers from {-LARGEST:g} to {LARGEST:g}", proposal["value"])
        return proposal["value"]

    @traitlets.validate("tau")
    def _check_tau(self, proposal: dict[str, Any]) -> float:
        low, high = TAUS
        if not low <= proposal["value"] <= high:
            raise complain("tau", f"a number from {low} to {high}", proposal["value"])
        return proposal["value"]

    @traitlets.validate("function")
    def _check_function(self, proposal: dict[str, Any]) -> str:
        if proposal["value"] not in FUNCTIONS:
            raise complain("function", f"one of {', '.join(FUNCTIONS)}", repr(proposal["value"]))
        return proposal["value"]

    @traitlets.validate("seed")
    def _check_seed(self, proposal: dict[str, Any]) -> int:
        return random_seed("seed", proposal["value"])

    def describe(self) -> dict[str, Any]:
        """The function and its settings."""
        numbers = {name: [round(each, 4) for each in getattr(self, name)] for name in ("logits", "values")}
        return {"function": self.function, **numbers, "tau": self.tau, "seed": self.seed}
