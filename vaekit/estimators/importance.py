"""Other gradients of the importance-weighted bound: less noise for the encoder, at a price.

The pathwise gradient of `vaekit.iwae` for the encoder drowns in noise as K grows (Rainforth et al., 2018). Both
functions here return the bound itself; only their gradients differ from its own.
"""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor
from torch.distributions import Distribution

from vaekit.estimators.surrogates import Model, held_log_w
from vaekit.trace import pathwise


def doubly_reparameterised(
    model: Model, x: Tensor, num_samples: int, *, context: Tensor | None = None
) -> Float[Tensor, " B"]:
    """The importance-weighted bound, with the doubly reparameterised gradient for the encoder.

    Gradients, with normalised weights v_k = w_k / Σ_j w_j: Σ_k v_k ∇_θ log w_k for the generator, as in `iwae`, and
    Σ_k v_k² (∂log w_k/∂z_k)(∂z_k/∂φ) for the encoder. The second is unbiased for the same bound: the score term that
    `iwae` carries is reparameterised once more. Where the weights have enough moments, its
    signal-to-noise ratio rises with K as √K; for a q too narrow for that it falls, too.
    Source: Tucker et al. (2019), equation 8.

    Args:
        model: anything that returns a `Trace` with one level of latents, whose q has `rsample`.
        x: data, `(B, *event)`.
        num_samples: K.
        context: what the model is conditioned on, if anything.

    Returns:
        One bound for each example in nats, `(B,)`.

    Raises:
        TypeError: if q has no `rsample`, or is a transformed distribution.
        ValueError: if `num_samples` < 1, or there are several levels of latents.
    """
    weights: list[Tensor] = []  # known only after the draw: the hook runs in the backward pass

    def draw(q: Distribution, shape: torch.Size) -> Tensor:
        z = pathwise(q, shape)
        if z.requires_grad:
            z.register_hook(lambda gradient: gradient * weights[0].reshape(*weights[0].shape, *[1] * (z.ndim - 2)))
        return z

    log_w = held_log_w(model, x, num_samples, context=context, draw=draw)
    weights.append(log_w.detach().softmax(0))
    return torch.logsumexp(log_w, 0) - math.log(num_samples)


def iwae_sticking_the_landing(
    model: Model, x: Tensor, num_samples: int, *, context: Tensor | None = None
) -> Float[Tensor, " B"]:
    """The importance-weighted bound, with the parameters of q held constant inside log q: *biased* for K > 1.

    Gradient for the encoder: Σ_k v_k (∂log w_k/∂z_k)(∂z_k/∂φ). What is left out, Σ_k v_k ∇_φ log q(z_k), has mean
    zero only for K = 1, where this is `sticking_the_landing`.
    Source: Roeder et al. (2017); the bias, Tucker et al. (2019).

    Args:
        model: anything that returns a `Trace` with one level of latents, whose q has `rsample`.
        x: data, `(B, *event)`.
        num_samples: K.
        context: what the model is conditioned on, if anything.

    Returns:
        One bound for each example in nats, `(B,)`.

    Raises:
        TypeError: if q has no `rsample`, or is a transformed distribution.
        ValueError: if `num_samples` < 1, or there are several levels of latents.
    """
    log_w = held_log_w(model, x, num_samples, context=context)
    return torch.logsumexp(log_w, 0) - math.log(num_samples)
