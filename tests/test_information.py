"""Active units and the information in the latents, against quadrature and the two ends that are known exactly."""

import math

import pytest
import torch
from torch import Tensor, nn
from torch.distributions import Distribution
from torch.testing import assert_close

from tests.bad_input import Case, check, unchecked  # noqa: F401
from tests.statistics import assert_mean, seeded
from tests.zoo import ZOO, bernoulli_vae, conditional_vae
from vaekit import LinearVAE, Trace, active_units, detached, elbo, marginal_kl, mutual_information


def line(weight: float, noise_var: float = 0.5) -> LinearVAE:
    return LinearVAE(torch.tensor([[weight]]).double(), torch.zeros(1).double(), noise_var)


def log_density(q: Distribution, z: Tensor) -> Tensor:
    pairs = q.log_prob(z[:, None])
    return pairs if pairs.ndim == 2 else pairs.sum(-1)


@torch.no_grad()
def by_quadrature(model: nn.Module, x: Tensor) -> tuple[float, float]:
    """I_q(x; z) and KL(q̄ ‖ p), as integrals over a grid in one or two dimensions."""
    latent = model(x).latents[0]
    axis = torch.linspace(-14, 14, 1401 if latent.z.shape[-1] == 1 else 561, dtype=torch.float64)
    z = torch.cartesian_prod(*[axis] * latent.z.shape[-1]).reshape(-1, latent.z.shape[-1])
    cell = (axis[1] - axis[0]) ** z.shape[1]
    own = torch.cat([log_density(latent.q, part) for part in z.split(20_000)])  # (points, N)
    mean = torch.logsumexp(own, 1) - math.log(len(x))
    assert_close((mean.exp().sum() * cell).item(), 1.0, rtol=1e-7, atol=0)
    prior = latent.p.log_prob(z)
    prior = prior if prior.ndim == 1 else prior.sum(-1)
    information = (own.exp() * (own - mean[:, None])).sum() * cell / len(x)
    return information.item(), ((mean.exp() * (mean - prior)).sum() * cell).item()


CURVE = torch.tensor([[-2.0], [-1.5], [-0.2], [0.1], [0.9], [2.5], [2.6]], dtype=torch.float64)


def estimates(function, model: nn.Module, x: Tensor) -> Tensor:
    with seeded(3):
        return torch.tensor([function(model, x, num_samples=20) for _ in range(200)])


def test_information_and_marginal_kl_of_a_linear_gaussian_model_are_those_of_quadrature():
    information, divergence = by_quadrature(line(1.3), CURVE)
    assert 0.5 < information < 1.5 and divergence > 0.05
    assert_mean(estimates(mutual_information, line(1.3), CURVE), information)
    assert_mean(estimates(marginal_kl, line(1.3), CURVE), divergence)


@pytest.mark.parametrize("name", ["gaussian", "full_covariance", "mixture_prior", "linear"])
def test_the_estimates_agree_with_quadrature_for_factorised_and_other_posteriors(name):
    model, x = ZOO[name]()
    model, x = model.double(), x.double()
    information, divergence = by_quadrature(model, x)
    assert_mean(estimates(mutual_information, model, x), information)
    assert_mean(estimates(marginal_kl, model, x), divergence)
    if name in ("gaussian", "linear"):  # the rates of the others have no closed form
        assert_close(information + divergence, elbo(model, x).rate.mean().item(), rtol=1e-6, atol=1e-6)


def test_two_examples_that_are_told_apart_share_log_two_nats_without_any_spread():
    x = torch.tensor([[-300.0], [300.0]], dtype=torch.float64)
    assert_close(mutual_information(line(3.0), x, num_samples=1), math.log(2), rtol=1e-12, atol=0)
    many = torch.linspace(-5000, 5000, 64, dtype=torch.float64)[:, None]
    assert_close(mutual_information(line(3.0), many), math.log(64), rtol=1e-12, atol=0)
    assert mutual_information(line(3.0), many.repeat(2, 1)) == pytest.approx(math.log(64))  # twins tell nothing more


def test_a_collapsed_encoder_says_nothing_and_its_aggregate_posterior_is_the_prior():
    assert_close(mutual_information(line(0.0), CURVE), 0.0, rtol=0, atol=1e-12)
    assert_close(marginal_kl(line(0.0), CURVE), 0.0, rtol=0, atol=1e-12)


def test_no_estimate_exceeds_the_logarithm_of_the_number_of_examples():
    x = torch.randn(16, 1, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) * 40
    for weight in (0.5, 5.0, 50.0):
        assert mutual_information(line(weight), x) <= math.log(16) + 1e-12


def test_the_two_parts_add_up_to_the_rate_whatever_was_drawn():
    model, x = ZOO["bernoulli"]()
    with seeded(5):
        information = mutual_information(model, x)
    with seeded(5):
        divergence = marginal_kl(model, x)
    assert_close(information + divergence, elbo(model, x).rate.mean().item())


def test_memory_is_bounded_by_chunks_which_do_not_change_the_estimate():
    model, x = ZOO["linear"]()
    sizes = []

    class Watching(type(model.posterior(x))):
        def log_prob(self, value):
            sizes.append(len(value))
            return super().log_prob(value)

    def watched(*arguments, **options) -> Trace:
        trace = model(*arguments, **options)
        trace.latents[0].q.__class__ = Watching
        return trace

    found = []
    for chunk in (1, 4, 7, 1000):
        with seeded(6):
            found.append(mutual_information(watched, x, num_samples=3, chunk=chunk))
        assert max(sizes) == min(chunk, 15) and sum(sizes) == 15
        sizes.clear()
    assert_close(torch.tensor(found), torch.tensor(found[:1]).expand(4), rtol=1e-10, atol=1e-10)


def test_the_context_reaches_the_model_and_no_graph_is_built():
    with seeded(7):
        model, x, context = conditional_vae(), torch.randint(2, (6, 6)).float(), torch.randn(6, 3)
    calls = []

    def watched(x: Tensor, num_samples: int, **options) -> Trace:
        calls.append((options["context"] is context, options["draw"] is detached, torch.is_grad_enabled()))
        return model(x, num_samples, **options)

    for function in (mutual_information, marginal_kl):
        function(watched, x, context=context)
    assert calls == [(True, True, False)] * 2


def test_units_are_active_iff_the_variance_of_their_mean_exceeds_the_threshold():
    wave = torch.tensor([1.0, -1.0, 1.0, -1.0])  # variance 4/3 with 1/(N - 1)
    mu = torch.stack([wave, 5 + 0.1 * wave, 0.05 * wave, torch.full((4,), 3.0)], 1)
    assert active_units(mu) == 2
    assert [active_units(mu, t) for t in (0.0, 0.003, 0.013, 0.0134, 1.3, 1.34)] == [3, 3, 2, 1, 1, 0]


@pytest.mark.parametrize("noise_var", [3.0, 0.7, 0.2, 0.05])
def test_the_linear_optimum_has_as_many_active_units_as_eigenvalues_above_the_noise(noise_var):
    scale = torch.tensor([2.0, 1.0, 0.5]).double()
    raw = torch.randn(100, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    data = torch.linalg.qr(raw - raw.mean(0)).Q * 10 * scale
    model = LinearVAE.optimum(data, 3, noise_var)
    assert active_units(model.posterior(data).mean.detach()) == int((scale.square() > noise_var).sum())


MODEL, X = ZOO["bernoulli"]()


def two_levels(*arguments, **options) -> Trace:
    trace = MODEL(*arguments, **options)
    return Trace(trace.x, trace.px, trace.latents * 2)


CASES = {
    "levels": Case(lambda: mutual_information(two_levels, X), ValueError, "model", "2 levels"),
    "levels, marginal": Case(lambda: marginal_kl(two_levels, X), ValueError, "model", "2 levels"),
    "samples": Case(lambda: mutual_information(MODEL, X, num_samples=0), ValueError, "num_samples", "0"),
    "chunk": Case(lambda: marginal_kl(MODEL, X, chunk=0), ValueError, "chunk", "0"),
    "x": Case(lambda: mutual_information(MODEL, X * math.nan), ValueError, "x", "NaN"),
    "mu: axes": Case(lambda: active_units(torch.zeros(3)), ValueError, "mu", "(3,)"),
    "mu: rows": Case(lambda: active_units(torch.zeros(1, 3)), ValueError, "mu", "1 rows"),
    "mu: integers": Case(lambda: active_units(torch.zeros(3, 3).long()), TypeError, "mu", "int64"),
    "mu: NaN": Case(lambda: active_units(torch.full((3, 3), math.nan)), ValueError, "mu", "NaN"),
    "mu: q": Case(lambda: active_units(bernoulli_vae().encoder(X)), TypeError, "mu", "Normal"),
    "threshold": Case(lambda: active_units(torch.zeros(3, 3), -0.1), ValueError, "threshold", "-0.1"),
}


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("name", CASES)
def test_the_error_names_the_argument_what_came_and_what_was_expected(name):
    check(CASES[name])
