"""What `TighterBounds` promises beside its formulas: clear errors, true texts, a small front end."""

import math
import re
from importlib.resources import files
from typing import Any

import pytest
from traitlets import TraitError

from tests.bad_input import unchecked  # noqa: F401
from tests.node import Run, run_math
from vaekit.widgets import TighterBounds
from vaekit.widgets.tighter_bounds import PARAMETERS, RANGES

pytestmark = pytest.mark.usefixtures("unchecked")
JS = files("vaekit.widgets") / "js"
OWN = ("bounds_math.js", "bounds_charts.js", "tighter_bounds.js")
GENERAL = ("importance.js", "moments.js", "weight_chart.js", "error_bars.js", "checks.js", "stops.js")
THETA, PATH, DOUBLY = range(3)
SLOPES = """const [low, high] = data.sizes.map(math.solve({ mean: data.q[0], variance: data.q[1] }, data.parameter));
const log = ({ gradients }, k, name) => Math.log10(Math.abs(gradients[k][name]));
return [0, 1, 2].map((k) => ["snr", "mean", "sd"].map((name) =>
  (log(high, k, name) - log(low, k, name)) / Math.log10(data.sizes[1] / data.sizes[0])));"""


@pytest.fixture(scope="module")
def js(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run_math(TighterBounds(), tmp_path_factory.mktemp("js"))


def slopes(js: Run, q: tuple[float, float], parameter: str = "mean", sizes: tuple[int, int] = (200, 1000)) -> list[Any]:
    """Between two K, on logarithmic axes: the slopes of SNR, mean and s.d. of each gradient."""
    return js(SLOPES, q=q, parameter=parameter, sizes=sizes)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"samples": 0}, ValueError, "samples: got 0; expected an integer >= 1"),
        ({"samples": 1001}, ValueError, "samples: got 1001; expected a number from 1 to 1000"),
        ({"samples": 2.5}, TypeError, "samples: got 2.5 of type float; expected an integer"),
        ({"mean": 2.5}, ValueError, "mean: got 2.5; expected a number from -0.5 to 2.0"),
        ({"mean": "1"}, TypeError, "mean: got '1' of type str; expected a finite number"),
        ({"variance": 0.01}, ValueError, "variance: got 0.01; expected a number from 0.02 to 1.0"),
        ({"variance": float("nan")}, ValueError, "variance: got nan; expected a finite number"),
        ({"parameter": "width"}, ValueError, "parameter: got 'width'; expected one of mean, log_scale"),
        ({"parameter": 2}, TypeError, "parameter: got int; expected one of mean, log_scale"),
        ({"seed": 2**32}, ValueError, r"seed: got 4294967296; expected an integer from 0 to 2\*\*32 - 1"),
    ],
)
def test_settings_that_do_not_fit_are_refused(change: dict[str, Any], error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        TighterBounds(**change)


def test_traits_can_be_set_and_wrong_ones_leave_the_widget_as_it_was() -> None:
    widget = TighterBounds()
    wrong = {"samples": 0, "mean": 3.0, "variance": 0.0, "parameter": "width", "seed": -1}
    before = {name: getattr(widget, name) for name in wrong}
    for name, value in wrong.items():
        with pytest.raises((ValueError, TraitError), match=f"{name}: .*expected"):
            setattr(widget, name, value)
    assert {name: getattr(widget, name) for name in wrong} == before
    widget.samples, widget.variance, widget.parameter = 1000, 0.02, "log_scale"
    assert (widget.samples, widget.variance, widget.parameter) == (1000, 0.02, "log_scale")


def test_texts_are_the_same_for_equal_widgets() -> None:
    text = "TighterBounds(samples=16, mean=1.02, variance=0.4, parameter=mean, seed=0)"
    assert repr(TighterBounds()) == text and TighterBounds(tip="look").tip == "look"


def test_page_and_python_know_the_same_parameters_and_ranges(js: Run) -> None:
    allowed = js("return math.ALLOWED;")
    assert tuple(allowed.pop("parameter")) == PARAMETERS
    assert {name: tuple(ends[:2]) for name, ends in allowed.items()} == RANGES
    assert [name for name, ends in allowed.items() if ends[2:]] == ["samples", "seed"]


@pytest.mark.parametrize(
    ("name", "value", "sound"),
    [
        ("samples", 1000, True),
        ("samples", 0, False),
        ("samples", 1.5, False),
        ("mean", 2, True),
        ("mean", 2.01, False),
        ("mean", None, False),
        ("variance", "0.4", False),
        ("seed", 2**32 - 1, True),
        ("parameter", "log_scale", True),
        ("parameter", "toString", False),
        ("parameter", None, False),
    ],
)
def test_damaged_traits_are_told_apart_from_sound_ones(js: Run, name: str, value: object, sound: bool) -> None:
    body = """const { name, value } = data;
    try { return [math.checkTrait(name, value, math.ALLOWED[name])]; } catch (error) { return error.message; }"""
    made = js(body, name=name, value=value)
    assert made == [value] if sound else re.match(f"“{name}” is .*, expected ", made)


@pytest.mark.parametrize(
    ("q", "parameter"),
    [((1.02, 0.4), "mean"), ((1.02, 0.4), "log_scale"), ((0.3, 0.2), "mean"), ((1.5, 1.0), "mean")],
)
def test_the_answer_is_true_for_a_q_wider_than_the_posterior(js: Run, q: tuple[float, float], parameter: str) -> None:
    theta, path, doubly = slopes(js, q, parameter)
    assert [theta[0], path[0], doubly[0]] == pytest.approx([0.5, -0.5, 0.5], abs=0.05)
    assert path[1:] == pytest.approx([-1.0, -0.5], abs=0.05), "its mean like 1/K, its noise like 1/√K"


@pytest.mark.parametrize("variance", [0.02, 0.03, 0.04, 0.05])
@pytest.mark.parametrize("parameter", PARAMETERS)
def test_the_answer_is_true_for_a_q_of_at_most_half_the_variance(js: Run, variance: float, parameter: str) -> None:
    for mean in (0.2, 0.5, 1.02, 1.5):
        for sizes in ((10, 100), (100, 1000)):
            assert slopes(js, (mean, variance), parameter, sizes)[DOUBLY][0] < 0, (mean, sizes)


def test_weights_have_a_variance_from_half_of_the_posteriors_on(js: Run) -> None:
    body = """const V = (mean, variance) => math.weightVariance({ mean, variance });
    return [V(0.72, 0.05), V(1.0, 0.02), 1 / (1 + V(0.72, 0.05)), V(0.72, 0.0501), V(1.02, 0.4), V(0.72, 0.1)];"""
    lost, narrow, share, least, start, none = js(body)
    assert lost is None and narrow is None and share == 0, "JSON has no infinity"
    assert 0.0501 / math.sqrt(0.1 * 0.0002) - 1 == pytest.approx(least, rel=1e-9)
    assert start == pytest.approx(0.4 / math.sqrt(0.07) * math.exp(0.09 / 0.7) - 1, rel=1e-12)
    assert none == pytest.approx(0.0, abs=1e-12)
    assert f"{math.sqrt(0.05):.2f}" == "0.22", "the answer names this width"


def test_one_draw_in_hundreds_can_outweigh_the_rest_where_q_is_narrow_and_none_where_it_is_wide(js: Run) -> None:
    body = """const q = { mean: 1.02, variance: data.variance }, found = [];
    for (let seed = 0; seed < 10; seed++) {
      const eps = Array.from(math.stream(seed).normals(300)), place = (e) => q.mean + Math.sqrt(q.variance) * e;
      found.push(Math.max(...math.weights(eps.map((e) => math.weigh(q, "mean", place(e))[0])).shares));
    }
    return Math.max(...found);"""
    assert js(body, variance=0.02) > 0.5
    assert js(body, variance=0.4) < 0.02


def test_front_end_is_small_and_every_formula_is_exported(js: Run) -> None:
    texts = {name: (JS / name).read_text(encoding="utf-8") for name in (*OWN, *GENERAL)}
    assert all(text.count("\n") <= 150 for text in texts.values())
    assert sum(len(texts[name].encode()) for name in OWN) <= 12_000
    formulas = "".join(texts[name] for name in ("bounds_math.js", "importance.js", "moments.js", "checks.js"))
    declared = set(re.findall(r"^function (\w+)", formulas, re.MULTILINE))
    assert len(declared) >= 9 and {*declared, "logGauss", "histogram"} <= set(js("return Object.keys(math);"))
