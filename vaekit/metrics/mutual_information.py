"""How much the latents say about the data, and how far the aggregate posterior is from the prior.

The mean rate is the sum of the two: (1/N) Σ_n KL(q(z|x_n) ‖ p) = I_q(x; z) + KL(q̄ ‖ p), with the aggregate posterior
q̄(z) = (1/N) Σ_n q(z|x_n) over the N examples that are given. Source: Hoffman & Johnson (2016).
"""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor
from torch.distributions import Distribution

from vaekit._checks import positive_int
from vaekit.objectives import Model
from vaekit.trace import Latent, detached


@torch.no_grad()
def mutual_information(
    model: Model, x: Tensor, *, num_samples: int = 5, context: Tensor | None = None, chunk: int = 100
) -> float:
    """Estimate I_q(x; z) in nats under q(x, z) = (1/N) Σ_n δ(x - x_n) q(z|x_n): the mean rate minus KL(q̄ ‖ p).

    Sampled as the mean of log q(z|x_n) - log q̄(z) over z ~ q(z|x_n), which has no bias, is the same number in
    expectation as that difference, and has no spread where the encoder ignores x (0) or where no two posteriors
    overlap (log N). It never exceeds log N: with few examples a large value says more of N than of the model.
    As a measure of collapse: Dieng et al. (2019), He et al. (2019).

    Args:
        model: anything that returns a `Trace` with one level of latents.
        x: the N examples over which q̄ is taken, `(N, *event)`.
        num_samples: draws of z for each example. Time grows as `num_samples` N².
        context: what the model is conditioned on, if anything; then I_q((x, context); z).
        chunk: how many draws meet all N posteriors at a time; memory grows as `chunk` N L.

    Returns:
        The mutual information in nats, at most log N; sampling may put it below 0 where it is near 0.

    Raises:
        ValueError: if `num_samples` or `chunk` is below 1, or the model has several levels of latents.
    """
    return _information(_latent(model, x, context, num_samples), chunk)


@torch.no_grad()
def marginal_kl(
    model: Model, x: Tensor, *, num_samples: int = 5, context: Tensor | None = None, chunk: int = 100
) -> float:
    """Estimate KL(q̄ ‖ p) in nats, how far the aggregate posterior over x is from the prior, as rate minus information.

    The rate is in closed form where torch knows one, else a mean over the same draws.

    Args:
        model: anything that returns a `Trace` with one level of latents and one prior for all examples.
        x: the N examples over which q̄ is taken, `(N, *event)`.
        num_samples: draws of z for each example.
        context: what the model is conditioned on, if anything; the prior must not depend on it.
        chunk: how many draws meet all N posteriors at a time.

    Returns:
        The divergence in nats; at least the mean rate minus log N.

    Raises:
        ValueError: if `num_samples` or `chunk` is below 1, or the model has several levels of latents.
    """
    latent = _latent(model, x, context, num_samples)
    return latent.kl.sum(-1).mean().item() - _information(latent, chunk)


def _latent(model: Model, x: Tensor, context: Tensor | None, num_samples: int) -> Latent:
    """Encode once, then draw z: what the decoder would say of it is not needed."""
    positive_int("num_samples", num_samples)
    latents = model(x, 1, context=context, draw=detached).latents
    if len(latents) != 1:
        raise ValueError(f"model: got {len(latents)} levels of latents; expected one")
    q, p = latents[0].q, latents[0].p
    return Latent(detached(q, torch.Size([num_samples])), q, p)


def _information(latent: Latent, chunk: int) -> float:
    num_samples, count = latent.z.shape[:2]
    z = latent.z.flatten(0, 1).split(positive_int("chunk", chunk))  # (S N, *latent)
    own = torch.arange(count, device=latent.z.device).repeat(num_samples).split(chunk)  # which example a draw is of
    return torch.cat([_log_ratio(latent.q, *part) for part in zip(z, own, strict=True)]).mean().item()


def _log_ratio(q: Distribution, z: Tensor, own: Tensor) -> Float[Tensor, " C"]:
    """Return log q(z|x_own) - log q̄(z) for each of C draws, from all C N pairs."""
    pairs = q.log_prob(z.unsqueeze(1))  # (C, N, *latent)
    pairs = pairs.flatten(2).sum(-1) if pairs.ndim > 2 else pairs
    return pairs.gather(1, own.unsqueeze(1)).squeeze(1) - torch.logsumexp(pairs, 1) + math.log(pairs.shape[1])
