"""How many of K importance samples count."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from vaekit._checks import float_tensor


def effective_sample_size(log_w: Float[Tensor, "K B"]) -> Float[Tensor, " B"]:
    """Return (Σ_k w_k)² / Σ_k w_k²: K if all weights are equal, 1 if one of them outweighs all others.

    An estimate from the very sample that it judges: where q misses a part of the posterior, it is too high.
    Source: Kong (1992).

    Args:
        log_w: log weights, `(K, B)`, such as `Trace.log_w`.

    Returns:
        A number from 1 to K for each example, `(B,)`.

    Raises:
        TypeError: if `log_w` is not a floating-point tensor.
        ValueError: if it does not have the axes `(K, B)`.
    """
    float_tensor("log_w", log_w, ndim=2)
    return torch.exp(2 * log_w.logsumexp(0) - (2 * log_w).logsumexp(0))
