"""What goes wrong with the parts of a relaxed sample: the noise, its law and shape, and the logits."""

from __future__ import annotations

import torch
from torch import Tensor

from vaekit.gates.task import wrong


def uniform(tensor: Tensor, *shape: int) -> Tensor:
    """Uniform numbers in the dtype of a tensor, and in its shape or another."""
    return torch.rand(shape or tensor.shape, dtype=tensor.dtype, device=tensor.device)


def gumbel(tensor: Tensor, *shape: int) -> Tensor:
    """Gumbel numbers in the dtype of a tensor, and in its shape or another."""
    return -(-uniform(tensor, *shape).log()).log()


def relaxed(logits: Tensor, noise: Tensor, tau: float) -> Tensor:
    """The relaxed sample for given noise."""
    return ((logits + noise) / tau).softmax(-1)


def _seeded(logits: Tensor, tau: float) -> Tensor:
    torch.manual_seed(0)
    return relaxed(logits, gumbel(logits), tau)


def _constant(logits: Tensor) -> Tensor:
    return torch.linspace(-1, 3, logits.numel(), dtype=logits.dtype, device=logits.device).view_as(logits)


def _repeated(logits: Tensor) -> Tensor:
    half = (len(logits) + 1) // 2
    return gumbel(logits, half, logits.shape[1]).repeat(2, 1)[: len(logits)]


def _cauchy(logits: Tensor) -> Tensor:
    return torch.empty_like(logits, device=logits.device).cauchy_()


PARTS = (
    wrong(
        "no-noise",
        "Nothing is drawn: it is a plain softmax. (Noise that is the same for all classes of an example cancels, too.) "
        "The decoder then sees a mixture that no draw ever shows. What has to differ between two calls?",
        lambda a, t: (a / t).softmax(-1),
        lambda a, t: a.softmax(-1),
        lambda a, t: relaxed(a, gumbel(a, len(a), 1), t),
    ),
    wrong(
        "fixed-seed",
        "The function sets the seed, so every call draws the same noise, and so does whatever else draws in the "
        "program. Who should set a seed, and how often?",
        _seeded,
    ),
    wrong(
        "constant-noise",
        "Two calls use the same noise, so each example always leans to the same classes. When should the noise be "
        "drawn?",
        lambda a, t: relaxed(a, _constant(a), t),
    ),
    wrong(
        "noise-shared-by-the-batch",
        "All examples get the same noise, so one unlucky draw sends all of them to the same class. What shape must the "
        "noise have?",
        lambda a, t: relaxed(a, gumbel(a, a.shape[1]), t),
    ),
    wrong(
        "noise-reused",
        "The same random number serves in several places, so examples that should be independent are not. How many "
        "fresh numbers does a batch need?",
        lambda a, t: relaxed(a, _repeated(a), t),
    ),
    wrong(
        "exponential-noise",
        "The noise is a single logarithm of a uniform number, which is exponential, not Gumbel. Draws are not from "
        "softmax(logits). How many logarithms does a Gumbel number take?",
        lambda a, t: relaxed(a, -uniform(a).log(), t),
        lambda a, t: relaxed(a, uniform(a).log(), t),
    ),
    wrong(
        "gaussian-noise",
        "The noise is normal. It looks alike and draws from another law: for more than two classes no width of it "
        "gives softmax(logits). Which noise makes the argmax an exact draw?",
        lambda a, t: relaxed(a, torch.randn_like(a, device=a.device), t),
        lambda a, t: relaxed(a, 1.28 * torch.randn_like(a, device=a.device), t),
    ),
    wrong(
        "uniform-noise",
        "The noise is uniform, so a class whose logit is far enough behind is never drawn. What is made of a uniform "
        "number before it is added?",
        lambda a, t: relaxed(a, uniform(a), t),
        lambda a, t: relaxed(a, 2 * uniform(a) - 1, t),
    ),
    wrong(
        "noise-scaled",
        "The noise is Gumbel with a factor: too little makes the likeliest class win too often, too much hides the "
        "logits. tau divides both. Which factor does the noise have?",
        lambda a, t: relaxed(a, 0.1 * gumbel(a), t),
        lambda a, t: relaxed(a, 2 * gumbel(a), t),
    ),
    wrong(
        "another-law",
        "It is random, and neither Gumbel noise nor any other that the gate knows, with any usual slip in tau or the "
        "logits, explains the draws. So the argmax is not drawn from softmax(logits). Draw one row many times: how "
        "often does each class get the largest share?",
        lambda a, t: relaxed(a, uniform(a).logit(), t),
        lambda a, t: relaxed(a, _cauchy(a), t),
        lambda a, t: relaxed(a, uniform(a).logit() / 2**0.5, t),
        lambda a, t: (relaxed(a, gumbel(a), t) + relaxed(a, gumbel(a), t)) / 2,
        lambda a, t: 0.9 * relaxed(a, gumbel(a), t) + 0.1 / a.shape[-1],
    ),
    wrong(
        "probabilities-as-logits",
        "Probabilities, or something squashed like them, stand where the logits belong. They are between 0 and 1, so "
        "the noise drowns them: draws are nearly uniform however sure the encoder is. What is the scale of a logit?",
        lambda a, t: relaxed(a.softmax(-1), gumbel(a), t),
        lambda a, t: relaxed(a.exp(), gumbel(a), t),
        lambda a, t: relaxed(a.sigmoid(), gumbel(a), t),
    ),
    wrong(
        "logits-ignored",
        "The logits do not count: every class is as likely as another. Where do the logits enter?",
        lambda a, t: relaxed(0 * a, gumbel(a), t),
    ),
    wrong(
        "logits-negated",
        "The logits enter with the wrong sign: the likeliest class is drawn least. Should a large logit make a class "
        "likely?",
        lambda a, t: relaxed(-a, gumbel(a), t),
    ),
    wrong(
        "logits-of-the-batch",
        "The logits are normalised over the batch, so the draw of an example depends on the others. Which axis holds "
        "the classes?",
        lambda a, t: relaxed(a.log_softmax(0), gumbel(a), t),
        lambda a, t: relaxed(a - a.mean(0), gumbel(a), t),
        lambda a, t: relaxed((a - a.mean(0)) / (a.std(0, correction=0) + 1e-5), gumbel(a), t),
    ),
)
