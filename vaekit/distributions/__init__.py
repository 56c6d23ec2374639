"""Distributions that torch lacks."""

from vaekit.distributions.levels import BinnedPixels, CategoricalPixels, DiscretisedLogistic
from vaekit.distributions.pixels import WHY_UNIT_INTERVAL, BernoulliPixels

__all__ = ["WHY_UNIT_INTERVAL", "BernoulliPixels", "BinnedPixels", "CategoricalPixels", "DiscretisedLogistic"]
