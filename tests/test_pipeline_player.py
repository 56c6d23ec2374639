"""`PipelinePlayer`: every number of its page, run in node, against torch."""

import base64
import re
from importlib.resources import files
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.distributions import Normal, kl_divergence

import vaekit
from tests.node import Run, run_math
from tests.pipeline import digits, evidence, exact_player, player, trained, untrained
from vaekit import VAE
from vaekit.widgets import DecoderWeights, PipelinePlayer
from vaekit.widgets.layers import ACTIVATIONS

JS = files("vaekit.widgets") / "js"
PASS = """
const reader = (traits) => ({ get: (name) => (traits[name]?.base64 === undefined ? traits[name]
  : new DataView(Uint8Array.from(atob(traits[name].base64), (c) => c.charCodeAt(0)).buffer)) });
const [encoder, decoder] = [data.encoder, data.decoder].map((traits) => math.unpackLayers(reader(traits)));
return data.x.map((x) => {
  const q = math.posterior(encoder, data.bound, x), bank = data.eps.map((e) => Float64Array.from(e));
  const made = math.drawOnce(decoder, x, q, bank[0]);
  const [trick, sampled] = [true, false].map((on) => math.gradients(decoder, x, q, made, on));
  const highest = Math.max(...bank.map((eps) => math.drawOnce(decoder, x, q, eps).elbo));
  return { q, made, trick, sampled, highest, mean: math.meanElbo(decoder, x, q, bank) };
});
"""


@pytest.fixture(scope="module")
def js(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run_math(exact_player(untrained()), tmp_path_factory.mktemp("js"))


def encoded(weights: DecoderWeights) -> dict[str, Any]:
    traits = {name: getattr(weights, name) for name in ("layers", "dtype", "weights", "scales", "biases")}
    return {k: {"base64": base64.b64encode(v).decode()} if isinstance(v, bytes) else v for k, v in traits.items()}


def run_pass(js: Run, widget: PipelinePlayer) -> list[dict[str, Any]]:
    """What the page computes for each digit, at the first draw and over all."""
    eps = np.frombuffer(widget.eps, "<f4").reshape(-1, 2).tolist()
    networks = {"encoder": encoded(widget.encoder), "decoder": encoded(widget.decoder)}
    return js(PASS, x=digits().tolist(), eps=eps, bound=widget.bound, **networks)


def tensor(values: object) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


def expected(model: VAE, x: torch.Tensor, eps: torch.Tensor, *, trick: bool = True) -> dict[str, torch.Tensor]:
    """One row of the same by torch in float64, with gradients by autograd."""
    q = model.encoder(x[None])
    mu, sigma = (each[0].detach().requires_grad_() for each in (q.loc, q.scale))
    z = mu + sigma * eps
    if not trick:
        z = z.detach().requires_grad_()
    px = model.decoder(z[None])
    distortion = -px.log_prob(x[None]).sum()
    rate = kl_divergence(Normal(mu, sigma), Normal(torch.zeros_like(mu), torch.ones_like(mu))).sum()
    terms = {"mu": mu, "sigma": sigma, "z": z, "pixels": px.mean[0], "distortion": distortion, "rate": rate}
    dz, dmu, dsigma = torch.autograd.grad(distortion + rate, [z, mu, sigma])
    return {name: term.detach() for name, term in terms.items()} | {"dz": dz, "dmu": dmu, "dsigma": dsigma}


@pytest.mark.parametrize("activation", [nn.ReLU, nn.Tanh, nn.SiLU, nn.GELU])
def test_forward_and_backward_pass_agree_with_torch_in_float64(js: Run, activation: type[nn.Module]) -> None:
    model = untrained(activation)
    widget = exact_player(model)
    model, eps = model.double(), tensor(np.frombuffer(widget.eps, "<f4")[:2])
    for x, page in zip(digits().double(), run_pass(js, widget), strict=True):
        for trick in (True, False):
            want, slopes = expected(model, x, eps, trick=trick), page["trick" if trick else "sampled"]
            made = page["q"] | page["made"] | {"dz": slopes["z"], "dmu": slopes["mu"], "dsigma": slopes["sigma"]}
            for name, value in want.items():
                torch.testing.assert_close(tensor(made[name]), value, rtol=1e-9, atol=1e-9, msg=lambda m, n=name: n + m)
        assert page["made"]["elbo"] == pytest.approx(-float(want["distortion"] + want["rate"]), abs=1e-9)


def test_without_the_trick_only_the_rate_reaches_the_encoder(js: Run) -> None:
    for page in run_pass(js, exact_player(trained())):
        mu, sigma = tensor(page["q"]["mu"]), tensor(page["q"]["sigma"])
        torch.testing.assert_close(tensor(page["sampled"]["mu"]), mu)
        torch.testing.assert_close(tensor(page["sampled"]["sigma"]), sigma - 1 / sigma)
        assert page["sampled"]["z"] == page["trick"]["z"] and max(map(abs, page["trick"]["z"])) > 0.01


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_slopes_are_the_derivatives_of_the_activations(js: Run, name: str) -> None:
    a = torch.linspace(-19.9, 19.9, 400, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(ACTIVATIONS[name](a).sum(), a)
    made = tensor(js("return data.a.map(math.SLOPES[data.name]);", a=a.tolist(), name=name))
    torch.testing.assert_close(made, slope, rtol=1e-9, atol=1e-12)


def test_the_mean_over_draws_has_the_mean_error_and_minimum_of_the_draws(js: Run) -> None:
    model, widget = untrained(), exact_player(untrained())
    eps = tensor(np.frombuffer(widget.eps, "<f4")).reshape(-1, 2)
    for x, page in zip(digits().double(), run_pass(js, widget), strict=True):
        terms = [expected(model.double(), x, e) for e in eps]
        elbos = torch.stack([-term["distortion"] - term["rate"] for term in terms])
        made = tensor([page["mean"][name] for name in ("mean", "error", "low")])
        want = torch.stack([elbos.mean(), elbos.std() / len(elbos) ** 0.5, elbos.min()])
        torch.testing.assert_close(made, want, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("dtype", ["float16", "int8"])
def test_with_rounded_weights_the_page_reconstructs_as_torch_does(js: Run, dtype: str) -> None:
    widget = player(decoder=DecoderWeights(trained().decoder, dtype=dtype))
    eps = torch.from_numpy(np.frombuffer(widget.eps, "<f4")[:2].copy())
    with torch.no_grad():
        q = trained().encoder(digits())
        pixels = trained().decoder(q.loc + q.scale * eps).mean
    made = tensor([page["made"]["pixels"] for page in run_pass(js, widget)])
    assert pixels.min() < 0.1 and pixels.max() > 0.9
    assert 0 < (made - pixels).abs().max() <= 1e-2


def test_the_gap_of_the_mean_is_the_divergence_from_the_posterior(js: Run) -> None:
    """To within its standard error; single draws may lie above log p(x), and some do."""
    with torch.no_grad():
        gaps = vaekit.grid_posterior(trained(), digits(), points=361).kl_from(trained().encoder(digits()))
    pages = run_pass(js, player())
    assert any(page["highest"] > log_px for page, log_px in zip(pages, evidence().tolist(), strict=True))
    for page, gap, log_px in zip(pages, gaps.tolist(), evidence().tolist(), strict=True):
        assert abs(log_px - page["mean"]["mean"] - gap) < 4.5 * page["mean"]["error"] + 0.02


def test_every_stage_comes_in_its_second_and_a_half(js: Run) -> None:
    at = lambda t: js("return math.progress(data.t, 1.5, 11);", t=t)  # noqa: E731
    assert at(0) == [1] + [0] * 10 and at(15) == [1] * 11
    assert at(4.5) == [1] * 4 + [0] * 7
    assert at(4.0)[:3] == [1] * 3 and 0 < at(4.0)[3] < 1 and at(4.0)[4:] == [0] * 7
    rising = [at(1.5 * 5 + 1.5 * i / 20)[6] for i in range(21)]
    assert rising == sorted(rising) and (rising[0], rising[-1]) == (0, 1)


def test_stops_are_whole_stages(js: Run) -> None:
    step = lambda t, way: js("return math.nextStop(data.t, data.way, 1.5, 10.5);", t=t, way=way)  # noqa: E731
    assert [step(t, 1) for t in (0, 0.2, 1.5, 10.4, 10.5)] == [1.5, 1.5, 3, 10.5, 10.5]
    assert [step(t, -1) for t in (0, 0.2, 1.5, 3.1, 10.5)] == [0, 0, 0, 3, 9]


def test_noise_flies_from_its_box_into_the_cloud(js: Run) -> None:
    body = """const at = { eps: [100, 200, 60, 60], plane: [300, 20, 140, 140] }, scene = { extent: 3.5, q: data.q };
      return data.p.map((p) => { const [a, b, c, d, e, f] = math.flight(at, scene, p);
        return [b, c, a * data.eps[0] + e, d * -data.eps[1] + f]; });"""
    start, half, end = js(body, q={"mu": [1.0, -0.5], "sigma": [0.5, 0.2]}, eps=[1.4, 2.0], p=[0, 0.5, 1])
    assert start == pytest.approx([0, 0, 130 + 1.4 * 30 / 3.5, 230 - 2.0 * 30 / 3.5])
    assert end == pytest.approx([0, 0, 370 + 20 * (1.0 + 0.5 * 1.4), 90 - 20 * (-0.5 + 0.2 * 2.0)])
    assert half == pytest.approx([(a + b) / 2 for a, b in zip(start, end, strict=True)])


def test_front_end_is_small_and_every_formula_is_exported(js: Run) -> None:
    own = [JS / name for name in ("pipeline_draw.js", "pipeline_player.js")]
    assert sum(len(path.read_bytes()) for path in own) <= 12_000
    for name in (*PipelinePlayer.parts, PipelinePlayer.script):
        assert (JS / name).read_text(encoding="utf-8").count("\n") <= 150, name
    parts = "".join((JS / name).read_text(encoding="utf-8") for name in ("encoder.js", "backward.js", "vae.js"))
    declared = set(re.findall(r"^(?:function|const) (\w+)", parts, re.MULTILINE)) - {"withoutActivation"}
    assert len(declared) >= 10 and declared <= set(js("return Object.keys(math);"))
