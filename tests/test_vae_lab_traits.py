"""The Python side of `VaeLab`: what it accepts, what it says to the rest, and what a reader may change."""

from typing import Any

import numpy as np
import pytest
import torch
from traitlets import TraitError

from vaekit.widgets import VaeLab
from vaekit.widgets.vae_lab import NAMES
from vaekit.widgets.vae_lab_presets import PRESETS, RANGES


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_holds_every_setting_and_single_settings_override_it(name: str) -> None:
    widget = VaeLab(name)
    assert {each: getattr(widget, each) for each in NAMES} == PRESETS[name]["settings"]
    assert set(NAMES) == set(PRESETS[name]["settings"]) and repr(widget) == f"VaeLab(preset={name})"
    changed = VaeLab(name, beta=2, width=8)
    assert (changed.beta, changed.width, changed.noise_sd) == (2.0, 8, widget.noise_sd)
    assert repr(changed) == f"VaeLab(preset={name}, width=8, beta=2.0)"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"preset": "best"}, "preset: got 'best'; expected one of sound, collapse, holes in the prior"),
        ({"data": "cube"}, "data: got 'cube'; expected one of ring, moons"),
        ({"estimator": "best"}, "estimator: got 'best'; expected one of pathwise, iwae, score, none"),
        ({"beta": -0.1}, "beta: got -0.1; expected a number from 0 to 100"),
        ({"beta": float("nan")}, "beta: got nan; expected a finite number"),
        ({"lr": 1.0}, "lr: got 1.0; expected a number from 0.0001 to 0.1"),
        ({"noise_sd": 0.01}, "noise_sd: got 0.01; expected a number from 0.02 to 2"),
        ({"latent_dim": 3}, "latent_dim: got 3; expected a number from 1 to 2"),
        ({"width": 2}, "width: got 2; expected a number from 4 to 64"),
        ({"samples": 0}, "samples: got 0; expected an integer >= 1"),
        ({"seed": -1}, "seed: got -1; expected an integer >= 0"),
        ({"points": [[1.0, 4.0]]}, r"points: got 2 numbers; expected at most 400 pairs of numbers between -3 and 3"),
        ({"points": [1.0, 2.0]}, r"points: got shape \(2,\); expected shape \(N, 2\)"),
        ({"points": np.zeros((401, 2))}, "points: got 802 numbers; expected at most 400 pairs"),
    ],
)
def test_what_does_not_fit_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}"):
        VaeLab(**change)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"data": None}, "data: got NoneType; expected one of ring"),
        ({"learn_noise": 1}, "learn_noise: got int; expected True or False"),
        ({"beta": "1"}, "beta: got '1' of type str; expected a finite number"),
        ({"width": 8.0}, "width: got 8.0 of type float; expected an integer"),
        ({"bet": 1.0}, "bet: there is no such setting; expected one of data, latent_dim"),
    ],
)
def test_what_is_of_another_type_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError, match=f"^{message}"):
        VaeLab(**change)


def test_points_are_data_of_ones_own() -> None:
    widget = VaeLab("collapse", points=torch.tensor([[0.5, -0.25], [1.0, 2.0]]))
    assert widget.data == "drawn" and widget.points == [0.5, -0.25, 1.0, 2.0]
    assert repr(widget) == "VaeLab(preset=collapse, data=drawn, points=2)"
    assert VaeLab(points=[[0.0, 1.0]], data="ring").data == "ring"


def test_traits_move_within_their_range_and_stay_where_they_were_otherwise() -> None:
    widget = VaeLab()
    for name, (low, high) in RANGES.items():
        setattr(widget, name, high)
        with pytest.raises(ValueError, match=f"^{name}: got "):
            setattr(widget, name, high + 1)
        with pytest.raises(ValueError, match=f"^{name}: got "):
            setattr(widget, name, low - 1)
        assert getattr(widget, name) == high
    with pytest.raises(TraitError, match="'points' trait"):
        widget.points = ["a"]
    with pytest.raises(ValueError, match="^points: got 1 numbers"):
        widget.points = [1.0]
    with pytest.raises(TraitError, match="read-only"):
        widget.presets = []


def test_choosing_a_preset_in_the_notebook_sets_its_settings() -> None:
    widget = VaeLab(width=8, seed=3)
    widget.preset = "holes in the prior"
    assert {name: getattr(widget, name) for name in NAMES} == PRESETS["holes in the prior"]["settings"]
    widget.set_state({"preset": "sound", "beta": 1.0, "noise_sd": 0.2, "data": "moons"})
    assert {name: getattr(widget, name) for name in NAMES} == PRESETS["sound"]["settings"]


def test_each_broken_preset_says_what_to_see_how_to_repair_it_and_what_that_shows() -> None:
    assert list(PRESETS) == ["sound", "collapse", "holes in the prior", "beta too large", "plain autoencoder"]
    for name, preset in PRESETS.items():
        assert len(preset["see"]) > 60 and bool(preset["repair"]) == bool(preset["done"]) == (name != "sound")
