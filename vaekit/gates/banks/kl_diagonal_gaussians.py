"""The right KL between two diagonal Gaussians, and the wrong ones."""

from __future__ import annotations

from torch import Tensor
from torch.distributions import Normal

from vaekit.gates.banks.kl_standard_normal import solution as to_standard_normal
from vaekit.gates.banks.shared import any_kl
from vaekit.gates.task import wrong


def solution(mu_q: Tensor, logvar_q: Tensor, mu_p: Tensor, logvar_p: Tensor) -> Tensor:
    """Four terms for each latent, all measured in units of the variance of p."""
    log_ratio = logvar_q - logvar_p
    distance = (mu_q - mu_p) ** 2 * (-logvar_p).exp()
    return 0.5 * (distance + log_ratio.exp() - log_ratio - 1).sum(-1)


def _terms(m: Tensor, s: Tensor, n: Tensor, t: Tensor) -> Tensor:
    return 0.5 * ((m - n) ** 2 * (-t).exp() + (s - t).exp() - (s - t) - 1)


def _undivided(mu_q: Tensor, logvar_q: Tensor, mu_p: Tensor, logvar_p: Tensor) -> Tensor:
    log_ratio = logvar_q - logvar_p
    distance = (mu_q - mu_p) ** 2
    return 0.5 * (distance + log_ratio.exp() - log_ratio - 1).sum(-1)


def _sampled(m: Tensor, s: Tensor, n: Tensor, t: Tensor) -> Tensor:
    q, p = Normal(m, (0.5 * s).exp()), Normal(n, (0.5 * t).exp())
    z = q.rsample()
    return (q.log_prob(z) - p.log_prob(z)).sum(-1)


BROKEN = _undivided
BANK = (
    *any_kl(_terms),
    wrong(
        "half-misplaced",
        "A factor ½ reaches some of the terms and not the others, so they are weighed wrongly against each other. log "
        "σ is half of log σ²: which of the two do you have?",
        lambda m, s, n, t: (_terms(m, s, n, t) + 0.5 * (t - s)).sum(-1),
        lambda m, s, n, t: (_terms(m, s, n, t) - 0.25 * (t - s)).sum(-1),
        lambda m, s, n, t: (_terms(m, s, n, t) - 0.5).sum(-1),
        lambda m, s, n, t: (2 * _terms(m, s, n, t) - 0.5 * (t - s) + 0.5).sum(-1),
        lambda m, s, n, t: (_terms(m, s, n, t) + 0.5 * (m - n) ** 2 * (-t).exp()).sum(-1),
        lambda m, s, n, t: (_terms(m, s, n, t) + 0.5 * (s - t).exp()).sum(-1),
    ),
    wrong(
        "constant-counted-once",
        "Its constant is subtracted once and not for every latent: where q = p it is 0 only if L = 1. The gradient is "
        "right, but every reported number is off. How many constants has a sum over L latents?",
        lambda m, s, n, t: (_terms(m, s, n, t) + 0.5).sum(-1) - 0.5,
        lambda m, s, n, t: (_terms(m, s, n, t) + 0.5).sum(-1) - 1,
    ),
    wrong(
        "constant-missing",
        "Where q = p it is not 0 but grows with L. The gradient is right, but every number that you report is off. "
        "What makes the KL of a distribution with itself vanish?",
        lambda m, s, n, t: (_terms(m, s, n, t) + 0.5).sum(-1),
        lambda m, s, n, t: (_terms(m, s, n, t) + 1).sum(-1),
    ),
    wrong(
        "reverse-kl",
        "It is KL(p ‖ q), the other direction. It is zero in the same place, so that it looks right, but the ELBO "
        "holds for the expectation under q. Whose variance do you divide by?",
        lambda m, s, n, t: solution(n, t, m, s),
    ),
    wrong(
        "symmetrised",
        "It is the sum, or the mean, of both directions. It is zero in the right place, but the bound holds for one "
        "of them only. Under which distribution is the expectation taken in the ELBO?",
        lambda m, s, n, t: solution(m, s, n, t) + solution(n, t, m, s),
        lambda m, s, n, t: 0.5 * (solution(m, s, n, t) + solution(n, t, m, s)),
    ),
    wrong(
        "log-sigma-for-logvar",
        "It treats each logvar as log σ, half of what it is, so distances are measured in a wrong unit. What is σ² if "
        "log σ² is given?",
        lambda m, s, n, t: solution(m, 2 * s, n, 2 * t),
        lambda m, s, n, t: 0.5 * ((m - n) ** 2 / (2 * t).exp() + (2 * (s - t)).exp() - (s - t) - 1).sum(-1),
    ),
    wrong(
        "sigma-for-variance",
        "Standard deviations stand where variances belong, so the KL is least at a wrong scale. Which of the two is "
        "the expectation of (z - μ)²?",
        lambda m, s, n, t: solution(m, 0.5 * s, n, 0.5 * t),
        lambda m, s, n, t: 0.5 * ((m - n) ** 2 / (0.5 * t).exp() + (0.5 * (s - t)).exp() - (s - t) - 1).sum(-1),
        lambda m, s, n, t: 0.5 * ((m - n) ** 2 / (0.5 * t).exp() + (s - t).exp() - (s - t) - 1).sum(-1),
        lambda m, s, n, t: 0.5 * ((m - n) ** 2 / t.exp() + (0.5 * (s - t)).exp() - (s - t) - 1).sum(-1),
    ),
    wrong(
        "exp-twice",
        "The exponential is applied twice. For positive log-variances the loss explodes within a few steps. In which "
        "form do the arguments come?",
        lambda m, s, n, t: solution(m, s.exp(), n, t.exp()),
    ),
    wrong(
        "exp-missing",
        "A log-variance stands where a variance belongs, so the result is NaN, or of any sign. What turns the one "
        "into the other?",
        lambda m, s, n, t: 0.5 * (((m - n) ** 2 + s) / t - (s / t).log() - 1).sum(-1),
        lambda m, s, n, t: 0.5 * (((m - n) ** 2 + s) / t + t.log() - s.log() - 1).sum(-1),
        lambda m, s, n, t: 0.5 * (((m - n) ** 2 + s) / t - (s - t) - 1).sum(-1),
    ),
    wrong(
        "log-term-missing",
        "The log term is missing. Nothing then keeps the variance of q from shrinking to zero. Which term comes from "
        "the two normalising constants?",
        lambda m, s, n, t: (_terms(m, s, n, t) + 0.5 * (s - t)).sum(-1),
    ),
    wrong(
        "log-term-sign",
        "The log term has the wrong sign: a variance of 0 would be the cheapest. Move logvar_q alone towards -5: "
        "should the KL fall?",
        lambda m, s, n, t: (_terms(m, s, n, t) + (s - t)).sum(-1),
    ),
    wrong(
        "log-term-one-sided",
        "Only one of the two log-variances appears in the log term, so the KL of a distribution with itself is not "
        "zero. What do both normalising constants contribute?",
        lambda m, s, n, t: (_terms(m, s, n, t) - 0.5 * t).sum(-1),
        lambda m, s, n, t: (_terms(m, s, n, t) + 0.5 * s).sum(-1),
    ),
    wrong(
        "variance-ratio-missing",
        "The ratio of the variances is missing, so the wider q, the smaller the KL, without end. What is the "
        "expectation of (z - μ_p)² under q?",
        lambda m, s, n, t: (_terms(m, s, n, t) - 0.5 * (s - t).exp()).sum(-1),
        lambda m, s, n, t: (_terms(m, s, n, t) - 0.5 * (s - t).exp() + 0.5).sum(-1),
    ),
    wrong(
        "variance-ratio-inverted",
        "The ratio of the variances is upside down: a wide q would be cheap and a narrow one dear, or the other way "
        "round. Which of the two Gaussians is the unit of length?",
        lambda m, s, n, t: (_terms(m, s, n, t) - 0.5 * (s - t).exp() + 0.5 * (t - s).exp()).sum(-1),
    ),
    wrong(
        "variance-not-divided",
        "The variance of q is not divided by that of p, so the KL is right only for a prior of variance 1. In which "
        "unit does p measure lengths?",
        lambda m, s, n, t: 0.5 * ((m - n) ** 2 / t.exp() + s.exp() - (s - t) - 1).sum(-1),
        lambda m, s, n, t: 0.5 * ((m - n) ** 2 + s.exp() - (s - t) - 1).sum(-1),
    ),
    wrong(
        "distance-not-divided",
        "The distance between the means is not divided by the variance of p: a mean that is off by 1 costs the same "
        "under a narrow prior as under a wide one. In which unit does p measure lengths?",
        _undivided,
    ),
    wrong(
        "distance-over-the-wrong-variance",
        "The distance between the means is divided by the variance of q, so a wide q could lie anywhere for free. "
        "Which log density does that square come from?",
        lambda m, s, n, t: (0.5 * (m - n) ** 2 * ((-s).exp() - (-t).exp()) + _terms(m, s, n, t)).sum(-1),
    ),
    wrong(
        "distance-missing",
        "The means do not count. The codes could lie anywhere, and a decoder fed from the prior would meet codes it "
        "has never seen. Which part of the KL depends on where q lies?",
        lambda m, s, n, t: _terms(m, s, m, t).sum(-1),
    ),
    wrong(
        "means-not-compared",
        "It does not use the difference of the means as it should: the KL of a distribution with itself is not zero "
        "unless it lies at the origin. Should the KL change when both are shifted by the same amount?",
        lambda m, s, n, t: _terms(m, s, 0 * n, t).sum(-1),
        lambda m, s, n, t: _terms(m, s, -n, t).sum(-1),
        lambda m, s, n, t: (_terms(m, s, m, t) + 0.5 * (m**2 - n**2) / t.exp()).sum(-1),
    ),
    wrong(
        "distance-not-squared",
        "The distance between the means is not squared, so far codes cost too little, or are even rewarded. How does "
        "the log density of p depend on the distance from its mean?",
        lambda m, s, n, t: (_terms(m, s, m, t) + 0.5 * (m - n) / t.exp()).sum(-1),
        lambda m, s, n, t: (_terms(m, s, m, t) + 0.5 * (m - n).abs() / t.exp()).sum(-1),
    ),
    wrong(
        "prior-ignored",
        "It is the KL to a standard normal, whatever p is, or a difference of two such KLs. A learned prior would get "
        "no gradient, or be rewarded for moving away. Where do mu_p and logvar_p enter?",
        lambda m, s, n, t: to_standard_normal(m, s),
        lambda m, s, n, t: to_standard_normal(m, s) - to_standard_normal(n, t),
    ),
    wrong(
        "clamped-logvar",
        "It stops following a log-variance beyond some bound, and there the gradient is zero. A formula must not "
        "clamp; where would you bound a log-variance instead?",
        lambda m, s, n, t: solution(m, s.clamp(-10, 10), n, t.clamp(-10, 10)),
        lambda m, s, n, t: solution(m, s.clamp(-20, 20), n, t.clamp(-20, 20)),
    ),
    wrong(
        "random-result",
        "It is estimated from draws. That is right on average and noisy at every step. Which expectations under a "
        "Gaussian do you know exactly?",
        _sampled,
    ),
)
