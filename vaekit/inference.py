"""Better answers than the encoder's, for models small enough: quadrature over z, and a q fitted to each example."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator

import torch
from jaxtyping import Float
from torch import Tensor
from torch.distributions import Bernoulli, Distribution, Normal
from torch.nn.functional import softplus

from vaekit._checks import data_tensor, finite_number, in_unit_interval, instance, positive_int, random_seed
from vaekit.distributions import WHY_UNIT_INTERVAL
from vaekit.models.vae import VAE
from vaekit.objectives import ElboTerms
from vaekit.trace import Latent, Trace, pathwise


@torch.no_grad()
def grid_log_evidence(
    model: VAE, x: Float[Tensor, "B D"], *, half_width: float = 6.0, points: int = 481, chunk: int = 8192
) -> Float[Tensor, " B"]:
    """Compute log p(x) = log ∫ p(x|z) p(z) dz in nats, by the rectangle rule over one or two latent dimensions.

    The spacing must be below the posterior's standard deviation. From there on the error of a smooth decoder falls
    faster than any power of the spacing, that of one with kinks (ReLU) as its square. To see how good a result is,
    halve the spacing (`points` -> 2 points - 1) and compare.

    Args:
        model: a VAE whose prior has batch shape `(L,)` with L = 1 or 2.
        x: data, `(B, D)`.
        half_width: the grid covers [-half_width, half_width] in each dimension.
        points: grid points in each dimension.
        chunk: grid points held at a time.

    Returns:
        The log evidence of each example, `(B,)`.

    Raises:
        ValueError: if the latent has more than two dimensions, or a number is out of range.
    """
    if data_tensor("x", x).ndim != 2:
        raise ValueError(f"x: got shape {tuple(x.shape)}; expected (B, D)")
    prior = model.prior()
    dims = sum(prior.batch_shape)
    if len(prior.batch_shape) != 1 or dims > 2:
        raise ValueError(f"model: its prior has batch shape {tuple(prior.batch_shape)}; expected (1,) or (2,)")
    half_width = finite_number("half_width", half_width, low=0.0, strict=True)
    points = positive_int("points", points, least=2)
    axis = torch.linspace(-half_width, half_width, points, dtype=x.dtype, device=x.device)
    grid = torch.cartesian_prod(*[axis] * dims).reshape(-1, dims)
    total = torch.full((len(x),), -math.inf, dtype=x.dtype, device=x.device)
    for z in grid.split(positive_int("chunk", chunk)):
        log_joint = _log_px_pairs(model.decoder(z), x) + prior.log_prob(z).sum(-1, keepdim=True)
        total = torch.logaddexp(total, torch.logsumexp(log_joint, 0))
    return total + dims * math.log(2 * half_width / (points - 1))


def _log_px_pairs(px: Distribution, x: Float[Tensor, "B D"]) -> Float[Tensor, "M B"]:
    """Return log p(x_b|z_m) of every grid point with every example."""
    if px.batch_shape[-1:] != x.shape[1:]:
        raise ValueError(f"x: got shape {tuple(x.shape)}; expected (B, {px.batch_shape[-1]}), as the model decodes")
    if isinstance(px, Bernoulli):
        in_unit_interval("x", x, why=WHY_UNIT_INTERVAL)
        # x·logits - Σ softplus(logits): one matrix product instead of an (M, B, D) array
        return px.logits @ x.mT - softplus(px.logits).sum(-1, keepdim=True)
    return px.expand(torch.Size([1, *px.batch_shape])).log_prob(x.unsqueeze(1)).sum(-1).mT


def refine_posterior(
    model: VAE, x: Float[Tensor, "B D"], *, steps: int = 300, num_samples: int = 8, lr: float = 0.02, seed: int = 0
) -> Normal:
    """Fit a factorised Gaussian q to each example by gradient ascent on its ELBO, from the encoder's answer.

    What this gains over the encoder is the amortisation gap; what is still missing to log p(x) is the approximation
    gap. Source: Cremer et al. (2018). The model is not changed, nor is the global random state.

    Args:
        model: a VAE with a factorised Gaussian encoder.
        x: data, `(B, D)`.
        steps: steps of Adam, with a rate that falls to zero along a cosine.
        num_samples: draws from q in each step.
        lr: the first learning rate, on means and log standard deviations.
        seed: fixes the draws.

    Returns:
        q, batch shape `(B, L)`.

    Raises:
        TypeError: if the encoder does not return a `Normal`.
    """
    data_tensor("x", x)
    positive_int("steps", steps)
    finite_number("lr", lr, low=0.0, strict=True)
    with _evaluating(model), torch.random.fork_rng(devices=range(torch.cuda.device_count())), torch.enable_grad():
        torch.manual_seed(random_seed("seed", seed))
        start = model.encoder(x)
        if not isinstance(start, Normal):
            raise TypeError(f"model: its encoder returned {type(start).__name__}; expected a factorised Normal")
        loc = start.loc.detach().clone().requires_grad_()
        log_scale = start.scale.detach().log().requires_grad_()
        optimizer = torch.optim.Adam([loc, log_scale], lr=lr)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
        for _ in range(steps):
            loss = -elbo_of(model, x, Normal(loc, log_scale.exp()), num_samples).elbo.sum()
            loc.grad, log_scale.grad = torch.autograd.grad(loss, [loc, log_scale])
            optimizer.step()
            schedule.step()
    return Normal(loc.detach(), log_scale.detach().exp())


@contextlib.contextmanager
def _evaluating(model: VAE) -> Iterator[None]:
    """Put the model into evaluation mode, and each of its modules back into its own."""
    modes = {module: module.training for module in model.modules()}
    model.eval()
    try:
        yield
    finally:
        for module, mode in modes.items():
            module.training = mode


def elbo_of(model: VAE, x: Float[Tensor, "B D"], q: Distribution, num_samples: int = 1) -> ElboTerms:
    """The ELBO's terms for a q that you supply in place of the encoder's.

    Args:
        model: a VAE; its encoder is not used.
        x: data, `(B, D)`.
        q: a distribution over z, batch shape `(B, L)`.
        num_samples: K.

    Returns:
        The terms, in nats.
    """
    instance("q", q, Distribution, "a torch.distributions.Distribution")
    if q.batch_shape[:1] != x.shape[:1]:
        raise ValueError(f"q: got batch shape {tuple(q.batch_shape)}; expected one row for each of {len(x)} examples")
    z = pathwise(q, torch.Size([positive_int("num_samples", num_samples)]))
    latent = Latent(z, q, model.prior())
    return ElboTerms(Trace(x, model.decoder(z), (latent,)).log_px, latent.kl, (latent.kl.shape[-1],))
