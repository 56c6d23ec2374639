"""The mathematics of `GradientRace`, run in node, against quadrature, enumeration and autograd; and its Python side."""

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.node import Run, run_math
from vaekit.estimators import score_function
from vaekit.widgets import GradientRace
from vaekit.widgets.gradient_race import FUNCTIONS

NAMES = ("pathwise", "score", "leaveOneOut")
SETTINGS = [
    {"mean": mean, "scale": scale, "omega": omega, "samples": samples}
    for mean, scale, omega, samples in [
        (1.0, 1.0, 2.0, 2),
        (1.0, 1.0, 0.5, 3),
        (-0.7, 0.45, 3.5, 3),
        (2.3, 0.8, 1.7, 2),
        (-3.0, 2.0, 0.9, 3),
        (0.0, 1.3, 1.1, 2),
        (0.15, 0.2, 10.0, 3),
    ]
]
FUNCTION: dict[str, Callable[[Tensor, float], Tensor]] = {
    "square": lambda z, omega: z.square(),
    "sine": lambda z, omega: torch.sin(omega * z),
    "step": lambda z, omega: (z > 0).to(z),
}
ESTIMATES = "return data.settings.map((each) => math.estimates(data.name, each, data.eps));"


@pytest.fixture(scope="module")
def js(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run_math(GradientRace(), tmp_path_factory.mktemp("js"))


def as_tensor(values: Any) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def legendre(count: int) -> tuple[Tensor, Tensor]:
    """Nodes and weights on [-1, 1], from the eigenvalues of the recurrence's matrix."""
    k = torch.arange(1, count, dtype=torch.float64)
    side = k / (4 * k * k - 1).sqrt()
    nodes, vectors = torch.linalg.eigh(torch.diag(side, 1) + torch.diag(side, -1))
    return nodes, 2 * vectors[0].square()


def rule(mean: float, scale: float, count: int) -> tuple[Tensor, Tensor]:
    """Points z and probabilities that integrate against N(mean, scale^2), with the jump at 0 between two pieces."""
    ends = sorted({mean - 9.5 * scale, min(max(0.0, mean - 9.5 * scale), mean + 9.5 * scale), mean + 9.5 * scale})
    nodes, weights = legendre(count)
    pieces = [
        (low + (high - low) / 2 * (nodes + 1), (high - low) / 2 * weights)
        for low, high in zip(ends, ends[1:], strict=False)
    ]
    z, w = (torch.cat(parts) for parts in zip(*pieces, strict=True))
    return z, w * (-((z - mean) / scale).square() / 2).exp() / (scale * math.sqrt(2 * math.pi))


def slope(name: str, z: Tensor, omega: float) -> Tensor:
    leaf = z.clone().requires_grad_()
    value = FUNCTION[name](leaf, omega)
    return torch.autograd.grad(value.sum(), leaf)[0] if value.requires_grad else torch.zeros_like(z)


def leave_one_out_variance(name: str, setting: dict[str, Any], count: int) -> float:
    """K times the variance of the average, summed over all combinations of K nodes."""
    z, p = rule(setting["mean"], setting["scale"], count)
    size = setting["samples"]
    values, scores = FUNCTION[name](z, setting["omega"]), (z - setting["mean"]) / setting["scale"] ** 2
    f, s, weight = (torch.cartesian_prod(*[each] * size) for each in (values, scores, p))
    others = (f.sum(1, keepdim=True) - f) / (size - 1)
    average, chance = ((f - others) * s).mean(1), weight.prod(1)
    return float(size * ((chance * average.square()).sum() - (chance * average).sum() ** 2))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_exact_gradient_and_variances_agree_with_quadrature(js: Run, name: str) -> None:
    made = js("return data.settings.map((each) => math.exactGradient(data.name, each));", name=name, settings=SETTINGS)
    for setting, exact in zip(SETTINGS, made, strict=True):
        z, p = rule(setting["mean"], setting["scale"], 200)
        assert float(p.sum()) == pytest.approx(1.0, abs=1e-12)
        score = FUNCTION[name](z, setting["omega"]) * (z - setting["mean"]) / setting["scale"] ** 2
        gradient, path = (p * score).sum(), slope(name, z, setting["omega"])
        variances = [(p * each.square()).sum() - (p * each).sum() ** 2 for each in (path, score)]
        variances.append(leave_one_out_variance(name, setting, {2: 120, 3: 48}[setting["samples"]]))
        assert exact["gradient"] == pytest.approx(float(gradient), rel=1e-9, abs=1e-9)
        assert [exact["variances"][each] for each in NAMES] == pytest.approx(list(map(float, variances)), rel=1e-9)


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("samples", [5, 16])
def test_leave_one_out_variance_holds_for_larger_groups(js: Run, name: str, samples: int) -> None:
    setting = {"mean": 0.6, "scale": 1.2, "omega": 1.4, "samples": samples}
    exact = js("return math.exactGradient(data.name, data);", name=name, **setting)
    eps = torch.randn(200_000, samples, dtype=torch.float64, generator=torch.Generator().manual_seed(samples))
    f, s = FUNCTION[name](0.6 + 1.2 * eps, 1.4), eps / 1.2
    average = ((f - f.mean(1, keepdim=True)) * s).sum(1) / (samples - 1)
    square = samples * (average - exact["gradient"]).square()
    for draws, expected in ((average, exact["gradient"]), (square, exact["variances"]["leaveOneOut"])):
        assert abs(float(draws.mean()) - expected) < 4.5 * float(draws.std()) / len(draws) ** 0.5


def test_each_estimate_is_the_gradient_of_its_surrogate(js: Run) -> None:
    eps = torch.randn(50, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    for name in FUNCTIONS:
        made = js(ESTIMATES, name=name, eps=eps.tolist(), settings=SETTINGS)
        for setting, estimates in zip(SETTINGS, made, strict=True):
            mean = torch.full_like(eps, setting["mean"], requires_grad=True)
            z = mean.detach() + setting["scale"] * eps
            reward = FUNCTION[name](z, setting["omega"])
            log_q = -((z - mean) / setting["scale"]).square() / 2
            score = torch.autograd.grad(score_function(log_q[None], reward[None]).sum(), mean, retain_graph=True)[0]
            torch.testing.assert_close(as_tensor(estimates["score"]), score, rtol=1e-12, atol=1e-12)
            path = slope(name, z, setting["omega"])
            torch.testing.assert_close(as_tensor(estimates["pathwise"]), path, rtol=1e-12, atol=1e-12)
            size = setting["samples"]
            groups = [each[: 50 // size * size].view(-1, size).T for each in (log_q, reward)]
            surrogate = score_function(*groups, leave_one_out=True)
            average = torch.autograd.grad(surrogate.sum(), mean)[0][: 50 // size * size].view(-1, size).sum(1)
            torch.testing.assert_close(as_tensor(estimates["leaveOneOut"]), average, rtol=1e-11, atol=1e-11)


def test_noise_is_standard_normal_independent_and_that_of_its_seed(js: Run) -> None:
    eps = as_tensor(js("return data.seeds.map((seed) => math.noise(seed, 10000));", seeds=list(range(20))))
    count = eps.numel()
    for power, expected, variance in [(1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96)]:
        assert abs(float(eps.pow(power).mean()) - expected) < 4.5 * math.sqrt(variance / count)
    for lag in (1, 2, 7):
        assert abs(float((eps[:, lag:] * eps[:, :-lag]).mean())) < 4.5 / math.sqrt(count)
    assert abs(float((eps[1:] * eps[:-1]).mean())) < 4.5 / math.sqrt(count)
    ordered = torch.special.ndtr(eps.flatten().sort().values)
    gap = (ordered - torch.arange(1, count + 1) / count).abs().max()
    assert float(gap) < 2.2 / math.sqrt(count)  # Kolmogorov: exceeded once in 8,000 times
    assert js("return [math.noise(3, 7), math.noise(3, 8)];") == [eps[3, :7].tolist(), eps[3, :8].tolist()]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_measured_means_and_variances_are_the_exact_ones_within_their_errors(js: Run, name: str) -> None:
    setting = {"mean": 1.0, "scale": 1.0, "omega": 2.0, "samples": 4}
    body = """
    const exact = math.exactGradient(data.name, data);
    const made = data.seeds.map((seed) => {
      const all = math.estimates(data.name, data, math.noise(seed, 10000)), sums = {};
      for (const each in all) sums[each] = math.runningSums(all[each]);
      return math.standing(sums, 10000, data.samples);
    });
    return [exact, made];"""
    exact, made = js(body, name=name, seeds=list(range(40)), **setting)
    for each in NAMES[name == "step" :]:
        means, errors, variances = (as_tensor([m[each][key] for m in made]) for key in ("mean", "error", "variance"))
        for values, expected in ((means, exact["gradient"]), (variances, exact["variances"][each])):
            assert abs(float(values.mean()) - expected) < 4.5 * float(values.std()) / len(values) ** 0.5
        expected = math.sqrt(exact["variances"][each] / 10_000)
        assert abs(float(errors.mean()) - expected) < 4.5 * float(errors.std()) / len(errors) ** 0.5
    if name == "step":
        assert all(m["pathwise"] == {"mean": 0, "error": 0, "variance": 0} for m in made)
        assert exact["variances"]["pathwise"] == 0 < exact["gradient"]


def test_running_statistics_are_those_of_torch(js: Run) -> None:
    values = 3 + torch.randn(40, dtype=torch.float64, generator=torch.Generator().manual_seed(5))
    body = "const sums = math.runningSums(data.values); return data.n.map((n) => math.measure(sums, n));"
    for shift in (0.0, 1e6):
        values = values + shift
        made = js(body, values=values.tolist(), n=[0, 1, 2, 17, 40])
        assert made[0] == {"mean": None, "error": None, "variance": None}
        assert made[1]["mean"] == pytest.approx(float(values[0])) and made[1]["variance"] is None
        for n, found in zip([2, 17, 40], made[2:], strict=True):
            variance = float(values[:n].var())
            expected = [float(values[:n].mean()), (variance / n) ** 0.5, variance]
            assert [found[key] for key in ("mean", "error", "variance")] == pytest.approx(expected, rel=1e-12)
    made = js(
        "const s = math.runningSums(data.values); return math.standing({ score: s, leaveOneOut: s }, 11, 3);",
        values=values.tolist(),
    )
    assert made["score"]["mean"] == pytest.approx(float(values[:11].mean()))
    assert made["leaveOneOut"]["variance"] == pytest.approx(3 * float(values[:3].var()))
