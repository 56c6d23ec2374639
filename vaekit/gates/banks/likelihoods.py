"""What goes wrong with any log likelihood of independent pixels: how it is reduced, its sign and its unit."""

from __future__ import annotations

import math
from collections.abc import Callable

from torch import Tensor

from vaekit.gates.task import Mutant, wrong


def any_log_likelihood(terms: Callable[..., Tensor]) -> tuple[Mutant, ...]:
    """The wrong reductions, signs and units of a log likelihood.

    Args:
        terms: the right log likelihood of each pixel, `(B, D)`.

    Returns:
        Their mutants.
    """

    def total(*inputs: Tensor) -> Tensor:
        return terms(*inputs).sum(-1)

    return (
        wrong(
            "pixels-averaged",
            "It is averaged over the pixels. Beside a KL that is summed, the data then count D times too little: the "
            "KL goes to 0 and the latents carry nothing. What is the log probability of independent pixels together?",
            lambda *inputs: terms(*inputs).mean(-1),
            lambda *inputs: -terms(*inputs).mean(-1),
        ),
        wrong(
            "mean-over-everything",
            "It is one average over examples and pixels, the default of torch's losses. Its weight against a KL then "
            "depends on D, and no example can be told from another. Which axes does torch reduce unless told not to?",
            lambda *inputs: terms(*inputs).mean(),
            lambda *inputs: -terms(*inputs).mean(),
        ),
        wrong(
            "batch-reduced",
            "It has reduced the batch to a single number: a sum counts a batch of twice the size double, and a mean "
            "hides which example is unlikely. One log likelihood for each example is wanted: which axis has to stay?",
            lambda *inputs: terms(*inputs).sum(),
            lambda *inputs: -terms(*inputs).sum(),
            lambda *inputs: total(*inputs).mean(),
            lambda *inputs: -total(*inputs).mean(),
        ),
        wrong(
            "batch-axis-kept",
            "It keeps an axis of length 1, so the result is (B, 1). Less a (B,) KL it broadcasts to a square of B by B "
            "terms without an error. What does keepdim do?",
            lambda *inputs: total(*inputs)[:, None],
        ),
        wrong(
            "wrong-axis",
            "It reduces the batch and keeps the pixels. Examples are mixed, and in a square batch no shape shows it. "
            "Which axis holds the pixels of one example?",
            lambda *inputs: terms(*inputs).sum(0),
            lambda *inputs: terms(*inputs).mean(0),
        ),
        wrong(
            "not-summed",
            "It returns one number for each pixel, which broadcasts in a loss, or is averaged by the wrong count. "
            "What turns the parts into the log probability of the whole image?",
            terms,
            lambda *inputs: -terms(*inputs),
        ),
        wrong(
            "divided-by-the-batch",
            "Each log likelihood is divided by the size of the batch, which the mean of the loss does once more. "
            "Duplicate the batch: should the log likelihood of an example change?",
            lambda *inputs: total(*inputs) / len(inputs[0]),
        ),
        wrong(
            "sign-flipped",
            "It is the negative log likelihood: a loss. Added to a bound that is maximised, it makes the data as "
            "unlikely as it can. Which of the two must be large for a good model?",
            lambda *inputs: -total(*inputs),
        ),
        wrong(
            "density-for-log",
            "It is a probability or a density, not its logarithm. For an image of 784 pixels the product is 0 in "
            "floating point, and a sum of densities means nothing. On which scale do independent pixels add up?",
            lambda *inputs: total(*inputs).exp(),
            lambda *inputs: terms(*inputs).exp().sum(-1),
            lambda *inputs: terms(*inputs).exp().mean(-1),
            lambda *inputs: terms(*inputs).exp().sum(-1).log(),
        ),
        wrong(
            "bits-for-nats",
            "It is to another base than e: in bits, say. Against a KL in nats it is 1.44 times too heavy. Which "
            "logarithm is the natural one?",
            lambda *inputs: total(*inputs) / math.log(2),
            lambda *inputs: total(*inputs) / math.log(10),
        ),
    )
