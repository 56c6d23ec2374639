"""The right anomaly score, and the wrong ones."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from vaekit.gates.task import wrong


def solution(elbo: Tensor) -> Tensor:
    """What the model can explain badly is strange: the negative bound, in nats."""
    return -elbo


def _thresholded(elbo: Tensor) -> Tensor:
    limit = elbo.mean() - elbo.std(correction=0)
    return (elbo < limit).to(elbo.dtype)


BROKEN = _thresholded
BANK = (
    wrong(
        "wrong-direction",
        "The score rises with the ELBO, so the most ordinary examples are called anomalies, and the AUROC of a good "
        "detector comes out as one minus itself. Does a model give much or little probability to what it has never "
        "seen?",
        lambda e: e.clone(),
        lambda e: 2 * e + 3,
        lambda e: (e / 1000).exp(),
        lambda e: (e - e.mean()) / (e.std(correction=0) + 1e-8),
        lambda e: e.sigmoid(),
        lambda e: e.clamp(max=0),
    ),
    wrong(
        "sign-lost",
        "The absolute value or the square forgets the sign. Log densities may be positive, and then the better "
        "examples get the higher scores. For which sign of the ELBO does your formula do what you want?",
        lambda e: e.abs(),
        lambda e: -e.abs(),
    ),
    wrong(
        "two-sided",
        "It is the distance from a typical ELBO, so an example that the model explains very well counts as strange as "
        "well. Larger is to mean more anomalous at one end only. Which end?",
        lambda e: (e - e.mean()).abs(),
        lambda e: (e - e.median()).abs(),
        lambda e: -(e - e.mean()).abs(),
    ),
    wrong(
        "thresholded",
        "It is a decision, not a score: it takes two values, so all examples on the same side of the threshold are "
        "tied. Nobody can choose another threshold, and no ROC curve can be drawn. What does the comparison throw "
        "away?",
        _thresholded,
        lambda e: (e < 0).to(e.dtype),
        lambda e: (e < e.mean()).to(e.dtype),
        lambda e: (e < -100).to(e.dtype),
        lambda e: (e > 0).to(e.dtype),
        lambda e: (-e).sign(),
    ),
    wrong(
        "levels-off",
        "Beyond some ELBO the score stays the same in floating point, so examples hundreds of nats apart are tied. "
        "ELBOs of images run to hundreds of nats. Which strictly falling function does not level off?",
        lambda e: F.relu(-e),
        lambda e: (-e).clamp(-10, 10),
        lambda e: (-e).sigmoid(),
        lambda e: (-e).softmax(0),
    ),
    wrong(
        "overflows",
        "It leaves the log scale so fast that hundreds of nats, which are ordinary, become infinite, or 0, and so does "
        "everything beyond: the strangest examples, or the best, are tied. On which scale do ELBOs stay in range?",
        lambda e: (-10 * e).exp(),
        lambda e: 1 / (10 * e).exp(),
        lambda e: -(10 * e).exp(),
    ),
    wrong(
        "rounded",
        "Examples whose ELBOs are close get the same score, because it is rounded or kept in few digits. Ties rank "
        "nobody. Which digits does a score need?",
        lambda e: (-e).round(),
        lambda e: (-e).floor(),
        lambda e: (-e).half().to(e.dtype),
    ),
    wrong(
        "batch-reduced",
        "It is one number for the whole batch, which says that the batch is strange and not which example is. Which "
        "axis has to stay?",
        lambda e: -e.mean(),
        lambda e: -e.sum(),
        lambda e: -e.min(),
    ),
    wrong(
        "batch-axis-kept",
        "It has one axis too many. Against a (B,) of labels it broadcasts to a square without an error. Which shape "
        "holds one number for each example?",
        lambda e: -e[:, None],
        lambda e: -e[None],
    ),
    wrong(
        "wrong-example",
        "The scores are not those of their own examples: they are sorted, shifted or added up along the batch. The "
        "ranking looks right in a histogram and points at the wrong images. To which example does the first score "
        "belong?",
        lambda e: (-e).sort().values,
        lambda e: (-e).sort(descending=True).values,
        lambda e: -e.flip(0),
        lambda e: -e.roll(1),
        lambda e: -e.cumsum(0),
    ),
    wrong(
        "argsort-for-rank",
        "argsort returns which example comes first, second and so on; it does not return the rank of each example. "
        "The two differ for most batches. What does the first number of argsort count?",
        lambda e: e.argsort().to(e.dtype),
        lambda e: (-e).argsort().to(e.dtype),
    ),
    wrong(
        "reciprocal",
        "One over the ELBO falls on each side of zero and jumps between them, and far from zero it hardly changes. "
        "Log densities may have either sign. Which falling function has no jump?",
        lambda e: 1 / e,
        lambda e: -1 / e,
    ),
    wrong(
        "one-sign-only",
        "It is a logarithm or a root of the ELBO, which exists for one sign only. The ELBO is on the log scale "
        "already, and a log density may have either sign. What is left to do?",
        lambda e: -e.log(),
        lambda e: (-e).log(),
        lambda e: (-e).sqrt(),
    ),
    wrong(
        "constant-score",
        "Every example gets the same score, so nothing can be ranked. What of the example has to enter?",
        lambda e: e.mean().expand(len(e)) + 0 * e,
        lambda e: 0 * e + 1,
    ),
    wrong(
        "random-result",
        "It is random. Whether an example is strange must not depend on when it is asked. Which part is drawn?",
        lambda e: -e + 0.1 * torch.randn_like(e, device=e.device),
    ),
)
