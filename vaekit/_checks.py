"""Checks that public functions share: each error names the argument, what came, and what was expected."""

from __future__ import annotations

import math
from numbers import Integral, Real
from typing import Any

import torch
from torch import Tensor


def instance(name: str, value: object, kind: type | tuple[type, ...], wanted: str) -> None:
    """Raise unless `value` is an instance of `kind`, which the message calls `wanted`."""
    if not isinstance(value, kind):
        raise TypeError(f"{name}: got {type(value).__name__}; expected {wanted}")


def positive_int(name: str, value: Any, *, least: int = 1) -> int:
    """Return `value` as an int if it is an integer of at least `least`; raise otherwise."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"{name}: got {value!r} of type {type(value).__name__}; expected an integer >= {least}")
    if value < least:
        raise ValueError(f"{name}: got {value}; expected an integer >= {least}")
    return int(value)


def random_seed(name: str, value: Any) -> int:
    """Return a seed if torch uses all of it: its generator on the CPU drops what lies above 32 bits."""
    if positive_int(name, value, least=0) >= 2**32:
        raise ValueError(f"{name}: got {value}; expected an integer from 0 to 2**32 - 1")
    return int(value)


def finite_number(name: str, value: Any, *, low: float = -math.inf, strict: bool = False) -> float:
    """Return `value` as a float if it is a finite real number above `low` (strictly, if `strict`)."""
    wanted = "a finite number" if low == -math.inf else f"a finite number {'>' if strict else '>='} {low:g}"
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name}: got {value!r} of type {type(value).__name__}; expected {wanted}")
    if not math.isfinite(value) or value < low or (strict and value == low):
        raise ValueError(f"{name}: got {value}; expected {wanted}")
    return float(value)


def float_tensor(name: str, value: Any, *, ndim: int | None = None, like: Tensor | None = None) -> Tensor:
    """Return `value` if it is a floating-point tensor (with `ndim` axes, and the dtype of `like`, if given)."""
    instance(name, value, Tensor, "a torch.Tensor")
    if not value.is_floating_point():
        raise TypeError(f"{name}: got dtype {value.dtype}; expected a floating-point tensor")
    if like is not None and value.dtype != like.dtype and not torch.is_autocast_enabled(value.device.type):
        raise TypeError(f"{name}: got dtype {value.dtype}; expected {like.dtype}, that of the parameters")
    if ndim is not None and value.ndim != ndim:
        raise ValueError(f"{name}: got shape {tuple(value.shape)}; expected {ndim} axes")
    return value


def data_tensor(
    name: str, value: Any, *, width: int | None = None, like: Tensor | None = None, tokens: bool = False
) -> Tensor:
    """Return data `(B, *event)` with B >= 1 and finite values, or int64 `tokens`; `(B, width)` if a width is given."""
    if tokens:
        tokens_tensor(name, value)
    else:
        float_tensor(name, value, like=like)
    wanted = "(B, *event)" if width is None else f"(B, {width})"
    if value.ndim < 2 or len(value) == 0 or (width is not None and value.shape[1:] != (width,)):
        raise ValueError(f"{name}: got shape {tuple(value.shape)}; expected {wanted} with B >= 1")
    all_finite(name, value)
    return value


def tokens_tensor(name: str, value: Any, *, vocabulary: int | None = None, ndim: int | None = None) -> Tensor:
    """Return `value` if it is an int64 tensor, with `ndim` axes and values below `vocabulary` if these are given."""
    instance(name, value, Tensor, "a torch.Tensor")
    if value.dtype != torch.int64:
        raise TypeError(f"{name}: got dtype {value.dtype}; expected tokens of torch.int64")
    if ndim is not None and value.ndim != ndim:
        raise ValueError(f"{name}: got shape {tuple(value.shape)}; expected {ndim} axes")
    if vocabulary is not None and not value.is_meta and ((value < 0) | (value >= vocabulary)).any():
        low, high = int(value.min()), int(value.max())
        raise ValueError(f"{name}: got tokens from {low} to {high}; expected 0 to {vocabulary - 1}")
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
