"""The distance between two clouds of features, each summarised by a Gaussian."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from vaekit._checks import all_finite, float_tensor


@torch.no_grad()
def frechet_distance(a: Float[Tensor, "N F"], b: Float[Tensor, "M F"]) -> float:
    """Return the squared Fréchet (2-Wasserstein) distance between Gaussians fitted to two sets of features.

    ‖mean_a - mean_b‖² + tr(C_a + C_b - 2 (C_a C_b)^½), with covariances taken with 1/(N - 1). What it means depends on
    the features, and its estimate falls as samples are added: compare only figures with the same features and sizes.
    Source: Dowson & Landau (1982); with a classifier's features, Heusel et al. (2017).

    Args:
        a: features of one set, `(N, F)`, N >= 2.
        b: features of the other, `(M, F)`, M >= 2.

    Returns:
        The distance in squared units of the features; 0 if means and covariances agree.

    Raises:
        TypeError: if an argument is not a floating-point tensor.
        ValueError: if widths differ, there are fewer than two rows, or values are not finite.
    """
    for name, features in (("a", a), ("b", b)):
        if len(float_tensor(name, features, ndim=2)) < 2:
            raise ValueError(f"{name}: got {len(features)} rows; expected at least 2")
        all_finite(name, features)
    if a.shape[1] != b.shape[1]:
        raise ValueError(f"b: got {b.shape[1]} features; expected {a.shape[1]}, as a has")
    a, b = a.double(), b.double()
    root = _symmetric_root(torch.cov(a.mT).reshape(a.shape[1], -1))
    cross = _symmetric_root(root @ torch.cov(b.mT).reshape(b.shape[1], -1) @ root)  # has the trace of (C_a C_b)^½
    spread = a.var(0).sum() + b.var(0).sum() - 2 * cross.trace()
    return ((a.mean(0) - b.mean(0)).square().sum() + spread).clamp(min=0).item()


def _symmetric_root(matrix: Float[Tensor, "F F"]) -> Float[Tensor, "F F"]:
    values, vectors = torch.linalg.eigh(matrix)
    return (vectors * values.clamp(min=0).sqrt()) @ vectors.mT
