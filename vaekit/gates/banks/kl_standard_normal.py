"""The right KL to the standard normal prior, and the wrong ones."""

from __future__ import annotations

import math

from torch import Tensor
from torch.distributions import Normal

from vaekit.gates.banks.shared import any_kl
from vaekit.gates.task import wrong


def solution(mu: Tensor, logvar: Tensor) -> Tensor:
    """Half the sum of four terms for each latent."""
    terms = mu**2 + logvar.exp() - logvar - 1  # (B, L)
    return 0.5 * terms.sum(-1)


def _terms(mu: Tensor, logvar: Tensor) -> Tensor:
    return 0.5 * (mu**2 + logvar.exp() - logvar - 1)


def _average(mu: Tensor, logvar: Tensor) -> Tensor:
    kl = mu**2 + logvar.exp() - logvar - 1
    return 0.5 * kl.mean(dim=-1)


def _sampled(mu: Tensor, logvar: Tensor) -> Tensor:
    q = Normal(mu, (0.5 * logvar).exp())
    z = q.rsample()
    return (q.log_prob(z) + 0.5 * z**2).sum(-1)


BROKEN = _average
BANK = (
    *any_kl(_terms),
    wrong(
        "half-misplaced",
        "A factor ½ reaches some of the terms and not the others, so they are weighed wrongly against each other. "
        "Which terms does the ½ stand in front of?",
        lambda m, s: (0.5 * m**2 + s.exp() - s - 1).sum(-1),
        lambda m, s: (m**2 + 0.5 * (s.exp() - s - 1)).sum(-1),
        lambda m, s: (0.5 * (m**2 + s.exp()) - s - 1).sum(-1),
        lambda m, s: (0.5 * (m**2 + s.exp() - s) - 1).sum(-1),
        lambda m, s: (m**2 + s.exp() - 0.5 * s - 0.5).sum(-1),
    ),
    wrong(
        "constant-counted-once",
        "Its constant is subtracted once and not for every latent: at mu = 0, logvar = 0 it is 0 only if L = 1. The "
        "gradient is right, but every reported number is off. How many constants has a sum over L latents?",
        lambda m, s: 0.5 * ((m**2 + s.exp() - s).sum(-1) - 1),
        lambda m, s: 0.5 * (m**2 + s.exp() - s).sum(-1) - 1,
    ),
    wrong(
        "constant-missing",
        "For mu = 0 and logvar = 0, where q is the prior, it is not 0 but grows with L. The gradient is right, but "
        "every number that you report is off. What makes the KL of the prior with itself vanish?",
        lambda m, s: 0.5 * (m**2 + s.exp() - s).sum(-1),
        lambda m, s: 0.5 * (m**2 + s.exp() - s + 1).sum(-1),
    ),
    wrong(
        "log-sigma-for-logvar",
        "It treats logvar as log σ, half of what it is. The encoder would learn variances that the sampling step does "
        "not use. What is σ² if log σ² is given?",
        lambda m, s: solution(m, 2 * s),
        lambda m, s: 0.5 * (m**2 + (2 * s).exp() - s - 1).sum(-1),
    ),
    wrong(
        "sigma-for-variance",
        "The standard deviation stands where the variance belongs, so the KL is least at a wrong scale of the noise. "
        "Which of the two is the expectation of (z - μ)²?",
        lambda m, s: 0.5 * (m**2 + (0.5 * s).exp() - s - 1).sum(-1),
        lambda m, s: solution(m, 0.5 * s),
    ),
    wrong(
        "exp-twice",
        "The exponential is applied twice. For positive log-variances the loss explodes within a few steps. In which "
        "form does the argument come, and in which does each term need it?",
        lambda m, s: 0.5 * (m**2 + s.exp().exp() - s - 1).sum(-1),
        lambda m, s: solution(m, s.exp()),
    ),
    wrong(
        "exp-missing",
        "logvar stands where the variance belongs. Such a KL is least at a wrong variance, or NaN for a negative "
        "logvar. What turns a log-variance into a variance?",
        lambda m, s: 0.5 * (m**2 + s - s.log() - 1).sum(-1),
        lambda m, s: 0.5 * (m**2 + s**2 - s - 1).sum(-1),
    ),
    wrong(
        "log-precision",
        "It treats logvar as a log-precision: its sign is flipped throughout. The encoder would be taught to be most "
        "certain where it should be least. Is a large logvar a wide q or a narrow one?",
        lambda m, s: solution(m, -s),
    ),
    wrong(
        "log-term-missing",
        "The log term is missing. Nothing then keeps the variance from shrinking to zero, and the VAE becomes an "
        "autoencoder. Which term comes from the entropy of q?",
        lambda m, s: 0.5 * (m**2 + s.exp() - 1).sum(-1),
    ),
    wrong(
        "log-term-sign",
        "The log term has the wrong sign: a variance of 0 would be the cheapest. Try logvar = -5: is q then close to "
        "the prior?",
        lambda m, s: 0.5 * (m**2 + s.exp() + s - 1).sum(-1),
    ),
    wrong(
        "log-term-squared",
        "The log term is squared, or otherwise not the logarithm itself, so the least KL lies at a wrong variance. "
        "Which power of log σ² appears in log q(z)?",
        lambda m, s: 0.5 * (m**2 + s.exp() - s**2 - 1).sum(-1),
        lambda m, s: 0.5 * (m**2 + s.exp() - 2 * s - 1).sum(-1),
    ),
    wrong(
        "variance-term-missing",
        "The term of the variance is missing, or has the wrong sign: the larger the variance, the smaller the KL, "
        "without end: q grows until the decoder sees noise alone. What is E[z²] under q?",
        lambda m, s: 0.5 * (m**2 - s - 1).sum(-1),
        lambda m, s: 0.5 * (m**2 - s).sum(-1),
        lambda m, s: 0.5 * (m**2 - s.exp() + s - 1).sum(-1),
        lambda m, s: 0.5 * (m**2 - s.exp() + s + 1).sum(-1),
    ),
    wrong(
        "mu-term-sign",
        "The term of the mean has the wrong sign: it pays to send the codes to infinity. Is a q far from the origin "
        "close to the prior?",
        lambda m, s: 0.5 * (-(m**2) + s.exp() - s - 1).sum(-1),
    ),
    wrong(
        "mu-not-squared",
        "The mean is not squared, so a mean at -10 counts for less than one at 0, or far means count too little. How "
        "does the log density of the prior depend on the distance from 0?",
        lambda m, s: 0.5 * (m + s.exp() - s - 1).sum(-1),
        lambda m, s: 0.5 * (m.abs() + s.exp() - s - 1).sum(-1),
    ),
    wrong(
        "mu-term-missing",
        "The means cost nothing. The codes spread without bound, and a decoder fed from the prior meets codes it has "
        "never seen. Which part of the KL depends on where q lies?",
        lambda m, s: 0.5 * (s.exp() - s - 1).sum(-1),
    ),
    wrong(
        "square-of-sum",
        "The means are added up before they are squared, so that means of opposite sign cancel for free. Which comes "
        "first, the square or the sum?",
        lambda m, s: 0.5 * (m.sum(-1) ** 2 + (s.exp() - s - 1).sum(-1)),
    ),
    wrong(
        "reverse-kl",
        "It is KL(p ‖ q), the other direction. It is zero in the same place, so that it looks right, but it punishes "
        "a narrow q far too much and is not what the ELBO contains. Under which of the two is the expectation taken?",
        lambda m, s: 0.5 * ((1 + m**2) / s.exp() + s - 1).sum(-1),
    ),
    wrong(
        "symmetrised",
        "It is the sum of both directions. It is zero in the right place, but the bound holds for one of them only. "
        "Under which distribution is the expectation taken in the ELBO?",
        lambda m, s: 0.5 * ((1 + m**2) / s.exp() + m**2 + s.exp() - 2).sum(-1),
    ),
    wrong(
        "one-expectation-only",
        "It is one of the two expectations of which the KL is the difference: the negative entropy of q, or its "
        "cross-entropy to the prior. Alone, one lets the variance grow, the other lets it vanish. What is missing?",
        lambda m, s: -0.5 * (1 + math.log(2 * math.pi) + s).sum(-1),
        lambda m, s: 0.5 * (math.log(2 * math.pi) + m**2 + s.exp()).sum(-1),
    ),
    wrong(
        "clamped-logvar",
        "It stops following the log-variance beyond some bound. There the gradient is zero, so an example that has "
        "got there never comes back. A formula must not clamp; where would you bound a log-variance instead?",
        lambda m, s: solution(m, s.clamp(-10, 10)),
        lambda m, s: solution(m, s.clamp(-20, 20)),
        lambda m, s: solution(m, s.clamp(-5, 5)),
    ),
    wrong(
        "random-result",
        "It is estimated from draws. That is right on average and noisy at every step, and the noise reaches the "
        "gradient. Which expectations under a Gaussian do you know exactly?",
        _sampled,
    ),
)
