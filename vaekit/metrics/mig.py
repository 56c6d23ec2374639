"""Whether each factor of the data has a latent unit of its own."""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor

from vaekit._checks import all_finite, float_tensor, instance, positive_int


@torch.no_grad()
def mig(codes: Float[Tensor, "N L"], factors: Int[Tensor, "N F"], *, bins: int = 20) -> float:
    """Return the mutual information gap: the mean over factors of (I₁ - I₂) / H, between 0 and 1.

    H is a factor's entropy; I₁ and I₂ are its largest and second largest mutual information with one unit, whose range
    is cut into `bins` equal parts. It is 1 where each factor is a function of one unit, of which no other knows.
    Two units that share a factor evenly give 0, however well they hold it together.

    All are counts over the rows: with N not far above `bins` times a factor's values they are too large, so compare
    figures of the same N, factors and bins. Source: Chen et al. (2018); in bins, Locatello et al. (2019).

    Args:
        codes: posterior means, `(N, L)`, L >= 2.
        factors: what each example was made from, integers in `(N, F)`, each column with at least two values.
        bins: parts of a unit's range.

    Returns:
        The gap, from 0 to 1; a unit that never varies has no information.

    Raises:
        TypeError: if `codes` are not floating-point, or `factors` not integers.
        ValueError: if shapes do not fit, codes are not finite, there is one unit alone, or a factor never varies.
    """
    all_finite("codes", float_tensor("codes", codes, ndim=2))
    instance("factors", factors, Tensor, "a torch.Tensor")
    if factors.is_floating_point():
        raise TypeError(f"factors: got dtype {factors.dtype}; expected integers")
    if len(codes) == 0 or codes.shape[1] < 2:
        raise ValueError(f"codes: got shape {tuple(codes.shape)}; expected (N, L) with N >= 1 and L >= 2")
    if factors.ndim != 2 or len(factors) != len(codes) or factors.shape[1] == 0:
        raise ValueError(f"factors: got shape {tuple(factors.shape)}; expected ({len(codes)}, F) with F >= 1")
    cells = [_binned(unit, positive_int("bins", bins)) for unit in codes.double().unbind(1)]
    gaps = [_gap(cells, values.unique(return_inverse=True)[1], i) for i, values in enumerate(factors.unbind(1))]
    return sum(gaps) / len(gaps)


def _gap(cells: list[Tensor], values: Tensor, column: int) -> float:
    entropy = _entropy(values)
    if entropy == 0:
        raise ValueError(f"factors: column {column} holds one value; expected at least two")
    count = int(values.max()) + 1
    known = sorted(_entropy(cell) + entropy - _entropy(cell * count + values) for cell in cells)
    return max(known[-1] - known[-2], 0.0) / entropy


def _binned(unit: Float[Tensor, " N"], bins: int) -> Int[Tensor, " N"]:
    """Which of `bins` equal parts of its range each value lies in; the largest value belongs to the last part."""
    low, width = unit.min(), unit.max() - unit.min()
    if width == 0:
        return torch.zeros_like(unit, dtype=torch.int64)
    return ((unit - low) / width * bins).long().clamp(max=bins - 1)


def _entropy(labels: Int[Tensor, " N"]) -> float:
    """The entropy of the counts of integer labels, in nats."""
    share = labels.unique(return_counts=True)[1].double() / len(labels)
    return -(share * share.log()).sum().item()
