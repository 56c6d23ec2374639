"""The Python side of `ElboGap`: what it accepts, what it says to the rest, and what a reader may change."""

from typing import Any

import pytest
from traitlets import TraitError

from vaekit.widgets import ElboGap


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"weight": 0.0}, "weight: got 0.0; expected a finite number > 0"),
        ({"weight": float("nan")}, "weight: got nan; expected a finite number"),
        ({"noise_var": -1.0}, "noise_var: got -1.0; expected a finite number > 0"),
        ({"noise_var": 0.1}, "noise_var: got 0.1, a posterior variance of 0.0426; expected at least 0.15 for"),
        ({"x": 4.0}, "x: got 4.0; expected a number from -3.9 to 3.9"),
        ({"x": float("inf")}, "x: got inf; expected a finite number"),
        ({"mean": -3.1}, "mean: got -3.1; expected a number from -3 to 3"),
        ({"variance": 0.0}, "variance: got 0.0; expected a number from 0.0625 to 4"),
        ({"variance": 4.1}, "variance: got 4.1; expected a number from 0.0625 to 4"),
        ({"model": "cubic"}, "model: got 'cubic'; expected 'gaussian' or 'folded'"),
        ({"model": "folded", "x": -1.0}, "x: got -1.0; expected a number from 0 to 3.9 where the model is folded"),
    ],
)
def test_what_does_not_fit_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}"):
        ElboGap(**change)


def test_traits_move_within_their_range_and_stay_where_they_were_otherwise() -> None:
    widget = ElboGap()
    widget.mean, widget.variance, widget.x, widget.model = -0.5, 1.0, 2.0, "folded"
    for name, wrong in (("mean", 9.0), ("variance", 0.01), ("x", -0.1), ("model", "cubic"), ("mean", float("nan"))):
        with pytest.raises(ValueError, match=f"^{name}: got "):
            setattr(widget, name, wrong)
    with pytest.raises(TraitError, match="'mean' trait"):
        widget.mean = "far"
    assert (widget.mean, widget.variance, widget.x, widget.model) == (-0.5, 1.0, 2.0, "folded")
    widget.model = "gaussian"
    widget.x = -2.0
    with pytest.raises(ValueError, match="^x: got -2.0; expected a number from 0 to 3.9 where the model is folded"):
        widget.model = "folded"


def test_a_page_may_send_model_and_observation_together() -> None:
    widget = ElboGap(x=-2.0)
    widget.set_state({"model": "folded", "x": 2.0})
    assert (widget.model, widget.x) == ("folded", 2.0)
    widget.set_state({"x": -1.0, "model": "gaussian"})
    assert (widget.model, widget.x) == ("gaussian", -1.0)


def test_its_text_is_the_same_for_equal_widgets() -> None:
    first, second = ElboGap(), ElboGap()
    assert first.model_id != second.model_id and repr(first) == repr(second)
    assert repr(first) == "ElboGap(weight=1.5, noise_var=0.25, x=1.2, mean=1.02, variance=0.4, model=gaussian)"
