"""Noise, x₀, score and velocity: four ways to say one thing, given xₜ = √ᾱ x₀ + √(1 - ᾱ) ε.

In each, `alpha_bar` is ᾱₜ, a number or a tensor that broadcasts against xₜ. A network that predicts one predicts all.
Source: Ho et al. (2020); Song et al. (2021) for the score; Salimans & Ho (2022) for the velocity.
"""

from __future__ import annotations

from torch import Tensor


def noise_to_x0(noise: Tensor, xt: Tensor, alpha_bar: Tensor | float) -> Tensor:
    """x₀ = (xₜ - √(1 - ᾱ) ε) / √ᾱ.

    Args:
        noise: ε, or a prediction of it.
        xt: xₜ, of the same shape.
        alpha_bar: ᾱₜ.
    """
    return (xt - (1 - alpha_bar) ** 0.5 * noise) / alpha_bar**0.5


def x0_to_noise(x0: Tensor, xt: Tensor, alpha_bar: Tensor | float) -> Tensor:
    """ε = (xₜ - √ᾱ x₀) / √(1 - ᾱ).

    Args:
        x0: x₀, or a prediction of it.
        xt: xₜ, of the same shape.
        alpha_bar: ᾱₜ.
    """
    return (xt - alpha_bar**0.5 * x0) / (1 - alpha_bar) ** 0.5


def noise_to_score(noise: Tensor, alpha_bar: Tensor | float) -> Tensor:
    """∇ log q(xₜ) = -ε / √(1 - ᾱ), where ε is the mean of the noise given xₜ.

    Args:
        noise: E[ε|xₜ], or a prediction of it.
        alpha_bar: ᾱₜ.
    """
    return -noise / (1 - alpha_bar) ** 0.5


def score_to_noise(score: Tensor, alpha_bar: Tensor | float) -> Tensor:
    """ε = -√(1 - ᾱ) ∇ log q(xₜ).

    Args:
        score: ∇ log q(xₜ).
        alpha_bar: ᾱₜ.
    """
    return -((1 - alpha_bar) ** 0.5) * score


def noise_to_velocity(noise: Tensor, xt: Tensor, alpha_bar: Tensor | float) -> Tensor:
    """V = √ᾱ ε - √(1 - ᾱ) x₀: defined at every noise level, where x₀ from ε is not at ᾱ = 0.

    Args:
        noise: ε, or a prediction of it.
        xt: xₜ, of the same shape.
        alpha_bar: ᾱₜ.
    """
    return (noise - (1 - alpha_bar) ** 0.5 * xt) / alpha_bar**0.5


def velocity_to_noise(velocity: Tensor, xt: Tensor, alpha_bar: Tensor | float) -> Tensor:
    """ε = √ᾱ v + √(1 - ᾱ) xₜ.

    Args:
        velocity: v, or a prediction of it.
        xt: xₜ, of the same shape.
        alpha_bar: ᾱₜ.
    """
    return alpha_bar**0.5 * velocity + (1 - alpha_bar) ** 0.5 * xt
