"""Every likelihood adds up to one, agrees with torch where torch has it, and draws what it scores."""

import math

import pytest
import torch
from torch import Tensor
from torch.distributions import Categorical, ContinuousBernoulli, Normal
from torch.testing import assert_close

from tests.bad_input import unchecked  # noqa: F401
from tests.statistics import assert_mean, seeded
from vaekit import (
    MLP,
    VAE,
    BinnedPixels,
    CategoricalHead,
    CategoricalPixels,
    Conditional,
    ConditionalPrior,
    ContinuousBernoulliHead,
    DiscretisedLogistic,
    DiscretisedLogisticHead,
    GaussianHead,
    SharedGaussianHead,
    elbo,
)

LOC = torch.tensor([-0.4, 0.0, 0.3, 0.5, 1.0, 1.7], dtype=torch.float64)
LOG_SCALE = torch.tensor([-2.0, -6.0, -3.0, 0.5, -4.0, 1.0], dtype=torch.float64)


def levels(count: int) -> Tensor:
    return torch.linspace(0, 1, count, dtype=torch.float64)


def logistic(count: int) -> DiscretisedLogistic:
    return DiscretisedLogistic(LOC, LOG_SCALE, levels=count)


def categorical(count: int) -> CategoricalPixels:
    generator = torch.Generator().manual_seed(0)
    return CategoricalPixels(2 * torch.randn(6, count, dtype=torch.float64, generator=generator))


def binned_normal(count: int) -> BinnedPixels:
    return BinnedPixels(Normal(LOC, LOG_SCALE.exp()), levels=count)


def binned_continuous(count: int) -> BinnedPixels:
    logits = torch.tensor([-80.0, -3.0, 0.0, 1e-12, 2.0, 40.0], dtype=torch.float64)
    return BinnedPixels(ContinuousBernoulli(logits=logits), levels=count)


@pytest.mark.parametrize("count", [2, 5, 17, 256])
@pytest.mark.parametrize("build", [logistic, categorical, binned_normal, binned_continuous])
def test_the_masses_of_all_levels_add_up_to_one(build, count):
    pixels = build(count)
    table = pixels.log_prob(levels(count).unsqueeze(-1).expand(count, 6))
    assert_close(table.exp().sum(0), torch.ones(6, dtype=torch.float64), rtol=0, atol=1e-12)
    if not isinstance(pixels, BinnedPixels):
        assert_close(pixels.mean, (table.exp() * levels(count).unsqueeze(-1)).sum(0), rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    "base",
    [
        Normal(LOC, LOG_SCALE.exp()),
        ContinuousBernoulli(logits=torch.tensor([-9.0, -3.0, 0.0, 0.1, 2.0, 7.0], dtype=torch.float64)),
    ],
    ids=["normal", "continuous bernoulli"],
)
def test_the_mass_of_a_bin_is_the_integral_of_the_density_over_it(base):
    for x in levels(17)[1:-1]:
        inside = torch.linspace(float(x) - 1 / 32, float(x) + 1 / 32, 4001, dtype=torch.float64).unsqueeze(-1)
        density = base.log_prob(inside.expand(-1, 6)).exp()
        mass = torch.trapezoid(density, inside.expand(-1, 6), dim=0)
        assert_close(BinnedPixels(base, levels=17).log_prob(x.expand(6)).exp(), mass, rtol=1e-5, atol=1e-12)


@pytest.mark.parametrize("distance", [10.0, 100.0])
def test_a_bin_far_from_a_normal_keeps_its_digits(distance):
    """log(Φ(b) - Φ(a)) is close to the log-density of the nearer end less the log of its slope."""
    found = BinnedPixels(Normal(torch.tensor(-distance).double(), 0.1), levels=5).log_prob(torch.tensor(0.5).double())
    near = (0.375 + distance) / 0.1
    tail = -0.5 * near**2 - math.log(near) - 0.5 * math.log(2 * math.pi)
    assert found.item() == pytest.approx(tail, rel=1e-5)


def test_the_mass_of_a_bin_is_the_difference_of_the_logistic_s_cumulative_function():
    scale, half = LOG_SCALE.exp(), 1 / 32
    for x in levels(17)[1:-1]:
        direct = torch.sigmoid((x + half - LOC) / scale) - torch.sigmoid((x - half - LOC) / scale)
        assert_close(logistic(17).log_prob(x.expand(6)).exp(), direct, rtol=1e-6, atol=1e-14)


@pytest.mark.parametrize("log_scale", [-100.0, -7.0, 7.0, 100.0])
def test_extreme_scales_stay_finite_with_finite_gradients(log_scale):
    scale = torch.full((5,), log_scale, dtype=torch.float64, requires_grad=True)
    loc = torch.full((5,), 0.37, dtype=torch.float64, requires_grad=True)
    found = DiscretisedLogistic(loc, scale, levels=5).log_prob(levels(5))
    found.sum().backward()
    assert torch.isfinite(found).all() and torch.isfinite(loc.grad).all() and torch.isfinite(scale.grad).all()


def test_categorical_pixels_are_torch_s_categorical_of_the_level():
    pixels = categorical(5)
    index = torch.tensor([0, 1, 2, 3, 4, 2])
    assert_close(pixels.log_prob(index / 4.0), Categorical(logits=pixels.logits).log_prob(index))


@pytest.mark.parametrize("build", [logistic, categorical])
def test_samples_have_the_frequencies_that_they_are_scored_with(build):
    pixels = build(5)
    with seeded():
        drawn = pixels.sample((20_000,))
    assert drawn.shape == (20_000, 6)
    for x in levels(5):
        assert_mean((drawn == x).double(), pixels.log_prob(x.expand(6)).exp(), rounding=1e-4)


@pytest.mark.parametrize("logit", [-15.0, -1.0, 0.0, 1e-4, 2.0, 15.0])
def test_the_continuous_bernoulli_integrates_to_one(logit):
    x = torch.linspace(0, 1, 200_001, dtype=torch.float64)
    density = ContinuousBernoulli(logits=torch.tensor(logit, dtype=torch.float64)).log_prob(x).exp()
    assert torch.trapezoid(density, x).item() == pytest.approx(1, abs=1e-6)


def head(kind: type, **options: object) -> torch.nn.Module:
    with seeded():
        return kind(3, 4, **options).double()


HEADS = {
    "shared gaussian": lambda: head(SharedGaussianHead, noise_var=0.3, learn=True),
    "gaussian": lambda: head(GaussianHead),
    "continuous": lambda: head(ContinuousBernoulliHead),
    "categorical": lambda: head(CategoricalHead, levels=5),
    "logistic": lambda: head(DiscretisedLogisticHead, levels=5),
}


@pytest.mark.parametrize("name", HEADS)
def test_every_head_is_a_likelihood_for_the_elbo_whose_gradient_reaches_all_parameters(name):
    with seeded():
        model = VAE(
            Conditional(MLP([4, 8]), GaussianHead(8, 2)).double(),
            Conditional(MLP([2, 3]).double(), HEADS[name]()),
            ConditionalPrior(MLP([3, 5]), GaussianHead(5, 2)).double(),
        )
        x = torch.randint(0, 5, (6, 4)).double() / 4
        c = torch.randn(6, 3, dtype=torch.float64)
        terms = elbo(model, x, 3, context=c)
    assert terms.elbo.shape == (6,) and terms.kl.shape == (3, 6, 2)
    terms.elbo.sum().backward()
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in model.parameters())
    assert model.sample(6, context=c).shape == (6, 4)


def test_the_shared_variance_that_is_best_is_the_mean_squared_error():
    features, x = torch.randn(50, 3, dtype=torch.float64), torch.randn(50, 4, dtype=torch.float64)
    shared = head(SharedGaussianHead, noise_var=2.0, learn=True)
    error = (x - shared.mu(features)).square().mean().detach()
    with torch.no_grad():
        shared.logvar.copy_(error.log())
    shared(features).log_prob(x).sum().backward()
    assert abs(shared.logvar.grad) < 1e-10
    fixed = head(SharedGaussianHead, noise_var=0.5)
    assert not fixed.logvar.requires_grad
    square = (x - fixed.mu(features)).square().sum(-1)
    assert_close(fixed(features).log_prob(x).sum(-1), -square / (2 * 0.5) - 2 * math.log(2 * math.pi * 0.5))


@pytest.mark.usefixtures("unchecked")
def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match=r"^x: got values between the levels; expected multiples of 1/4"):
        logistic(5).log_prob(torch.full((6,), 0.3, dtype=torch.float64))
    with pytest.raises(ValueError, match=r"^x: .*expected values in \[0, 1\]"):
        categorical(5).log_prob(torch.full((6,), 1.25, dtype=torch.float64))
    with pytest.raises(ValueError, match=r"^log_scale: got shape \(5,\); expected \(6,\)"):
        DiscretisedLogistic(LOC, LOG_SCALE[:5])
    with pytest.raises(ValueError, match=r"^levels: got 1; expected"):
        DiscretisedLogistic(LOC, LOG_SCALE, levels=1)
    with pytest.raises(ValueError, match=r"^context: got None; expected"):
        ConditionalPrior(MLP([3, 5]), GaussianHead(5, 2))()
    with pytest.raises(ValueError, match=r"^noise_var: got 0"):
        SharedGaussianHead(3, 4, noise_var=0.0)


def test_a_conditional_prior_is_the_head_on_the_body_of_the_context():
    prior = ConditionalPrior(MLP([3, 5]), GaussianHead(5, 2))
    c = torch.randn(7, 3)
    assert isinstance(prior(c), Normal) and prior(c).batch_shape == (7, 2)
    assert_close(prior(c).loc, prior.head(prior.body(c)).loc)
