"""The right Monte Carlo ELBO, and the wrong ones."""

from __future__ import annotations

import math

from torch import Tensor

from vaekit.gates.task import wrong


def solution(log_px: Tensor, log_pz: Tensor, log_qz: Tensor) -> Tensor:
    """The mean over the draws of the log weight."""
    log_weight = log_px + log_pz - log_qz  # (K, B)
    return log_weight.mean(dim=0)


def _plus_q(log_px: Tensor, log_pz: Tensor, log_qz: Tensor) -> Tensor:
    kl = log_pz - log_qz
    return (log_px - kl).mean(dim=0)


BROKEN = _plus_q
BANK = (
    wrong(
        "kl-sign",
        "The KL enters with the wrong sign: log p(z) is subtracted and log q(z) added. Training would reward codes "
        "that the prior never draws. Is log p(z) - log q(z) on average positive or negative under q?",
        _plus_q,
    ),
    wrong(
        "log-q-sign",
        "log q(z) is added where it must be subtracted. The objective then rewards a q that collapses to a point, and "
        "is no bound. Which term of the ELBO is the entropy of q?",
        lambda a, b, c: (a + b + c).mean(0),
    ),
    wrong(
        "log-q-missing",
        "log q(z) is missing. What is left is largest where q is a point at the best z: an autoencoder. Which term "
        "keeps q wide?",
        lambda a, b, c: (a + b).mean(0),
        lambda a, b, c: (a + b).logsumexp(0) - math.log(len(a)),
    ),
    wrong(
        "prior-missing",
        "log p(z) is missing. Nothing ties the codes to the prior, so draws from the prior would decode to nonsense. "
        "What is the joint log p(x, z)?",
        lambda a, b, c: (a - c).mean(0),
    ),
    wrong(
        "prior-sign",
        "log p(z) is subtracted where it must be added, so codes that the prior never draws are rewarded. What is the "
        "joint log p(x, z)?",
        lambda a, b, c: (a - b - c).mean(0),
    ),
    wrong(
        "likelihood-only",
        "It is the reconstruction term alone. Without the KL it is no bound, and training makes a plain autoencoder. "
        "What does q have to pay for?",
        lambda a, b, c: a.mean(0),
    ),
    wrong(
        "likelihood-missing",
        "The likelihood is missing. What is left is the negative KL, which is largest where q ignores x. Where does x "
        "enter?",
        lambda a, b, c: (b - c).mean(0),
        lambda a, b, c: (c - b).mean(0),
    ),
    wrong(
        "likelihood-sign",
        "The likelihood enters with the wrong sign: training would make the data as unlikely as it can. Is the ELBO "
        "large or small for a good model?",
        lambda a, b, c: (b - c - a).mean(0),
    ),
    wrong(
        "sign-flipped",
        "It is the negative ELBO: a loss, not a bound. Maximising it, or reporting it as a bound, does the opposite "
        "of what you want. On which side of log p(x) must the result lie?",
        lambda a, b, c: -solution(a, b, c),
    ),
    wrong(
        "importance-weighted",
        "It is the log of the mean weight, the importance-weighted bound. That is tighter for K > 1 but another "
        "objective with another optimum for q. For the ELBO, which comes first, the logarithm or the mean?",
        lambda a, b, c: (a + b - c).logsumexp(0) - math.log(len(a)),
        lambda a, b, c: (a + b - c).exp().mean(0).log(),
    ),
    wrong(
        "log-of-the-sum",
        "It is the log of the summed weights, which rises with every further draw and bounds nothing. Which average "
        "over the draws does an expectation ask for?",
        lambda a, b, c: (a + b - c).logsumexp(0),
    ),
    wrong(
        "sum-over-samples",
        "It adds up the draws, so the result, and with it the step of the optimiser, grows with K. What turns a sum "
        "of draws into an estimate of an expectation?",
        lambda a, b, c: (a + b - c).sum(0),
    ),
    wrong(
        "wrong-axis",
        "It averages over the batch and keeps the draws. Different examples are mixed, and in a square batch no shape "
        "shows it. Which axis holds the draws for one example?",
        lambda a, b, c: (a + b - c).mean(1),
        lambda a, b, c: (a + b - c).sum(1),
    ),
    wrong(
        "batch-reduced",
        "It has reduced the batch to one number. One bound for each example is wanted: which axis has to stay?",
        lambda a, b, c: (a + b - c).mean(),
        lambda a, b, c: (a + b - c).sum(),
        lambda a, b, c: (a + b - c).mean(0).sum(),
    ),
    wrong(
        "not-averaged",
        "It returns one number for each draw and example. Which axis does the expectation remove?",
        lambda a, b, c: a + b - c,
    ),
    wrong(
        "best-draw-only",
        "It keeps the best draw. That is no expectation: it lies above the ELBO, and above log p(x) if K is large "
        "enough. How does each of the K draws count?",
        lambda a, b, c: (a + b - c).max(0).values,
    ),
    wrong(
        "one-draw-only",
        "It uses a single draw and ignores the others, so that more draws do not make it less noisy. How does each of "
        "the K draws count?",
        lambda a, b, c: (a + b - c)[0],
        lambda a, b, c: (a + b - c)[-1],
    ),
    wrong(
        "self-normalised",
        "It weighs each draw by its importance. That estimates an expectation under the posterior. From which "
        "distribution do the draws come, and which expectation does the ELBO take?",
        lambda a, b, c: ((a + b - c).softmax(0) * (a + b - c)).sum(0),
    ),
    wrong(
        "kl-clamped",
        "The sampled KL is kept from going negative. An estimate from few draws may be negative; cutting that off "
        "biases it upwards and stops the gradient there. Must every estimate of a positive number be positive?",
        lambda a, b, c: a.mean(0) - (c - b).mean(0).clamp(min=0),
        lambda a, b, c: (a - (c - b).clamp(min=0)).mean(0),
        lambda a, b, c: (a - (c - b).abs()).mean(0),
        lambda a, b, c: a.mean(0) - (c - b).mean(0).abs(),
    ),
    wrong(
        "density-for-log",
        "It mixes densities with logs: one of the terms is exponentiated where its logarithm belongs. In which form "
        "do the arguments come?",
        lambda a, b, c: (a.exp() + b - c).mean(0),
        lambda a, b, c: (a + c.exp() * (b - c)).mean(0),
        lambda a, b, c: (a + b.exp() - c.exp()).mean(0),
        lambda a, b, c: (a + b - c).exp().mean(0),
    ),
    wrong(
        "ratio-of-logs",
        "It divides one log density by another, or multiplies them. On the log scale a ratio of densities is "
        "something else. What is log(a / b)?",
        lambda a, b, c: (a + b / c).mean(0),
        lambda a, b, c: (a * b / c).mean(0),
    ),
)
