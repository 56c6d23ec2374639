"""`DiffusionPlayer`: every formula of its page, run in node, against the library; and the numbers that are sent."""

import base64
from importlib.resources import files
from typing import Any

import numpy as np
import pytest
import torch

import vaekit
from tests.diffusion_widgets import STEPS, mixture, plane_data, plane_model, plane_player, seeded
from tests.node import Run, run_math
from vaekit.models.ddpm import DDPM
from vaekit.models.diffusion import step_terms
from vaekit.parameterisations import noise_to_score
from vaekit.widgets import DiffusionPlayer

PREDICT = """
const bytes = (text) => new DataView(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
const layers = math.unpackLayers({ get: (name) => (["layers", "dtype"].includes(name) ? data.net[name]
  : bytes(data.net[name])) });
const predict = (t) => {
  const here = math.layersAt(layers, math.timeFeatures(t, data.frequencies));
  return (x) => math.forward(here, x);
};
"""


@pytest.fixture(scope="module")
def js(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run_math(plane_player(), tmp_path_factory.mktemp("js"))


def tensor(values: object) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


def points(count: int = 30, seed: int = 7) -> torch.Tensor:
    return 1.5 * torch.randn(count, 2, dtype=torch.float64, generator=seeded(seed))


def traits(widget: DiffusionPlayer) -> dict[str, Any]:
    """What the page reads of the network and the schedule."""
    net = {name: getattr(widget.network, name) for name in ("layers", "dtype", "weights", "scales", "biases")}
    net = {name: base64.b64encode(v).decode() if isinstance(v, bytes) else v for name, v in net.items()}
    return {"net": net, "frequencies": widget.frequencies, "betas": widget.betas, "variances": widget.reverse_var}


@torch.no_grad()
def single(model: DDPM) -> DDPM:
    """The model with weights that a float32 can hold."""
    for parameter in model.parameters():
        parameter.copy_(parameter.float())
    return model


def page_noise(js: Run, widget: DiffusionPlayer, x: torch.Tensor) -> torch.Tensor:
    body = PREDICT + "return data.ts.map((t) => data.x.map(predict(t)));"
    return tensor(js(body, x=x.tolist(), ts=list(range(1, STEPS + 1)), **traits(widget)))


@torch.no_grad()
def torch_noise(model: DDPM, x: torch.Tensor) -> torch.Tensor:
    return torch.stack([model.noise(x, t) for t in range(STEPS)])


@pytest.mark.parametrize("context", [0, 3])
def test_the_denoiser_of_the_page_is_that_of_torch_at_every_t(js: Run, context: int) -> None:
    model, x = single(plane_model(context_features=context)), points()
    made = page_noise(js, plane_player(model), x)
    torch.testing.assert_close(made, torch_noise(model, x), rtol=1e-9, atol=1e-9)


def test_with_half_precision_weights_the_noise_is_within_a_hundredth(js: Run) -> None:
    model, x = plane_model(hidden=64), points()
    error = (page_noise(js, plane_player(model, dtype="float16"), x) - torch_noise(model, x)).abs().max()
    assert 0 < error <= 1e-2


def test_the_schedule_is_the_librarys(js: Run) -> None:
    model = plane_model()
    made = js("return math.schedule(data.betas);", betas=model.betas.tolist())
    names = {"signal": "alpha_bar", "noise": "noise_var", "x0": "x0_share", "xt": "xt_share"}
    for name, buffer in names.items():
        values = tensor([step[name] for step in made])
        torch.testing.assert_close(values, getattr(model, buffer), rtol=1e-11, atol=1e-14)


def test_noise_score_and_x0_are_one_prediction(js: Run) -> None:
    model, x, noise = plane_model(), points(), points(seed=8)
    body = """const steps = math.schedule(data.betas);
    return steps.map((step) => data.x.map((x, i) => math.views(data.noise[i], x, step)));"""
    made = js(body, x=x.tolist(), noise=noise.tolist(), betas=model.betas.tolist())
    model.noise = lambda xt, t, **_: noise
    for t, row in enumerate(made):
        views = {name: tensor([each[name] for each in row]) for name in row[0]}
        signal, share = model.alpha_bar[t], model.noise_var[t]
        wanted = {"noise": noise, "score": noise_to_score(noise, signal), "x0": model.predict_x0(x, t)}
        wanted |= {"mean": model.reverse(x, t).mean, "centre": x + share * views["score"]}
        for name, value in wanted.items():
            torch.testing.assert_close(views[name], value, rtol=1e-9, atol=1e-9, msg=lambda m, n=name: f"{n}: {m}")
        torch.testing.assert_close(views["centre"], signal.sqrt() * views["x0"], rtol=1e-9, atol=1e-9)


def test_the_exact_noise_is_that_of_the_mixture(js: Run) -> None:
    widget, x = plane_player(), torch.cat([points(), tensor([[40.0, -40.0]])])
    body = """const steps = math.schedule(data.betas);
    return steps.map((step) => data.x.map((x) => math.mixtureNoise(data.mixture, x, step)));"""
    made = js(body, x=x.tolist(), mixture=widget.mixture, betas=widget.betas)
    wanted = torch.stack([mixture()(x, torch.full((len(x),), t)) for t in range(STEPS)])
    torch.testing.assert_close(tensor(made), wanted, rtol=1e-9, atol=1e-9)


def test_data_become_noise_by_the_steps_of_the_forward_process(js: Run) -> None:
    data, betas = plane_data()[:25], plane_model().betas
    body = "return { states: math.noisePath(data.x, data.betas, 5), z: math.stream(5).normals(data.count) };"
    made = js(body, x=data.flatten().tolist(), betas=betas.tolist(), count=STEPS * 50)
    states, noise = tensor(made["states"]), tensor(made["z"]).reshape(STEPS, 50)
    want = [data.flatten()]
    for beta, z in zip(betas, noise, strict=True):
        want.append((1 - beta).sqrt() * want[-1] + beta.sqrt() * z)
    torch.testing.assert_close(states, torch.stack(want), rtol=1e-11, atol=1e-11)


SAMPLE = (
    PREDICT
    + """
const steps = math.schedule(data.betas);
const path = (enough) => math.samplePath(9, steps, data.variances, predict, 4);
const whole = path(), pieces = path();
const reached = whole.reach(0), lows = [pieces.reach(15)];
let calls = 0;
while (pieces.reach(0, () => ++calls % 2 === 0)) lows.push(0);
return { reached, lows, whole: whole.states, pieces: pieces.states, z: math.stream(4).normals(18 * (data.last + 1)) };
"""
)


@torch.no_grad()
def test_samples_are_ancestral_and_do_not_depend_on_when_they_are_made(js: Run) -> None:
    model = single(plane_model())
    made = js(SAMPLE, last=STEPS, **traits(plane_player(model)))
    noise = tensor(made["z"]).reshape(STEPS + 1, 9, 2)
    states = [noise[0]]
    for t, z in zip(reversed(range(STEPS)), noise[1:], strict=True):
        p = model.reverse(states[-1], t)
        states.append(p.mean + p.stddev * z)
    want = torch.stack(states[::-1]).flatten(1)
    torch.testing.assert_close(tensor(made["whole"]), want, rtol=1e-8, atol=1e-8)
    assert made["whole"] == made["pieces"] and (made["reached"], made["lows"][0]) == (0, 15)
    assert len(made["lows"]) > STEPS


def test_the_running_sum_adds_what_is_paid_and_ends_at_the_bound_either_way(js: Run) -> None:
    terms = plane_player().terms
    body = """const last = data.terms.length - 1, ts = data.terms.map((_, t) => t);
    return [true, false].map((back) => ({ sums: math.runningSum(data.terms, back),
      paid: ts.map((t) => ts.map((k) => math.isPaid(k, t, last, back))),
      steps: ts.map((t) => math.lastTerm(data.terms, t, back)) }));"""
    down, up = js(body, terms=terms)
    for each in (down, up):
        added = torch.tensor(each["paid"]).double() @ tensor(terms)
        torch.testing.assert_close(tensor(each["sums"]), added)
    assert down["sums"][0] == pytest.approx(sum(terms)) == up["sums"][-1]
    assert up["sums"][0] == 0 and down["sums"][-1] == terms[-1]
    assert [each["name"] for each in down["steps"]] == ["reconstruction", *["KL of this step"] * (STEPS - 1), "prior"]
    names = ["nothing yet", "reconstruction", *["KL of this step"] * (STEPS - 2), "last KL + prior"]
    assert [each["name"] for each in up["steps"]] == names
    assert np.cumsum([each["value"] for each in up["steps"]]) == pytest.approx(up["sums"])
    assert [each["value"] for each in down["steps"]] == terms


def test_the_terms_are_means_of_the_bound_and_add_up_to_minus_elbo() -> None:
    model, data = plane_model(), plane_data()
    widget = plane_player(model, num_samples=3, seed=11)
    with torch.random.fork_rng():
        torch.manual_seed(11)
        each = step_terms(model, data, 3).mean(0)
        bound = -vaekit.elbo(model, data, 200).elbo.detach()
    assert widget.terms == pytest.approx(each.mean(0).tolist(), abs=1e-12)
    difference = each.sum(-1) - bound
    assert abs(difference.mean()) < 4.5 * difference.std() / 300**0.5
    assert widget.error == pytest.approx(float(each.sum(-1).std(correction=0) / 300**0.5))


def test_the_reference_is_the_cost_under_the_mixture_in_the_units_of_x() -> None:
    data, (low, high) = plane_data(), torch.tensor([[0.5, -1.0], [2.0, 3.0]], dtype=torch.float64)
    plain = plane_model()
    moved = DDPM(plain.denoiser, plain.betas, reverse_var=plain.reverse_var, loc=low, scale=high)
    first = plane_player(plain).reference[0]
    assert first == pytest.approx(-float(mixture().data().log_prob(data).mean()), abs=1e-9)
    widget = DiffusionPlayer(moved, low + high * data, exact=mixture(), num_samples=1)
    assert widget.reference[0] == pytest.approx(first + float(high.log().sum()), abs=1e-9)
    assert np.frombuffer(widget.data, "<f4") == pytest.approx(data[:150].flatten().numpy(), abs=1e-6)


def test_its_own_front_end_is_small() -> None:
    folder = files("vaekit.widgets") / "js"
    assert sum(len((folder / f"diffusion_{name}.js").read_bytes()) for name in ("plane", "player")) <= 12_000
