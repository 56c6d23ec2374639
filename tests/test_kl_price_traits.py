"""What the Python side of `KlPrice` promises."""

import math
import re
from typing import Any

import pytest

from tests.bad_input import unchecked  # noqa: F401
from vaekit.widgets import KlPrice
from vaekit.widgets.kl_price import TEXTS


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"mean": 4.5}, ValueError, "mean: got 4.5; expected a number between -4 and 4"),
        ({"logvar": -7.0}, ValueError, "logvar: got -7.0; expected a number between -6 and 3"),
        ({"logvar": math.nan}, ValueError, "logvar: got nan; expected a finite number"),
        ({"mean": "2"}, TypeError, "mean: got '2' of type str; expected a finite number"),
        ({"separation": -1}, ValueError, "separation: got -1.0; expected a number between 0 and 6"),
        ({"weight": 1.0}, ValueError, "weight: got 1.0; expected a number between 0.05 and 0.95"),
        ({"view": "forward"}, ValueError, "view: got 'forward'; expected 'price' or 'modes'"),
        ({"view": None}, TypeError, "view: got NoneType; expected 'price' or 'modes'"),
    ],
)
@pytest.mark.usefixtures("unchecked")
def test_what_does_not_fit_is_refused(change: dict[str, Any], error: type, message: str) -> None:
    with pytest.raises(error, match=re.escape(message)):
        KlPrice(**change)


def test_traits_can_be_set_and_keep_their_value_when_refused() -> None:
    widget = KlPrice()
    widget.mean, widget.logvar, widget.view, widget.direction = -1.5, 0.5, "modes", "forward"
    for name, wrong in {"mean": 5.0, "weight": 0.0, "view": "heat", "direction": "sideways"}.items():
        with pytest.raises(ValueError, match=f"{name}: got .*; expected "):
            setattr(widget, name, wrong)
    assert (widget.mean, widget.logvar, widget.view, widget.direction) == (-1.5, 0.5, "modes", "forward")


def test_texts_fit_the_view_and_give_way_to_those_of_the_author() -> None:
    for view, texts in TEXTS.items():
        widget = KlPrice(view=view)
        assert {name: getattr(widget, name) for name in texts} == texts
    assert KlPrice(tip="drag.").tip == "drag."
    assert repr(KlPrice(1.0, 0.5)) == "KlPrice(view=price, mean=1.0, logvar=0.5)"
    assert repr(KlPrice(1.0, 0.5, "modes")) == "KlPrice(view=modes, mean=1.0, logvar=0.5, separation=4.0, weight=0.7)"
