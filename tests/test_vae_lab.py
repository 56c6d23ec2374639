"""The mathematics of `VaeLab`, run in node, against torch: losses, gradients, Adam, and what it measures."""

import math
import re
from importlib.resources import files
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.node import Run, run_math
from tests.vae_lab import fill, terms, torch_gradient, torch_vae, vector
from vaekit.metrics import active_units
from vaekit.widgets import VaeLab
from vaekit.widgets.vae_lab_presets import ESTIMATORS

JS = files("vaekit.widgets") / "js"
NET = "const net = math.makeNet(data.width, data.latent, Float64Array.from(data.theta)); "
BACKWARD = (
    NET + "const { loss, slopes } = math.backward(net, Float64Array.from(data.x), Float64Array.from(data.eps), data);"
    "return { loss, slopes: slopes.vector };"
)


@pytest.fixture(scope="module")
def js(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run_math(VaeLab(), tmp_path_factory.mktemp("js"))


def as_tensor(values: Any) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def case(width: int, latent: int, rows: int, draws: int, seed: int) -> tuple[list[float], Tensor, Tensor]:
    """Weights as large as trained ones, a batch and its noise."""
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape: int) -> Tensor:
        return torch.randn(*shape, dtype=torch.float64, generator=generator)

    size = len(vector(torch_vae(width, latent, 1.0)))
    return (0.7 * normal(size)).tolist(), 1.3 * normal(rows, 2), normal(draws, rows, latent)


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("draws", [1, 2, 5])
@pytest.mark.parametrize("latent", [1, 2])
@pytest.mark.parametrize("beta", [0.0, 1.0, 3.5])
def test_losses_and_gradients_agree_with_autograd(
    js: Run, estimator: str, draws: int, latent: int, beta: float
) -> None:
    draws = 1 if estimator == "none" else draws
    theta, x, eps = case(7, latent, 9, draws, seed=draws)
    setting = {"width": 7, "latent": latent, "beta": beta, "estimator": estimator}
    made = js(BACKWARD, theta=theta, x=x.flatten().tolist(), eps=eps.flatten().tolist(), **setting)
    loss, slopes = torch_gradient(theta, setting, x, eps)
    assert made["loss"] == pytest.approx(loss, rel=1e-12, abs=1e-10)
    largest = float(slopes.abs().max())
    assert largest > 0.1
    torch.testing.assert_close(as_tensor(made["slopes"]), slopes, rtol=1e-9, atol=1e-10 * largest)


def test_the_score_function_has_the_pathwise_gradient_as_its_mean(js: Run) -> None:
    theta, x, eps = case(4, 2, 3, 4, seed=3)
    theta = (0.5 * as_tensor(theta)).tolist()
    eps = torch.randn(6000, 4, 3, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    body = (
        NET + "const x = Float64Array.from(data.x), runs = data.eps.map((eps) => math.backward(net, x, "
        "Float64Array.from(eps), { beta: 1, estimator: data.estimator }, undefined).slopes.vector); return runs;"
    )
    given = {"theta": theta, "x": x.flatten().tolist(), "eps": eps.flatten(1).tolist(), "width": 4, "latent": 2}
    means, errors = [], []
    for estimator in ("pathwise", "score"):
        slopes = as_tensor(js(body, estimator=estimator, **given))
        means.append(slopes.mean(0))
        errors.append(slopes.std(0) / len(slopes) ** 0.5)
    gap = (means[0] - means[1]).abs()
    assert (gap <= 4.5 * (errors[0].square() + errors[1].square()).sqrt() + 1e-12).all()


def test_adam_takes_the_steps_of_torch(js: Run) -> None:
    generator = torch.Generator().manual_seed(5)
    theta, slopes = torch.randn(6, generator=generator).double(), torch.randn(30, 6, generator=generator).double()
    slopes[:, 0] *= 1e-9  # where the constant in the denominator counts
    body = (
        "const theta = Float64Array.from(data.theta), state = {};"
        "return data.slopes.map((g) => (math.adam(theta, g, state, data.lr), Array.from(theta)));"
    )
    made = as_tensor(js(body, theta=theta.tolist(), slopes=slopes.tolist(), lr=0.03))
    parameter = theta.clone().requires_grad_()
    optimizer = torch.optim.Adam([parameter], lr=0.03)
    for step, slope in enumerate(slopes):
        parameter.grad = slope.clone()
        optimizer.step()
        torch.testing.assert_close(made[step], parameter.detach(), rtol=1e-12, atol=1e-14)


def test_a_network_starts_as_torchs_layers_do(js: Run) -> None:
    body = (
        "const net = math.initialise(math.makeNet(64, 2), 0.3, math.stream(4).uniform), { vector, ...rest } = net;"
        "return { vector, muBias: net.muBias, encoder: net.encoder, mu: net.mu, decoder: net.decoder, mean: net.mean };"
    )
    made = js(body)
    model = torch_vae(64, 2, 0.3)
    assert len(made["vector"]) == len(vector(model))
    logvar = vector(fill(model, made["vector"]))[-64 * 2 - 3]
    assert logvar == pytest.approx(2 * math.log(0.3)) == model.decoder.head.logvar.item()
    for name, inputs in {"encoder": 2, "mu": 64, "decoder": 2, "mean": 64}.items():
        values, bound = as_tensor(made[name]), inputs**-0.5
        assert float(values.abs().max()) <= bound
        error = bound * (4 / 45 / len(values)) ** 0.5  # of the mean square, bound² / 3
        assert abs(float(values.square().mean()) - bound**2 / 3) < 4.5 * bound * error
    assert max(map(abs, made["muBias"])) > 0


def test_the_terms_are_those_of_the_package(js: Run) -> None:
    theta, x, eps = case(6, 2, 40, 3, seed=8)
    body = (
        NET + "const x = Float64Array.from(data.x), eps = Float64Array.from(data.eps);"
        "const { q, ...now } = math.measure(net, x, eps, 'pathwise'), plain = math.measure(net, x, eps, 'none');"
        "return { now, plain, evidence: math.logEvidence(net, x, eps), reach: math.reachOf(q.mu),"
        "  hole: math.marginalKl(q, eps.subarray(0, q.mu.length), data.latent) };"
    )
    made = js(body, theta=theta, x=x.flatten().tolist(), eps=eps.flatten().tolist(), width=6, latent=2)
    model = fill(torch_vae(6, 2, 1.0), theta)
    with torch.no_grad():
        of = terms(model, x, eps)
        q, now = model.encoder(x), made["now"]
        distortion, rate = -of["log_px"].mean(), of["kl"].mean(0)
        assert now["distortion"] == pytest.approx(float(distortion))
        assert now["rate"] == pytest.approx(rate.tolist())
        assert now["total"] == pytest.approx(float(distortion + rate.sum()))
        assert now["active"] == active_units(q.mean) == 2
        assert "rate" not in made["plain"] and "total" not in made["plain"]
        assert made["plain"]["distortion"] == pytest.approx(-float(model.decoder(q.mean).log_prob(x).sum(-1).mean()))
        log_w = of["log_px"] + of["log_p"] - of["log_q"]
        assert made["evidence"] == pytest.approx(float(torch.logsumexp(log_w, 0).mean() - math.log(3)))
        pairs = torch.distributions.Normal(q.mean, q.stddev).log_prob(of["z"][0][:, None]).sum(-1)
        hole = torch.logsumexp(pairs, 1) - math.log(40) - of["log_p"][0]
        assert made["hole"] == pytest.approx(float(hole.mean()))
        assert made["reach"] >= float(q.mean.abs().max()) and math.log2(made["reach"] / 4).is_integer()


@pytest.mark.parametrize(("spread", "expected"), [(0.2, 1), (0.05, 0)])
def test_a_unit_is_active_where_its_mean_varies(js: Run, spread: float, expected: int) -> None:
    mu = torch.randn(50, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(1)) * as_tensor([spread, 0.0])
    assert js("return math.activeUnits(data.mu, 2);", mu=mu.flatten().tolist()) == active_units(mu) == expected


def test_samples_come_from_the_decoder_and_are_off_the_data_where_no_point_is_near(js: Run) -> None:
    theta, x, eps = case(5, 1, 20, 1, seed=2)
    body = (
        NET + "const rows = math.generate(net, Float64Array.from(data.eps), Float64Array.from(data.noise));"
        "return { rows, off: math.shareOff(rows, data.x, 0.8) };"
    )
    noise = torch.randn(20, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    given = {"theta": theta, "eps": eps.flatten().tolist(), "noise": noise.flatten().tolist(), "width": 5, "latent": 1}
    made = js(body, x=x.flatten().tolist(), **given)
    p = fill(torch_vae(5, 1, 1.0), theta).decoder(eps[0])
    rows = (p.mean + p.stddev * noise).detach()
    torch.testing.assert_close(as_tensor(made["rows"]).view(20, 2), rows)
    off = (torch.cdist(rows, x).min(1).values > 0.8).double().mean()
    assert made["off"] == pytest.approx(float(off)) and 0 < made["off"] < 1


def test_every_formula_of_the_front_end_is_exported_for_these_tests(js: Run) -> None:
    names = ("random", "dense", "vae_lab_data", "vae_lab_net", "vae_lab_loss", "vae_lab_train", "vae_lab_settings")
    text = "\n".join((JS / f"{name}.js").read_text(encoding="utf-8") for name in names)
    declared = set(re.findall(r"^function (\w+)", text, re.MULTILINE))
    assert declared - {"squash", "squashBack"} <= set(js("return Object.keys(math);"))


def test_the_front_end_keeps_to_its_size() -> None:
    own = [path for path in JS.iterdir() if path.name.startswith("vae_lab") and path.name.endswith(".js")]
    assert {path.name for path in own} <= {*VaeLab.parts, VaeLab.script}
    assert sum(len(path.read_bytes()) for path in own) <= 35_000
