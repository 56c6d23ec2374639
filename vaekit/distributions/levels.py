"""Pixels that take one of finitely many grey levels, so that their log-likelihoods compare with one another."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor
from torch.distributions import Categorical, ContinuousBernoulli, Distribution, Normal, constraints
from torch.nn.functional import logsigmoid
from torch.special import log_ndtr

from vaekit._checks import float_tensor, in_unit_interval, instance, positive_int, same_shape


class _LevelPixels(Distribution):
    """Pixels that take one of `levels` evenly spaced grey values 0, 1/(levels - 1), …, 1."""

    support = constraints.unit_interval

    def __init__(self, batch_shape: torch.Size, levels: int, validate_args: bool | None = None) -> None:
        self.levels = positive_int("levels", levels, least=2)
        super().__init__(batch_shape, validate_args=validate_args)

    def _level(self, value: Tensor) -> Tensor:
        """Return the number of each value's level, 0 to levels - 1, as a float."""
        if self._validate_args:
            self._validate_sample(value)
        return (value * (self.levels - 1)).round()

    def _validate_sample(self, value: Tensor) -> None:
        in_unit_interval("x", value, why=f"the pixels have {self.levels} grey levels from 0 to 1")
        super()._validate_sample(value)
        scaled = value * (self.levels - 1)
        if not value.is_meta and ((scaled - scaled.round()).abs() > 1e-3).any():
            raise ValueError(f"x: got values between the levels; expected multiples of 1/{self.levels - 1}")

    def _values(self, like: Tensor) -> Float[Tensor, " levels"]:
        return torch.linspace(0, 1, self.levels, dtype=like.dtype, device=like.device)


class CategoricalPixels(_LevelPixels):
    """Each pixel is one of C grey levels, with a probability of its own for each: no level is taken to be near another.

    Args:
        logits: unnormalised log-probabilities, `(..., D, C)`; level c is the grey value c / (C - 1).
        validate_args: whether values are checked; torch's setting unless given.
    """

    arg_constraints = {"logits": constraints.real_vector}  # noqa: RUF012 - the protocol of torch.distributions

    def __init__(self, logits: Float[Tensor, "*batch C"], validate_args: bool | None = None) -> None:
        self.logits = float_tensor("logits", logits).log_softmax(-1)
        super().__init__(logits.shape[:-1], logits.shape[-1], validate_args)

    def log_prob(self, value: Tensor) -> Tensor:
        """Return the log-probability of grey values in nats, elementwise.

        Raises:
            ValueError: if a value is not one of the levels.
        """
        index = self._level(value).long()
        shape = torch.broadcast_shapes(index.shape, self.batch_shape)
        logits = self.logits.expand(*shape, self.levels)
        return logits.gather(-1, index.expand(shape).unsqueeze(-1)).squeeze(-1)

    @property
    def mean(self) -> Tensor:
        """The expected grey value, `(..., D)`."""
        return self.logits.exp() @ self._values(self.logits)

    @torch.no_grad()
    def sample(self, sample_shape: torch.Size | tuple[int, ...] = ()) -> Tensor:
        """Draw grey values, `(*sample_shape, ..., D)`."""
        index = Categorical(logits=self.logits).sample(torch.Size(sample_shape))
        return index.to(self.logits.dtype) / (self.levels - 1)


class DiscretisedLogistic(_LevelPixels):
    """Each grey level has the mass that a logistic distribution puts on the bin around it; the end bins are open.

    P(x) = σ((x - loc + h)/s) - σ((x - loc - h)/s) with half a bin h = 1/(2 (levels - 1)) and s = exp(log_scale).
    Source: Salimans et al. (2017), with one component; Kingma et al. (2016).

    Args:
        loc: the centre, `(..., D)`.
        log_scale: the logarithm of the logistic's scale, `(..., D)`.
        levels: grey values between 0 and 1, both included.
        validate_args: whether values are checked; torch's setting unless given.
    """

    arg_constraints = {"loc": constraints.real, "log_scale": constraints.real}  # noqa: RUF012 - torch's protocol

    def __init__(
        self,
        loc: Float[Tensor, "*batch"],
        log_scale: Float[Tensor, "*batch"],
        *,
        levels: int = 256,
        validate_args: bool | None = None,
    ) -> None:
        same_shape("log_scale", float_tensor("log_scale", log_scale), "loc", float_tensor("loc", loc))
        self.loc, self.log_scale = loc, log_scale
        super().__init__(loc.shape, levels, validate_args)

    def log_prob(self, value: Tensor) -> Tensor:
        """Return the log-probability of grey values in nats, elementwise.

        With a and b the bin's ends in units of s, σ(a) - σ(b) = σ(a) σ(-b) (1 - e^(b - a)): no digits cancel.

        Raises:
            ValueError: if a value is not one of the levels.
        """
        level = self._level(value)
        width = torch.exp(-self.log_scale) / (self.levels - 1)  # a - b
        middle = (level / (self.levels - 1) - self.loc) * torch.exp(-self.log_scale)
        below_top, above_bottom = logsigmoid(middle + 0.5 * width), logsigmoid(-(middle - 0.5 * width))
        inner = below_top + above_bottom + torch.log(-torch.expm1(-width))
        return torch.where(level == 0, below_top, torch.where(level == self.levels - 1, above_bottom, inner))

    @property
    def mean(self) -> Tensor:
        """The expected grey value, `(..., D)`, by enumeration."""
        values = self._values(self.loc)
        table = DiscretisedLogistic(
            self.loc.unsqueeze(-1).expand(*self.batch_shape, self.levels),
            self.log_scale.unsqueeze(-1).expand(*self.batch_shape, self.levels),
            levels=self.levels,
        )
        return table.log_prob(values.expand(*self.batch_shape, self.levels)).exp() @ values

    @torch.no_grad()
    def sample(self, sample_shape: torch.Size | tuple[int, ...] = ()) -> Tensor:
        """Draw grey values, `(*sample_shape, ..., D)`."""
        uniform = torch.rand(torch.Size(sample_shape) + self.batch_shape, dtype=self.loc.dtype, device=self.loc.device)
        drawn = self.loc + self.log_scale.exp() * torch.logit(uniform, eps=torch.finfo(uniform.dtype).tiny)
        return (drawn.clamp(0, 1) * (self.levels - 1)).round() / (self.levels - 1)


class BinnedPixels(_LevelPixels):
    """The mass that a density puts on the bin around each grey level: what makes it comparable with a mass function.

    The bins are those of `DiscretisedLogistic`; a draw is one of the density, rounded to its bin's grey value.

    Args:
        base: a `Normal`, whose end bins are open, or a `ContinuousBernoulli`, whose end bins are half as wide.
        levels: grey values between 0 and 1, both included.
        validate_args: whether values are checked; torch's setting unless given.
    """

    arg_constraints = {}  # noqa: RUF012 - the protocol of torch.distributions

    def __init__(
        self, base: Normal | ContinuousBernoulli, *, levels: int = 256, validate_args: bool | None = None
    ) -> None:
        instance("base", base, (Normal, ContinuousBernoulli), "a Normal or a ContinuousBernoulli")
        self.base = base
        super().__init__(base.batch_shape, levels, validate_args)

    def log_prob(self, value: Tensor) -> Tensor:
        """Return the log-mass of the bins of grey values in nats, elementwise.

        Raises:
            ValueError: if a value is not one of the levels.
        """
        level = self._level(value)
        low, high = (level - 0.5) / (self.levels - 1), (level + 0.5) / (self.levels - 1)
        if isinstance(self.base, ContinuousBernoulli):
            return _log_mass_exponential(self.base.logits, low.clamp(min=0), high.clamp(max=1))
        a, b = ((end - self.base.loc) / self.base.scale for end in (low, high))
        a = a.masked_fill(level == 0, -torch.inf)
        return _log_mass_normal(a, b.masked_fill(level == self.levels - 1, torch.inf))

    @torch.no_grad()
    def sample(self, sample_shape: torch.Size | tuple[int, ...] = ()) -> Tensor:
        """Draw grey values, `(*sample_shape, ..., D)`."""
        drawn = self.base.sample(torch.Size(sample_shape)).clamp(0, 1)
        return (drawn * (self.levels - 1)).round() / (self.levels - 1)


def _log_mass_normal(a: Tensor, b: Tensor) -> Tensor:
    """Return log(Φ(b) - Φ(a)), on whichever side of zero its digits do not cancel."""
    a, b = torch.where(a > 0, -b, a), torch.where(a > 0, -a, b)
    log_b = log_ndtr(b)
    return log_b + torch.log1p(-torch.exp(log_ndtr(a) - log_b))


def _log_mass_exponential(logits: Tensor, low: Tensor, high: Tensor) -> Tensor:
    """Return the log-mass of [low, high] under the density proportional to exp(logits x) on [0, 1]."""
    low, high = torch.where(logits > 0, 1 - high, low), torch.where(logits > 0, 1 - low, high)
    slope = -logits.abs().clamp(min=torch.finfo(logits.dtype).eps)  # at 0 the quotient below is its limit, high - low
    return slope * low + torch.log(torch.expm1(slope * (high - low)) / torch.expm1(slope))
