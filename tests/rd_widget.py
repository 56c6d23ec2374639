"""The rate-distortion widget that its tests look at: models on an exact curve, three seeds, images of known greys."""

from typing import Any

import numpy as np
import torch

from vaekit import linear_rate_distortion
from vaekit.widgets import RateDistortion

BETAS = [0.25, 0.5, 1.0, 2.0, 4.0, 8.0]
SHAPE, ORIGINALS, SAMPLES = (6, 5), 4, 6  # not square, and the last row of samples is not full
EIGENVALUES = torch.linspace(0.2, 3.0, 40, dtype=torch.float64)
SPREAD = np.array([-0.4, 0.1, 0.3])[:, None]  # of the seeds around the curve; adds up to 0


def exact_points() -> tuple[np.ndarray, np.ndarray]:
    """Rates and distortions of the best linear VAEs, `(P,)` each; at the last beta the rate is 0."""
    points = [linear_rate_distortion(EIGENVALUES, 0.4, beta, 20) for beta in BETAS]
    return np.array([point.rate for point in points]), np.array([point.distortion for point in points])


def greys() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Originals, reconstructions and samples, uint8."""
    draw, pixels = np.random.default_rng(3), SHAPE[0] * SHAPE[1]
    sizes = (ORIGINALS, pixels), (len(BETAS), ORIGINALS, pixels), (len(BETAS), SAMPLES, pixels)
    first, back, drawn = (draw.integers(0, 256, size).astype("u1") for size in sizes)
    return first, back, drawn


def measured(*, worse: dict[int, float] | None = None, **options: Any) -> RateDistortion:
    """The widget; `worse` adds nats to the distortion of some models, by number."""
    rate, distortion = exact_points()
    for index, nats in (worse or {}).items():
        distortion[index] += nats
    given = {"rate": rate + np.abs(SPREAD) * (rate > 0) * 0.1, "distortion": distortion + SPREAD, "image_shape": SHAPE}
    images = dict(zip(("originals", "reconstructions", "samples"), greys(), strict=True))
    return RateDistortion(**{"betas": BETAS, "active_units": [20, 19, 15.5, 9, 3, 0]} | given | images | options)


def means(widget: RateDistortion) -> tuple[np.ndarray, np.ndarray]:
    """Rates and distortions of its models, means over seeds."""
    return np.mean(widget.rate, 0), np.mean(widget.distortion, 0)
