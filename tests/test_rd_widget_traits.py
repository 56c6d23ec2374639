"""The Python side of `RateDistortion`: what it accepts, what it sends, and what a reader may change."""

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.rd_widget import BETAS, SHAPE, exact_points, greys, means, measured
from vaekit.widgets import RateDistortion

STORED = Path(__file__).parents[1] / "experiments" / "results" / "rate_distortion.json"
RATE, DISTORTION = exact_points()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"betas": [1.0]}, r"betas: got \[1.0\]; expected two or more ascending numbers of at least 0"),
        ({"betas": BETAS[::-1]}, "betas: got .*expected two or more ascending"),
        ({"betas": [-1.0, *BETAS[1:]]}, "betas: got .*at least 0"),
        ({"betas": [*BETAS[:5], float("inf")]}, "betas: got nan or inf"),
        ({"betas": BETAS[:4]}, r"rate: got shape \(3, 6\); expected shape \(N, 4\)"),
        ({"rate": RATE[:5]}, r"rate: got shape \(5,\); expected shape \(6\)"),
        (
            {"rate": np.tile(-1 - RATE, (3, 1))},
            r"rate: got a smallest of .*; expected numbers of at least 0 \(a KL divergence\)",
        ),
        ({"rate": RATE}, "distortion: got 3; expected 1 seeds, as many as rate has"),
        ({"rate": [[1.0] * 6, [1.0] * 5]}, "rate: got a ragged sequence"),
        ({"distortion": np.full((3, 6), np.nan)}, "distortion: got nan or inf"),
        ({"active_units": [1, 2]}, r"active_units: got shape \(2,\)"),
        ({"originals": np.full((4, 29), 0.5)}, r"originals: got shape \(4, 29\); expected shape \(N, 30\)"),
        (
            {"originals": greys()[0].astype(float)},
            r"originals: got floats from .*; expected floats in \[0, 1\] or whole",
        ),
        ({"originals": np.eye(4, 30, dtype=int)}, "originals: got whole numbers from 0 to 1; .*greys from 0 to 255"),
        ({"originals": -greys()[0].astype(int)}, "originals: got whole numbers from -2"),
        (
            {"reconstructions": greys()[1][:, :3]},
            r"reconstructions: got shape \(6, 3, 30\); expected shape \(6, 4, 30\)",
        ),
        ({"samples": greys()[2][:2]}, r"samples: got shape \(2, 6, 30\); expected shape \(6, N, 30\)"),
        (
            {"samples": np.ones((6, 1400, 30))},
            "samples: got 252,840 pixels; expected all images together in at most 250",
        ),
        ({"reference": ([1.0, 2.0], [1.0])}, r"reference\[1\]: got shape \(1,\); expected shape \(2\)"),
        ({"beta": 3.0}, "beta: got 3.0; expected one of 0.25, 0.5, 1, 2, 4, 8"),
    ],
)
def test_what_does_not_fit_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}"):
        measured(**change)


@pytest.mark.parametrize("change", [{"reference": 3}, {"rate": ["a"] * 6}, {"samples": "none"}])
def test_what_is_no_number_is_a_type_error(change: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match=next(iter(change))):
        measured(**change)


def test_images_travel_as_one_buffer_of_greys() -> None:
    first, back, drawn = greys()
    widget = measured()
    sent = np.frombuffer(widget.images, "u1").reshape(-1, 30)
    assert (sent[:4] == first).all() and len(sent) == 4 + 6 * (4 + 6) and widget.counts == [4, 6]
    assert (sent[4:].reshape(6, 10, 30) == np.concatenate([back, drawn], 1)).all()


def test_floats_tensors_and_lists_make_the_same_greys() -> None:
    first, back, drawn = greys()
    floats = {
        "originals": torch.tensor(first / 255),
        "reconstructions": (back / 255).tolist(),
        "samples": drawn / 255.0,
    }
    same = {"originals": first.tolist(), "reconstructions": torch.tensor(back), "samples": drawn.astype(int)}
    assert measured(**floats).images == measured(**same).images == measured().images
    binary = measured(originals=np.eye(4, 30, dtype=bool))
    assert set(binary.images[: 4 * 30]) == {0, 255}


def test_one_seed_is_one_row_and_active_units_are_a_mean_over_seeds() -> None:
    one = measured(rate=RATE, distortion=torch.tensor(DISTORTION), active_units=None)
    assert (one.rate, one.distortion, one.active_units) == ([RATE.tolist()], [DISTORTION.tolist()], [])
    assert measured(active_units=np.arange(12).reshape(2, 6)).active_units == [3, 4, 5, 6, 7, 8]
    assert measured().reference == [] and measured(reference=(RATE, DISTORTION)).reference[1] == DISTORTION.tolist()


def test_it_opens_at_the_beta_nearest_to_one_and_moves_among_its_models_only() -> None:
    widget = measured()
    assert widget.beta == 1.0 and measured(beta=4.0).beta == 4.0
    assert measured(betas=[2, 3, 4, 5, 6, 7]).beta == 2.0
    widget.beta = 0.25
    with pytest.raises(ValueError, match="^beta: got 0.3; expected one of"):
        widget.beta = 0.3
    assert widget.beta == 0.25
    assert SHAPE == tuple(widget.image_shape)


def test_its_text_is_the_same_for_equal_widgets() -> None:
    first, second = measured(), measured()
    assert first.model_id != second.model_id and repr(first) == repr(second)
    assert repr(first) == "RateDistortion(betas=[0.25, 0.5, 1.0, 2.0, 4.0, 8.0], seeds=3, beta=1.0)"


def stored() -> RateDistortion:
    """The widget of the chapter, from the experiment's stored result."""
    result = json.loads(STORED.read_text("utf-8"))
    betas, runs = result["settings"]["betas"], result["runs"]
    pictures = runs[0]["pictures"]

    def images(name: str) -> np.ndarray:
        each = [base64.b64decode(pictures[name][str(beta)]) for beta in betas]
        return np.stack([np.frombuffer(data, "u1").reshape(-1, 784) for data in each])

    points = {
        name: [[run["points"][str(beta)][name] for beta in betas] for run in runs] for name in runs[0]["points"]["1.0"]
    }
    first = np.frombuffer(base64.b64decode(pictures["originals"]), "u1").reshape(-1, 784)
    shown = {name: images(name) for name in ("reconstructions", "samples")}
    numbers = {name: points[name] for name in ("rate", "distortion", "active_units")}
    return RateDistortion(betas, originals=first, **shown, **numbers)


def test_the_answer_is_true_of_the_stored_models() -> None:
    widget = stored()
    (rate, distortion), (count, drawn) = means(widget), widget.counts
    images = np.frombuffer(widget.images, "u1").astype(float).reshape(-1, 784)
    models = images[count:].reshape(len(widget.betas), count + drawn, 784)
    errors = np.square(models[:, :count] - images[:count]).mean((1, 2))
    assert (np.diff(errors) > 0).all()  # the lower the price, the sharper the reconstructions
    assert widget.betas[int((rate + distortion).argmin())] == 1.0  # the diamond
    spreads = models.std(1).mean(1)
    assert rate[-1] < 0.05 and spreads[-1] < 0.1 * spreads[0]  # near rate 0 all images are almost the same
