"""The Python side of `CollapseLab`: what it accepts, what it says, and that its texts are true."""

import json
from importlib.resources import files
from typing import Any

import numpy as np
import pytest
import torch
from traitlets import TraitError

from tests.bad_input import unchecked  # noqa: F401
from tests.node import Run, run_math
from vaekit.widgets import CollapseLab
from vaekit.widgets.collapse_lab import BETA, NOISE, UNITS

pytestmark = pytest.mark.usefixtures("unchecked")
SPECTRUM = [4.0, 2.0, 1.0, 0.5, 0.25]
OWN = ("collapse_flow.js", "collapse_training.js", "collapse_charts.js", "collapse_lab.js", "collapse.css")


@pytest.fixture(scope="module")
def js(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run_math(CollapseLab(SPECTRUM, 4), tmp_path_factory.mktemp("js"))


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"eigenvalues": [1.0, 2.0]}, ValueError, "eigenvalues: got 2.0 after 1.0; expected descending variances"),
        ({"eigenvalues": [0.0]}, ValueError, "eigenvalues: got a largest of 0.0; expected one above 0"),
        ({"eigenvalues": [1.0, -0.1]}, ValueError, "eigenvalues: got a least of -0.1; expected none below 0"),
        ({"eigenvalues": [1.0, float("nan")]}, ValueError, "eigenvalues: got nan or inf; expected finite numbers"),
        ({"eigenvalues": [[1.0]]}, ValueError, r"eigenvalues: got shape \(1, 1\); expected shape \(N\)"),
        ({"eigenvalues": []}, ValueError, r"eigenvalues: got shape \(0,\)"),
        ({"eigenvalues": "many"}, TypeError, "eigenvalues: got <U4 from str; expected real numbers"),
        ({"latent_dim": 6}, ValueError, "latent_dim: got 6; expected an integer from 1 to 5"),
        ({"latent_dim": 0}, ValueError, "latent_dim: got 0; expected an integer >= 1"),
        ({"latent_dim": 2.0}, TypeError, "latent_dim: got 2.0 of type float; expected an integer"),
        ({"noise_var": 0.079}, ValueError, "noise_var: got 0.079; expected a number from 0.08 to 4"),
        ({"noise_var": 4.1}, ValueError, "noise_var: got 4.1; expected a number from 0.08 to 4"),
        ({"noise_var": "1"}, TypeError, "noise_var: got '1' of type str; expected a finite number"),
        ({"beta": 0.0}, ValueError, "beta: got 0.0; expected a number from 0.1 to 5"),
        ({"beta": float("inf")}, ValueError, "beta: got inf; expected a finite number"),
        ({"seed": -1}, ValueError, "seed: got -1; expected"),
    ],
)
def test_what_does_not_fit_is_refused(change: dict[str, Any], error: type, message: str) -> None:
    with pytest.raises(error, match=f"^{message}"):
        CollapseLab(**{"eigenvalues": SPECTRUM, "latent_dim": 4} | change)


def test_traits_move_within_their_range_and_stay_where_they_were_otherwise() -> None:
    lab = CollapseLab(SPECTRUM, 4, 0.5)
    lab.beta, lab.noise_var, lab.latent_dim, lab.seed = 2.0, 1.0, 5, 7
    wrongs = [("beta", 9.0), ("noise_var", 0.0), ("noise_var", float("nan")), ("latent_dim", 6), ("seed", -1)]
    for name, wrong in wrongs:
        with pytest.raises((ValueError, TraitError), match=f"^{name}: got "):
            setattr(lab, name, wrong)
    assert (lab.beta, lab.noise_var, lab.latent_dim, lab.seed) == (2.0, 1.0, 5, 7)


def test_a_whole_spectrum_is_taken_from_torch_and_what_is_not_shown_is_summed() -> None:
    noise = torch.randn(300, 64, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    values = torch.linalg.eigvalsh((noise * torch.linspace(2, 0, 64)).T.cov(correction=0)).flip(0)
    lab = CollapseLab(values, 10)
    assert lab.eigenvalues == values[:12].tolist() and lab.data_dim == 64
    assert lab.rest == pytest.approx(values[12:].sum().item())
    assert CollapseLab([1.0, -1e-18], 1).eigenvalues == [1.0, 0.0]


@pytest.mark.parametrize("units", [1, 2, 3, 8, 10])
def test_by_default_half_of_the_units_are_active(units: int) -> None:
    values = [3 * 0.8**k for k in range(20)]
    lab = CollapseLab(values, units)
    assert sum(value > lab.noise_var for value in values[:units]) == (units + 1) // 2
    for flat in ([1.0, 1e-9, 0.0], [2.0], [1.0, 1.0, 1.0]):
        assert flat[0] / NOISE <= CollapseLab(flat, min(units, len(flat))).noise_var <= flat[0]


def test_its_text_is_the_same_for_equal_widgets() -> None:
    first, second = CollapseLab(SPECTRUM, 4, 0.5), CollapseLab(np.array(SPECTRUM), 4, 0.5)
    assert first.model_id != second.model_id and repr(first) == repr(second)
    assert repr(first) == "CollapseLab(data_dim=5, latent_dim=4, noise_var=0.5, beta=1.0, seed=0)"
    assert CollapseLab(SPECTRUM, 4, tip="look").tip == "look"


def test_page_and_python_know_the_same_ranges(js: Run) -> None:
    lab = CollapseLab(SPECTRUM, 4)
    data = {name: getattr(lab, name) for name in ("eigenvalues", "data_dim", "rest")}
    limits = js("return math.readSpectrum(model.get).limits;", **data)
    assert tuple(limits["beta"][:2]) == BETA and limits["latent_dim"][:2] == [1, min(UNITS, 5)]
    assert limits["noise_var"] == pytest.approx([4.0 / NOISE, 4.0, 0.01]) and limits["seed"][:2] == [0, 2**32 - 1]


@pytest.mark.parametrize(
    ("value", "sound"), [(0.1, True), (5, True), (0.09, False), (None, False), ("1", False), ([1], False)]
)
def test_damaged_traits_are_told_apart_from_sound_ones(js: Run, value: object, sound: bool) -> None:
    body = "try { return math.checked('beta', data.value, [0.1, 5, 0.05]); } catch (error) { return error.message; }"
    made = js(body, value=value)
    refused = f"“beta” is {json.dumps(value, separators=(',', ':'))}, expected a number from 0.1 to 5"
    assert made == (value if sound else refused)


def test_the_texts_are_true(js: Run) -> None:
    """No start ends with more units than theory allows, and noise and β wake units alike."""
    body = """return data.each.map(([noise, beta, seed]) => {
      const setting = { values: data.values, rest: 0, dimensions: 5, noise, beta, units: 5, seed };
      const run = math.training(setting);
      run.train(6000);
      return [run.now.active, run.goal.active];
    });"""
    answer = CollapseLab(SPECTRUM, 4).answer
    assert "whatever the start" in answer and "less noise wakes units" in answer and "ELBO is best at β = 1" in answer
    starts = js(body, values=SPECTRUM, each=[[0.7, 1.0, seed] for seed in range(10)])
    assert starts == [[3, 3]] * 10
    assert js(body, values=SPECTRUM, each=[[0.35, 1.0, 0], [0.7, 0.5, 0]]) == [[4, 4], [4, 4]]
    ends = "return data.betas.map((beta) => math.optimum({ ...data, beta })).map((end) => end.rate + end.distortion);"
    data = {"values": SPECTRUM, "rest": 0, "dimensions": 5, "noise": 0.3, "units": 5}
    best, *others = js(ends, **data, betas=[1.0, 0.2, 0.5, 0.9, 1.1, 2.0, 5.0])
    assert best < min(others)


def test_front_end_is_small() -> None:
    for name in OWN:
        text = (files("vaekit.widgets") / "js" / name).read_text(encoding="utf-8")
        assert len(text.encode()) <= 12_000 and text.count("\n") <= 150, name
        assert max(map(len, text.splitlines())) <= 120, name
