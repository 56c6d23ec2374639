"""What `DrawDigit` accepts, and the scores of test images by the rule that its front end uses."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.distributions import Distribution

from vaekit.models import VAE
from vaekit.objectives import elbo
from vaekit.widgets.base import Array, as_array, complain

Item = dict[str, Any]


def seven_points(q: Distribution, shape: torch.Size) -> Tensor:
    """The mean of q and six points at two of its standard deviations, `(7, B, 2)`: a `Draw` that ignores `shape`."""
    angle = torch.arange(6, dtype=q.loc.dtype, device=q.loc.device) * (math.pi / 3)
    around = 2 * torch.stack([angle.cos(), angle.sin()], -1)
    return q.loc + q.scale * torch.cat([torch.zeros_like(around[:1]), around])[:, None]


def seven_point_mean(values: Float[Tensor, "7 B"]) -> Float[Tensor, " B"]:
    """Mean over q from values at the seven points: exact for polynomials of degree 5 in two latents."""
    return values.new_tensor([1 / 2, *[1 / 12] * 6]) @ values


def seven_point_scores(model: VAE, x: Float[Tensor, "B D"]) -> Float[Tensor, " B"]:
    """-ELBO in nats, of a model with two latents."""
    terms = elbo(model, x, 7, draw=seven_points)
    return terms.rate - seven_point_mean(terms.log_px)


def sample_bytes(samples: Mapping[str, Array], pixels: int) -> np.ndarray:
    """Greys of the samples from 0 to 255, row after row."""
    rows = [as_array(f"samples[{mark!r}]", image, (pixels,), "<f4") for mark, image in samples.items()]
    for mark, row in zip(samples, rows, strict=True):
        if not (isinstance(mark, str) and 1 <= len(mark) <= 2):
            raise complain("samples", "marks of one or two characters", repr(mark))
        if row.min() < 0 or row.max() > 1:
            raise complain(f"samples[{mark!r}]", "values in [0, 1]", f"values from {row.min()} to {row.max()}")
    return np.rint(255 * np.array(rows).reshape(-1, pixels)).astype("u1")


def is_item(item: object, marks: Sequence[str]) -> bool:
    """Whether `item` is a stroke or a known sample, as `pad.js` reads it."""
    match item:
        case {"sample": str(mark)}:
            return mark == "" or mark in marks
        case {"points": [_, _, *_] as points, "width": float() | int() as width}:
            numbers = all(isinstance(v, float | int) and math.isfinite(v) for v in (*points, width))
            return numbers and len(points) % 2 == 0 and width > 0
    return False
