"""`KlPrice`: its mathematics, run in node, against torch."""

import math
import re
from importlib.resources import files
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.autograd.functional import hessian, jacobian
from torch.distributions import Categorical, MixtureSameFamily, Normal, kl_divergence

from tests.node import Run, run_math
from vaekit.widgets import KlPrice
from vaekit.widgets.kl_price import RANGES

JS = files("vaekit.widgets") / "js"
SD = 0.6
TARGETS = [(4.0, 0.7), (6.0, 0.5), (6.0, 0.05), (2.0, 0.4), (0.0, 0.3)]
STARTS = [(2.0, -1.4), (-2.5, 0.5), (4.0, 3.0), (-4.0, -6.0), (0.3, -6.0), (0.0, 0.0)]
AXES = torch.linspace(-4.0, 4.0, 17, dtype=torch.float64), torch.linspace(-6.0, 3.0, 13, dtype=torch.float64)
GRID = torch.cartesian_prod(*AXES)


@pytest.fixture(scope="module")
def js(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run_math(KlPrice(), tmp_path_factory.mktemp("js"))


def normal(q: Tensor) -> Normal:
    """N(m, e^l) from the last axis of `q`."""
    return Normal(q[..., 0], (q[..., 1] / 2).exp())


def target(separation: float, weight: float) -> MixtureSameFamily:
    weights = torch.tensor([weight, 1 - weight], dtype=torch.float64)
    modes = torch.tensor([-separation / 2, separation / 2], dtype=torch.float64)
    return MixtureSameFamily(Categorical(weights), Normal(modes, SD))


def reverse(q: Tensor, p: MixtureSameFamily) -> Tensor:
    """KL(q ‖ p) by the trapezoidal rule with 40,001 points over ten standard deviations of q to each side."""
    e = torch.linspace(-10.0, 10.0, 40_001, dtype=torch.float64)
    x = q[..., :1] + (q[..., 1:] / 2).exp() * e
    log_q = normal(q.unsqueeze(-2)).log_prob(x)
    return torch.trapezoid(Normal(0.0, 1.0).log_prob(e).exp() * (log_q - p.log_prob(x)), e)


def moment(p: MixtureSameFamily, f: Any) -> Tensor:
    """The mean of `f(x)` under p by the trapezoidal rule."""
    x = torch.linspace(-10.0, 10.0, 40_001, dtype=torch.float64)
    return torch.trapezoid(p.log_prob(x).exp() * f(x), x)


def forward(q: Tensor, p: MixtureSameFamily) -> Tensor:
    """KL(p ‖ q) by the trapezoidal rule."""
    return moment(p, lambda x: p.log_prob(x) - normal(q.unsqueeze(-2)).log_prob(x))


def double(values: Any) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def test_price_is_the_kl_of_torch_and_its_parts_add_up(js: Run) -> None:
    made = js("return data.q.map(math.priorKl);", q=GRID.tolist())
    exact = kl_divergence(normal(GRID), Normal(0.0, 1.0))
    torch.testing.assert_close(double([price["value"] for price in made]), exact, rtol=1e-12, atol=1e-12)
    parts = double([price["parts"] for price in made])
    torch.testing.assert_close(parts[:, 0], GRID[:, 0].square() / 2, rtol=1e-12, atol=0)
    torch.testing.assert_close(parts.sum(1), exact, rtol=1e-12, atol=1e-12)


def test_slopes_of_the_price_are_those_of_autograd(js: Run) -> None:
    q = GRID.clone().requires_grad_()
    kl_divergence(normal(q), Normal(0.0, 1.0)).sum().backward()
    made = double(js("return data.q.map((q) => math.priorKl(q).slopes);", q=GRID.tolist()))
    torch.testing.assert_close(made, q.grad, rtol=1e-12, atol=1e-12)


def test_price_keeps_its_digits_beside_the_prior(js: Run) -> None:
    for logvar in (1e-6, -1e-6):
        exact = logvar**2 / 4 + logvar**3 / 12  # the series of (e^l - 1 - l) / 2 at l = logvar
        made = js("return math.priorKl([0, data.l]).parts[1];", l=logvar)
        assert made == pytest.approx(exact, rel=1e-4) and made > 0


def test_the_two_dimensions_of_the_exercise_cost_what_torch_says(js: Run) -> None:
    first, second = js("return math.DIMENSIONS.map((q) => math.priorKl(q).value);")
    scale = double([0.25, 4.0]).sqrt()
    exact = kl_divergence(Normal(double([2.0, 0.0]), scale), Normal(0.0, 1.0))
    assert [first, second] == pytest.approx(exact.tolist(), abs=1e-12)
    assert first + second == pytest.approx(3.125, abs=1e-12)
    narrow, wide = js("return math.DIMENSIONS.map((q) => math.priorKl(q).parts[1]);")
    assert 2.5 < first / second < 3 and narrow < wide and first - narrow == 2.0  # what the answer says


@pytest.mark.parametrize("p", TARGETS)
def test_target_and_its_derivatives_are_those_of_torch(js: Run, p: tuple[float, float]) -> None:
    x = torch.linspace(-30.0, 30.0, 601, dtype=torch.float64, requires_grad=True)
    log = target(*p).log_prob(x)
    (first,) = torch.autograd.grad(log.sum(), x, create_graph=True)
    (second,) = torch.autograd.grad(first.sum(), x)
    made = double(js("return data.x.map((x) => math.logTarget(x, data.p));", x=x.tolist(), p=p))
    torch.testing.assert_close(
        made, torch.stack([log, first, second], 1).detach(), rtol=1e-10, atol=1e-10
    )  # torch cancels squares


@pytest.mark.parametrize("p", TARGETS)
def test_both_kls_agree_with_quadrature_in_torch(js: Run, p: tuple[float, float]) -> None:
    made = js(
        "return data.q.map((q) => [math.reverseKl(q, data.p).value, math.forwardKl(q, data.p)]);",
        q=GRID[::3].tolist(),
        p=p,
    )
    exact = [(float(reverse(q, target(*p))), float(forward(q, target(*p)))) for q in GRID[::3]]
    torch.testing.assert_close(double(made), double(exact), rtol=1e-11, atol=1e-8)


@pytest.mark.parametrize("p", TARGETS)
def test_slopes_and_curvatures_of_the_reverse_kl_are_those_of_autograd(js: Run, p: tuple[float, float]) -> None:
    for start in STARTS:
        q, made = double(start), js("return math.reverseKl(data.q, data.p);", q=start, p=p)
        slopes = jacobian(lambda q: reverse(q, target(*p)), q)
        curves = hessian(lambda q: reverse(q, target(*p)), q)
        torch.testing.assert_close(double(made["slopes"]), slopes, rtol=1e-9, atol=1e-7)
        torch.testing.assert_close(double(made["curves"]), curves.flatten()[[0, 1, 3]], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("p", TARGETS)
def test_forward_fit_has_the_moments_of_the_target_and_is_the_minimum(js: Run, p: tuple[float, float]) -> None:
    fit = js("return math.fitForward(data.p);", p=p)
    mean = moment(target(*p), lambda x: x)
    variance = moment(target(*p), lambda x: (x - mean).square())
    assert fit == pytest.approx([float(mean), math.log(variance)], abs=1e-10)
    assert forward(double(fit), target(*p)) < forward(around(fit), target(*p)).min()


def around(q: list[float], radius: float = 0.02) -> Tensor:
    """Eight points around `q`."""
    angle = torch.arange(8, dtype=torch.float64) * math.pi / 4
    return double(q) + radius * torch.stack([angle.cos(), angle.sin()], 1)


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("p", TARGETS)
def test_reverse_fit_goes_down_to_a_minimum_of_the_objective_in_torch(
    js: Run, p: tuple[float, float], start: tuple[float, float]
) -> None:
    body = """const path = math.reversePath(data.q, data.p);
      return [path.at(-1), path.map((q) => math.reverseKl(q, data.p).value)];"""
    end, values = js(body, q=start, p=p)
    slopes = jacobian(lambda q: reverse(q, target(*p)), double(end))
    assert slopes.abs().max() < 1e-5 and len(values) < 100
    assert all(later <= earlier + 1e-12 for earlier, later in zip(values, values[1:], strict=False))
    assert reverse(double(end), target(*p)) < reverse(around(end), target(*p)).min()


def test_reverse_fit_stays_in_the_valley_where_it_starts(js: Run) -> None:
    fit = "const q = math.reversePath(data.q, data.p).at(-1); return [...q, math.reverseKl(q, data.p).value];"
    heavy, light = (js(fit, q=q, p=(4.0, 0.7)) for q in ((-2.0, -1.4), (2.0, -1.4)))
    assert heavy[0] == pytest.approx(-2, abs=0.01) and light[0] == pytest.approx(2, abs=0.01)
    assert heavy[2] == pytest.approx(-math.log(0.7), abs=0.01) and light[2] == pytest.approx(-math.log(0.3), abs=0.01)
    broad = js(fit, q=js("return math.fitForward(data.p);", p=(4.0, 0.5)), p=(4.0, 0.5))
    assert broad[:2] == pytest.approx([0.0, 1.165], abs=1e-3) and broad[2] > -math.log(0.5) + 0.4
    gone = js(fit, q=(2.0, -1.4), p=(2.0, 0.7))
    assert gone[0] == pytest.approx(js(fit, q=(-2.0, -1.4), p=(2.0, 0.7))[0], abs=1e-6)


def test_every_formula_is_exported_and_the_ranges_are_the_same_on_both_sides(js: Run) -> None:
    declared = re.findall(r"^(?:function|const) (\w+)", (JS / "kl.js").read_text(encoding="utf-8"), re.MULTILINE)
    assert set(declared) - {"SIZE", "LOG_2PI"} <= set(js("return Object.keys(math);")) | {"SD"}
    assert {name: tuple(values) for name, values in js("return math.RANGES;").items()} == RANGES
    assert js("return math.SD;") == SD


def test_formulas_and_view_together_keep_to_the_size_of_a_widget() -> None:
    assert sum(len((JS / name).read_bytes()) for name in ("kl.js", "kl_price.js")) <= 12 * 1024
