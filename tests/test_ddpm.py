"""The diffusion model: its bound on data of known entropy, one step against all of them, a chain as a hierarchy."""

import math

import pytest
import torch
from torch import Tensor, nn
from torch.distributions import Normal
from torch.testing import assert_close

from tests.statistics import assert_mean, seeded
from tests.zoo import B, D, ddpm
from vaekit import (
    DDPM,
    GaussianDenoiser,
    HierarchicalVAE,
    Latent,
    TopDown,
    elbo,
    gaussian_reverse_variance,
    iwae,
    log_likelihood,
    posterior_variance,
    scaled_betas,
    step_terms,
)


def gaussian(steps: int, s2: float = 4.0, mean: float = 0.0, optimal: bool = True) -> DDPM:
    """A diffusion model with the exact denoiser of N(mean, s2) in one dimension."""
    betas = scaled_betas(steps)
    denoiser = GaussianDenoiser(betas, s2, mean=torch.tensor([mean], dtype=torch.float64))
    return DDPM(denoiser, betas, reverse_var=gaussian_reverse_variance(betas, s2) if optimal else None)


def expected_terms(model: DDPM, x: Tensor) -> Tensor:
    """The terms of -ELBO, `(B, T + 1)`, without sampling error in one dimension: each is quadratic in what is drawn."""
    points = lambda q: torch.stack([q.mean - q.stddev, q.mean + q.stddev])  # noqa: E731
    terms = [-model.likelihood(points(model.q(x, 0))).log_prob(x).sum(-1)]
    for t in range(1, len(model)):
        xt = points(model.q(x, t))
        terms.append(Latent(xt, model.posterior(x, xt, t), model.reverse(xt, t)).kl.sum(-1))
    return torch.stack([*terms, model.top(x, torch.Size([2])).kl.sum(-1)], -1).mean(0)


@pytest.mark.parametrize("steps", [1, 2, 10, 30, 100])
def test_with_the_optimal_reverse_variance_the_bound_equals_the_entropy_whatever_the_number_of_steps(steps):
    s2 = 1.0 if steps < 10 else 4.0  # with few steps x_T keeps signal, which the prior N(0, I) must then share
    x = torch.tensor([[-1.0], [1.0]], dtype=torch.float64) * s2**0.5
    entropy = 0.5 * math.log(2 * math.pi * math.e * s2)
    assert expected_terms(gaussian(steps, s2), x).sum(-1).mean().item() == pytest.approx(entropy, abs=1e-4)


@pytest.mark.parametrize(("steps", "gap"), [(10, 0.140), (30, 0.032), (100, 0.0088), (1000, 0.0009)])
def test_with_the_reverse_variance_at_beta_the_gap_is_of_order_one_over_the_steps(steps, gap):
    x = torch.tensor([[-2.0], [2.0]], dtype=torch.float64)
    found = expected_terms(gaussian(steps, optimal=False), x).sum(-1).mean().item()
    assert found - 0.5 * math.log(2 * math.pi * math.e * 4) == pytest.approx(gap, abs=0.5 * 10 ** -len(str(gap)[2:]))


@pytest.mark.parametrize("steps", [1, 10, 100])
def test_a_reverse_variance_of_beta_is_optimal_at_unit_variance_and_at_no_other(steps):
    gaps = []
    for s2 in (0.7, 1.0, 1.4):
        x = torch.tensor([[-1.0], [1.0]], dtype=torch.float64) * s2**0.5
        bounds = [expected_terms(gaussian(steps, s2, optimal=best), x).sum(-1).mean() for best in (False, True)]
        gaps.append((bounds[0] - bounds[1]).item())
    assert gaps[1] == pytest.approx(0, abs=1e-12) and gaps[0] > 1e-5 and gaps[2] > 1e-5


@pytest.mark.parametrize("steps", [1, 2, 5])
def test_one_drawn_step_the_whole_chain_and_the_visit_of_every_step_estimate_the_same_bound(steps):
    model, x = gaussian(steps, mean=0.5, optimal=False), torch.tensor([[1.3], [-4.0]], dtype=torch.float64)
    exact = -expected_terms(model, x).sum(-1)
    with seeded(1):
        one = elbo(model, x, 40_000)
        assert_mean(one.log_px - one.kl.sum(-1), exact)
        assert one.groups == ((1, 1) if steps > 1 else (1,))
        whole = elbo(model.chain, x, 40_000)
        assert_mean(whole.log_px - whole.kl.sum(-1), exact)
        assert whole.groups == (1,) * steps
        terms = step_terms(model, x, 40_000)
    assert terms.shape == (40_000, 2, steps + 1)
    assert_mean(terms, expected_terms(model, x))


def test_the_drawn_step_is_any_of_them_alike_and_each_example_has_its_own(monkeypatch):
    model, seen = gaussian(5), []
    monkeypatch.setattr(model, "posterior", lambda x0, xt, t: seen.append(t) or DDPM.posterior(model, x0, xt, t))
    with seeded():
        model(torch.zeros(40, 1).double(), 100)
    (t,) = seen
    assert t.shape == (100, 40) and sorted(t.unique().tolist()) == [1, 2, 3, 4]
    assert_mean(torch.nn.functional.one_hot(t.flatten(), 5)[:, 1:].double(), 0.25)


@pytest.mark.parametrize(("steps", "s2"), [(1, 1.0), (3, 1.0), (200, 4.0)])
def test_a_chain_that_reverses_exactly_weighs_every_draw_by_the_evidence(steps, s2):
    model, x = gaussian(steps, s2), torch.tensor([[1.3], [-2.0]], dtype=torch.float64)
    evidence = Normal(torch.zeros(2).double(), s2**0.5).log_prob(x.squeeze(-1))
    with seeded():
        log_w = model.chain(x, 20).log_w
    # for s2 = 1 the prior is q(x_T) itself; otherwise a trace of signal, ᾱ = 4e-5, is left in x_T
    assert_close(log_w, evidence.expand(20, 2), rtol=0, atol=1e-10 if s2 == 1 else 1e-3)
    assert_close(log_likelihood(model.chain, x, 20), evidence, rtol=0, atol=1e-10 if s2 == 1 else 1e-3)


class Step(nn.Module):
    """One level of a diffusion model as modules of a hierarchy: its posterior, and its prior given the level above."""

    def __init__(self, model: DDPM, t: int) -> None:
        super().__init__()
        self.model, self.t = model, t

    def forward(self, h: Tensor, above: Tensor | None = None, prior: Normal | None = None, context: None = None):
        if prior is not None:
            return self.model.posterior(h, above, self.t)
        return self.model.reverse(h, self.t)


def test_a_diffusion_model_is_a_hierarchical_vae_whose_encoder_is_fixed():
    model, x = ddpm(3).double(), torch.randn(B, D, generator=torch.Generator().manual_seed(0)).double()
    process = nn.Module()
    process.forward = lambda x, context=None: model.q(x, 2)
    prior = nn.Module()
    prior.forward = lambda context=None: Normal(torch.zeros(D).double(), 1.0)
    decoder = nn.Module()
    decoder.forward = lambda z, context=None: model.likelihood(z)
    twin = HierarchicalVAE(
        TopDown([Step(model, 1), Step(model, 2), process]), decoder, [Step(model, 1), Step(model, 2), prior]
    )
    results = []
    for each in (model.chain, twin):
        with seeded(3):
            results.append((elbo(each, x, 4).kl, iwae(each, x, 4)))
    assert_close(results[0], results[1])


@pytest.mark.parametrize(
    "options", [{}, {"reverse_var": posterior_variance(scaled_betas(6))}], ids=["beta", "posterior"]
)
def test_each_step_costs_its_weight_times_the_squared_error_of_the_noise(options):
    with seeded(2):
        model = DDPM(ddpm(6).denoiser.double(), scaled_betas(6), **options)
        x0, noise = torch.randn(B, D).double(), torch.randn(3, B, D).double()
    for t in range(6):
        q = model.q(x0, t)
        xt = q.mean + q.stddev * noise
        cost = model.noise_weight[t] * (noise - model.noise(xt, t)).square().sum(-1) + D * model.variance_kl[t]
        if t == 0:
            assert_close(-model.likelihood(xt).log_prob(x0).sum(-1), cost)
        else:
            assert_close(Latent(xt, model.posterior(x0, xt, t), model.reverse(xt, t)).kl.sum(-1), cost)


def test_location_and_scale_change_the_units_and_nothing_else():
    loc, scale = torch.linspace(-1, 1, D).double(), torch.linspace(0.5, 2, D).double()
    with seeded():
        plain = ddpm(4).double()
        x = torch.randn(B, D).double()
    moved = DDPM(plain.denoiser, scaled_betas(4), loc=loc, scale=scale)
    results = []
    for model, data in ((plain, (x - loc) / scale), (moved, x)):
        with seeded(1):
            results.append((elbo(model, data, 3).elbo, model.sample(7)))
    assert_close(results[1][0], results[0][0] - scale.log().sum())
    assert_close(results[1][1], loc + scale * results[0][1])


def test_one_step_has_no_log_weight_and_says_what_to_use_instead():
    model, x = gaussian(4), torch.zeros(2, 1).double()
    for call in (lambda: model(x).log_w, lambda: iwae(model, x, 3), lambda: model(x).log_q):
        with pytest.raises(ValueError, match=r"log_[pq]: got one step.*expected.*chain"):
            call()
