"""Estimators of gradients and of the KL divergence, from samples."""

from vaekit.estimators.importance import doubly_reparameterised, iwae_sticking_the_landing
from vaekit.estimators.kl import kl_controlled, kl_direct, kl_squared
from vaekit.estimators.relaxation import gumbel_softmax, straight_through
from vaekit.estimators.surrogates import Model, held_log_w, score_function, sticking_the_landing

__all__ = [
    "Model",
    "doubly_reparameterised",
    "gumbel_softmax",
    "held_log_w",
    "iwae_sticking_the_landing",
    "kl_controlled",
    "kl_direct",
    "kl_squared",
    "score_function",
    "sticking_the_landing",
    "straight_through",
]
