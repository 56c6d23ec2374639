"""The Python side of the widgets of latent spaces: what they accept, what they send, what a reader may change."""

from typing import Any

import numpy as np
import pytest
import torch

from tests.latent_widgets import overlaid, paths, posteriors, traversal, wide_codes
from tests.widget_pages import explorer
from vaekit.widgets import DecoderWeights, LatentTraversal


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"posteriors": (np.zeros((4, 3)), np.ones((4, 3)))}, ValueError, r"posteriors\[0\]: got shape \(4, 3\)"),
        ({"posteriors": (np.zeros((4, 2)), np.ones((3, 2)))}, ValueError, r"posteriors\[1\]: got shape \(3, 2\)"),
        ({"posteriors": (np.zeros((4, 2)), np.zeros((4, 2)))}, ValueError, r"posteriors\[1\]: .*positive standard dev"),
        ({"posteriors": (np.full((4, 2), np.nan), np.ones((4, 2)))}, ValueError, r"posteriors\[0\]: got nan or inf"),
        ({"posteriors": np.zeros((4, 2))}, TypeError, "posteriors"),
        ({"view": "map"}, ValueError, "view: got 'map'; expected 'codes' or 'prior' or 'aggregate' or 'holes'"),
        ({"view": "holes", "posteriors": None}, ValueError, "view: got 'holes'; .*the others need posteriors"),
    ],
)
def test_an_overlay_that_does_not_fit_is_refused(change: dict[str, Any], error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        overlaid(**change)


def test_without_posteriors_an_explorer_sends_and_asks_what_it_always_did() -> None:
    plain, laid = explorer(), overlaid(view="prior")
    assert (plain.resolution, plain.aggregate, plain.view) == (0, b"", "codes")
    assert (laid.resolution, len(laid.aggregate), laid.view) == (129, 2 * 129**2, "prior")
    assert "beyond the 3σ ring" in plain.question and "from the prior" in laid.question
    assert overlaid(question="Where?").question == "Where?"
    laid.view = "holes"
    with pytest.raises(ValueError, match="^view: got 'hole'"):
        laid.view = "hole"
    assert laid.view == "holes"


def test_any_number_of_posteriors_makes_a_grid_of_the_same_size() -> None:
    means, scales = posteriors()
    few, many = (overlaid(posteriors=(means[:n], scales[:n])) for n in (2, 60))
    assert len(few.aggregate) == len(many.aggregate) and few.aggregate != many.aggregate


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"start": (4.0, 0.0)}, r"start: got \[4.0, 0.0\]; expected two numbers between -3.5 and 3.5"),
        ({"end": (0.0, -3.6)}, r"end: got \[0.0, -3.6\]; expected two numbers"),
        ({"t": 1.1}, "t: got 1.1; expected a number from 0 to 1"),
        ({"t": float("nan")}, "t: got nan; expected"),
        ({"path": "curved"}, "path: got 'curved'; expected 'straight' or 'spherical'"),
        ({"image_shape": (28, 27)}, "weights: got 2 inputs and 784 outputs; expected 2 inputs and 756 outputs"),
    ],
)
def test_a_path_that_does_not_fit_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}"):
        paths(**change)


def test_a_path_follows_its_traits_and_stays_where_it_was_otherwise() -> None:
    widget = paths()
    widget.start, widget.end, widget.t, widget.path = [0.0, 1.0], [1.0, 1.0], 0.25, "spherical"
    for name, wrong in (("start", [9.0, 0.0]), ("end", [0.0]), ("t", -0.1), ("path", "curved")):
        with pytest.raises(ValueError, match=f"^{name}: got "):
            setattr(widget, name, wrong)
    assert (widget.start, widget.end, widget.t, widget.path) == ([0.0, 1.0], [1.0, 1.0], 0.25, "spherical")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rates": [1.0, 2.0]}, r"rates: got shape \(2,\); expected shape \(5\)"),
        ({"order": [0]}, r"order: got \[0\]; expected 2 to 8 different numbers from 0 to 4"),
        ({"order": [0, 0]}, r"order: got \[0, 0\]"),
        ({"order": [0, 5]}, r"order: got \[0, 5\]"),
        ({"pair": (1, 1)}, r"pair: got \[1, 1\]; expected two different numbers from 0 to 4"),
        ({"pair": (0, 5)}, r"pair: got \[0, 5\]"),
        ({"z": [0.0, 0.0]}, r"z: got shape \(2,\); expected shape \(5\)"),
        ({"z": [0.0, 0.0, 9.0, 0.0, 0.0]}, "z: .*expected 5 numbers between -3.5 and 3.5"),
    ],
)
def test_a_traversal_that_does_not_fit_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}"):
        traversal(**change)


def test_two_latents_are_refused_with_a_hint_at_the_explorer() -> None:
    weights = DecoderWeights(([np.ones((4, 2))], [np.zeros(4)], ["identity"]))
    with pytest.raises(ValueError, match=r"weights: got 2 inputs; expected at least 3 inputs \(LatentExplorer is"):
        LatentTraversal(weights, np.zeros((3, 2)), [0, 1, 2], (2, 2))
    with pytest.raises(TypeError, match="weights"):
        LatentTraversal("decoder", np.zeros((3, 3)), [0, 1, 2])


def test_rows_come_by_rate_unless_told_otherwise_and_the_plane_shows_the_first_two() -> None:
    assert traversal().order == [1, 3, 2, 0, 4] and traversal().pair == [1, 3]
    assert traversal(rates=None).order == [0, 1, 2, 3, 4]
    assert traversal(order=[4, 0]).order == [4, 0] and traversal(order=[4, 0]).pair == [4, 0]
    widget = traversal(pair=(2, 0), z=wide_codes()[7])
    assert widget.pair == [2, 0] and widget.z == pytest.approx(wide_codes()[7].tolist())
    with pytest.raises(ValueError, match="^pair: got"):
        widget.pair = [0, 0]
    assert widget.pair == [2, 0]


def test_no_more_than_eight_rows() -> None:
    weights = DecoderWeights(([np.ones((4, 12))], [np.zeros(4)], ["identity"]))
    codes, rates = torch.zeros(3, 12), torch.arange(12.0)
    widget = LatentTraversal(weights, codes, [0, 1, 2], (2, 2), rates=rates)
    assert widget.order == [11, 10, 9, 8, 7, 6, 5, 4]


def test_texts_are_the_same_for_equal_widgets() -> None:
    decoder = "DecoderWeights(2-200-784, int8), codes=400, image_shape=(28, 28)"
    assert repr(overlaid()) == f"LatentExplorer(weights={decoder})"
    assert repr(paths()) == f"LatentPaths(weights={decoder})"
    wide = "DecoderWeights(5-200-784, float16), codes=300, image_shape=(28, 28)"
    assert repr(traversal()) == f"LatentTraversal(weights={wide})"
