"""The training of `CollapseLab`, run in node: it ends where theory says, from any start and after any change."""

import math
from typing import Any

import pytest
import torch

from tests.node import Run, run_math
from tests.test_collapse_lab import SETTINGS, SPECTRUM, setting, tensor
from vaekit.widgets import CollapseLab

TRAIN = """const run = math.training(data.setting);
for (const { steps, ...change } of data.plan) {
  Object.assign(data.setting, change);
  run.retarget();
  run.train(steps);
}
return { now: run.now, goal: run.goal, state: run.state, step: run.step };"""


@pytest.fixture(scope="module")
def js(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run_math(CollapseLab(SPECTRUM), tmp_path_factory.mktemp("js"))


def check_arrived(made: dict[str, Any]) -> None:
    """Assert that training has reached theory's loss to 1e-4 nats, and its rate and active units."""
    now, goal = made["now"], made["goal"]
    assert -1e-9 < now["loss"] - goal["loss"] < 1e-4 and now["active"] == goal["active"]
    assert now["rate"] == pytest.approx(goal["rate"], abs=5e-3)


@pytest.mark.parametrize("each", SETTINGS)
@pytest.mark.parametrize("seed", [0, 5])
def test_training_ends_where_theory_says(js: Run, each: tuple[float, float, int], seed: int) -> None:
    made = js(TRAIN, setting=setting(*each) | {"seed": seed}, plan=[{"steps": 20_000}])
    check_arrived(made)
    for name in ("sizes", "rates"):  # nearly equal eigenvalues are told apart last, and by the kicks only to this
        units = sorted(made["now"][name], reverse=True)
        assert units == pytest.approx(made["goal"][name][: len(units)], abs=1e-3 * SPECTRUM[0])


def test_units_die_when_beta_rises_and_wake_when_it_falls_whatever_came_before(js: Run) -> None:
    plan = [{"steps": 4000}, {"beta": 5, "steps": 4000}, {"beta": 0.3, "steps": 4000}, {"noise": 3.0, "steps": 4000}]
    actives = []
    for length in range(1, 5):
        made = js(TRAIN, setting=setting(0.7, 1.0, 6), plan=[*plan[: length - 1], plan[length - 1] | {"steps": 20_000}])
        check_arrived(made)
        actives.append(made["now"]["active"])
    assert actives == [6, 1, 6, 4]  # thresholds 0.7, 3.5, 0.21, 0.9 among 5.3, 3.1, 2.9, 1.4, 0.8, 0.75


def test_only_the_product_of_noise_and_beta_matters_to_the_weights(js: Run) -> None:
    ends = [js(TRAIN, setting=setting(noise, 0.9 / noise, 4), plan=[{"steps": 300}]) for noise in (0.3, 1.5)]
    for name in ("W", "V", "logv"):
        torch.testing.assert_close(tensor(ends[0]["state"][name]), tensor(ends[1]["state"][name]), rtol=1e-8, atol=1e-8)
    assert ends[0]["now"]["distortion"] != pytest.approx(ends[1]["now"]["distortion"], rel=0.01)


def test_the_unit_of_the_data_does_not_matter(js: Run) -> None:
    one, other = setting(0.7, 1.0, 4), setting(0.7 * 256, 1.0, 4)
    other |= {"values": [256 * value for value in other["values"]], "rest": 256 * other["rest"]}
    plan = [{"steps": 200}]
    first, second = js(TRAIN, setting=one, plan=plan)["now"], js(TRAIN, setting=other, plan=plan)["now"]
    assert second["rates"] == pytest.approx(first["rates"], rel=1e-6)
    assert second["sizes"] == pytest.approx([256 * size for size in first["sizes"]], rel=1e-6)
    assert second["loss"] - first["loss"] == pytest.approx(0.5 * len(SPECTRUM) * math.log(256), rel=1e-6)


STEPS = """const { state, setting } = data;
for (const name of ["W", "V", "logv"]) state[name] = Float64Array.from(state[name]);
state.motion = math.blank(setting);
const size = () => Math.hypot(...state.W), sizes = [size()], normal = math.normals(1);
for (let n = 0; n < data.steps; n++) {
  math.descend(state, setting);
  if (data.kicked && n % 10 === 0) math.kick(state, setting, normal);
  sizes.push(size());
}
return sizes;"""


def unit_along(mode: int, size: float) -> dict[str, list[float]]:
    """One unit with both weights in one principal direction."""
    weights = [size if i == mode else 0.0 for i in range(6)]
    return {"W": weights, "V": weights, "logv": [0.0]}


def test_a_unit_at_exactly_zero_stays_there_and_the_smallest_kick_wakes_it(js: Run) -> None:
    data = {"state": unit_along(0, 0.0), "setting": setting(0.7, 1.0, 1), "steps": 500}
    assert set(js(STEPS, **data, kicked=False)) == {0.0}
    assert js(STEPS, **data, kicked=True)[-1] ** 2 == pytest.approx(SPECTRUM[0] - 0.7, abs=1e-3)


@pytest.mark.parametrize("mode", range(6))
@pytest.mark.parametrize("threshold", [0.2, 0.79, 2.0])
def test_a_small_unit_grows_as_predicted_and_exactly_above_the_threshold(js: Run, mode: int, threshold: float) -> None:
    chosen, value = setting(threshold, 1.0, 1), SPECTRUM[mode]
    factor = js("return math.growth(data.value, data.setting);", value=value, setting=chosen)
    assert (factor > 1) == (value > threshold)
    sizes = js(STEPS, state=unit_along(mode, 1e-120), setting=chosen, steps=400, kicked=False)
    assert sizes[-1] / sizes[-2] == pytest.approx(factor, rel=1e-5)


def test_training_stays_finite_through_any_changes_on_the_sliders(js: Run) -> None:
    draw = torch.Generator().manual_seed(2)
    for trial in range(6):
        noise, beta = torch.rand(2, 8, generator=draw, dtype=torch.float64)
        top = SPECTRUM[0]
        plan = [
            {"noise": top / 50 + n * (top - top / 50), "beta": 0.1 + 4.9 * b, "steps": 150}
            for n, b in zip((noise**3).tolist(), (beta**3).tolist(), strict=True)
        ]
        made = js(TRAIN, setting=setting(0.7, 1.0, 6) | {"seed": trial}, plan=[*plan, plan[0] | {"steps": 20_000}])
        assert made["now"]["loss"] is not None and made["now"]["loss"] - made["goal"]["loss"] < 0.05


def test_what_is_remembered_is_the_last_steps_and_the_goals_that_held_then(js: Run) -> None:
    body = """const run = math.training(data.setting), seen = [];
    for (const beta of [1, 1.5, 2, 2.5]) {
      data.setting.beta = beta;
      run.retarget();
      run.train(500);
      seen.push([run.trail.map(({ step }) => step), run.goals.map(({ step, threshold }) => [step, threshold])]);
    }
    return seen;"""
    seen = js(body, setting=setting(0.5, 1.0, 2))
    assert seen[0] == [list(range(501)), [[0, 0.5]]]
    assert seen[1] == [list(range(100, 1001)), [[0, 0.5], [500, 0.75]]]
    assert seen[3] == [list(range(1100, 2001)), [[1000, 1.0], [1500, 1.25]]]


def test_kicks_and_starts_are_standard_normal_and_those_of_their_seed(js: Run) -> None:
    body = "const next = math.normals(data.seed); return Array.from({ length: 20000 }, next);"
    eps = torch.stack([tensor(js(body, seed=seed)) for seed in (0, 1, 2**32 - 1)])
    for power, expected, variance in [(1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96)]:
        assert abs(float(eps.pow(power).mean()) - expected) < 4.5 * math.sqrt(variance / eps.numel())
    for one, other in ((eps[:, 1:], eps[:, :-1]), (eps[1:], eps[:-1])):
        assert abs(float((one * other).mean())) < 4.5 / math.sqrt(one.numel())
    assert js(body, seed=1) == eps[1].tolist()
    made = js("return math.start(data, math.normals(7));", **setting(0.7, 1.0, 6))
    scale = 0.003 * math.sqrt(SPECTRUM[0])
    assert tensor(made["W"]).std() == pytest.approx(scale, rel=0.5)
    assert not any(made["logv"]) and not any(made["motion"]["W"])
