"""What goes wrong with any KL between Gaussians: how it is reduced, its sign and its unit."""

from __future__ import annotations

import math
from collections.abc import Callable

from torch import Tensor

from vaekit.gates.task import Mutant, wrong


def any_kl(terms: Callable[..., Tensor]) -> tuple[Mutant, ...]:
    """The wrong reductions, signs and units of a KL.

    Args:
        terms: the right KL of each latent, `(B, L)`.

    Returns:
        Their mutants.
    """
    return (
        wrong(
            "mean-over-latents",
            "It is the KL averaged over the latents. The loss pays L times too little for information: "
            "reconstructions improve while the bound gets worse. What is the KL of two independent latents together?",
            lambda *inputs: terms(*inputs).mean(-1),
        ),
        wrong(
            "mean-over-everything",
            "It is one average over examples and latents, so its weight against the likelihood depends on L. Which "
            "axis holds the parts of one KL, and which holds different examples?",
            lambda *inputs: terms(*inputs).mean(),
        ),
        wrong(
            "batch-reduced",
            "It has reduced the batch to a single number: a sum counts a batch of twice the size double, and a mean "
            "hides which example is costly. One KL for each example is wanted: which axis has to stay?",
            lambda *inputs: terms(*inputs).sum(),
            lambda *inputs: terms(*inputs).sum(-1).mean(),
        ),
        wrong(
            "batch-axis-kept",
            "It keeps an axis of length 1, so the result is (B, 1). Against a (B,) likelihood it broadcasts to a "
            "square of B by B terms without an error. What does keepdim do?",
            lambda *inputs: terms(*inputs).sum(-1, keepdim=True),
        ),
        wrong(
            "wrong-axis",
            "It reduces the batch and keeps the latents. Examples are mixed, and in a square batch no shape shows it. "
            "Which axis holds the latents of one example?",
            lambda *inputs: terms(*inputs).sum(0),
            lambda *inputs: terms(*inputs).mean(0),
        ),
        wrong(
            "not-summed",
            "It returns one number for each latent, which broadcasts in a loss, or is averaged by the wrong count. "
            "What turns the parts into the KL of the whole vector?",
            terms,
        ),
        wrong(
            "sign-flipped",
            "It is the KL with its sign flipped, so it is never positive. A loss that adds it drives q away from the "
            "prior without end. What must a KL be where q is not p?",
            lambda *inputs: -terms(*inputs).sum(-1),
        ),
        wrong(
            "half-missing",
            "It is twice the KL. The loss would pay double for information, an effective beta of 2 that nobody chose. "
            "Which factor stands before the square in the log density of a Gaussian?",
            lambda *inputs: 2 * terms(*inputs).sum(-1),
        ),
        wrong(
            "bits-for-nats",
            "It is the KL in bits. Added to a likelihood in nats it is 1.44 times too heavy. Which logarithm is the "
            "natural one?",
            lambda *inputs: terms(*inputs).sum(-1) / math.log(2),
        ),
    )
