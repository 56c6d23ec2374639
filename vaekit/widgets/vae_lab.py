"""`VaeLab`: a small VAE that trains in the page, for the reader to break and to repair."""

from __future__ import annotations

from typing import Any

import traitlets

from vaekit._checks import finite_number, positive_int, random_seed
from vaekit.widgets.base import Array, CourseWidget, as_array, complain, source
from vaekit.widgets.vae_lab_presets import DATA, ESTIMATORS, EXTENT, MOST_POINTS, PRESETS, RANGES

NAMES = ("data", "latent_dim", "width", "beta", "samples", "lr", "estimator", "noise_sd", "learn_noise", "seed")
ONE_OF = {"preset": tuple(PRESETS), "data": DATA, "estimator": ESTIMATORS}


def _number(name: str, value: Any) -> float | int:
    """`value` in the type of its trait."""
    if name == "seed":
        return random_seed(name, value)
    if name in ("latent_dim", "width", "samples"):
        return positive_int(name, value)
    return finite_number(name, value)


def _typed(name: str, value: Any) -> Any:
    """A setting in the type of its trait, or a `TypeError` that names it."""
    if name in RANGES:
        return _number(name, value)
    wanted = bool if name == "learn_noise" else str
    if not isinstance(value, wanted):
        choices = "True or False" if wanted is bool else f"one of {', '.join(ONE_OF[name])}"
        raise TypeError(f"{name}: got {type(value).__name__}; expected {choices}")
    return value


def _one_of(name: str, value: str) -> str:
    if value not in ONE_OF[name]:
        raise complain(name, f"one of {', '.join(ONE_OF[name])}", repr(value))
    return value


class VaeLab(CourseWidget):
    r"""A VAE on two-dimensional data, trained in the page: what it makes of the data, its codes, and its terms.

    The encoder is one tanh layer with a `GaussianHead`, the decoder one with a `SharedGaussianHead`, the prior N(0, I);
    Adam trains them on mini-batches of 64. The loss in nats, a mean over the batch, is D + β R with K draws of z: the
    distortion D = -log p(x|z) and the closed-form rate R. Estimators of its gradient: `"pathwise"`; `"score"`, the
    score function for the encoder's part of D (leave-one-out where K > 1); `"iwae"`, pathwise on the
    importance-weighted bound, in which log p(z)/q(z|x) is weighted by β; `"none"`, z = μ and the loss D + β ‖μ‖²/2,
    which with β = 0 is a plain autoencoder. Gradients agree with torch's.

    All traits but the texts follow the reader, and setting them changes what is trained; a preset, the architecture
    and the seed start anew. On a page of the book a link can hold the settings.

    Args:
        preset: `"sound"`, `"collapse"`, `"holes in the prior"`, `"beta too large"` or `"plain autoencoder"`: the
            settings, where none are given below.
        points: data of your own, `(N, 2)`, at most 400 within ±3, which then are the data set `"drawn"`.
        settings: any of `data` (`"ring"`, `"moons"`, `"spiral"`, `"clusters"`, `"pinwheel"`, `"line"`, `"drawn"`),
            `latent_dim` (1 or 2), `width` (4 to 64), `beta` (0 to 100), `samples` (K, 1 to 16), `lr` (0.0001 to 0.1),
            `estimator`, `noise_sd` (decoder s.d., 0.02 to 2), `learn_noise` (whether training changes it), `seed`; and
            the texts `title`, `question`, `answer`, `tip`, where the defaults do not fit.

    Raises:
        TypeError: for a setting of another type, or one that does not exist.
        ValueError: for a setting outside its range.
    """

    parts = (
        "plot.js",
        "choices.js",
        "pad.js",
        "random.js",
        "dense.js",
        "scatter.js",
        "curves.js",
        "log_slider.js",
        "spray.js",
        "vae_lab_data.js",
        "vae_lab_net.js",
        "vae_lab_loss.js",
        "vae_lab_settings.js",
        "vae_lab_train.js",
        "vae_lab_views.js",
        "vae_lab_controls.js",
    )
    script = "vae_lab.js"

    presets = traitlets.List([[*pair] for pair in PRESETS.items()], read_only=True).tag(sync=True)
    preset = traitlets.Unicode(help="Which preset the words are of.").tag(sync=True)
    data = traitlets.Unicode(help="Name of the data set.").tag(sync=True)
    latent_dim = traitlets.Int(help="Latent dimensions.").tag(sync=True)
    width = traitlets.Int(help="Units of each tanh layer.").tag(sync=True)
    beta = traitlets.Float(help="Weight of the rate.").tag(sync=True)
    samples = traitlets.Int(help="K.").tag(sync=True)
    lr = traitlets.Float(help="Adam's learning rate.").tag(sync=True)
    estimator = traitlets.Unicode(help="pathwise, iwae, score or none.").tag(sync=True)
    noise_sd = traitlets.Float(help="Decoder s.d., or where it starts.").tag(sync=True)
    learn_noise = traitlets.Bool(help="Whether training changes the decoder s.d.").tag(sync=True)
    seed = traitlets.Int(help="Of weights, batches and noise.").tag(sync=True)
    points = traitlets.List(traitlets.Float(), help="The drawn data: x1, x2, x1, x2, …").tag(sync=True)

    key = traitlets.Unicode(
        "Marks: data, and the means of q(z|x). Ellipses: some q(z|x), at one s.d. Rings: the prior."
    ).tag(sync=True)
    note = traitlets.Unicode(
        "In nats, means over all points with two draws each; log p(x) by importance sampling with 16 draws. A unit is "
        "active if its mean varies by more than 0.01 over the data; a sample is off the data if no point is within 0.3."
    ).tag(sync=True)
    title = traitlets.Unicode("A VAE to break and repair").tag(sync=True)
    question = traitlets.Unicode(
        "Choose “collapse” and train. The decoder’s s.d. is larger than the spread of the data. Where will the "
        "reconstructions go, and what will the rate be?"
    ).tag(sync=True)
    answer = traitlets.Unicode(
        "All reconstructions sit at the mean of the data, and the rate is 0. Training has not failed: the variance of "
        "the data is below β s² in every direction, so, as in the linear VAE, waking a unit costs more rate than it "
        "saves distortion. Lower the s.d., and the same weights wake up by themselves."
    ).tag(sync=True)
    tip = traitlets.Unicode("pick a broken VAE, press Train, and repair it with the knob named below.").tag(sync=True)

    def __init__(self, preset: str = "sound", *, points: Array | None = None, **settings: Any) -> None:
        """Check that everything fits, then send it."""
        chosen = PRESETS[_one_of("preset", _typed("preset", preset))]["settings"]
        unknown = set(settings) - {*NAMES, "title", "question", "answer", "tip"}
        if unknown:
            raise TypeError(f"{min(unknown)}: there is no such setting; expected one of {', '.join(NAMES)}")
        drawn = [] if points is None else as_array("points", points, (None, 2), "<f8").ravel().tolist()
        settings = ({"data": "drawn"} if drawn else {}) | settings
        made = {name: _typed(name, settings.pop(name, chosen[name])) for name in NAMES}
        super().__init__(preset=preset, points=drawn, **made, **settings)
        self.observe(self._load, "preset")

    def _load(self, change: dict[str, Any]) -> None:
        for name, value in PRESETS[change["new"]]["settings"].items():
            setattr(self, name, value)

    @traitlets.default("_css")
    def _read_styles(self) -> str:
        return source("widgets.css") + source("vae_lab.css")

    @traitlets.validate(*ONE_OF)
    def _check_name(self, proposal: dict[str, Any]) -> str:
        return _one_of(proposal["trait"].name, proposal["value"])

    @traitlets.validate(*RANGES)
    def _check_range(self, proposal: dict[str, Any]) -> int | float:
        name, value = proposal["trait"].name, proposal["value"]
        low, high = RANGES[name]
        if not low <= value <= high:
            raise complain(name, f"a number from {low:g} to {high:g}", value)
        return value

    @traitlets.validate("points")
    def _check_points(self, proposal: dict[str, Any]) -> list[float]:
        points = proposal["value"]
        if len(points) % 2 or len(points) > 2 * MOST_POINTS or not all(abs(v) <= EXTENT for v in points):
            wanted = f"at most {MOST_POINTS} pairs of numbers between -{EXTENT:g} and {EXTENT:g}"
            raise complain("points", wanted, f"{len(points)} numbers")
        return points

    def describe(self) -> dict[str, Any]:
        """The preset, and the settings that differ from it."""
        chosen = PRESETS[self.preset]["settings"]
        changes = {name: getattr(self, name) for name in NAMES if getattr(self, name) != chosen[name]}
        return {"preset": self.preset} | changes | ({"points": len(self.points) // 2} if self.points else {})
