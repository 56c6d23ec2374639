"""Quadrature over one or two latent dimensions: the evidence and the posterior themselves, to the grid's accuracy."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.distributions import Bernoulli, Distribution, Normal
from torch.nn.functional import softplus

from vaekit._checks import data_tensor, finite_number, in_unit_interval, instance, positive_int
from vaekit.distributions import WHY_UNIT_INTERVAL
from vaekit.models.linear import LinearVAE
from vaekit.models.vae import VAE


@dataclass(frozen=True)
class GridPosterior:
    """The posterior p(z|x) of each example on a grid over z.

    Attributes:
        z: the grid points, `(M, L)`.
        log_density: log p(z|x) at the grid points in nats, `(M, B)`.
        log_evidence: log p(x) in nats, `(B,)`.
        cell: the volume that belongs to a grid point.
    """

    z: Tensor
    log_density: Tensor
    log_evidence: Tensor
    cell: float

    @property
    def mean(self) -> Float[Tensor, "B L"]:
        """The posterior mean, `(B, L)`."""
        return (self.log_density.exp() * self.cell).mT @ self.z

    @property
    def variance(self) -> Float[Tensor, "B L"]:
        """The posterior variance in each latent dimension, `(B, L)`."""
        away = self.z.unsqueeze(1) - self.mean  # (M, B, L)
        return torch.einsum("mb,mbl->bl", self.log_density.exp() * self.cell, away.square())

    @torch.no_grad()
    def kl_from(self, q: Normal) -> Float[Tensor, " B"]:
        """KL(q ‖ p(z|x)) in nats: the gap of the ELBO of q.

        Args:
            q: a factorised Gaussian for each example, batch shape `(B, L)`.

        Returns:
            The KL, `(B,)`.

        Raises:
            ValueError: if the grid does not hold q: its density there must add up to 1 within 0.1 per cent.
        """
        log_q = self._log_on_grid(q)
        mass = log_q.exp() * self.cell
        if not mass.is_meta and ((mass.sum(0) - 1).abs() > 1e-3).any():
            worst = mass.sum(0)[(mass.sum(0) - 1).abs().argmax()].item()
            raise ValueError(
                f"q: its density adds up to {worst:.3g} on the grid; expected 1 (too narrow, or too far out?)"
            )
        return torch.where(mass > 0, mass * (log_q - self.log_density), 0.0).sum(0)

    @torch.no_grad()
    def kl_to(self, q: Normal) -> Float[Tensor, " B"]:
        """KL(p(z|x) ‖ q) in nats.

        Args:
            q: a factorised Gaussian for each example, batch shape `(B, L)`.

        Returns:
            The KL, `(B,)`.
        """
        mass = self.log_density.exp() * self.cell
        return torch.where(mass > 0, mass * (self.log_density - self._log_on_grid(q)), 0.0).sum(0)

    def _log_on_grid(self, q: Normal) -> Float[Tensor, "M B"]:
        instance("q", q, Normal, "a factorised torch.distributions.Normal")
        wanted = (self.log_density.shape[1], self.z.shape[1])
        if q.batch_shape != wanted:
            raise ValueError(f"q: got batch shape {tuple(q.batch_shape)}; expected {wanted}, one row for each example")
        return q.log_prob(self.z.unsqueeze(1)).sum(-1)


@torch.no_grad()
def grid_posterior(
    model: VAE | LinearVAE, x: Float[Tensor, "B D"], *, half_width: float = 6.0, points: int = 481
) -> GridPosterior:
    """Compute p(z|x) = p(x|z) p(z) / p(x) on a grid over one or two latent dimensions.

    What `grid_log_evidence` says of spacing and error holds here too. The result holds M B numbers, with M = points^L.

    Args:
        model: a VAE whose prior has one or two dimensions, or a `LinearVAE` of that size.
        x: data, `(B, D)`.
        half_width: the grid covers [-half_width, half_width] in each dimension.
        points: grid points in each dimension.

    Returns:
        The posteriors.

    Raises:
        ValueError: if the latent has more than two dimensions, or a number is out of range.
    """
    z, cell = _grid(model, x, half_width, points)
    log_joint = torch.cat(list(_log_joints(model, x, z, 8192)))
    log_evidence = torch.logsumexp(log_joint, 0) + math.log(cell)
    return GridPosterior(z, log_joint - log_evidence, log_evidence, cell)


@torch.no_grad()
def grid_log_evidence(
    model: VAE | LinearVAE, x: Float[Tensor, "B D"], *, half_width: float = 6.0, points: int = 481, chunk: int = 8192
) -> Float[Tensor, " B"]:
    """Compute log p(x) = log ∫ p(x|z) p(z) dz in nats, by the rectangle rule over one or two latent dimensions.

    The spacing must be below the posterior's standard deviation. From there on the error of a smooth decoder falls
    faster than any power of the spacing, that of one with kinks (ReLU) as its square. To see how good a result is,
    halve the spacing (`points` -> 2 points - 1) and compare.

    Args:
        model: a VAE whose prior has one or two dimensions, or a `LinearVAE` of that size.
        x: data, `(B, D)`.
        half_width: the grid covers [-half_width, half_width] in each dimension.
        points: grid points in each dimension.
        chunk: grid points held at a time.

    Returns:
        The log evidence of each example, `(B,)`.

    Raises:
        ValueError: if the latent has more than two dimensions, or a number is out of range.
    """
    z, cell = _grid(model, x, half_width, points)
    total = torch.full((len(x),), -math.inf, dtype=x.dtype, device=x.device)
    for log_joint in _log_joints(model, x, z, positive_int("chunk", chunk)):
        total = torch.logaddexp(total, torch.logsumexp(log_joint, 0))
    return total + math.log(cell)


def _grid(model: VAE | LinearVAE, x: Tensor, half_width: float, points: int) -> tuple[Float[Tensor, "M L"], float]:
    """Return the grid points and the volume of a cell."""
    if data_tensor("x", x).ndim != 2:
        raise ValueError(f"x: got shape {tuple(x.shape)}; expected (B, D)")
    prior = model.prior()
    shape = prior.batch_shape + prior.event_shape
    if shape not in ((1,), (2,)):
        raise ValueError(f"model: its prior has shape {tuple(shape)}; expected (1,) or (2,)")
    half_width = finite_number("half_width", half_width, low=0.0, strict=True)
    points = positive_int("points", points, least=2)
    axis = torch.linspace(-half_width, half_width, points, dtype=x.dtype, device=x.device)
    z = torch.cartesian_prod(*[axis] * shape[0]).reshape(-1, shape[0])
    return z, (2 * half_width / (points - 1)) ** shape[0]


def _log_joints(model: VAE | LinearVAE, x: Tensor, z: Tensor, chunk: int) -> Iterator[Float[Tensor, "M B"]]:
    """Yield log p(x_b, z_m) for the grid points, some at a time."""
    prior = model.prior()
    for some in z.split(chunk):
        log_prior = prior.log_prob(some)
        log_prior = log_prior.sum(-1) if prior.batch_shape else log_prior
        yield _log_px_pairs(model.decoder(some), x) + log_prior.unsqueeze(-1)


def _log_px_pairs(px: Distribution, x: Float[Tensor, "B D"]) -> Float[Tensor, "M B"]:
    """Return log p(x_b|z_m) of every grid point with every example."""
    if px.batch_shape[-1:] != x.shape[1:]:
        raise ValueError(f"x: got shape {tuple(x.shape)}; expected (B, {px.batch_shape[-1]}), as the model decodes")
    if isinstance(px, Bernoulli):
        in_unit_interval("x", x, why=WHY_UNIT_INTERVAL)
        # x·logits - Σ softplus(logits): one matrix product instead of an (M, B, D) array
        return px.logits @ x.mT - softplus(px.logits).sum(-1, keepdim=True)
    return px.expand(torch.Size([1, *px.batch_shape])).log_prob(x.unsqueeze(1)).sum(-1).mT
