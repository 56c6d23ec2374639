"""`GumbelDial`: its formulas, run in node, against torch: draws, gradients, quadrature and enumeration."""

import itertools

import numpy as np
import pytest
import torch
from torch.distributions import OneHotCategorical, RelaxedOneHotCategorical

from tests.node import Run, run_math
from vaekit import gumbel_softmax, straight_through
from vaekit.widgets import GumbelDial
from vaekit.widgets.gumbel_dial import FUNCTIONS

P = [0.5, 0.3, 0.2]
V = [-1.0, 0.5, 2.0]
CORNERS = torch.eye(3, dtype=torch.float64)
VALUES = torch.tensor(V, dtype=torch.float64)
OBJECTIVES = {
    "linear": lambda z: z @ VALUES,
    "square": lambda z: (z @ VALUES).square(),
    "hill": lambda z: 1 - z.square().sum(-1),
}


@pytest.fixture(scope="module")
def js(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run_math(GumbelDial(), tmp_path_factory.mktemp("js"))


def logits(p: list[float] = P) -> torch.Tensor:
    return torch.tensor(p, dtype=torch.float64).log().requires_grad_()


def gradients(name: str, p: list[float], tau: float, noise: torch.Tensor) -> torch.Tensor:
    """The gradient of f with respect to the logits at every relaxed draw, `(N, 3)`, by autograd."""
    each = logits(p).expand(len(noise), 3).detach().requires_grad_()
    z = torch.softmax((each.log_softmax(-1) + noise) / tau, -1)
    return torch.autograd.grad(OBJECTIVES[name](z).sum(), each)[0]


def relaxed(js: Run, name: str, p: list[float], tau: float, hard: bool) -> tuple[torch.Tensor, float]:
    body = "return math.moments(math.lattice(data.name, data.v, data.hard), data.p, data.tau);"
    made = js(body, name=name, v=V, p=p, tau=tau, hard=hard)
    return torch.tensor(made["mean"], dtype=torch.float64), made["variance"]


def slopes(name: str, z: torch.Tensor, hard: bool) -> torch.Tensor:
    """∇f at `z`, `(N, 3)`, or at the corner nearest to it."""
    at = torch.nn.functional.one_hot(z.argmax(-1), 3).to(z) if hard else z.detach()
    return torch.autograd.grad(OBJECTIVES[name](at.requires_grad_()).sum(), at)[0]


def through(z: torch.Tensor, slope: torch.Tensor, tau: float) -> torch.Tensor:
    return z * (slope - (z * slope).sum(-1, keepdim=True)) / tau


def test_draws_are_those_of_the_library_from_the_same_noise(js: Run) -> None:
    q, tau = OneHotCategorical(logits=logits().detach()), 0.4
    torch.manual_seed(3)
    drawn = gumbel_softmax(tau)(q, torch.Size([200]))
    torch.manual_seed(3)
    noise = -torch.empty(200, 3, dtype=torch.float64).exponential_().log()
    made = js("return math.relax(data.noise, data.p, data.tau);", noise=noise.tolist(), p=P, tau=tau)
    torch.testing.assert_close(torch.tensor(made["draws"], dtype=torch.float64), drawn, rtol=0, atol=1e-12)
    assert made["nearest"] == drawn.argmax(-1).tolist()
    shares = torch.bincount(drawn.argmax(-1), minlength=3) / len(drawn)
    assert made["shares"] == pytest.approx(shares.tolist(), abs=1e-6)
    assert made["mean"] == pytest.approx(drawn.mean(0).tolist(), abs=1e-12)


def test_the_seeds_noise_is_gumbel_and_the_nearest_corner_has_probability_p_at_every_temperature(js: Run) -> None:
    count = 20_000
    body = """const noise = math.gumbels(5, data.count, 3);
    const all = [0.05, 1, 5].map((tau) => math.relax(noise, data.p, tau));
    return { noise: noise.flat(), shares: all.map((each) => each.shares) };"""
    made = js(body, count=count, p=P)
    noise, p = np.array(made["noise"]), np.array(P)
    assert abs(noise.mean() - np.euler_gamma) < 4.5 * np.sqrt(np.pi**2 / 6 / noise.size)
    assert made["shares"][0] == made["shares"][1] == made["shares"][2]
    z = (np.array(made["shares"][0]) - p) / np.sqrt(p * (1 - p) / count)
    assert np.abs(z).max() < 4.5


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("tau", [0.1, 0.7, 3.0])
def test_the_gradient_of_each_draw_is_that_of_autograd(js: Run, name: str, tau: float) -> None:
    noise = -torch.empty(100, 3, dtype=torch.float64).exponential_(generator=torch.Generator().manual_seed(1)).log()
    body = """return math.relax(data.noise, data.p, data.tau).draws.map((z) =>
      math.throughSoftmax(z, math.FUNCTIONS[data.name].slope(data.v, z)).map((each) => each / data.tau));"""
    made = torch.tensor(js(body, noise=noise.tolist(), p=P, tau=tau, v=V, name=name), dtype=torch.float64)
    torch.testing.assert_close(made, gradients(name, P, tau, noise), rtol=0, atol=1e-6)


def nodes(tau: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Points of the simplex, `(N, 3)`, and their weights in log(z_i / z_k), log(z_j / z_k), where k is the nearest."""
    line, weight = (torch.from_numpy(each) for each in np.polynomial.legendre.leggauss(300))
    reach = 60 / min(1.0, tau)
    fall, measure = reach * (line + 1) / 2, reach * weight / 2
    u, w = torch.meshgrid(fall, fall, indexing="ij")
    z = torch.softmax(torch.stack([torch.zeros_like(u), -u, -w], -1).reshape(-1, 3), -1)
    areas = (measure[:, None] * measure).reshape(-1)
    kept = z.amin(-1) > 1e-280
    return torch.cat([z[kept].roll(k, -1) for k in range(3)]), areas[kept].repeat(3)


@pytest.mark.parametrize("hard", [False, True])
@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize(("p", "tau"), [(P, 0.6), (P, 1.0), ([0.9, 0.05, 0.05], 1.7), ([0.1, 0.2, 0.7], 4.0)])
def test_mean_and_variance_are_the_integrals_over_torchs_density(
    js: Run, name: str, p: list[float], tau: float, hard: bool
) -> None:
    z, areas = nodes(tau)
    q = RelaxedOneHotCategorical(torch.tensor(tau, dtype=torch.float64), logits=logits(p).detach(), validate_args=False)
    weight = (q.log_prob(z) + z.log().sum(-1)).exp() * areas
    assert float(weight.sum()) == pytest.approx(1.0, abs=1e-7)
    each = through(z, slopes(name, z, hard), tau)
    mean = (weight[:, None] * each).sum(0)
    variance = float((weight * each.square().sum(-1)).sum() - mean.square().sum())
    made = relaxed(js, name, p, tau, hard)
    torch.testing.assert_close(made[0], mean, rtol=0, atol=1e-6)
    assert made[1] == pytest.approx(variance, abs=1e-6)


@pytest.mark.parametrize("hard", [False, True])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_at_a_low_temperature_they_are_those_of_many_draws_of_the_library(js: Run, name: str, hard: bool) -> None:
    tau, count = 0.07, 400_000
    each = logits().expand(count, 3).detach().requires_grad_()
    torch.manual_seed(4)
    z = gumbel_softmax(tau, hard=hard)(OneHotCategorical(logits=each), torch.Size())
    drawn = torch.autograd.grad(OBJECTIVES[name](z).sum(), each)[0]
    mean, variance = relaxed(js, name, P, tau, hard)
    assert float(((drawn.mean(0) - mean) / (drawn.std(0) / count**0.5)).abs().max()) < 4.5
    square = (drawn - mean).square().sum(-1)
    assert abs(float(square.mean()) - variance) < 4.5 * float(square.std()) / count**0.5


@pytest.mark.parametrize("hard", [False, True])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_finer_lattice_changes_nothing_on_the_dial(js: Run, name: str, hard: bool) -> None:
    body = """const [coarse, fine] = [32, 80].map((size) => math.lattice(data.name, data.v, data.hard, size)), off = [];
    for (const p of data.ps) for (const tau of data.taus) {
      const [a, b] = [coarse, fine].map((each) => math.moments(each, p, tau));
      off.push(...a.mean.map((x, i) => x - b.mean[i]), (a.variance - b.variance) / (1 + b.variance));
    }
    return Math.max(...off.map(Math.abs));"""
    ps = [P, [0.02, 0.02, 0.96], [0.96, 0.02, 0.02], [0.02, 0.49, 0.49], [0.7, 0.28, 0.02]]
    assert js(body, name=name, v=V, hard=hard, ps=ps, taus=[0.05, 0.1, 0.3, 1, 2, 5]) < 2e-6


@pytest.mark.parametrize("name", FUNCTIONS)
def test_enumeration_gives_the_exact_gradient_and_both_references(js: Run, name: str) -> None:
    body = """const { name, v, p } = data, corners = math.atCorners(name, v), slopes = math.atCorners(name, v, "slope");
    return { corners, exact: math.exactGradient(corners, p), straight: math.straightThrough(slopes, p),
      left: math.leaveOneOut(corners, p, 4) };"""
    made = js(body, name=name, v=V, p=P)
    leaf, f, p = logits(), OBJECTIVES[name](CORNERS), torch.tensor(P, dtype=torch.float64)
    exact = torch.autograd.grad((leaf.softmax(-1) * f).sum(), leaf)[0]
    assert made["corners"] == pytest.approx(f.tolist(), abs=1e-12)
    assert made["exact"] == pytest.approx(exact.tolist(), abs=1e-12)
    passed = []
    for k in range(3):
        leaf = logits()
        soft = leaf.softmax(-1)
        z = CORNERS[k] + soft - soft.detach()
        passed.append(torch.autograd.grad(OBJECTIVES[name](z), leaf)[0])
    groups = torch.tensor(list(itertools.product(range(3), repeat=4)))
    values, scores = f[groups], CORNERS[groups] - p  # (81, 4), (81, 4, 3)
    averages = ((values - values.mean(1, keepdim=True))[..., None] * scores).sum(1) / 3
    for found, each, chance, size in (
        (made["straight"], torch.stack(passed), p, 1),
        (made["left"], averages, p[groups].prod(1), 4),
    ):
        mean = chance @ each
        variance = size * float(chance @ (each - mean).square().sum(-1))
        assert found["mean"] == pytest.approx(mean.tolist(), abs=1e-12)
        assert found["variance"] == pytest.approx(variance, abs=1e-12)
    assert made["left"]["mean"] == pytest.approx(exact.tolist(), abs=1e-12)  # unbiased


def test_straight_through_is_that_of_the_library(js: Run) -> None:
    leaf = logits()
    torch.manual_seed(0)
    z = straight_through(OneHotCategorical(logits=leaf), torch.Size([4000]))
    gradient = torch.autograd.grad(OBJECTIVES["square"](z).mean(), leaf)[0]
    made = js("return math.straightThrough(math.atCorners('square', data.v, 'slope'), data.p);", v=V, p=P)
    off = (gradient - torch.tensor(made["mean"], dtype=torch.float64)).norm()
    assert float(off) < 4.5 * (made["variance"] / 4000) ** 0.5
