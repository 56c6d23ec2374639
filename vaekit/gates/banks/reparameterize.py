"""The right sample with gradients, and the wrong ones."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.distributions import Normal

from vaekit.gates.task import wrong


def solution(mu: Tensor, logvar: Tensor) -> Tensor:
    """Noise that no parameter touches, scaled and shifted."""
    noise = torch.randn_like(mu, device=mu.device)  # one number for each latent of each example
    return mu + (0.5 * logvar).exp() * noise


def _variance_as_scale(mu: Tensor, logvar: Tensor) -> Tensor:
    noise = torch.randn_like(mu, device=mu.device)
    return mu + logvar.exp() * noise


def _seeded(mu: Tensor, logvar: Tensor) -> Tensor:
    torch.manual_seed(0)
    return solution(mu, logvar)


def _own_generator(mu: Tensor, logvar: Tensor) -> Tensor:
    noise = np.random.default_rng(0).standard_normal(mu.shape)
    return mu + (0.5 * logvar).exp() * torch.from_numpy(noise).to(mu)


def _with(mu: Tensor, scale: Tensor, noise: Tensor) -> Tensor:
    return mu + scale * noise


def _randn(tensor: Tensor, *shape: int) -> Tensor:
    return torch.randn(shape or tensor.shape, dtype=tensor.dtype, device=tensor.device)


def _rand(tensor: Tensor) -> Tensor:
    return torch.rand_like(tensor, device=tensor.device)


def _sigma(logvar: Tensor) -> Tensor:
    return (0.5 * logvar).exp()


def _antithetic(mu: Tensor, logvar: Tensor) -> Tensor:
    half = _randn(mu, (len(mu) + 1) // 2, mu.shape[1])
    return _with(mu, _sigma(logvar), torch.cat([half, -half])[: len(mu)])


BROKEN = _variance_as_scale
BANK = (
    wrong(
        "no-sampling",
        "It returns mu: nothing is drawn. The decoder is then trained at single points and the noise costs nothing, "
        "which makes a plain autoencoder with a decoration. What has to differ between two calls?",
        lambda m, s: m,
    ),
    wrong(
        "mu-plus-sigma",
        "It returns mu plus the standard deviation, the same at every call: the noise is missing, not its scale. What "
        "has to differ between two calls?",
        lambda m, s: m + _sigma(s),
    ),
    wrong(
        "fixed-seed",
        "Two calls draw the same noise, because the function sets the seed. Every step of training then sees the same "
        "few numbers, and so does whatever else draws in the program. Who should set a seed, and how often?",
        _seeded,
    ),
    wrong(
        "constant-noise",
        "Two calls use the same noise. The decoder learns to undo that one offset, and the posterior never becomes a "
        "cloud. When should the noise be drawn?",
        _own_generator,
        lambda m, s: m + _sigma(s) * torch.linspace(-1, 1, m.numel(), dtype=m.dtype, device=m.device).view_as(m),
    ),
    wrong(
        "noise-shared-by-the-batch",
        "All examples get the same noise. The gradient then averages over the batch without averaging over the noise, "
        "and one unlucky draw moves every example the same way. What shape must the noise have?",
        lambda m, s: _with(m, _sigma(s), _randn(m, 1, m.shape[1])),
    ),
    wrong(
        "noise-shared-by-the-latents",
        "All latents of an example get the same noise, so the draws lie on a line: the posterior is not the "
        "factorised Gaussian that the KL assumes. What shape must the noise have?",
        lambda m, s: _with(m, _sigma(s), _randn(m, len(m), 1)),
    ),
    wrong(
        "one-number-of-noise",
        "A single random number serves the whole batch and every latent. What shape must the noise have?",
        lambda m, s: _with(m, _sigma(s), _randn(m, 1)),
    ),
    wrong(
        "noise-reused",
        "The same random number, or its negative, is used in several places, so examples that should be independent "
        "are not. How many fresh numbers does a batch need?",
        _antithetic,
        lambda m, s: _with(m, _sigma(s), _randn(m, (len(m) + 1) // 2, m.shape[1]).repeat(2, 1)[: len(m)]),
    ),
    wrong(
        "uniform-noise",
        "The noise is uniform between 0 and 1, not normal: its mean is ½, so every code is shifted, and it is far too "
        "narrow. Which of torch's functions draws normal numbers?",
        lambda m, s: _with(m, _sigma(s), _rand(m)),
    ),
    wrong(
        "noise-not-normal",
        "Mean and variance of the noise are right, its shape is not: it is not normal. The KL that you subtract is "
        "that of a Gaussian, so the two terms of the loss speak of different posteriors. Which of torch's functions "
        "draws normal numbers?",
        lambda m, s: _with(m, _sigma(s), (_rand(m) - 0.5) * 12**0.5),
        lambda m, s: _with(m, _sigma(s), _randn(m).sign()),
        lambda m, s: _with(m, _sigma(s), (_rand(m) - _rand(m)) * 6**0.5),
        lambda m, s: _with(m, _sigma(s), _randn(m) * (-_rand(m).log()).sqrt()),
    ),
    wrong(
        "noise-shifted",
        "The noise does not have mean 0, so that every code is shifted by a part of its width. What is the mean of "
        "the samples to be?",
        lambda m, s: _with(m, _sigma(s), _randn(m).abs()),
        lambda m, s: _with(m, _sigma(s), (_rand(m) * 12**0.5)),
    ),
    wrong(
        "noise-scaled",
        "The noise does not have variance 1, so that the samples are narrower or wider than the posterior whose KL "
        "you pay for. Which variance must the noise have, before it is scaled?",
        lambda m, s: _with(m, _sigma(s), 0.01 * _randn(m)),
        lambda m, s: _with(m, _sigma(s), 2 * _rand(m) - 1),
    ),
    wrong(
        "variance-as-scale",
        "The noise is multiplied by the variance, not by the standard deviation. Wide posteriors become wider still "
        "and narrow ones narrower than the KL assumes. In which unit is z measured, and in which σ²?",
        _variance_as_scale,
    ),
    wrong(
        "logvar-as-scale",
        "The noise is multiplied by logvar itself. At logvar = 0 there is no noise at all, and a small posterior gets "
        "a large one. What turns a log-variance into a standard deviation?",
        lambda m, s: _with(m, s, _randn(m)),
    ),
    wrong(
        "sigma-inverted",
        "The width is upside down: where logvar is large, the samples are narrow. What is the sign of the exponent?",
        lambda m, s: _with(m, (-0.5 * s).exp(), _randn(m)),
        lambda m, s: _with(m, (-s).exp(), _randn(m)),
    ),
    wrong(
        "sigma-ignored",
        "The width of the noise does not depend on its own logvar. The encoder cannot make a code precise, so it is "
        "precise about nothing. Where does logvar enter?",
        lambda m, s: m + _randn(m),
    ),
    wrong(
        "wrong-scale",
        "The width of the noise depends on logvar, but not as a standard deviation depends on the logarithm of its "
        "square. The samples do not come from the posterior whose KL you pay for. What is σ if log σ² is given?",
        lambda m, s: _with(m, s.exp().exp(), _randn(m)),
        lambda m, s: _with(m, (0.25 * s).exp(), _randn(m)),
        lambda m, s: _with(m, torch.nn.functional.softplus(s), _randn(m)),
        lambda m, s: _with(m, 1 + s.abs(), _randn(m)),
    ),
    wrong(
        "mu-missing",
        "The mean of the samples is not mu. The code says nothing about the example. Where does mu enter?",
        lambda m, s: _sigma(s) * _randn(m),
        lambda m, s: (m + _randn(m)) * _sigma(s),
    ),
    wrong(
        "detached",
        "The samples are right and carry no gradient. The encoder would learn from the KL alone, which it satisfies "
        "by ignoring x. What does torch's `sample` differ in from `rsample`?",
        lambda m, s: Normal(m, _sigma(s)).sample(),
    ),
    wrong(
        "no-gradient-to-mu",
        "The samples are right, but no gradient reaches mu: the likelihood cannot move the codes. Where does mu leave "
        "the graph?",
        lambda m, s: solution(m.detach(), s),
    ),
    wrong(
        "no-gradient-to-logvar",
        "The samples are right, but no gradient reaches logvar: only the KL decides how wide the posterior is, and it "
        "pulls every variance to 1. Where does logvar leave the graph?",
        lambda m, s: solution(m, s.detach()),
    ),
    wrong(
        "clamped-logvar",
        "The width stops following logvar beyond some bound, and there the gradient is zero. A formula must not "
        "clamp; where would you bound a log-variance instead?",
        lambda m, s: solution(m, s.clamp(-10, 10)),
        lambda m, s: _with(m, _sigma(s) + 1e-6, _randn(m)),
    ),
)
