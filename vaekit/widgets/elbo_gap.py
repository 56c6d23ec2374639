"""`ElboGap`: move a Gaussian q over one latent variable and see the ELBO, its gap and both KL divergences."""

from __future__ import annotations

import math
from typing import Any

import traitlets

from vaekit._checks import finite_number
from vaekit.widgets.base import CourseWidget, complain

MEAN, VARIANCE = 3.0, (0.0625, 4.0)  # what fits into the plot


def _x_limit(weight: float, noise_var: float) -> float:
    """Two and a half standard deviations of p(x): beyond, the posterior leaves the plot."""
    return math.floor(25 * math.sqrt(weight**2 + noise_var)) / 10


class ElboGap(CourseWidget):
    r"""The reader moves q(z) = N(mean, variance); log p(x) stands still, the ELBO and its gap share it out.

    The model is z ~ N(0, 1) and `x | z ~ N(w z, s)` or, folded, `x | z ~ N(w |z|, s)`, with w the weight and s the
    variance of the noise. The posterior is then Gaussian, and q can equal it; or it has two modes (for x well above
    0), and no Gaussian closes the gap. Everything is in nats and exact: log p(x), distortion and rate are closed
    forms, both KL divergences are integrals by quadrature.

    Args:
        weight: w > 0.
        noise_var: s > 0; the posterior variance s / (w^2 + s) must be at least 0.0625.
        x: the observation, at most 2.5 standard deviations of p(x) from 0, and not negative where folded.
        mean: mean of q, between -3 and 3.
        variance: variance of q, between 0.0625 and 4.
        model: `"gaussian"` or `"folded"`.
        texts: `title`, `question`, `answer`, `tip`, where the defaults do not fit.

    The traits `x`, `mean`, `variance` and `model` follow the reader, and setting them moves what is shown.

    Raises:
        TypeError: for what is no number.
        ValueError: for a number outside the range above, or an unknown model.
    """

    parts = ("plot.js", "choices.js")
    script = "elbo_gap.js"

    weight = traitlets.Float().tag(sync=True)
    noise_var = traitlets.Float().tag(sync=True)
    x_limit = traitlets.Float().tag(sync=True)
    x = traitlets.Float(help="The observation.").tag(sync=True)
    mean = traitlets.Float(help="Mean of q.").tag(sync=True)
    variance = traitlets.Float(1.0, help="Variance of q.").tag(sync=True)
    model = traitlets.Unicode("gaussian", help="gaussian or folded.").tag(sync=True)

    title = traitlets.Unicode("The gap of the ELBO").tag(sync=True)
    question = traitlets.Unicode(
        "You may move q, make it narrower or wider, and change the observation x. Which of the three moves log p(x)?"
    ).tag(sync=True)
    answer = traitlets.Unicode(
        "Only x. The evidence belongs to the model and the data; q merely divides it into ELBO and gap. "
        "The gap is KL(q ‖ p(z|x)), so it closes only where q is the posterior, which a Gaussian can be "
        "in the first model. In the second, where the two modes are far apart, the best Gaussian sits on one of them, "
        "misses half of the posterior and keeps a gap of about log 2 = 0.69 nats."
    ).tag(sync=True)
    tip = traitlets.Unicode(
        "drag the top of q until the gap is closed; then choose the model with |z| and try again."
    ).tag(sync=True)

    def __init__(
        self,
        weight: float = 1.5,
        noise_var: float = 0.25,
        x: float = 1.2,
        mean: float = 1.02,
        variance: float = 0.4,
        model: str = "gaussian",
        **texts: str,
    ) -> None:
        """Check that everything lies inside the plot, then send it."""
        w, s = (finite_number(*pair, low=0.0, strict=True) for pair in (("weight", weight), ("noise_var", noise_var)))
        if s / (w**2 + s) < VARIANCE[0]:
            made = f"{s:g}, a posterior variance of {s / (w**2 + s):.3g}"
            raise complain("noise_var", f"at least {w**2 / 15:.3g} for this weight (posterior variance 0.0625)", made)
        numbers = {"x": x, "mean": mean, "variance": variance}
        numbers = {name: finite_number(name, value) for name, value in numbers.items()}
        super().__init__(weight=w, noise_var=s, x_limit=_x_limit(w, s), model=model, **numbers, **texts)

    def _check_x(self, x: float, model: str) -> None:
        least = 0.0 if model == "folded" else -self.x_limit
        if not least <= x <= self.x_limit:
            raise complain("x", f"a number from {least:g} to {self.x_limit:g} where the model is {model}", x)

    @traitlets.validate("x")
    def _accept_x(self, proposal: dict[str, Any]) -> float:
        self._check_x(proposal["value"], self.model)
        return proposal["value"]

    @traitlets.validate("mean", "variance")
    def _accept_q(self, proposal: dict[str, Any]) -> float:
        name, value = proposal["trait"].name, proposal["value"]
        low, high = {"mean": (-MEAN, MEAN), "variance": VARIANCE}[name]
        if not low <= value <= high:
            raise complain(name, f"a number from {low:g} to {high:g}", value)
        return value

    @traitlets.validate("model")
    def _accept_model(self, proposal: dict[str, Any]) -> str:
        if proposal["value"] not in ("gaussian", "folded"):
            raise complain("model", "'gaussian' or 'folded'", repr(proposal["value"]))
        self._check_x(self.x, proposal["value"])
        return proposal["value"]

    def describe(self) -> dict[str, Any]:
        """The model and what the reader may change."""
        return {name: getattr(self, name) for name in ("weight", "noise_var", "x", "mean", "variance", "model")}
