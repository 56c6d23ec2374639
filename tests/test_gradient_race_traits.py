"""What `GradientRace` promises beside its estimators: clear errors, true texts, readable numbers, a small front end."""

import re
from importlib.resources import files
from typing import Any

import pytest
from traitlets import TraitError

from tests.bad_input import unchecked  # noqa: F401
from tests.node import Run, run_math
from vaekit.widgets import GradientRace
from vaekit.widgets.gradient_race import FUNCTIONS, RANGES

pytestmark = pytest.mark.usefixtures("unchecked")
JS = files("vaekit.widgets") / "js"
OWN = ("gradient_estimators.js", "gradient_charts.js", "gradient_race.js")


@pytest.fixture(scope="module")
def js(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run_math(GradientRace(), tmp_path_factory.mktemp("js"))


def variances(js: Run, name: str, omega: float = 2.0, samples: int = 4, **place: float) -> dict[str, float]:
    setting = {"mean": 1.0, "scale": 1.0, "omega": omega, "samples": samples} | place
    return js("return math.exactGradient(data.name, data);", name=name, **setting)["variances"]


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"function": "cube"}, ValueError, "function: got 'cube'; expected one of square, sine, step"),
        ({"function": 2}, TypeError, "function: got int; expected one of square, sine, step"),
        ({"mean": 3.5}, ValueError, "mean: got 3.5; expected a number from -3.0 to 3.0"),
        ({"mean": "1"}, TypeError, "mean: got '1' of type str; expected a finite number"),
        ({"scale": 0.0}, ValueError, "scale: got 0.0; expected a number from 0.2 to 2.0"),
        ({"scale": float("nan")}, ValueError, "scale: got nan; expected a finite number"),
        ({"omega": 11}, ValueError, "omega: got 11.0; expected a number from 0.5 to 10.0"),
        ({"samples": 1}, ValueError, "samples: got 1; expected a number from 2 to 16"),
        ({"samples": 2.5}, TypeError, "samples: got 2.5 of type float; expected an integer >= 1"),
        ({"draws": 9}, ValueError, "draws: got 9; expected a number from 10 to 10000"),
        ({"seed": 2**32}, ValueError, r"seed: got 4294967296; expected an integer from 0 to 2\*\*32 - 1"),
    ],
)
def test_settings_that_do_not_fit_are_refused(change: dict[str, Any], error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        GradientRace(**change)


def test_traits_can_be_set_and_wrong_ones_leave_the_race_as_it_was() -> None:
    race = GradientRace("sine", 0.5, 2, omega=3)
    wrong = {"function": "cube", "mean": -9.0, "scale": 0.1, "omega": 0.0, "samples": 17, "draws": 0, "seed": -1}
    before = {name: getattr(race, name) for name in wrong}
    for name, value in wrong.items():
        with pytest.raises((ValueError, TraitError), match=f"{name}: .*expected"):
            setattr(race, name, value)
    assert {name: getattr(race, name) for name in wrong} == before
    race.function, race.mean, race.draws = "step", -1.0, 5000
    assert (race.function, race.mean, race.draws) == ("step", -1.0, 5000)


def test_texts_are_the_same_for_equal_widgets() -> None:
    assert repr(GradientRace()) == "GradientRace(function=square, mean=1.0, scale=1.0, samples=4, seed=0)"
    assert "omega=3.0" in repr(GradientRace("sine", omega=3))
    assert GradientRace(tip="look").tip == "look"


def test_page_and_python_know_the_same_functions_and_ranges(js: Run) -> None:
    assert {name: tuple(bounds[:2]) for name, bounds in js("return math.RANGES;").items()} == RANGES
    assert tuple(js("return Object.keys(math.FUNCTIONS);")) == FUNCTIONS


@pytest.mark.parametrize(
    ("name", "value", "sound"),
    [
        ("mean", -3, True),
        ("mean", -3.01, False),
        ("mean", None, False),
        ("scale", "1", False),
        ("samples", 16, True),
        ("samples", 2.5, False),
        ("seed", 2**32 - 1, True),
        ("function", "step", True),
        ("function", "toString", False),
        ("function", None, False),
    ],
)
def test_damaged_traits_are_told_apart_from_sound_ones(js: Run, name: str, value: object, sound: bool) -> None:
    body = "try { return [math.checked(data.name, data.value)]; } catch (error) { return error.message; }"
    made = js(body, name=name, value=value)
    assert made == [value] if sound else re.match(f"“{name}” is .*, expected ", made)


def test_question_and_answer_are_true(js: Run) -> None:
    race = GradientRace()
    square = variances(js, "square")
    assert (square["pathwise"], square["score"]) == pytest.approx((4.0, 30.0), rel=1e-14)
    assert "variance 4 and the score function 30" in race.question
    for scale in (0.2, 1.0, 2.0):  # "from some ω on the score function wins"
        waves = [variances(js, "sine", omega / 10, scale=scale) for omega in range(5, 101)]
        wins = [wave["score"] < wave["pathwise"] for wave in waves]
        assert wins[-1] and wins == sorted(wins)
        assert scale != 1.0 or not wins[0], "the tip: the lead changes on the slider"
    assert js("return [-2, -1e-9, 1e-9, 3].map((z) => math.FUNCTIONS.step.slope(z));") == [0, 0, 0, 0]
    assert variances(js, "step")["leaveOneOut"] < variances(js, "step")["score"]


def test_stops_and_numbers_are_round(js: Run) -> None:
    stops = js("const all = [10]; while (all.at(-1) < 4000) all.push(math.nextStop(all.at(-1), 4000)); return all;")
    assert stops == [10, 20, 50, 100, 200, 500, 1000, 2000, 4000]
    assert js("return [10, 11, 999, 1000].map((n) => math.nextStop(n, 9999));") == [20, 20, 1000, 2000]
    texts = js("return [0, 0.5, 30, 21.333, 2025.4, -0.03302, 1e-12, NaN, 99.96].map(math.brief);")
    assert texts == ["0.00", "0.500", "30.0", "21.3", "2025", "−0.0330", "0.0000", "–", "100.0"]
    pairs = [[1.98765, 0.0447], [-0.1, 0.66], [812.4, 31.2], [0, 0], [0.11941, 0.00701]]
    body = (
        "return data.pairs.map(([mean, error]) => math.withError({ mean, error })).concat(math.withError({ mean: 1 }));"
    )
    expected = ["1.988 ± 0.045", "−0.10 ± 0.66", "812 ± 31", "0 ± 0", "0.119 ± 0.007", "–"]
    assert js(body, pairs=pairs) == expected


def test_front_end_is_small_and_every_formula_is_exported(js: Run) -> None:
    texts = {name: (JS / name).read_text(encoding="utf-8") for name in OWN}
    for name, text in texts.items():
        assert len(text.encode()) <= 12_000 and text.count("\n") <= 150, name
    declared = re.findall(r"^function (\w+)", texts["gradient_estimators.js"], re.MULTILINE)
    assert len(declared) >= 9 and {*declared, "FUNCTIONS", "RANGES"} <= set(js("return Object.keys(math);"))
