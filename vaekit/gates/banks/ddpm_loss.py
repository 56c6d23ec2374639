"""The right loss of a network that predicts noise, and the wrong ones."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from vaekit.gates.banks.noise_errors import OTHER_MEASURES, square_of, typical
from vaekit.gates.task import wrong


def solution(eps_hat: Tensor, eps: Tensor) -> Tensor:
    """The squared distance of a prediction from its noise, for a typical example."""
    square = (eps_hat - eps) ** 2  # (B, D)
    return square.sum(-1).mean()


def _averaged_over_all(eps_hat: Tensor, eps: Tensor) -> Tensor:
    square = (eps_hat - eps) ** 2
    return square.mean()


BROKEN = _averaged_over_all
BANK = (
    wrong(
        "mean-over-everything",
        "The squares are averaged over the D numbers of an example as well, so the loss is D times too small: the "
        "weights of the bound, and any other term beside it, no longer fit. Repeat every number of an example: should "
        "its error double?",
        _averaged_over_all,
    ),
    wrong(
        "summed-over-everything",
        "The batch is summed as well, so loss and gradients grow with the batch size. Duplicate the batch: should the "
        "result change?",
        lambda h, e: square_of(h, e).sum(),
    ),
    wrong(
        "axes-exchanged",
        "It sums over the batch and averages over the numbers of an example, which is the other way round. Which axis "
        "holds the parts of one error, and which holds different examples?",
        lambda h, e: square_of(h, e).mean(-1).sum(),
    ),
    wrong(
        "divided-twice",
        "It is divided by a number of examples, or of numbers in one, once more. Duplicate the batch: should the "
        "result change?",
        lambda h, e: solution(h, e) / len(e),
        lambda h, e: square_of(h, e).mean() / len(e),
        lambda h, e: square_of(h, e).mean() / e.shape[1],
    ),
    wrong(
        "halved",
        "It carries a factor of one half, as in a Gaussian's log density. Here the bare squared distance is asked "
        "for, so that the weights in the bound fit. What is the loss where every one of D errors is 1?",
        lambda h, e: 0.5 * solution(h, e),
        lambda h, e: 0.5 * square_of(h, e).mean(),
        lambda h, e: 0.5 * square_of(h, e).sum(),
    ),
    wrong(
        "sign-flipped",
        "It has the wrong sign: minimising it drives the prediction away from the noise. What should be least where "
        "the two agree?",
        lambda h, e: -solution(h, e),
        lambda h, e: -square_of(h, e).mean(),
    ),
    wrong(
        "noise-added",
        "Prediction and noise are added where they are to be compared, so the network learns to predict minus the "
        "noise. What is the loss where the prediction is perfect?",
        lambda h, e: solution(h, -e),
        lambda h, e: (h + e).square().mean(),
    ),
    wrong(
        "one-side-missing",
        "Only one of the two tensors enters, so nothing is compared. Where do eps_hat and eps enter?",
        lambda h, e: typical(h.square()),
        lambda h, e: typical(e.square()),
        lambda h, e: h.square().mean(),
        lambda h, e: e.square().mean(),
    ),
    wrong(
        "noise-of-another-example",
        "Predictions are compared with the noise of other examples, by broadcasting or because the order has changed: "
        "the best of them is then 0. Which row of eps belongs to a row of eps_hat?",
        lambda h, e: typical(square_of(h[:, None], e[None])),
        lambda h, e: square_of(h[:, None], e[None]).mean(),
        lambda h, e: solution(h, e.flip(0)),
        lambda h, e: solution(h, e.roll(1, 0)),
    ),
    wrong(
        "not-reduced",
        "It returns many numbers, and a loss is one number. Which axis is summed, and what happens to the batch?",
        square_of,
        lambda h, e: square_of(h, e).sum(-1),
        lambda h, e: square_of(h, e).mean(-1),
        lambda h, e: square_of(h, e).sum(0),
        lambda h, e: square_of(h, e).mean(0),
        lambda h, e: solution(h, e)[None],
    ),
    wrong(
        "prediction-detached",
        "The value is right and no gradient reaches eps_hat, so the network never learns. Where does the prediction "
        "leave the graph?",
        lambda h, e: solution(h.detach(), e),
    ),
    wrong(
        "noise-detached",
        "The value is right and no gradient reaches eps. Whoever calls it with the two exchanged, which no value "
        "shows, trains nothing. Need a squared distance treat its two ends differently?",
        lambda h, e: solution(h, e.detach()),
    ),
    wrong(
        "detached",
        "The value is right and it carries no gradient, so nothing learns from it. Look for `detach`, `no_grad`, "
        "`.item()` or numpy: where does the graph end?",
        lambda h, e: solution(h, e).detach(),
    ),
    wrong(
        "random-result",
        "It is random. The noise has been drawn before and is given: the network is to predict just that. Which part "
        "is drawn again?",
        lambda h, e: solution(h, torch.randn_like(e, device=e.device)),
        lambda h, e: solution(F.dropout(h, 0.3), e),
    ),
    *OTHER_MEASURES,
)
