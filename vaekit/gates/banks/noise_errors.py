"""What goes wrong with the squared error of a prediction before it is reduced: other things than a square are taken."""

from __future__ import annotations

import math

import torch.nn.functional as F
from torch import Tensor

from vaekit.gates.task import wrong


def square_of(h: Tensor, e: Tensor) -> Tensor:
    """The squared errors, `(B, D)`."""
    return (h - e).square()


def typical(terms: Tensor) -> Tensor:
    """Summed over the numbers of an example, averaged over the batch."""
    return terms.sum(-1).mean()


def _cosine(h: Tensor, e: Tensor) -> Tensor:
    return F.cosine_similarity(h, e, dim=-1)


def _length(tensor: Tensor) -> Tensor:
    return tensor.norm(dim=-1)


OTHER_MEASURES = (
    wrong(
        "root-of-the-square",
        "It takes a root: the distance, not its square. Its gradient has the same length however near the prediction "
        "is, and is NaN where it is perfect; its best prediction is not the mean of the noise. Which step is one too "
        "many?",
        lambda h, e: square_of(h, e).sum(-1).sqrt().mean(),
        lambda h, e: square_of(h, e).mean(-1).sqrt().mean(),
        lambda h, e: typical(square_of(h, e)).sqrt(),
        lambda h, e: square_of(h, e).mean().sqrt(),
        lambda h, e: square_of(h, e).sum().sqrt(),
    ),
    wrong(
        "not-squared",
        "It is the size of the error, at least where that is large, and not its square. The best prediction is then a "
        "median of the noise and not its mean, which the bound and the score need. How does a squared error grow when "
        "the error doubles?",
        lambda h, e: typical((h - e).abs()),
        lambda h, e: F.l1_loss(h, e),
        lambda h, e: (h - e).abs().sum(),
        lambda h, e: F.smooth_l1_loss(h, e),
        lambda h, e: typical(F.smooth_l1_loss(h, e, reduction="none")),
    ),
    wrong(
        "square-missing",
        "The errors are averaged with their signs and never squared: minimising it drives the prediction to minus "
        "infinity. What should be least where the two agree?",
        lambda h, e: typical(h - e),
        lambda h, e: (h - e).mean(),
        lambda h, e: typical(e - h),
        lambda h, e: (e - h).mean(),
    ),
    wrong(
        "squared-twice",
        "It grows as the fourth power of the error, so a few large errors decide everything. How often is it squared?",
        lambda h, e: typical(square_of(h, e).square()),
        lambda h, e: square_of(h, e).square().mean(),
        lambda h, e: square_of(h, e).sum(-1).square().mean(),
        lambda h, e: typical(square_of(h, e)).square(),
    ),
    wrong(
        "averaged-before-squaring",
        "The errors are added up or averaged before they are squared, so that those of opposite signs cancel. What "
        "comes first?",
        lambda h, e: (h - e).sum(-1).square().mean(),
        lambda h, e: (h - e).mean(-1).square().mean(),
        lambda h, e: (h - e).mean(0).square().sum(),
        lambda h, e: (h - e).mean().square(),
    ),
    wrong(
        "lengths-compared",
        "It compares the lengths or the squares of the two, so a prediction of the wrong sign or direction is as good "
        "as a perfect one. What is squared first, and what is subtracted first?",
        lambda h, e: (_length(h) - _length(e)).square().mean(),
        lambda h, e: typical(h.square() - e.square()),
        lambda h, e: typical((h.square() - e.square()).square()),
        lambda h, e: typical((h.abs() - e.abs()).square()),
    ),
    wrong(
        "inner-product",
        "It rewards a prediction that points where the noise points, or the opposite, and does not tie down how long "
        "it is. Which two terms does the square of a difference have beside the product?",
        lambda h, e: typical(h * e),
        lambda h, e: -typical(h * e),
        lambda h, e: 1 - _cosine(h, e).mean(),
        lambda h, e: -_cosine(h, e).mean(),
    ),
    wrong(
        "log-density",
        "It is the negative log density of a Gaussian, with its half and its constant. The constant has no gradient, "
        "but the number is another. Which part of that density depends on the prediction?",
        lambda h, e: typical(0.5 * (square_of(h, e) + math.log(2 * math.pi))),
        lambda h, e: (0.5 * (square_of(h, e) + math.log(2 * math.pi))).mean(),
        lambda h, e: typical(square_of(h, e)).log(),
    ),
    wrong(
        "spread-of-the-error",
        "It is a variance of the errors, from which their mean has been taken away: a prediction that is off by the "
        "same amount everywhere costs nothing. From which point is a squared error counted?",
        lambda h, e: (h - e).var(-1).mean(),
        lambda h, e: (h - e).var(0).sum(),
        lambda h, e: (h - e).var(),
    ),
    wrong(
        "relative-error",
        "The error is measured in units of the noise, so where the noise is near 0 the loss explodes. In which unit "
        "is each of D independent standard normal numbers?",
        lambda h, e: typical(square_of(h, e) / e.square()),
        lambda h, e: (square_of(h, e).sum(-1) / e.square().sum(-1)).mean(),
        lambda h, e: square_of(h, e).sum() / e.square().sum(),
    ),
    wrong(
        "clipped",
        "Something is cut off, or only the largest error counts, so some of the others have no gradient. Noise may be "
        "of any size. Which of the errors should move the network?",
        lambda h, e: typical((h - e).clamp(-1, 1).square()),
        lambda h, e: typical(square_of(h.clamp(-1, 1), e)),
        lambda h, e: typical(square_of(h.tanh(), e)),
        lambda h, e: square_of(h, e).amax(-1).mean(),
        lambda h, e: square_of(h, e).amax(),
    ),
)
