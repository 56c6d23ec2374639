"""The right loss of a beta-VAE, and the wrong ones."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from vaekit.gates.task import wrong


def solution(nll: Tensor, kl: Tensor, beta: float) -> Tensor:
    """Distortion plus beta times rate, for a typical example."""
    return (nll + beta * kl).mean()


def _beta_on_the_likelihood(nll: Tensor, kl: Tensor, beta: float) -> Tensor:
    return (beta * nll + kl).mean()


BROKEN = _beta_on_the_likelihood
BANK = (
    wrong(
        "beta-ignored",
        "beta changes nothing: whatever is asked for, the same compromise is trained, and all curves over beta come "
        "out flat but for noise. By how much should the loss rise when beta goes from 1 to 4?",
        lambda n, k, b: (n + k).mean(),
    ),
    wrong(
        "beta-on-the-likelihood",
        "beta weighs the likelihood, so a large beta does the opposite of what is meant: it buys sharp reconstructions "
        "with a larger KL. Which of the two terms is the rate?",
        _beta_on_the_likelihood,
    ),
    wrong(
        "beta-on-both",
        "beta weighs both terms, which changes the learning rate and not the compromise between them. What would the "
        "best model be for beta = 4?",
        lambda n, k, b: b * (n + k).mean(),
    ),
    wrong(
        "weights-sum-to-one",
        "The two weights are made to add up to 1. For one beta that is the same up to a factor; over a range of beta "
        "the losses, and the gradients, cannot be compared. What is the weight of the likelihood?",
        lambda n, k, b: ((1 - b) * n + b * k).mean(),
        lambda n, k, b: (n + b * k).mean() / (1 + b),
        lambda n, k, b: (b * n + (1 - b) * k).mean(),
    ),
    wrong(
        "kl-counted-twice",
        "The KL counts once on its own and once with beta, or once less: beta is counted from the wrong number. What "
        "is the weight of the KL at beta = 0, and at beta = 1?",
        lambda n, k, b: (n + (1 + b) * k).mean(),
        lambda n, k, b: (n + (b - 1) * k).mean(),
    ),
    wrong(
        "beta-transformed",
        "The KL is weighed by another number than beta: its square, its root, its reciprocal or its exponential, say. "
        "Nobody can read off which compromise was trained. By how much does the loss rise when beta rises by 1?",
        lambda n, k, b: (n + b**2 * k).mean(),
        lambda n, k, b: (n + abs(b) ** 0.5 * k).mean(),
        lambda n, k, b: (n + math.exp(b) * k).mean(),
        lambda n, k, b: (n + math.log1p(b) * k).mean(),
        lambda n, k, b: (n + k / b).mean(),
        lambda n, k, b: (n + 2 * b * k).mean(),
        lambda n, k, b: (n + 0.5 * b * k).mean(),
    ),
    wrong(
        "beta-clipped",
        "beta is cut off at 1, as the weight in a warm-up is. A beta above 1 (or below) is what the method is about. "
        "Which values of beta are allowed?",
        lambda n, k, b: (n + min(b, 1.0) * k).mean(),
        lambda n, k, b: (n + max(b, 1.0) * k).mean(),
    ),
    wrong(
        "beta-added",
        "beta is added to a term instead of multiplied with it. A constant has no gradient, so training would not "
        "notice beta at all. What is beta the weight of?",
        lambda n, k, b: (n + k + b).mean(),
        lambda n, k, b: (n + k).mean() - b,
    ),
    wrong(
        "target-rate",
        "The KL is pulled towards beta, or pays only beyond it. That is another method, with a target in nats; here "
        "beta is a price for each nat. What does one more nat of KL cost?",
        lambda n, k, b: (n + (k - b).abs()).mean(),
        lambda n, k, b: (n + (k - b).clamp(min=0)).mean(),
        lambda n, k, b: (n + k.clamp(min=b)).mean(),
    ),
    wrong(
        "batch-summed",
        "It is summed over the batch, so the loss and every gradient grow with the batch size. What is the loss of a "
        "typical example?",
        lambda n, k, b: (n + b * k).sum(),
    ),
    wrong(
        "batch-summed-in-one-term",
        "One term is summed over the batch and the other averaged, so the effective beta depends on the batch size. "
        "Duplicate the batch: by how much does each of your terms change?",
        lambda n, k, b: n.sum() + b * k.mean(),
        lambda n, k, b: n.mean() + b * k.sum(),
    ),
    wrong(
        "kl-divided-by-the-batch",
        "The KL is divided by the batch size once too often, so the effective beta is far below what you asked for. "
        "Duplicate the batch: should the loss change?",
        lambda n, k, b: n.mean() + b * k.mean() / len(k),
    ),
    wrong(
        "terms-averaged",
        "The two terms are averaged where they add up, so the loss is half of what it should be. With beta = 1, is it "
        "the negative ELBO?",
        lambda n, k, b: torch.stack([n, b * k]).mean(),
    ),
    wrong(
        "not-reduced",
        "It returns one number for each example, or a square of them, which no optimiser can minimise. What is the "
        "loss of a batch?",
        lambda n, k, b: n + b * k,
        lambda n, k, b: n[:, None] + b * k,
        lambda n, k, b: (n + b * k).mean(0, keepdim=True),
    ),
    wrong(
        "kl-sign",
        "The KL enters with the wrong sign: training would drive q away from the prior without end. nll is a cost "
        "already. Is the KL one?",
        lambda n, k, b: (n - b * k).mean(),
    ),
    wrong(
        "likelihood-sign",
        "nll enters with the wrong sign: training would make the data as unlikely as it can. The n stands for "
        "negative. Is it a cost or a reward?",
        lambda n, k, b: (b * k - n).mean(),
    ),
    wrong(
        "sign-flipped",
        "It is the right number with its sign flipped, to be maximised. An optimiser minimises. What has to be small "
        "in a good model?",
        lambda n, k, b: -(n + b * k).mean(),
    ),
    wrong(
        "kl-clamped",
        "Negative KLs are cut off or turned over. A KL that is estimated from a draw may be negative, and has to "
        "count, or the average comes out too high. What does the average of such estimates tell if half are changed?",
        lambda n, k, b: (n + b * k.clamp(min=0)).mean(),
        lambda n, k, b: (n + b * k.abs()).mean(),
        lambda n, k, b: n.mean() + b * k.mean().clamp(min=0),
    ),
    wrong(
        "likelihood-clamped",
        "A negative nll is cut off or turned over. Densities may be above 1, so nll may be negative, and lower is "
        "still better. Is the second of two nll, -3 and -5, the better or the worse?",
        lambda n, k, b: (n.clamp(min=0) + b * k).mean(),
        lambda n, k, b: (n.abs() + b * k).mean(),
        lambda n, k, b: n.mean().clamp(min=0) + b * k.mean(),
    ),
    wrong(
        "loss-clamped",
        "The loss is cut off at 0 or turned over. It may be negative where densities are above 1, and there it would "
        "stop learning, or unlearn. Which values may a negative log density have?",
        lambda n, k, b: (n + b * k).mean().clamp(min=0),
        lambda n, k, b: (n + b * k).clamp(min=0).mean(),
        lambda n, k, b: (n + b * k).mean().abs(),
        lambda n, k, b: (n + b * k).abs().mean(),
    ),
    wrong(
        "kl-missing",
        "The KL is missing: a plain autoencoder, for every beta. Where does kl enter?",
        lambda n, k, b: n.mean(),
    ),
    wrong(
        "likelihood-missing",
        "nll is missing, so the loss is least where the latents carry nothing. Where does nll enter?",
        lambda n, k, b: b * k.mean(),
    ),
    wrong(
        "kl-detached",
        "The value is right and the KL has no gradient, so the encoder never hears of beta. Where does kl leave the "
        "graph?",
        lambda n, k, b: (n + b * k.detach()).mean(),
    ),
    wrong(
        "likelihood-detached",
        "The value is right and nll has no gradient, so the decoder learns nothing. Where does nll leave the graph?",
        lambda n, k, b: (n.detach() + b * k).mean(),
    ),
    wrong(
        "bits-for-nats",
        "It is the loss in bits, while both terms come in nats. Which logarithm is the natural one?",
        lambda n, k, b: (n + b * k).mean() / math.log(2),
        lambda n, k, b: n.mean() + b * k.mean() / math.log(2),
    ),
    wrong(
        "random-result",
        "It is random. Both terms are given. Which part is drawn?",
        lambda n, k, b: (n + b * k * (1 + 0.1 * torch.randn_like(k, device=k.device))).mean(),
    ),
)
