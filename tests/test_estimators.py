"""Gradient estimators against exact gradients and enumeration."""

import math

import pytest
import torch
from torch import Tensor, nn
from torch.distributions import Categorical, Independent, MixtureSameFamily, Normal
from torch.testing import assert_close

from tests.statistics import assert_mean, seeded
from tests.zoo import ZOO, FixedNormal, linear_model, linear_twin
from vaekit import VAE, BernoulliPixels, elbo, score_function, score_function_elbo, sticking_the_landing
from vaekit.estimators.surrogates import _without_gradient

REPEATS = 4000


def flat_gradient(surrogate: Tensor, parameters: list[Tensor]) -> Tensor:
    """The gradient of the sum with respect to all parameters, one vector."""
    return torch.cat([g.flatten() for g in torch.autograd.grad(surrogate.sum(), parameters)])


def gradients(surrogate: Tensor, parameter: Tensor) -> Tensor:
    """The gradient of each repetition (the batch axis) with respect to its own row of `parameter`."""
    return torch.autograd.grad(surrogate.sum(), parameter)[0]


def leave_one_out_variance(samples: int) -> float:
    """Of f = z² under N(1, 1): a U-statistic with the kernel h = (f_a - f_b)(s_a - s_b) / 2 (Hoeffding, 1948).

    Var h = 14 and Var E[h | a] = 9/2, by Gaussian moments.
    """
    return 2 * (2 * (samples - 2) * 4.5 + 14.0) / (samples * (samples - 1))


@pytest.mark.parametrize("leave_one_out", [False, True])
@pytest.mark.parametrize("samples", [2, 5])
def test_score_function_has_the_mean_and_the_variance_of_theory(samples, leave_one_out):
    """f = z² under N(1, 1): gradient 2; the variance of one sample without a baseline is 30."""
    mu = torch.ones(REPEATS, dtype=torch.float64, requires_grad=True)
    with seeded():
        z = (mu + torch.randn(samples, REPEATS, dtype=torch.float64)).detach()
    surrogate = score_function(Normal(mu, 1.0).log_prob(z), z.square(), leave_one_out=leave_one_out)
    found = gradients(surrogate, mu)
    assert_mean(found, 2.0)
    variance = leave_one_out_variance(samples) if leave_one_out else 30.0 / samples
    assert_mean((found - 2.0).square(), variance)
    assert_close(surrogate.detach(), z.square().mean(0))


def test_leave_one_out_subtracts_the_mean_of_the_others_and_only_that():
    log_q = torch.randn(4, 3, dtype=torch.float64, requires_grad=True)
    reward = torch.randn(4, 3, dtype=torch.float64, requires_grad=True)
    others = torch.stack([torch.cat([reward[:k], reward[k + 1 :]]).mean(0) for k in range(4)])
    score_function(log_q, reward, leave_one_out=True).sum().backward()
    assert_close(log_q.grad, (reward - others).detach() / 4)
    assert reward.grad is None


def test_score_function_is_unbiased_for_a_categorical_by_enumeration():
    logits = torch.tensor([0.3, -1.0, 0.8], dtype=torch.float64)
    value = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)
    exact = logits.softmax(0) * (value - (logits.softmax(0) * value).sum())
    rows = logits.expand(REPEATS, 3).clone().requires_grad_()
    with seeded():
        z = Categorical(logits=rows).sample((3,))
    for leave_one_out in (False, True):
        surrogate = score_function(Categorical(logits=rows).log_prob(z), value[z], leave_one_out=leave_one_out)
        assert_mean(gradients(surrogate, rows), exact)


@pytest.fixture(scope="module")
def twin() -> tuple[VAE, Tensor, dict[str, Tensor]]:
    """A linear model with a Gaussian q that is not the posterior, one datum, and the exact gradients of its ELBO."""
    linear = linear_model()
    model = linear_twin(linear, torch.tensor([0.3, -0.5]).double(), torch.tensor([0.8, 0.6]).double())
    x = torch.randn(1, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    q = model.encoder(x)
    exact = model.decoder.linear.exact_elbo(x, Normal(q.loc, q.scale)).sum()
    names = dict(model.named_parameters())
    found = torch.autograd.grad(exact, list(names.values()), allow_unused=True)
    return model, x, {name: grad for name, grad in zip(names, found, strict=True) if grad is not None}


@pytest.mark.parametrize(
    "estimate",
    [
        lambda model, x: score_function_elbo(model, x, 2),
        lambda model, x: score_function_elbo(model, x, 3, leave_one_out=False),
        lambda model, x: sticking_the_landing(model, x, 1),
        lambda model, x: elbo(model, x, 1).elbo,
    ],
    ids=["leave one out", "score function", "sticking the landing", "pathwise"],
)
def test_every_gradient_of_the_elbo_is_unbiased_for_every_parameter(twin, estimate):
    model, x, exact = twin
    names = [name for name in exact if exact[name].abs().max() > 0]
    parameters = [dict(model.named_parameters())[name] for name in names]
    assert any("encoder" in name for name in names) and any("decoder" in name for name in names)
    with seeded():
        found = torch.stack([flat_gradient(estimate(model, x), parameters) for _ in range(1500)])
    assert_mean(found, torch.cat([exact[name].flatten() for name in names]), rounding=1e-9)


def test_score_function_elbo_has_the_value_of_the_sampled_elbo(twin):
    model, x, _ = twin
    many = x.expand(2000, -1)
    q = model.encoder(x)
    with torch.no_grad(), seeded():
        exact = model.decoder.linear.exact_elbo(x, Normal(q.loc, q.scale))
        assert_mean(score_function_elbo(model, many, 2), exact)


def test_sticking_the_landing_has_no_variance_at_the_posterior_and_the_plain_gradient_has():
    """At q = p(z|x), in one latent dimension so that the posterior factorises."""
    linear = linear_model(latents=1)
    x = torch.randn(1, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(4))
    posterior = linear.posterior(x)
    model = linear_twin(linear, posterior.mean[0].detach(), posterior.stddev[0].detach())
    assert isinstance(model.encoder, FixedNormal)
    own = [model.encoder.loc, model.encoder.scale]
    with seeded():
        still = torch.autograd.grad(sticking_the_landing(model, x, 5).sum(), own)
        plain = torch.autograd.grad(model(x, 5).log_w.mean(0).sum(), own)
    assert all(g.abs().max() < 1e-10 for g in still)
    assert max(g.abs().max() for g in plain) > 0.1


@pytest.mark.parametrize("name", ["gaussian", "full_covariance", "mixture_prior"])
def test_sticking_the_landing_keeps_the_value(name):
    model, x = ZOO[name]()
    with seeded():
        found = sticking_the_landing(model, x, 3)
    with seeded():
        assert_close(found, model(x, 3).log_w.mean(0))


def test_holding_a_distribution_reaches_its_parts():
    loc = torch.zeros(3, requires_grad=True)
    q = MixtureSameFamily(Categorical(logits=loc), Independent(Normal(loc.unsqueeze(-1), 1.0), 1))
    held = _without_gradient(q)
    z = torch.zeros(1)
    assert_close(held.log_prob(z), q.log_prob(z).detach())
    assert not held.log_prob(z).requires_grad and q.log_prob(z).requires_grad


class CoinEncoder(nn.Module):
    """q(z|x): independent coins, without a reparameterised sample."""

    def __init__(self) -> None:
        super().__init__()
        self.logits = nn.Parameter(torch.tensor([0.4, -0.7], dtype=torch.float64))

    def forward(self, x: Tensor, context: Tensor | None = None) -> BernoulliPixels:
        return BernoulliPixels(logits=self.logits.expand(len(x), 2))


class CoinPrior(nn.Module):
    """Fair coins."""

    def forward(self, context: Tensor | None = None) -> BernoulliPixels:
        return BernoulliPixels(logits=torch.zeros(2, dtype=torch.float64))


class CoinDecoder(nn.Module):
    """x|z ~ N(W z, 1)."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor([[1.0, -2.0], [0.5, 0.3], [0.0, 1.5]], dtype=torch.float64))

    def forward(self, z: Tensor, context: Tensor | None = None) -> Normal:
        return Normal(z @ self.weight.T, 1.0)


def test_score_function_elbo_is_unbiased_for_discrete_latents_by_enumeration():
    model = VAE(CoinEncoder(), CoinDecoder(), CoinPrior())
    x = torch.tensor([[0.5, -0.3, 1.0]], dtype=torch.float64)
    z = torch.cartesian_prod(*[torch.tensor([0.0, 1.0], dtype=torch.float64)] * 2)
    log_q = model.encoder(x).log_prob(z).sum(-1)
    log_w = model.decoder(z).log_prob(x).sum(-1) - 2 * math.log(2) - log_q
    parameters = list(model.parameters())
    exact = flat_gradient(log_q.exp() * log_w, parameters)
    with seeded():
        found = torch.stack([flat_gradient(score_function_elbo(model, x, 2), parameters) for _ in range(3000)])
    assert_mean(found, exact)
