"""The right loss of a VAE for binary data, and the wrong ones."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from vaekit.gates.task import wrong


def solution(logits: Tensor, x: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    """Each term summed over its event, then averaged over the batch."""
    nll = F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(-1)  # (B,)
    kl = 0.5 * (mu**2 + logvar.exp() - logvar - 1).sum(-1)  # (B,)
    return (nll + kl).mean()


def _pixels_averaged(logits: Tensor, x: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    nll = F.binary_cross_entropy_with_logits(logits, x)
    kl = 0.5 * (mu**2 + logvar.exp() - logvar - 1).sum(-1)
    return nll + kl.mean()


def _nll(logits: Tensor, x: Tensor) -> Tensor:
    return F.softplus(logits) - x * logits  # (B, D)


def _kl(mu: Tensor, logvar: Tensor) -> Tensor:
    return 0.5 * (mu**2 + logvar.exp() - logvar - 1)  # (B, L)


def _loss(nll: Tensor, kl: Tensor) -> Tensor:
    return (nll.sum(-1) + kl.sum(-1)).mean()


def _by_hand(logits: Tensor, x: Tensor, inside: float = 0.0) -> Tensor:
    p = logits.sigmoid()
    return -(x * (p + inside).log() + (1 - x) * (1 - p + inside).log())


BROKEN = _pixels_averaged
BANK = (
    wrong(
        "pixels-averaged",
        "The likelihood is averaged over the pixels and the KL is summed. With 784 pixels the KL counts 784 times too "
        "much: it goes to 0 and the latents carry nothing. Over which axes is one log likelihood a sum?",
        _pixels_averaged,
    ),
    wrong(
        "both-averaged",
        "Both terms are averaged over everything, so the KL is weighed by D / L, an effective beta that nobody chose. "
        "With many pixels the latents collapse. What is the log probability of independent pixels together?",
        lambda a, x, m, s: _nll(a, x).mean() + _kl(m, s).mean(),
    ),
    wrong(
        "mean-over-latents",
        "The KL is averaged over the latents where it adds up. The loss pays L times too little for information: "
        "reconstructions improve while the bound gets worse. What is the KL of two independent latents together?",
        lambda a, x, m, s: _nll(a, x).sum(-1).mean() + _kl(m, s).mean(),
    ),
    wrong(
        "batch-summed",
        "Both terms are summed over the batch, so the loss and every gradient grow with the batch size, and the "
        "learning rate means something else for each. What is the loss of a typical example?",
        lambda a, x, m, s: _nll(a, x).sum() + _kl(m, s).sum(),
    ),
    wrong(
        "batch-summed-in-one-term",
        "One term is summed over the batch and the other averaged, so their weights depend on the batch size. "
        "Duplicate the batch: by how much does each of your terms change?",
        lambda a, x, m, s: _nll(a, x).sum() + _kl(m, s).sum(-1).mean(),
        lambda a, x, m, s: _nll(a, x).sum(-1).mean() + _kl(m, s).sum(),
        lambda a, x, m, s: _nll(a, x).mean() + _kl(m, s).sum(),
    ),
    wrong(
        "kl-divided-by-the-batch",
        "The KL is divided by the batch size once too often. It hardly counts, so the codes leave the prior and "
        "samples get bad. Duplicate the batch: should the loss change?",
        lambda a, x, m, s: (_nll(a, x).sum(-1) + _kl(m, s).sum(-1) / len(m)).mean(),
    ),
    wrong(
        "not-reduced",
        "It returns one number for each example, which no optimiser can minimise. What is the loss of a batch?",
        lambda a, x, m, s: _nll(a, x).sum(-1) + _kl(m, s).sum(-1),
    ),
    wrong(
        "elbo-not-negated",
        "It is the ELBO itself. An optimiser minimises, so it would make the bound as low as it can. What has to be "
        "small in a good model?",
        lambda a, x, m, s: -_loss(_nll(a, x), _kl(m, s)),
    ),
    wrong(
        "kl-sign",
        "The KL enters with the wrong sign: training would drive q away from the prior without end. Which of the two "
        "terms of the loss are costs?",
        lambda a, x, m, s: _loss(_nll(a, x), -_kl(m, s)),
    ),
    wrong(
        "likelihood-sign",
        "The likelihood enters with the wrong sign: training would make the data as unlikely as it can. Which of the "
        "two terms of the loss are costs?",
        lambda a, x, m, s: _loss(-_nll(a, x), _kl(m, s)),
    ),
    wrong(
        "kl-missing",
        "The KL is missing. That trains a plain autoencoder, and draws from the prior decode to nonsense. What does "
        "information in the code cost?",
        lambda a, x, m, s: _nll(a, x).sum(-1).mean(),
    ),
    wrong(
        "likelihood-missing",
        "The likelihood is missing, so the loss is least where the latents carry nothing. Where do logits and x enter?",
        lambda a, x, m, s: _kl(m, s).sum(-1).mean(),
    ),
    wrong(
        "kl-half-missing",
        "The KL is doubled, or halved: an effective beta that nobody chose. Which factor stands before the bracket of "
        "the closed form?",
        lambda a, x, m, s: _loss(_nll(a, x), 2 * _kl(m, s)),
        lambda a, x, m, s: _loss(_nll(a, x), 0.5 * _kl(m, s)),
    ),
    wrong(
        "kl-formula",
        "The likelihood is right and the KL is not: its closed form lacks a term, or has one with a wrong sign. Give "
        "logvar and mu the value 0: is your KL 0, and does it rise on every side, as in the gate kl_standard_normal?",
        lambda a, x, m, s: _loss(_nll(a, x), _kl(m, s) + 0.5 * s),
        lambda a, x, m, s: _loss(_nll(a, x), _kl(m, s) + s),
        lambda a, x, m, s: _loss(_nll(a, x), _kl(m, s) + 0.5),
        lambda a, x, m, s: _loss(_nll(a, x), 0.5 * ((1 + m**2) / s.exp() + s - 1)),
    ),
    wrong(
        "log-sigma-for-logvar",
        "The KL treats logvar as log σ, half of what it is, so q is taught variances that the sampling step does not "
        "use. What is σ² if log σ² is given?",
        lambda a, x, m, s: _loss(_nll(a, x), _kl(m, 2 * s)),
    ),
    wrong(
        "double-sigmoid",
        "The logits go through a sigmoid, and what comes out is taken for logits again. No pixel can then get a "
        "probability above 0.73 or below 0.5: samples stay grey. How often is the sigmoid applied on the way to a "
        "probability?",
        lambda a, x, m, s: _loss(_nll(a.sigmoid(), x), _kl(m, s)),
    ),
    wrong(
        "logits-as-probabilities",
        "The logits are taken for probabilities, whose logarithm is NaN where a logit is negative. Which numbers can "
        "a logit be, and which a probability?",
        lambda a, x, m, s: _loss(-(x * a.log() + (1 - x) * (1 - a).log()), _kl(m, s)),
    ),
    wrong(
        "squared-error",
        "The likelihood is a squared error, that of a Gaussian and not of a Bernoulli. The loss is then no bound on "
        "the log probability of binary data. What probability does a pixel give to its own value?",
        lambda a, x, m, s: _loss((a.sigmoid() - x) ** 2, _kl(m, s)),
        lambda a, x, m, s: _loss((a - x) ** 2, _kl(m, s)),
        lambda a, x, m, s: F.mse_loss(a.sigmoid(), x) + _kl(m, s).sum(-1).mean(),
    ),
    wrong(
        "targets-swapped",
        "Ones and zeros are swapped: training would draw every digit in negative. For x = 1, should a large logit be "
        "cheap?",
        lambda a, x, m, s: _loss(_nll(-a, x), _kl(m, s)),
    ),
    wrong(
        "zeros-ignored",
        "Only the pixels that are 1 count (or only those that are 0). A decoder that paints everything in one colour "
        "would be perfect. What do the other pixels contribute?",
        lambda a, x, m, s: _loss(x * F.softplus(-a), _kl(m, s)),
        lambda a, x, m, s: _loss((1 - x) * F.softplus(a), _kl(m, s)),
    ),
    wrong(
        "softmax-over-pixels",
        "The pixels compete in one softmax, as classes do. A picture has many pixels that are 1 at the same time. "
        "Which distribution does a single pixel have?",
        lambda a, x, m, s: _loss(-x * a.log_softmax(-1), _kl(m, s)),
    ),
    wrong(
        "log-of-zero",
        "The cross-entropy is made of a sigmoid and a logarithm. The sigmoid of a large logit is exactly 1, so its "
        "log is minus infinity, or is cut off: the value may survive, the gradient does not, and a pixel that is "
        "surely wrong stays wrong. Which function takes the logits themselves?",
        lambda a, x, m, s: _loss(_by_hand(a, x), _kl(m, s)),
        lambda a, x, m, s: _loss(F.binary_cross_entropy(a.sigmoid(), x, reduction="none"), _kl(m, s)),
        lambda a, x, m, s: _loss(_by_hand(a, x, 1e-8), _kl(m, s)),
        lambda a, x, m, s: _loss(_by_hand(a, x, 1e-6), _kl(m, s)),
    ),
    wrong(
        "clamped-logvar",
        "The KL stops following the log-variance beyond some bound, and there the gradient is zero. A formula must "
        "not clamp; where would you bound a log-variance instead?",
        lambda a, x, m, s: _loss(_nll(a, x), _kl(m, s.clamp(-10, 10))),
    ),
    wrong(
        "random-result",
        "It is random. The draw of z has been made before, where the logits were computed; here the KL has a closed "
        "form. What is still to be drawn?",
        lambda a, x, m, s: solution(a, x, m + (0.5 * s).exp() * torch.randn_like(m, device=m.device), s),
    ),
)
