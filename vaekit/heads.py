"""Heads: the last layer of a network, and the distribution that its numbers mean.

As the last layer of a decoder a head is the choice of a likelihood; `GaussianHead` is the usual end of an encoder, too.
"""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.distributions import ContinuousBernoulli, MultivariateNormal, Normal, OneHotCategorical

from vaekit._checks import finite_number, positive_int
from vaekit.distributions import BernoulliPixels, CategoricalPixels, DiscretisedLogistic


class GaussianHead(nn.Module):
    """Features to a factorised Gaussian N(mu, diag(exp(logvar))).

    The log-variance is bounded softly, logvar = c tanh(raw / c): it is `raw` to third order near zero and never
    leaves ±c, so that float32 neither overflows nor divides by zero.

    Args:
        in_features: the number of features F.
        out_features: the number of dimensions D.
        bound: c, in nats of log-variance.
    """

    def __init__(self, in_features: int, out_features: int, *, bound: float = 10.0) -> None:
        super().__init__()
        positive_int("in_features", in_features)
        self.mu = nn.Linear(in_features, positive_int("out_features", out_features))
        self.raw = nn.Linear(in_features, out_features)
        self.bound = finite_number("bound", bound, low=0.0, strict=True)

    def forward(self, features: Float[Tensor, "... F"]) -> Normal:
        """Return a Gaussian with batch shape `(..., D)`."""
        logvar = self.bound * torch.tanh(self.raw(features) / self.bound)
        return Normal(self.mu(features), torch.exp(0.5 * logvar))


class BernoulliHead(nn.Module):
    """Features to D independent pixels, given as logits; see `BernoulliPixels` for what it says of greys.

    Args:
        in_features: the number of features F.
        out_features: the number of pixels D.
    """

    def __init__(self, in_features: int, out_features: int) -> None:
        super().__init__()
        positive_int("in_features", in_features)
        self.logits = nn.Linear(in_features, positive_int("out_features", out_features))

    def forward(self, features: Float[Tensor, "... F"]) -> BernoulliPixels:
        """Return pixels with batch shape `(..., D)`."""
        return BernoulliPixels(logits=self.logits(features))


class SharedGaussianHead(nn.Module):
    """Features to a Gaussian whose one variance is shared by all dimensions and examples.

    Fixed, it makes the distortion a squared error over 2 s² and a constant. Learned, s² moves to the mean squared
    error, which is optimal. Source: Rybkin et al. (2021).

    Args:
        in_features: the number of features F.
        out_features: the number of dimensions D.
        noise_var: s², or where it starts.
        learn: whether training changes s².
    """

    def __init__(self, in_features: int, out_features: int, *, noise_var: float = 1.0, learn: bool = False) -> None:
        super().__init__()
        positive_int("in_features", in_features)
        self.mu = nn.Linear(in_features, positive_int("out_features", out_features))
        start = torch.tensor(math.log(finite_number("noise_var", noise_var, low=0.0, strict=True)))
        self.logvar = nn.Parameter(start, requires_grad=learn)

    def forward(self, features: Float[Tensor, "... F"]) -> Normal:
        """Return a Gaussian with batch shape `(..., D)`."""
        mu = self.mu(features)
        return Normal(mu, torch.exp(0.5 * self.logvar).expand_as(mu))


class ContinuousBernoulliHead(nn.Module):
    """Features to D independent grey values in [0, 1], each continuous Bernoulli: a true density, unlike cross-entropy.

    Source: Loaiza-Ganem & Cunningham (2019).

    Args:
        in_features: the number of features F.
        out_features: the number of pixels D.
    """

    def __init__(self, in_features: int, out_features: int) -> None:
        super().__init__()
        positive_int("in_features", in_features)
        self.logits = nn.Linear(in_features, positive_int("out_features", out_features))

    def forward(self, features: Float[Tensor, "... F"]) -> ContinuousBernoulli:
        """Return grey values with batch shape `(..., D)`."""
        return ContinuousBernoulli(logits=self.logits(features))


class CategoricalHead(nn.Module):
    """Features to D independent pixels, each one of `levels` grey values, none of which is near another.

    Args:
        in_features: the number of features F.
        out_features: the number of pixels D.
        levels: grey values between 0 and 1, both included.
    """

    def __init__(self, in_features: int, out_features: int, *, levels: int) -> None:
        super().__init__()
        positive_int("in_features", in_features)
        self.shape = (positive_int("out_features", out_features), positive_int("levels", levels, least=2))
        self.logits = nn.Linear(in_features, math.prod(self.shape))

    def forward(self, features: Float[Tensor, "... F"]) -> CategoricalPixels:
        """Return pixels with batch shape `(..., D)`."""
        return CategoricalPixels(logits=self.logits(features).unflatten(-1, self.shape))


class DiscretisedLogisticHead(nn.Module):
    """Features to D independent pixels of `levels` grey values, with the mass of a logistic around a mean.

    The log-scale is bounded softly, as the log-variance of `GaussianHead` is.

    Args:
        in_features: the number of features F.
        out_features: the number of pixels D.
        levels: grey values between 0 and 1, both included.
        bound: the log-scale stays within ±bound.
    """

    def __init__(self, in_features: int, out_features: int, *, levels: int = 256, bound: float = 7.0) -> None:
        super().__init__()
        positive_int("in_features", in_features)
        self.loc = nn.Linear(in_features, positive_int("out_features", out_features))
        self.raw = nn.Linear(in_features, out_features)
        self.levels = positive_int("levels", levels, least=2)
        self.bound = finite_number("bound", bound, low=0.0, strict=True)

    def forward(self, features: Float[Tensor, "... F"]) -> DiscretisedLogistic:
        """Return pixels with batch shape `(..., D)`."""
        log_scale = self.bound * torch.tanh(self.raw(features) / self.bound)
        return DiscretisedLogistic(self.loc(features), log_scale, levels=self.levels)


class FullCovarianceHead(nn.Module):
    """Features to N(mu, T Tᵀ) with a lower triangular T of positive diagonal: a posterior that does not factorise.

    Args:
        in_features: the number of features F.
        out_features: the number of dimensions L.
        bound: the logarithms of T's diagonal stay within ±bound/2, softly, as in `GaussianHead`.
    """

    def __init__(self, in_features: int, out_features: int, *, bound: float = 10.0) -> None:
        super().__init__()
        positive_int("in_features", in_features)
        self.mu = nn.Linear(in_features, positive_int("out_features", out_features))
        self.raw = nn.Linear(in_features, out_features**2)
        self.bound = finite_number("bound", bound, low=0.0, strict=True)

    def forward(self, features: Float[Tensor, "... F"]) -> MultivariateNormal:
        """Return a Gaussian with batch shape `(...,)` and event shape `(L,)`."""
        mu = self.mu(features)
        raw = self.raw(features).unflatten(-1, (mu.shape[-1], mu.shape[-1]))
        logvar = self.bound * torch.tanh(raw.diagonal(0, -2, -1) / self.bound)
        return MultivariateNormal(mu, scale_tril=raw.tril(-1) + torch.exp(0.5 * logvar).diag_embed())


class OneHotHead(nn.Module):
    """Features to D independent latents, each one of C classes, as one-hot vectors.

    Args:
        in_features: the number of features F.
        latents: D.
        classes: C.
    """

    def __init__(self, in_features: int, latents: int, classes: int) -> None:
        super().__init__()
        positive_int("in_features", in_features)
        self.shape = (positive_int("latents", latents), positive_int("classes", classes, least=2))
        self.logits = nn.Linear(in_features, math.prod(self.shape))

    def forward(self, features: Float[Tensor, "... F"]) -> OneHotCategorical:
        """Return one-hot latents with batch shape `(..., D)` and event shape `(C,)`."""
        return OneHotCategorical(logits=self.logits(features).unflatten(-1, self.shape))
