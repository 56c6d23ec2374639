"""Priors: modules that are called as `prior(context=None)` and return p(z)."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.distributions import (
    Categorical,
    Distribution,
    Independent,
    MixtureSameFamily,
    Normal,
    OneHotCategorical,
)

from vaekit._checks import data_tensor, finite_number, float_tensor, positive_int


class StandardNormal(nn.Module):
    """The prior N(0, I) in L dimensions, as a module so that it follows the model's device and dtype.

    Args:
        latent_dim: L.
    """

    loc: Tensor
    scale: Tensor

    def __init__(self, latent_dim: int) -> None:
        super().__init__()
        self.register_buffer("loc", torch.zeros(positive_int("latent_dim", latent_dim)), persistent=False)
        self.register_buffer("scale", torch.ones(latent_dim), persistent=False)

    def forward(self, context: Tensor | None = None) -> Normal:
        """Return N(0, I) with batch shape `(L,)`, or `(B, L)` for a context of B rows; its values are ignored."""
        prior = Normal(self.loc, self.scale)
        return prior if context is None else prior.expand(torch.Size([len(context), len(self.loc)]))


class ConditionalPrior(nn.Module):
    """A prior p(z|c) that is learned: a head on a body, given the context alone.

    Args:
        body: maps the context `(B, C)` to features.
        head: maps features to a distribution with batch shape `(B, L)`, such as a `GaussianHead`.
    """

    def __init__(self, body: nn.Module, head: nn.Module) -> None:
        super().__init__()
        self.body, self.head = body, head

    def forward(self, context: Tensor | None = None) -> Distribution:
        """Return p(z|c), batch shape `(B, L)`.

        Raises:
            ValueError: if there is no context.
        """
        if context is None:
            raise ValueError("context: got None; expected a tensor (B, C), since this prior depends on it")
        return self.head(self.body(float_tensor("context", context, like=next(self.parameters(), None))))


class MixturePrior(nn.Module):
    """A learned mixture of M factorised Gaussians. It does not factorise, so the KL is sampled and has one group.

    Args:
        components: M.
        latent_dim: L.
        spread: standard deviation of the first means around 0; equal ones would stay equal.
    """

    def __init__(self, components: int, latent_dim: int, *, spread: float = 1.0) -> None:
        super().__init__()
        shape = (positive_int("components", components), positive_int("latent_dim", latent_dim))
        self.logits = nn.Parameter(torch.zeros(components))
        self.loc = nn.Parameter(finite_number("spread", spread, low=0.0, strict=True) * torch.randn(shape))
        self.logvar = nn.Parameter(torch.zeros(shape))

    def forward(self, context: Tensor | None = None) -> MixtureSameFamily:
        """Return the mixture, batch shape `()` and event shape `(L,)`; `context` is ignored."""
        parts = Independent(Normal(self.loc, torch.exp(0.5 * self.logvar)), 1)
        return MixtureSameFamily(Categorical(logits=self.logits), parts)


class VampPrior(nn.Module):
    """A mixture of the encoder's own posteriors at M learned pseudo-inputs: an aggregate posterior in miniature.

    Source: Tomczak & Welling (2018).

    Args:
        encoder: the encoder of the model, which is shared: `encoder(x)` returns a factorised Gaussian.
        pseudo_inputs: where the pseudo-inputs start, `(M, D)`, such as M examples; values in `bounds`.
        bounds: the range of the data, kept by a sigmoid; `None` for data without one.
    """

    def __init__(
        self,
        encoder: nn.Module,
        pseudo_inputs: Float[Tensor, "M D"],
        *,
        bounds: tuple[float, float] | None = (0.0, 1.0),
    ) -> None:
        super().__init__()
        data_tensor("pseudo_inputs", pseudo_inputs)
        self.encoder, self.bounds = encoder, bounds
        self.raw = nn.Parameter(pseudo_inputs.detach().clone() if bounds is None else self._unbounded(pseudo_inputs))

    def _unbounded(self, x: Tensor) -> Tensor:
        low, high = self.bounds
        share = (x.detach() - low) / (high - low)
        if not share.is_meta and ((share < 0) | (share > 1)).any():
            raise ValueError(f"pseudo_inputs: got values from {x.min():g} to {x.max():g}; expected {low:g} to {high:g}")
        return share.clamp(0.01, 0.99).logit()

    @property
    def pseudo_inputs(self) -> Float[Tensor, "M D"]:
        """The pseudo-inputs, in the range of the data."""
        if self.bounds is None:
            return self.raw
        low, high = self.bounds
        return low + (high - low) * self.raw.sigmoid()

    def forward(self, context: Tensor | None = None) -> MixtureSameFamily:
        """Return the mixture with equal weights, batch shape `()` and event shape `(L,)`; `context` is ignored."""
        parts = self.encoder(self.pseudo_inputs, context=None)
        weights = Categorical(logits=torch.zeros_like(parts.mean[:, 0]))
        return MixtureSameFamily(weights, Independent(parts, 1))


class UniformOneHot(nn.Module):
    """The uniform prior over D latents, each one of C classes, as one-hot vectors.

    Args:
        latents: D.
        classes: C.
    """

    logits: Tensor

    def __init__(self, latents: int, classes: int) -> None:
        super().__init__()
        shape = (positive_int("latents", latents), positive_int("classes", classes, least=2))
        self.register_buffer("logits", torch.zeros(shape), persistent=False)

    def forward(self, context: Tensor | None = None) -> OneHotCategorical:
        """Return the prior, batch shape `(D,)` and event shape `(C,)`; `context` is ignored."""
        return OneHotCategorical(logits=self.logits)
