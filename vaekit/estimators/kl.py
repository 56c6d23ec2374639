"""Three estimators of a KL divergence from draws of q, in nats."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from vaekit._checks import float_tensor, same_shape


def kl_direct(log_q: Float[Tensor, "*shape"], log_p: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """The log ratio log q - log p at draws from q: its mean estimates KL(q ‖ p) without bias.

    Single values may be negative.

    Args:
        log_q: log q(z) at draws from q, any shape.
        log_p: log p(z) at the same draws.

    Returns:
        One value for each draw, in nats.

    Raises:
        TypeError: if an argument is not a floating-point tensor.
        ValueError: if the shapes differ.
    """
    return -_log_ratio(log_q, log_p)


def kl_squared(log_q: Float[Tensor, "*shape"], log_p: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """Half the square of the log ratio at draws from q: never negative, but *biased* as an estimate of KL(q ‖ p).

    Where q is near p, bias and variance are small. Source: Schulman (2020).

    Args:
        log_q: log q(z) at draws from q, any shape.
        log_p: log p(z) at the same draws.

    Returns:
        One value for each draw, in nats.

    Raises:
        TypeError: if an argument is not a floating-point tensor.
        ValueError: if the shapes differ.
    """
    return 0.5 * _log_ratio(log_q, log_p).square()


def kl_controlled(log_q: Float[Tensor, "*shape"], log_p: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """(r - 1) - log r with r = p/q at draws from q: never negative, and its mean estimates KL(q ‖ p) without bias.

    r - 1 is a control variate: its mean under q is zero where q > 0 wherever p > 0. Its variance may be infinite: r has
    a second moment only where ∫ p²/q is finite. Source: Schulman (2020).

    Args:
        log_q: log q(z) at draws from q, any shape.
        log_p: log p(z) at the same draws.

    Returns:
        One value for each draw, in nats.

    Raises:
        TypeError: if an argument is not a floating-point tensor.
        ValueError: if the shapes differ.
    """
    log_ratio = _log_ratio(log_q, log_p)
    return torch.expm1(log_ratio) - log_ratio


def _log_ratio(log_q: Tensor, log_p: Tensor) -> Tensor:
    same_shape("log_p", float_tensor("log_p", log_p), "log_q", float_tensor("log_q", log_q))
    return log_p - log_q
