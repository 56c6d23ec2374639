"""What `GumbelDial` promises beside its formulas: clear errors, true texts, a small front end."""

import re
from importlib.resources import files
from typing import Any

import numpy as np
import pytest
import torch
from traitlets import TraitError

from tests.bad_input import unchecked  # noqa: F401
from tests.node import Run, run_math
from vaekit.widgets import GumbelDial
from vaekit.widgets.gumbel_dial import FUNCTIONS, LARGEST, LEAST, TAUS

pytestmark = pytest.mark.usefixtures("unchecked")
JS = files("vaekit.widgets") / "js"
OWN = ("gumbel_math.js", "gumbel_charts.js", "gumbel_dial.js")
GENERAL = ("categorical.js", "simplex.js", "quadrature.js")


@pytest.fixture(scope="module")
def js(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run_math(GumbelDial(), tmp_path_factory.mktemp("js"))


def verdicts(js: Run, name: str, taus: list[float]) -> dict[str, Any]:
    """Bias, s.d. and the two errors of each estimator, as the widget opens."""
    body = """const { name, v, taus } = data, p = math.softmax(data.logits), values = math.atCorners(name, v);
    const exact = math.exactGradient(values, p), judged = (made) => math.judge(made, exact);
    const [relaxed, hard] = [false, true].map((each) => math.lattice(name, v, each)).map((table) =>
      taus.map((tau) => judged(math.moments(table, p, tau))));
    return { relaxed, hard, exact, left: judged(math.leaveOneOut(values, p, 4)),
      straight: judged(math.straightThrough(math.atCorners(name, v, "slope"), p)) };"""
    widget = GumbelDial()
    return js(body, name=name, v=widget.values, logits=widget.logits, taus=taus)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"function": "cube"}, ValueError, "function: got 'cube'; expected one of linear, square, hill"),
        ({"function": 2}, TypeError, "function: got int; expected one of linear, square, hill"),
        ({"logits": (0.0, 1.0)}, ValueError, r"logits: got shape \(2,\); expected shape \(3\)"),
        ({"logits": (9.0, 0.0, 0.0)}, ValueError, "logits: got probabilities 1, 0.000123, 0.000123; expected three"),
        ({"logits": "abc"}, TypeError, "logits: got <U3 from str; expected real numbers"),
        ({"values": (0, 1, 11)}, ValueError, "values: got .*11.0.*; expected three numbers from -10 to 10"),
        ({"values": (0, 1, float("nan"))}, ValueError, "values: got nan or inf; expected finite numbers"),
        ({"tau": 0.0}, ValueError, "tau: got 0.0; expected a number from 0.05 to 5.0"),
        ({"tau": "1"}, TypeError, "tau: got '1' of type str; expected a finite number"),
        ({"seed": 2**32}, ValueError, r"seed: got 4294967296; expected an integer from 0 to 2\*\*32 - 1"),
    ],
)
def test_settings_that_do_not_fit_are_refused(change: dict[str, Any], error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        GumbelDial(**change)


def test_traits_can_be_set_and_wrong_ones_leave_the_dial_as_it_was() -> None:
    dial = GumbelDial()
    wrong = {"function": "cube", "logits": [0.0] * 2, "values": [0.0, 0.0, 99.0], "tau": 6.0, "seed": -1}
    before = {name: getattr(dial, name) for name in wrong}
    for name, value in wrong.items():
        with pytest.raises((ValueError, TraitError), match=f"{name}: .*expected"):
            setattr(dial, name, value)
    assert {name: getattr(dial, name) for name in wrong} == before
    dial.function, dial.logits, dial.tau = "hill", [0.0, 0.0, 0.0], 0.1
    assert (dial.function, dial.logits, dial.tau) == ("hill", [0.0, 0.0, 0.0], 0.1)


def test_texts_are_the_same_for_equal_widgets() -> None:
    text = "GumbelDial(function=square, logits=[0.5, 0.0, -0.5], values=[-1.0, 0.0, 2.0], tau=1.0, seed=0)"
    assert repr(GumbelDial()) == text and GumbelDial(tip="look").tip == "look"


def test_page_and_python_know_the_same_functions_and_ranges(js: Run) -> None:
    ranges = js("return math.RANGES;")
    assert tuple(ranges["tau"]) == TAUS and ranges["chance"] == LEAST and ranges["values"] == [-LARGEST, LARGEST]
    assert tuple(js("return Object.keys(math.FUNCTIONS);")) == FUNCTIONS


@pytest.mark.parametrize(
    ("name", "value", "sound"),
    [
        ("tau", 0.05, True),
        ("tau", 5.01, False),
        ("tau", None, False),
        ("logits", [1, 0, -1], True),
        ("logits", [9, 0, 0], False),
        ("logits", [0, 0], False),
        ("logits", [0, None, 0], False),
        ("values", [10, 0, -10], True),
        ("values", [11, 0, 0], False),
        ("seed", 2**32 - 1, True),
        ("seed", 0.5, False),
        ("function", "hill", True),
        ("function", "toString", False),
    ],
)
def test_damaged_traits_are_told_apart_from_sound_ones(js: Run, name: str, value: object, sound: bool) -> None:
    body = "try { return [math.checked(data.name, data.value)]; } catch (error) { return error.message; }"
    made = js(body, name=name, value=value)
    assert made == [value] if sound else re.match(f"“{name}” is .*, expected ", made)


def test_errors_combine_bias_and_spread(js: Run) -> None:
    made = js("return math.judge({ mean: [3, 0, 4], variance: 144 }, [0, 0, 0]);")
    assert made == pytest.approx([5.0, 12.0, 13.0, (25 + 1.44) ** 0.5])


def test_places_in_the_triangle_are_probabilities_and_none_falls_below_the_least(js: Run) -> None:
    raw = torch.rand(40, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    inside = 0.94 * raw / raw.sum(1, keepdim=True) + 0.02
    made = js("return data.all.map((p) => math.toChances(math.toPlace(p), 0.02));", all=inside.tolist())
    assert np.array(made) == pytest.approx(inside.numpy(), abs=1e-12)
    far = js("return [[-5, 2], [9, 9], [0.5, -3], [0, 0]].map((place) => math.toChances(place, 0.02));")
    assert np.array(far).min() >= 0.02 - 1e-12 and np.array(far).sum(1) == pytest.approx(1)
    at = js("const t = math.triangle({ width: 400, height: 390 }); return t.from(t.at([0.2, 0.3, 0.5]));")
    assert at == pytest.approx([0.3 + 0.25, 0.25 * 3**0.5])


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_answer_is_true(js: Run, name: str) -> None:
    taus = [0.05, 0.1, 0.2, 0.5, 1.0, 5.0]
    made = verdicts(js, name, taus)
    biases, spreads = ([each[k] for each in made["relaxed"]] for k in (0, 1))
    assert biases[0] < 0.55 * biases[1] < 0.4 * biases[2], "as τ falls the bias vanishes"
    assert spreads == sorted(spreads, reverse=True)
    assert spreads[0] / spreads[1] == pytest.approx(2**0.5, rel=0.1), "the s.d. grows like 1/√τ"
    assert spreads[-1] < 0.1 * spreads[3], "as τ rises the draws agree"
    assert made["left"][0] < 1e-12
    assert (made["straight"][0] < 1e-7) == (name == "linear"), "if f is linear, straight-through is exact"
    assert (made["straight"][1] < 1e-7) == (name == "linear")
    assert (max(map(abs, made["exact"])) < 1e-12) == (name == "hill"), "the tip: its exact gradient is 0"


@pytest.mark.parametrize("name", ["linear", "square"])
def test_the_best_temperature_falls_with_the_number_of_draws(js: Run, name: str) -> None:
    taus = [0.05 * 100 ** (i / 60) for i in range(61)]
    errors = verdicts(js, name, taus)["relaxed"]
    one, hundred = (min(range(61), key=lambda i, k=k: errors[i][k]) for k in (2, 3))
    assert 0 < hundred < one


def test_front_end_is_small_and_every_formula_is_exported(js: Run) -> None:
    texts = {name: (JS / name).read_text(encoding="utf-8") for name in (*OWN, *GENERAL)}
    assert all(text.count("\n") <= 150 for text in texts.values())
    assert sum(len(texts[name].encode()) for name in OWN) <= 12 * 1024
    formulas = "".join(texts[name] for name in ("gumbel_math.js", *GENERAL))
    declared = set(re.findall(r"^(?:function|const) (\w+)(?= = \(|\()", formulas, re.MULTILINE))
    painters = {"bands", "drawTriangle", "addMark"}
    assert len(declared) >= 12 and declared - painters <= set(js("return Object.keys(math);"))
