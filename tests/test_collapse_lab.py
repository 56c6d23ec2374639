"""The mathematics of `CollapseLab`, run in node: terms and slopes against torch, the optimum against the package."""

import math
import re
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.distributions import Normal

from tests.node import Run, run_math
from vaekit.metrics import linear_rate_distortion
from vaekit.models.linear import LinearVAE
from vaekit.widgets import CollapseLab
from vaekit.widgets.base import source

SPECTRUM = [5.3, 3.1, 2.9, 1.4, 0.8, 0.75, 0.3, 0.1, 0.0]
LEADING = 6  # eigenvalues that the page trains on
SETTINGS = [(0.7, 1.0, 4), (0.2, 2.5, 6), (1.5, 0.4, 2), (4.0, 3.0, 5), (0.5, 1.0, 1)]  # noise, beta, units
SLOPES = "return data.each.map(([state, setting]) => [math.account(state, setting), math.gradients(state, setting)]);"


@pytest.fixture(scope="module")
def js(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run_math(CollapseLab(SPECTRUM), tmp_path_factory.mktemp("js"))


def setting(noise: float, beta: float, units: int, leading: int = LEADING) -> dict[str, Any]:
    data = {"values": SPECTRUM[:leading], "rest": sum(SPECTRUM[leading:]), "dimensions": len(SPECTRUM)}
    return data | {"noise": noise, "beta": beta, "units": units, "seed": 0}


def tensor(values: object) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def state(units: int, seed: int, leading: int = LEADING) -> dict[str, list[float]]:
    """A random state, far from any optimum."""
    draw = torch.Generator().manual_seed(seed)
    sizes = {"W": leading * units, "V": units * leading, "logv": units}
    return {name: torch.randn(n, dtype=torch.float64, generator=draw).tolist() for name, n in sizes.items()}


def data() -> Tensor:
    """Rows whose covariance, with 1/N, is diagonal and has the spectrum on it; the mean is not 0."""
    draw = torch.randn(200, len(SPECTRUM), dtype=torch.float64, generator=torch.Generator().manual_seed(8))
    draw = draw - draw.mean(0)
    return torch.linalg.qr(draw).Q * math.sqrt(200) * tensor(SPECTRUM).sqrt() + 0.3


def objective(leaves: dict[str, Tensor], noise: float, beta: float, units: int) -> tuple[Tensor, Tensor]:
    """Mean distortion and mean rate by the package's formulas, with zero rows of W beyond the leading."""
    x, v = data(), leaves["logv"].exp()
    weight = torch.zeros(len(SPECTRUM), units, dtype=torch.float64)
    weight = torch.cat([leaves["W"].view(LEADING, units), weight[LEADING:]])
    mean = (x - 0.3)[:, :LEADING] @ leaves["V"].view(units, LEADING).T
    square = (x - 0.3 - mean @ weight.T).square().sum(1) + weight.square().sum(0) @ v
    distortion = 0.5 * len(SPECTRUM) * math.log(2 * math.pi * noise) + 0.5 * square / noise
    rate = 0.5 * (mean.square() + v - v.log() - 1).sum(1)
    return distortion.mean(), rate.mean()


def test_terms_and_slopes_agree_with_autograd_on_data(js: Run) -> None:
    each = [[state(s[2], k), setting(*s)] for k, s in enumerate(SETTINGS)]
    for made, (start, _), (noise, beta, units) in zip(js(SLOPES, each=each), each, SETTINGS, strict=True):
        leaves = {name: tensor(values).requires_grad_() for name, values in start.items()}
        distortion, rate = objective(leaves, noise, beta, units)
        loss = distortion + beta * rate
        for name, value in {"distortion": distortion, "rate": rate, "loss": loss}.items():
            assert made[0][name] == pytest.approx(value.item(), rel=1e-10)
        torch.testing.assert_close(tensor(made[0]["sizes"]), leaves["W"].view(LEADING, units).square().sum(0).detach())
        for name, slope in zip(leaves, torch.autograd.grad(loss, list(leaves.values())), strict=True):
            torch.testing.assert_close(tensor(made[1][name]), slope, rtol=1e-9, atol=1e-9)


def test_the_bound_is_that_of_the_packages_linear_vae(js: Run) -> None:
    for k, (noise, beta, units) in enumerate(SETTINGS):
        start, x = state(units, k), data()
        made = js("return math.account(data.state, data.setting);", state=start, setting=setting(noise, beta, units))
        weight = torch.zeros(len(SPECTRUM), units, dtype=torch.float64)
        weight[:LEADING] = tensor(start["W"]).view(LEADING, units)
        mean = (x - 0.3)[:, :LEADING] @ tensor(start["V"]).view(units, LEADING).T
        q = Normal(mean, tensor(start["logv"]).mul(0.5).exp().expand_as(mean))
        bound = LinearVAE(weight, torch.full((len(SPECTRUM),), 0.3, dtype=torch.float64), noise).exact_elbo(x, q).mean()
        assert -(made["distortion"] + made["rate"]) == pytest.approx(bound.item(), rel=1e-10)


def optimum(js: Run, *each: float) -> dict[str, Any]:
    return js("return math.optimum(data);", **setting(*each))


@pytest.mark.parametrize("each", SETTINGS)
def test_the_optimum_is_the_packages_at_noise_times_beta(js: Run, each: tuple[float, float, int]) -> None:
    noise, beta, units = each
    made, x = optimum(js, *each), data()
    best = LinearVAE.optimum(x, units, beta * noise)
    sizes = best.weight.square().sum(0)
    torch.testing.assert_close(tensor(made["sizes"][:units]), sizes.detach(), rtol=1e-9, atol=1e-9)
    variance = best.posterior(x).covariance_matrix[0]
    torch.testing.assert_close(tensor(made["rates"][:units]), -0.5 * variance.diagonal().detach().log())
    assert variance.tril(-1).abs().max() < 1e-10 and not any(made["sizes"][units:])
    assert made["active"] == sum(made["served"]) == sum(value > beta * noise for value in SPECTRUM[:units])
    exact = linear_rate_distortion(tensor(SPECTRUM), noise, beta, units)
    assert (made["rate"], made["distortion"]) == pytest.approx((exact.rate, exact.distortion), rel=1e-9)


def at_optimum(js: Run, noise: float, beta: float, units: int) -> dict[str, list[float]]:
    made, threshold = optimum(js, noise, beta, units), beta * noise
    weight = torch.zeros(LEADING, units, dtype=torch.float64)
    code, logv = weight.T.clone(), torch.zeros(units, dtype=torch.float64)
    for j in range(made["active"]):
        value = SPECTRUM[j]
        weight[j, j], code[j, j] = math.sqrt(value - threshold), math.sqrt(value - threshold) / value
        logv[j] = math.log(threshold / value)
    return {"W": weight.flatten().tolist(), "V": code.flatten().tolist(), "logv": logv.tolist()}


@pytest.mark.parametrize("each", SETTINGS)
def test_no_slope_is_left_at_the_optimum_and_no_step_leads_below(js: Run, each: tuple[float, float, int]) -> None:
    best, draw = at_optimum(js, *each), torch.Generator().manual_seed(3)

    def shifted(values: list[float]) -> list[float]:
        return (tensor(values) + 0.02 * torch.randn(len(values), dtype=torch.float64, generator=draw)).tolist()

    near = [{name: shifted(values) for name, values in best.items()} for _ in range(100)]
    made = js(SLOPES, each=[[one, setting(*each)] for one in [best, *near]])
    least = optimum(js, *each)["loss"]
    assert made[0][0]["loss"] == pytest.approx(least, rel=1e-12)
    assert max(abs(v) for slopes in made[0][1].values() for v in slopes) < 1e-12
    assert min(terms["loss"] for terms, _ in made[1:]) > least


def test_leaving_out_the_small_eigenvalues_is_exact(js: Run) -> None:
    units, size = 3, len(SPECTRUM)
    short = state(units, 4)
    weight = torch.zeros(size, units, dtype=torch.float64)
    code = weight.T.clone()
    weight[:LEADING] = tensor(short["W"]).view(LEADING, units)
    code[:, :LEADING] = tensor(short["V"]).view(units, LEADING)
    long = {"W": weight.flatten().tolist(), "V": code.flatten().tolist(), "logv": short["logv"]}
    each = [[short, setting(0.6, 1.3, units)], [long, setting(0.6, 1.3, units, leading=size)]]
    few, all_ = js(SLOPES, each=each)
    assert all_[0]["loss"] == pytest.approx(few[0]["loss"], rel=1e-12)
    down, up = tensor(all_[1]["W"]).view(size, units), tensor(all_[1]["V"]).view(units, size)
    assert not down[LEADING:].any() and not up[:, LEADING:].any()
    torch.testing.assert_close(down[:LEADING].flatten(), tensor(few[1]["W"]), rtol=1e-12, atol=1e-12)
    few, all_ = (js("return math.optimum(data);", **setting(0.6, 1.3, units, n)) for n in (LEADING, size))
    assert all_["loss"] == pytest.approx(few["loss"], rel=1e-12) and all_["active"] == few["active"] == units


def test_every_formula_is_exported_for_these_tests(js: Run) -> None:
    text = source("collapse_flow.js") + source("collapse_training.js")
    declared = set(re.findall(r"^(?:function|const) (\w+)(?= = \(|\()", text, re.MULTILINE))
    assert len(declared) >= 12 and declared == set(js("return Object.keys(math);")) - {"RANGES"}
