"""Two ways to infer several levels of latents, from the bottom up and from the top down, listed from the data upward.

Each returns its levels as the type whose KL is right for it, so that every objective runs unchanged.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.distributions import Distribution, Normal

from vaekit._checks import instance
from vaekit.latents import SampledLatent
from vaekit.trace import Draw, Latent


class BottomUp(nn.Module):
    """q(z₁|x) q(z₂|z₁) ⋯ q(z_L|z_{L-1}): each level is inferred from a draw of the one below.

    The prior p(z₁|z₂) is then given a z₂ that was drawn from z₁, and no closed form of the KL applies: each level below
    the top is a `SampledLatent`. Source: Burda et al. (2016), whose two-level models infer in this order.

    Args:
        encoders: `encoders[0](x, context=None)`, then `encoders[l](z_l, context=None)`, each of which returns a
            distribution of the next level's latents.
    """

    def __init__(self, encoders: Sequence[nn.Module]) -> None:
        super().__init__()
        self.encoders = nn.ModuleList(encoders)

    def __len__(self) -> int:
        """The number of levels L."""
        return len(self.encoders)

    def forward(
        self, x: Tensor, priors: Sequence[nn.Module], shape: torch.Size, context: Tensor | None, draw: Draw
    ) -> tuple[Latent, ...]:
        """Return the levels from the data upward; `priors` are those of the model, `shape` is `(K,)`."""
        posteriors, draws = [], []
        for encoder in self.encoders:
            posteriors.append(encoder(draws[-1] if draws else x, context=context))
            draws.append(draw(posteriors[-1], torch.Size() if len(draws) else shape))
        below = zip(draws[:-1], posteriors[:-1], priors[:-1], draws[1:], strict=True)
        levels = [SampledLatent(z, q, prior(above, context=context)) for z, q, prior, above in below]
        return (*levels, Latent(draws[-1], posteriors[-1], priors[-1](context=context)))


class TopDown(nn.Module):
    """q(z_L|x) q(z_{L-1}|z_L, x) ⋯ q(z₁|z₂, x): inference in the order in which the model generates.

    Given z_{l+1}, prior and posterior of z_l are both fixed before z_l is drawn, so every KL is in closed form where
    torch knows one. Nothing is lost by it: the true posterior of such a chain factorises in just this way.
    Source: Sønderby et al. (2016); Vahdat & Kautz (2020).

    Args:
        encoders: the last, `encoders[-1](h, context=None)`, returns q(z_L|x). Those below are called as
            `encoders[l](h, above, prior, context=None)` with z_{l+1} and p(z_l|z_{l+1}): a `Beside`, or a `Merged`.
        features: modules from the data upward, h₁ = f₁(x), h₂ = f₂(h₁), …; level l reads h_l. Without them, x.
    """

    def __init__(self, encoders: Sequence[nn.Module], *, features: Sequence[nn.Module] | None = None) -> None:
        super().__init__()
        self.encoders = nn.ModuleList(encoders)
        self.features = nn.ModuleList(features) if features is not None else None
        if features is not None and len(features) != len(encoders):
            raise ValueError(f"features: got {len(features)} modules; expected {len(encoders)}, one for each encoder")

    def __len__(self) -> int:
        """The number of levels L."""
        return len(self.encoders)

    def forward(
        self, x: Tensor, priors: Sequence[nn.Module], shape: torch.Size, context: Tensor | None, draw: Draw
    ) -> tuple[Latent, ...]:
        """Return the levels from the data upward; `priors` are those of the model, `shape` is `(K,)`."""
        seen = [x]
        for feature in self.features or []:
            seen.append(feature(seen[-1]))
        seen = seen[1:] or [x] * len(self)
        q = self.encoders[-1](seen[-1], context=context)
        levels = [Latent(draw(q, shape), q, priors[-1](context=context))]
        for encoder, h, prior in reversed(list(zip(self.encoders[:-1], seen[:-1], priors[:-1], strict=True))):
            above = levels[-1].z
            p = prior(above, context=context)
            q = encoder(h, above, p, context=context)
            levels.append(Latent(draw(q, torch.Size()), q, p))
        return tuple(reversed(levels))


class Beside(nn.Module):
    """q(z_l|z_{l+1}, x) by a network that reads h_l and z_{l+1} side by side.

    Args:
        conditional: maps h and z, concatenated in this order, `(K, B, H + L)`, to a distribution.
    """

    def __init__(self, conditional: nn.Module) -> None:
        super().__init__()
        self.conditional = conditional

    def forward(
        self, h: Float[Tensor, "B H"], above: Float[Tensor, "K B L"], prior: Distribution, context: Tensor | None = None
    ) -> Distribution:
        """Return q, batch shape `(K, B, ·)`; `prior` is not read."""
        return self.conditional(torch.cat([h.expand(*above.shape[:-1], -1), above], -1), context=context)


class Merged(nn.Module):
    """q(z_l|z_{l+1}, x) as the product of what the data say, a Gaussian N(m, s²) of h_l, and the prior p(z_l|z_{l+1}).

    Precisions add, and the mean is the average weighted by them; where the data say nothing, q is the prior and the KL
    is zero. Source: Sønderby et al. (2016), the ladder.

    Args:
        conditional: maps h, `(B, H)`, to a `Normal`.
    """

    def __init__(self, conditional: nn.Module) -> None:
        super().__init__()
        self.conditional = conditional

    def forward(
        self, h: Float[Tensor, "B H"], above: Float[Tensor, "K B L"], prior: Distribution, context: Tensor | None = None
    ) -> Normal:
        """Return q, batch shape `(K, B, ·)`; `above` is read through the prior alone.

        Raises:
            TypeError: if one of the two is not a `Normal`.
        """
        data = self.conditional(h, context=context)
        instance("conditional", data, Normal, "a module that returns a Normal")
        instance("prior", prior, Normal, "a Normal")
        precision = 1 / data.variance + 1 / prior.variance
        mean = (data.mean / data.variance + prior.mean / prior.variance) / precision
        return Normal(mean, precision.rsqrt())
