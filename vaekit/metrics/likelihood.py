"""The log-likelihood of data under a model whose evidence has no closed form."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor

from vaekit._checks import positive_int
from vaekit.objectives import Model
from vaekit.trace import detached


@torch.no_grad()
def log_likelihood(
    model: Model, x: Tensor, num_samples: int = 1000, *, context: Tensor | None = None, chunk: int = 100
) -> Float[Tensor, " B"]:
    """Estimate log p(x) in nats by importance sampling: log (1/K) Σ_k p(x, z_k) / q(z_k|x).

    The estimate is a stochastic lower bound: its mean is at most log p(x) and rises with K, and it is only as good
    as q covers the posterior. Source: Burda et al. (2016), section 5.

    Args:
        model: anything that returns a `Trace`.
        x: data, `(B, *event)`.
        num_samples: K.
        context: what the model is conditioned on, if anything.
        chunk: how many samples are held at a time; memory does not grow with K.

    Returns:
        One estimate for each example, `(B,)`.

    Raises:
        ValueError: if `num_samples` or `chunk` is below 1.
    """
    positive_int("num_samples", num_samples)
    positive_int("chunk", chunk)
    total: Tensor | None = None
    for start in range(0, num_samples, chunk):
        size = min(chunk, num_samples - start)
        part = torch.logsumexp(model(x, size, context=context, draw=detached).log_w, 0)
        total = part if total is None else torch.logaddexp(total, part)
    assert total is not None  # num_samples >= 1
    return total - math.log(num_samples)
