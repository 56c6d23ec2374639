"""`CollapseLab`: train a linear VAE in the page and see its units live or die where theory says."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import traitlets

from vaekit._checks import finite_number, positive_int, random_seed
from vaekit.widgets.base import Array, CourseWidget, as_array, complain, source

SHOWN, UNITS = 12, 10  # eigenvalues in the picture, and units, at most
BETA = (0.1, 5.0)
NOISE = 50  # the least noise is the largest eigenvalue over this; the most is that eigenvalue


def _spectrum(eigenvalues: Array) -> np.ndarray:
    """The eigenvalues, checked; what rounding left just below 0 becomes 0."""
    values = as_array("eigenvalues", eigenvalues, (None,), "<f8")
    rises = np.flatnonzero(np.diff(values) > 0)
    if len(rises):
        raise complain("eigenvalues", "descending variances", f"{values[rises[0] + 1]} after {values[rises[0]]}")
    if values[0] <= 0:
        raise complain("eigenvalues", "one above 0", f"a largest of {values[0]}")
    if values[-1] < -1e-9 * values[0]:
        raise complain("eigenvalues", "none below 0", f"a least of {values[-1]}")
    return values.clip(min=0.0)


def _middle(values: np.ndarray, units: int) -> float:
    """A noise variance between two eigenvalues at which half of the units are active."""
    low = values[0] / NOISE
    if units == 1 or values[(units + 1) // 2] <= low:
        return max(low, 0.5 * float(values[0]))
    return math.sqrt(values[(units + 1) // 2 - 1] * values[(units + 1) // 2])


class CollapseLab(CourseWidget):
    """A linear VAE learns data with a given spectrum; the reader sets noise and β while it trains, in the page.

    The model is z ~ N(0, I), x|z ~ N(W z, σ² I) with q(z|x) = N(V x, diag v); W, V and log v all learn. The mean loss,
    distortion + β rate, depends on centred data only through the eigenvalues λ of their covariance, so training here
    is exact and without sampling. It is gradient descent with momentum 0.8 and step 0.3 on σ² times the loss, the
    data scaled to a largest eigenvalue of 1, from random weights of size 0.003; every ten steps W and V get a kick of
    size 2e-5, without which a unit at exactly 0 would stay there. Theory: unit j is active iff λ_j > βσ², then
    ‖w_j‖² = λ_j - βσ², v_j = βσ²/λ_j, and its rate is ½ log(λ_j / βσ²) nats; of more such eigenvalues than units the
    largest are served. Source: Tipping & Bishop (1999), Lucas et al. (2019).

    The picture shows the leading 12 eigenvalues. The others count as noise, which is exact: there are at most 10
    units, and the best units serve larger eigenvalues.

    Args:
        eigenvalues: all eigenvalues of the data's covariance, `(D,)`, descending.
        latent_dim: L, the units, at most 10 and at most D.
        noise_var: σ², from a fiftieth of the largest eigenvalue to that eigenvalue; `None`: half of the units are
            active at β = 1, where the eigenvalues allow it.
        beta: weight of the rate, from 0.1 to 5.
        seed: of the start and the kicks, from 0 to 2**32 - 1; each restart by the reader adds 1.
        texts: `title`, `question`, `answer`, `tip`, where the defaults do not fit.

    The traits `noise_var`, `beta`, `latent_dim` and `seed` follow the reader. Setting the first two changes the loss
    under the weights as they are; setting one of the others starts again.

    Raises:
        TypeError: for what is no number, or no integer where one is needed.
        ValueError: for a number outside its range, or eigenvalues that are no descending variances.
    """

    parts = ("plot.js", "choices.js", "table.js", "collapse_flow.js", "collapse_training.js", "collapse_charts.js")
    script = "collapse_lab.js"

    eigenvalues = traitlets.List(traitlets.Float(), help="The leading ones, descending.").tag(sync=True)
    rest = traitlets.Float(help="Sum of the others.").tag(sync=True)
    data_dim = traitlets.Int(help="D.").tag(sync=True)
    latent_dim = traitlets.Int(help="L.").tag(sync=True)
    noise_var = traitlets.Float(help="σ².").tag(sync=True)
    beta = traitlets.Float(help="β.").tag(sync=True)
    seed = traitlets.Int(help="Of the start and the kicks.").tag(sync=True)

    title = traitlets.Unicode("Collapse lab").tag(sync=True)
    question = traitlets.Unicode(
        "A linear VAE is about to learn data with this spectrum. Some of its units will end unused. "
        "Would better training put them to use?"
    ).tag(sync=True)
    answer = traitlets.Unicode(
        "No. This collapse is the optimum, not a failure to reach it: a unit earns its rate only where its eigenvalue "
        "exceeds βσ². Below the line it costs more nats than it saves, whatever the start. Noise and β move the line "
        "through their product: less noise wakes units just as a smaller β does. For the same noise, though, theory’s "
        "ELBO is best at β = 1, so units that a smaller β wakes are paid for in ELBO."
    ).tag(sync=True)
    tip = traitlets.Unicode(
        "press Play; once the units have reached their dashed lines, drag the threshold up and watch them die, "
        "then down again and wait for them to wake."
    ).tag(sync=True)

    @traitlets.default("_css")
    def _read_styles(self) -> str:
        return source("widgets.css") + source("collapse.css")

    def __init__(
        self,
        eigenvalues: Array,
        latent_dim: int = 8,
        noise_var: float | None = None,
        beta: float = 1.0,
        *,
        seed: int = 0,
        **texts: str,
    ) -> None:
        """Check that everything fits, then send it."""
        values = _spectrum(eigenvalues)
        shown = values[:SHOWN].tolist()
        units = positive_int("latent_dim", latent_dim)
        if units > min(UNITS, len(shown)):
            raise complain("latent_dim", f"an integer from 1 to {min(UNITS, len(shown))}", units)
        noise = _middle(values, units) if noise_var is None else finite_number("noise_var", noise_var)
        data = {"eigenvalues": shown, "rest": float(values[SHOWN:].sum()), "data_dim": len(values)}
        chosen = {"noise_var": noise, "beta": finite_number("beta", beta), "seed": random_seed("seed", seed)}
        super().__init__(latent_dim=units, **data, **chosen, **texts)

    def _limits(self, name: str) -> tuple[int | float, int | float]:
        top = self.eigenvalues[0]
        ranges = {"noise_var": (top / NOISE, top), "beta": BETA, "seed": (0, 2**32 - 1)}
        return ranges.get(name, (1, min(UNITS, len(self.eigenvalues))))

    @traitlets.validate("latent_dim", "noise_var", "beta", "seed")
    def _check_range(self, proposal: dict[str, Any]) -> int | float:
        name, value = proposal["trait"].name, proposal["value"]
        low, high = self._limits(name)
        if not low <= value <= high:
            raise complain(name, f"a number from {low:g} to {high:g}", value)
        return value

    def describe(self) -> dict[str, Any]:
        """Sizes and what the reader may change."""
        return {name: getattr(self, name) for name in ("data_dim", "latent_dim", "noise_var", "beta", "seed")}
