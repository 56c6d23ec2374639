"""`TighterBounds`: its formulas, run in node, against torch: autograd, quadrature, and the library's estimators."""

import math
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.distributions import Normal, kl_divergence

import vaekit
from tests.node import Run, run_math
from tests.statistics import assert_mean, seeded
from vaekit.widgets import TighterBounds
from vaekit.widgets.tighter_bounds import PARAMETERS

X, W, NOISE = 1.2, 1.5, 0.25
SETTINGS = [(1.02, 0.4), (0.3, 0.15), (1.6, 0.06), (0.72, 0.02), (-0.5, 1.0)]
SOLVE = """const answer = math.solve({ mean: data.q[0], variance: data.q[1] }, data.parameter);
return data.sizes.map(answer);"""


@pytest.fixture(scope="module")
def js(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run_math(TighterBounds(), tmp_path_factory.mktemp("js"))


def gaussian(mean: float, variance: float) -> Normal:
    loc = torch.tensor(mean, dtype=torch.float64)
    return Normal(loc, torch.full_like(loc, variance).sqrt())


POSTERIOR = gaussian(0.72, 0.1)
EVIDENCE = float(gaussian(0.0, W**2 + NOISE).log_prob(torch.tensor(X, dtype=torch.float64)))


def line(q: Normal, fine: float) -> tuple[Tensor, Tensor]:
    """Points z and probabilities under q, evenly spaced over q and the posterior."""
    ends = [each.mean + side * 9.5 * each.stddev for each in (q, POSTERIOR) for side in (-1, 1)]
    step = fine * min(q.stddev, POSTERIOR.stddev)
    z = torch.arange(min(ends), max(ends), step, dtype=torch.float64)
    return z, q.log_prob(z).exp() * step


@cache
def terms(q: tuple[float, float], parameter: str, fine: float) -> tuple[Tensor, ...]:
    """On `line`: its probabilities, r, and each draw's derivatives of log w."""
    z, mass = line(gaussian(*q), fine)
    return mass, *derivatives(q, parameter, z)


def derivatives(q: tuple[float, float], parameter: str, z: Tensor) -> tuple[Tensor, ...]:
    """r, and the derivatives of log w in θ, and in φ along the whole path and through z alone, by autograd."""
    mean, log_scale, weight = (torch.full_like(z, v).requires_grad_() for v in (q[0], math.log(q[1]) / 2, W))
    eps = (z - q[0]) / math.sqrt(q[1])

    def log_w(held: bool) -> Tensor:
        drawn = mean + log_scale.exp() * eps
        density = Normal(mean.detach(), log_scale.detach().exp()) if held else Normal(mean, log_scale.exp())
        x = torch.full_like(z, X)
        joint = Normal(0.0, 1.0).log_prob(drawn) + Normal(weight * drawn, math.sqrt(NOISE)).log_prob(x)
        return joint - density.log_prob(drawn)

    phi = {"mean": mean, "log_scale": log_scale}[parameter]
    slopes = [
        torch.autograd.grad(log_w(held).sum(), leaf)[0] for leaf, held in ((weight, True), (phi, False), (phi, True))
    ]
    return (log_w(True).detach() - EVIDENCE).exp(), *slopes


def solved(js: Run, q: tuple[float, float], parameter: str, *sizes: int) -> list[tuple[float, Tensor, Tensor]]:
    """For each K: the gap, and means and standard deviations of the three gradients."""
    made = js(SOLVE, q=q, parameter=parameter, sizes=sizes)
    column = lambda one, name: torch.tensor([each[name] for each in one["gradients"]], dtype=torch.float64)  # noqa: E731
    return [(one["gap"], column(one, "mean"), column(one, "sd")) for one in made]


def assert_solved(found: tuple[float, Tensor, Tensor], gap: float, means: Tensor, sds: Tensor, sd_rtol: float) -> None:
    assert found[0] == pytest.approx(gap, abs=1e-6)
    torch.testing.assert_close(found[1], means, rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(found[2], sds, rtol=sd_rtol, atol=1e-6)


def test_the_toy_is_that_of_the_library(js: Run) -> None:
    toy = js("return [math.TOY, math.POSTERIOR, math.EVIDENCE];")
    assert toy[0] == {"weight": W, "noise": NOISE, "x": X}
    model = vaekit.LinearVAE(torch.tensor([[W]]).double(), torch.zeros(1).double(), NOISE)
    x = torch.tensor([[X]], dtype=torch.float64)
    posterior = model.posterior(x)
    found = [toy[1]["mean"], toy[1]["variance"], toy[2]]
    exact = [posterior.mean.item(), posterior.variance.item(), model.log_evidence(x).item()]
    assert found == pytest.approx(exact, abs=1e-12)
    assert exact == pytest.approx([0.72, 0.1, EVIDENCE], abs=1e-12)


@pytest.mark.parametrize("parameter", PARAMETERS)
@pytest.mark.parametrize("q", SETTINGS)
def test_a_draws_weight_and_derivatives_are_those_of_autograd(js: Run, q: tuple[float, float], parameter: str) -> None:
    z = torch.linspace(-1.0, 2.5, 41, dtype=torch.float64)
    body = "return data.z.map((z) => math.weigh({ mean: data.q[0], variance: data.q[1] }, data.parameter, z));"
    made = torch.tensor(js(body, z=z.tolist(), q=q, parameter=parameter), dtype=torch.float64)
    torch.testing.assert_close(made, torch.stack(derivatives(q, parameter, z), 1), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("parameter", PARAMETERS)
@pytest.mark.parametrize("q", SETTINGS)
def test_one_draw_and_two_are_integrated_exactly(js: Run, q: tuple[float, float], parameter: str) -> None:
    mass, r, *slopes = terms(q, parameter, 0.09)
    one, two = solved(js, q, parameter, 1, 2)
    means, squares = (torch.stack([mass @ f**n for f in slopes]) for n in (1, 2))
    gap = float(kl_divergence(gaussian(*q), POSTERIOR))
    assert_solved(one, gap, means, (squares - means**2).sqrt(), 1e-9)
    share = (r / (r + r[:, None])).nan_to_num(0.5)  # of the second of a pair
    means, squares = [], []
    for f, n in zip(slopes, (1, 1, 2), strict=True):
        gradient = share**n * f + (1 - share) ** n * f[:, None]
        means.append(mass @ gradient @ mass)
        squares.append(mass @ gradient**2 @ mass)
    log = torch.where(r + r[:, None] > 0, ((r + r[:, None]) / 2).log(), 0.0)
    means, squares = torch.stack(means), torch.stack(squares)
    assert_solved(two, -float(mass @ log @ mass), means, (squares - means**2).sqrt(), 1e-5)


@pytest.mark.parametrize("parameter", PARAMETERS)
@pytest.mark.parametrize("q", SETTINGS)
def test_any_number_of_draws_is_integrated_as_on_a_much_finer_grid(
    js: Run, q: tuple[float, float], parameter: str
) -> None:
    mass, r, *slopes = terms(q, parameter, 0.09)
    s = torch.arange(-40, 130, 0.2, dtype=torch.float64).exp()
    t = (s[:, None] * r).clamp(max=700.0)  # beyond, exp(-t) is 0 and t^4 may overflow
    decay = torch.exp(-t) * mass
    phi = decay.sum(1)
    for K, found in zip((3, 40, 1000), solved(js, q, parameter, 3, 40, 1000), strict=True):
        gap = float((phi**K - torch.exp(-K * s)).sum() * 0.2)
        means, squares = [], []
        for f, n in zip(slopes, (1, 1, 2), strict=True):
            inner, alone = (decay * t**n) @ f, (decay * t ** (2 * n)) @ f**2
            means.append(K * 0.2 * float((inner * phi ** (K - 1)).sum()))
            both = alone * phi ** (K - 1) + (K - 1) * inner**2 * phi ** (K - 2)
            squares.append(K * 0.2 * float(both.sum()) / math.factorial(2 * n - 1))
        means, squares = torch.tensor(means).double(), torch.tensor(squares).double()
        assert_solved(found, gap, means, (squares - means**2).sqrt(), 1e-4)


def toy(mean: Tensor, log_scale: Tensor, weight: Tensor) -> Any:
    """The toy as a model: each row of (B, 1) has a mean and width of q, and a weight, of its own."""

    def model(x: Tensor, num_samples: int = 1, *, context: None = None, draw: Any = vaekit.pathwise) -> vaekit.Trace:
        q = Normal(mean, log_scale.exp())
        z = draw(q, torch.Size([num_samples]))
        prior = Normal(torch.zeros_like(mean), torch.ones_like(mean))
        return vaekit.Trace(x, Normal(weight * z, math.sqrt(NOISE)), (vaekit.Latent(z, q, prior),))

    return model


@pytest.mark.parametrize("parameter", PARAMETERS)
@pytest.mark.parametrize("bound", [vaekit.iwae, vaekit.doubly_reparameterised])
def test_bound_and_gradients_are_those_of_the_library(js: Run, bound: Any, parameter: str) -> None:
    q, K, rows = (1.02, 0.4), 12, torch.ones(20_000, 1, dtype=torch.float64)
    gap, means, sds = solved(js, q, parameter, K)[0]
    leaves = [(each * rows).requires_grad_() for each in (q[0], math.log(q[1]) / 2, W)]
    with seeded(1):
        value = bound(toy(*leaves), X * rows, K)
    assert_mean(value.detach(), EVIDENCE - gap)
    mean, log_scale, theta = torch.autograd.grad(value.sum(), leaves)
    phi, which = {"mean": mean, "log_scale": log_scale}[parameter], 1 if bound is vaekit.iwae else 2
    for gradient, k in ((theta, 0), (phi, which)):
        assert_mean(gradient[:, 0], means[k])
        assert_mean((gradient[:, 0] - means[k]).square(), sds[k] ** 2)


def test_weights_and_their_estimates_are_those_of_the_library(js: Run) -> None:
    log_r = 3 * torch.randn(50, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    made = js("return math.weights(data.r);", r=log_r.exp().tolist())
    assert made["shares"] == pytest.approx(log_r.softmax(0).tolist(), rel=1e-12)
    assert made["ess"] == pytest.approx(vaekit.effective_sample_size(log_r[:, None]).item(), rel=1e-12)
    running = log_r.logcumsumexp(0) - torch.arange(1, 51, dtype=torch.float64).log()
    assert made["path"] == pytest.approx(running.tolist(), abs=1e-12)
    bins = js("return math.histogram(data.v);", v=made["shares"])
    logs, edges = np.log10(50 * log_r.softmax(0).numpy()), np.arange(-3, 3.1, 0.5)
    drawn, _ = np.histogram(logs.clip(-2.999, 2.999), edges)
    held, _ = np.histogram(logs.clip(-2.999, 2.999), edges, weights=log_r.softmax(0))
    assert bins["draws"] == pytest.approx((drawn / 50).tolist(), abs=1e-12)
    assert bins["weight"] == pytest.approx(held.tolist(), abs=1e-12)
