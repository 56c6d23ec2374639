"""Figures from arrays. Nothing here trains, and nothing samples a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float, Int
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from torch import Tensor

from vaekit._checks import float_tensor, instance, positive_int


def image_grid(
    images: Float[Tensor, "N D"], image_shape: tuple[int, int], *, columns: int, ax: Axes | None = None
) -> Axes:
    """Draw N flat images in rows, black ink on white.

    Args:
        images: values in [0, 1], `(N, D)`.
        image_shape: `(height, width)` with height * width = D.
        columns: images in a row.
        ax: where to draw; new axes if `None`.

    Returns:
        The axes.

    Raises:
        ValueError: if the images do not have height * width values.
    """
    instance("image_shape", image_shape, tuple, "(height, width)")
    height, width = image_shape
    if float_tensor("images", images).shape[1:] != (height * width,) or len(images) == 0:
        raise ValueError(f"images: got shape {tuple(images.shape)}; expected (N, {height * width}) with N >= 1")
    rows = -(-len(images) // positive_int("columns", columns))
    canvas = np.full((rows * columns, height, width), np.nan)
    canvas[: len(images)] = images.detach().cpu().reshape(-1, height, width).numpy()
    mosaic = canvas.reshape(rows, columns, height, width).swapaxes(1, 2).reshape(rows * height, columns * width)
    ax = ax or plt.subplots(figsize=(0.62 * columns, 0.62 * rows), layout="constrained")[1]
    ax.imshow(mosaic, cmap="gray_r", vmin=0, vmax=1, interpolation="nearest")
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(False)
    return ax


def curves(series: Mapping[str, Sequence[float]], *, xlabel: str, ylabel: str, ax: Axes | None = None) -> Axes:
    """Draw lines against 1, 2, 3, …; each is told apart by its dash pattern as well as its colour.

    Args:
        series: label to values, one for each epoch.
        xlabel: with units.
        ylabel: with units.
        ax: where to draw; new axes if `None`.

    Returns:
        The axes.
    """
    if not series:
        raise ValueError("series: got {}; expected at least one line")
    ax = ax or plt.subplots(figsize=(6, 3.4), layout="constrained")[1]
    for (label, values), dash in zip(series.items(), _DASHES * len(series), strict=False):
        ax.plot(range(1, len(values) + 1), values, dash, label=label)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False)
    return ax


def latent_scatter(codes: Float[Tensor, "N 2"], labels: Int[Tensor, " N"], *, ax: Axes | None = None) -> Axes:
    """Draw 2-D codes as the digits they are labelled with, so that the figure is readable in grey.

    Args:
        codes: posterior means, `(N, 2)`.
        labels: classes 0 to 9, `(N,)`.
        ax: where to draw; new axes if `None`.

    Returns:
        The axes, with equal scales.

    Raises:
        ValueError: if the codes are not two-dimensional.
    """
    if float_tensor("codes", codes).ndim != 2 or codes.shape[1] != 2:
        raise ValueError(f"codes: got shape {tuple(codes.shape)}; expected (N, 2)")
    if labels.shape != codes.shape[:1]:
        raise ValueError(f"labels: got shape {tuple(labels.shape)}; expected ({len(codes)},), one for each code")
    if not ((labels >= 0) & (labels <= 9)).all():
        raise ValueError(f"labels: got {labels.min()} to {labels.max()}; expected classes from 0 to 9")
    ax = ax or plt.subplots(figsize=(5, 5), layout="constrained")[1]
    points, colours = codes.detach().cpu().numpy(), plt.colormaps["tab10"]
    for label in range(10):
        chosen = points[labels.cpu().numpy() == label]
        ax.scatter(*chosen.T, marker=f"${label}$", s=28, linewidths=0.2, color=colours(label))
    ax.set(xlabel="$z_1$", ylabel="$z_2$", aspect="equal")
    ax.spines[["top", "right"]].set_visible(False)
    return ax


_DASHES = ["-", "--", "-.", ":"]
