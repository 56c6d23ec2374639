"""Distributions that torch lacks."""

from vaekit.distributions.autoregressive import Autoregressive
from vaekit.distributions.levels import BinnedPixels, CategoricalPixels, DiscretisedLogistic
from vaekit.distributions.pixels import WHY_UNIT_INTERVAL, BernoulliPixels

__all__ = [
    "WHY_UNIT_INTERVAL",
    "Autoregressive",
    "BernoulliPixels",
    "BinnedPixels",
    "CategoricalPixels",
    "DiscretisedLogistic",
]
