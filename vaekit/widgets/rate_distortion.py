"""`RateDistortion`: step through trained models along a measured rate-distortion curve."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import traitlets

from vaekit.widgets.base import Array, CourseWidget, as_array, complain, source

MAX_BYTES = 250_000  # of images: what a page can bear


def _betas(betas: Array) -> list[float]:
    """At least two trained models, by ascending beta."""
    values = as_array("betas", betas, (None,), "<f8")
    if len(values) < 2 or values[0] < 0 or not (np.diff(values) > 0).all():
        raise complain("betas", "two or more ascending numbers of at least 0", values.tolist())
    return values.tolist()


def _by_seed(argument: str, values: Array, models: int) -> np.ndarray:
    """`values` as `(S, P)` float64, one row a seed; `(P,)` is one seed."""
    try:
        dims = np.ndim(values.detach().cpu() if isinstance(values, torch.Tensor) else values)
    except ValueError:
        dims = 1  # a ragged sequence: `as_array` says so
    shape = (None, models) if dims == 2 else (models,)
    return as_array(argument, values, shape, "<f8").reshape(-1, models)


def _points(rate: Array, distortion: Array, models: int) -> dict[str, list[list[float]]]:
    """The measured points of every seed, checked against one another."""
    rates, distortions = _by_seed("rate", rate, models), _by_seed("distortion", distortion, models)
    if rates.shape != distortions.shape:
        raise complain("distortion", f"{len(rates)} seeds, as many as rate has", f"{len(distortions)}")
    if rates.min() < 0:
        raise complain("rate", "numbers of at least 0 (a KL divergence)", f"a smallest of {rates.min():g}")
    return {"rate": rates.tolist(), "distortion": distortions.tolist()}


def _greys(argument: str, values: Array, shape: tuple[int | None, ...]) -> np.ndarray:
    """Images as uint8: whole numbers are greys from 0 to 255, floats lie in [0, 1]."""
    array = as_array(argument, values, shape, "<f8")
    raw = values.detach().cpu().numpy() if isinstance(values, torch.Tensor) else np.asarray(values)
    whole, low, high = raw.dtype.kind in "iu", array.min(), array.max()
    if low < 0 or high > (255 if whole else 1) or (whole and high <= 1):
        kind = "whole numbers" if whole else "floats"
        raise complain(argument, "floats in [0, 1] or whole greys from 0 to 255", f"{kind} from {low:g} to {high:g}")
    return np.round(array * (1 if whole else 255)).astype("u1")


def _images(
    models: int, originals: Array, reconstructions: Array, samples: Array, image_shape: tuple[int, int]
) -> dict[str, Any]:
    """All images in one buffer: the originals, then reconstructions and samples of each model."""
    rows, columns = image_shape
    first = _greys("originals", originals, (None, rows * columns))
    back = _greys("reconstructions", reconstructions, (models, len(first), rows * columns))
    drawn = _greys("samples", samples, (models, None, rows * columns))
    data = first.tobytes() + np.concatenate([back, drawn], axis=1).tobytes()
    if len(data) > MAX_BYTES:
        raise complain("samples", f"all images together in at most {MAX_BYTES:,} pixels", f"{len(data):,} pixels")
    return {"images": data, "counts": [len(first), drawn.shape[1]], "image_shape": [rows, columns]}


def _reference(reference: tuple[Array, Array] | None) -> list[list[float]]:
    """Rates and distortions of a known curve; empty without one."""
    if reference is None:
        return []
    if not isinstance(reference, tuple | list) or len(reference) != 2:
        raise TypeError(f"reference: got {type(reference).__name__}; expected (rates, distortions)")
    rates = as_array("reference[0]", reference[0], (None,), "<f8")
    return [rates.tolist(), as_array("reference[1]", reference[1], (len(rates),), "<f8").tolist()]


class RateDistortion(CourseWidget):
    """The reader moves along P trained models, one a beta, and sees what each rate buys: reconstructions and samples.

    Through the chosen model runs the line of slope -beta, along which D + beta R stays the same; it meets the
    distortion axis at that loss. No model should lie below it: the widget says which one does, by how many nats and in
    how many seeds. A second line, of slope -1, meets the axis at the negative ELBO, D + R. Points are means over
    seeds; between the trained models nothing is interpolated.

    Args:
        betas: `(P,)` ascending, at least 0.
        rate: `(P,)` or `(S, P)`, mean rate in nats of each model, one row a seed.
        distortion: of the same shape, mean distortion in nats.
        originals: `(M, pixels)` images, floats in [0, 1] or whole greys from 0 to 255.
        reconstructions: `(P, M, pixels)`, of one seed; alike.
        samples: `(P, M2, pixels)` decoder means of draws from the prior, of that seed; all images have at most
            250,000 pixels together.
        image_shape: rows and columns of an image.
        beta: the model shown at first, the one nearest to 1 unless given; the trait follows the reader.
        active_units: `(P,)` or `(S, P)`, shown as a mean over seeds.
        reference: rates and distortions, each `(C,)`, of a known curve to compare with.
        reference_name: what to call it.
        texts: `title`, `question`, `answer`, `tip`, where the defaults do not fit.

    Raises:
        TypeError: for what is no number, or a reference that is no pair.
        ValueError: for shapes that do not fit, values that are not finite or out of range, or a beta without a model.
    """

    parts = ("plot.js", "images.js", "tiles.js", "rate_distortion_math.js", "rate_distortion_chart.js")
    script = "rate_distortion.js"

    betas = traitlets.List(traitlets.Float(), help="Ascending.").tag(sync=True)
    rate = traitlets.List(traitlets.List(traitlets.Float()), help="(S, P) nats.").tag(sync=True)
    distortion = traitlets.List(traitlets.List(traitlets.Float()), help="(S, P) nats.").tag(sync=True)
    active_units = traitlets.List(traitlets.Float(), help="(P,); empty if unknown.").tag(sync=True)
    reference = traitlets.List(traitlets.List(traitlets.Float()), help="(2, C), or empty.").tag(sync=True)
    reference_name = traitlets.Unicode().tag(sync=True)
    images = traitlets.Bytes(help="uint8: M originals; for each model M reconstructions, M2 samples.").tag(sync=True)
    counts = traitlets.List(traitlets.Int(), help="M and M2.").tag(sync=True)
    image_shape = traitlets.List(traitlets.Int()).tag(sync=True)
    beta = traitlets.Float(help="The model shown.").tag(sync=True)

    title = traitlets.Unicode("Rate and distortion").tag(sync=True)
    question = traitlets.Unicode(
        "Each dot is a model trained with its own β. Which β gives the sharpest reconstructions, "
        "which the best images drawn from the prior, and which the best ELBO?"
    ).tag(sync=True)
    answer = traitlets.Unicode(
        "Three questions, three answers. β is the price of a nat of rate. Where it is low, codes are precise and "
        "reconstructions sharp, but the codes leave parts of the prior empty, and draws from there may show no digit. "
        "Where it is high, codes say little and all images blur; near rate 0 they are almost the same. The ELBO counts "
        "rate and distortion alike, so its best model is the one that a line of slope −1 meets first: the diamond. "
        "That is β = 1 if each model is the best for its own β, which training on other images does not ensure."
    ).tag(sync=True)
    tip = traitlets.Unicode("drag the ring to a higher β, and watch what the price does to the images.").tag(sync=True)

    def __init__(
        self,
        betas: Array,
        rate: Array,
        distortion: Array,
        originals: Array,
        reconstructions: Array,
        samples: Array,
        image_shape: tuple[int, int] = (28, 28),
        *,
        beta: float | None = None,
        active_units: Array | None = None,
        reference: tuple[Array, Array] | None = None,
        reference_name: str = "exact",
        **texts: str,
    ) -> None:
        """Check that everything fits, then send it."""
        prices = _betas(betas)
        sent = _points(rate, distortion, len(prices))
        sent |= _images(len(prices), originals, reconstructions, samples, image_shape)
        if active_units is not None:
            sent["active_units"] = _by_seed("active_units", active_units, len(prices)).mean(0).tolist()
        sent |= {"reference": _reference(reference), "reference_name": reference_name}
        start = min(prices, key=lambda price: abs(price - 1)) if beta is None else beta
        super().__init__(betas=prices, beta=start, **sent, **texts)

    @traitlets.default("_css")
    def _read_styles(self) -> str:
        return source("widgets.css") + source("rate_distortion.css")

    @traitlets.validate("beta")
    def _check_beta(self, proposal: dict[str, Any]) -> float:
        if proposal["value"] not in self.betas:
            raise complain("beta", f"one of {', '.join(f'{each:g}' for each in self.betas)}", proposal["value"])
        return proposal["value"]

    def describe(self) -> dict[str, Any]:
        """Models, seeds and the model shown."""
        return {"betas": self.betas, "seeds": len(self.rate), "beta": self.beta}
