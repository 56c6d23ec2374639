"""Pixels that are black or white."""

from __future__ import annotations

from torch import Tensor
from torch.distributions import Bernoulli, constraints

from vaekit._checks import in_unit_interval

WHY_UNIT_INTERVAL = "a Bernoulli likelihood models pixels, so do not standardise them"


class BernoulliPixels(Bernoulli):
    """A Bernoulli whose `log_prob` also accepts grey values in [0, 1].

    For x in {0, 1} this is the Bernoulli log-likelihood x log π + (1 - x) log(1 - π) in nats. For a grey
    value the same expression is the cross-entropy between the pixel and π: a *surrogate*, not the
    log-density of anything, because it does not integrate to one over [0, 1]. Values outside [0, 1]
    are refused; torch's own `Bernoulli` refuses greys as well.
    """

    support = constraints.unit_interval

    def log_prob(self, value: Tensor) -> Tensor:
        """Return log π(value) in nats, elementwise over the broadcast of `value` and the batch shape.

        Raises:
            ValueError: if a value lies outside [0, 1], or does not broadcast against the batch shape, and validation
                is on, as it is by default.
        """
        return super().log_prob(value)

    def _validate_sample(self, value: Tensor) -> None:
        in_unit_interval("x", value, why=WHY_UNIT_INTERVAL)
        super()._validate_sample(value)
