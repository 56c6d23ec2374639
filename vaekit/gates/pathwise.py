"""The gradient of a relaxed sample with its noise held fixed: the sample itself and tau decide it."""

from __future__ import annotations

import torch
from torch import Tensor

ROUNDING = 3e-4  # a part of a right answer may be in single precision, and scores are large at a low temperature


def name_of_slope(y: Tensor, logits: Tensor, weights: Tensor, tau: float) -> str | None:
    """What is wrong with the gradient of a weighted sum of shares in the logits, if anything is.

    Args:
        y: relaxed samples `(B, C)`, C > 1.
        logits: the leaf that they were drawn from.
        weights: of the shares.
        tau: the temperature that was asked for.

    Returns:
        The slug of the mistake, or None.
    """
    if not y.requires_grad:
        return "detached"
    terms = (weights * y).sum(-1)
    (found,) = torch.autograd.grad(terms.sum(), logits, allow_unused=True, retain_graph=True)
    if found is None or not found.any():
        return "detached"
    allowed = ROUNDING / tau  # a slope is a few times 1 / tau at the most
    leaf, (found, y, weights, logits) = logits, (each.detach().double() for each in (found, y, weights, logits))
    right = softmax_slope(y, weights) / tau
    if near(found, right, allowed):
        return None
    if len(y) > 1 and torch.autograd.grad(terms[0], leaf)[0][1:].any():
        return "logits-of-the-batch"
    plain = [softmax_slope((logits / scale).softmax(-1), weights) for scale in (1.0, tau)]
    if any(near(found, each * factor, allowed) for each in plain for factor in (1.0, 1 / tau)):
        return "gradient-of-the-probabilities"
    ratio = (found * right).sum() / right.square().sum()
    return "gradient-scaled" if near(found, ratio * right, 10 * allowed * float(ratio.abs())) else "wrong-gradient"


def softmax_slope(y: Tensor, weights: Tensor) -> Tensor:
    """The derivative of a weighted sum of the shares of a softmax in what the softmax was taken of."""
    return y * (weights - (weights * y).sum(-1, keepdim=True))


def near(found: Tensor, right: Tensor, allowed: float) -> bool:
    """Whether two gradients differ nowhere by more than so much."""
    return bool(((found - right).abs() <= allowed).all())
