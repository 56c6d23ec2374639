"""Checks that public functions share: each error names the argument, what came, and what was expected."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def positive_int(name: str, value: object, *, least: int = 1) -> int:
    """Return `value` if it is an integer of at least `least`; raise otherwise."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name}: got {value!r} of type {type(value).__name__}; expected an integer >= {least}")
    if value < least:
        raise ValueError(f"{name}: got {value}; expected an integer >= {least}")
    return value


def finite_number(name: str, value: object, *, low: float = -math.inf, strict: bool = False) -> float:
    """Return `value` as a float if it is a finite real number above `low` (strictly, if `strict`)."""
    relation = ">" if strict else ">="
    wanted = "a finite number" if low == -math.inf else f"a finite number {relation} {low:g}"
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{name}: got {value!r} of type {type(value).__name__}; expected {wanted}")
    if not math.isfinite(value) or value < low or (strict and value == low):
        raise ValueError(f"{name}: got {value}; expected {wanted}")
    return float(value)


def float_tensor(name: str, value: object, *, ndim: int | None = None) -> Tensor:
    """Return `value` if it is a floating-point tensor (with `ndim` axes, if given); raise otherwise."""
    if not isinstance(value, Tensor):
        raise TypeError(f"{name}: got {type(value).__name__}; expected a torch.Tensor")
    if not value.is_floating_point():
        raise TypeError(f"{name}: got dtype {value.dtype}; expected a floating-point tensor")
    if ndim is not None and value.ndim != ndim:
        raise ValueError(f"{name}: got shape {tuple(value.shape)}; expected {ndim} axes")
    return value


def same_shape(name: str, value: Tensor, other_name: str, other: Tensor) -> None:
    """Raise unless both tensors have the same shape, so that nothing broadcasts by accident."""
    if value.shape != other.shape:
        raise ValueError(
            f"{name}: got shape {tuple(value.shape)}; expected {tuple(other.shape)}, the shape of {other_name}"
        )


def all_finite(name: str, value: Tensor) -> None:
    """Raise if a tensor holds NaN or infinity. Tensors without values (the meta device) pass."""
    if value.is_meta or torch.isfinite(value).all():
        return
    bad = int((~torch.isfinite(value)).sum())
    raise ValueError(f"{name}: {bad} of {value.numel()} values are NaN or infinite; expected finite values")


def in_unit_interval(name: str, value: Tensor, *, why: str) -> None:
    """Raise if a value lies outside [0, 1] (NaN does). Tensors without values (the meta device) pass."""
    if value.is_meta or ((value >= 0) & (value <= 1)).all():
        return
    low, high = float(value.min()), float(value.max())
    raise ValueError(f"{name}: got values from {low:g} to {high:g}; expected values in [0, 1]: {why}")
