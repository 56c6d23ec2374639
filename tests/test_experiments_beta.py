"""What the stored experiments of chapter 10 must hold whatever was measured: identities, bounds, and whole pictures."""

from __future__ import annotations

import base64
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

RESULTS = Path(__file__).parents[1] / "experiments" / "results"


def stored(name: str) -> dict[str, Any]:
    return json.loads((RESULTS / f"{name}.json").read_text("utf-8"))


@pytest.mark.parametrize("name", ["rate_distortion", "disentanglement"])
def test_there_is_a_point_for_every_beta_and_its_two_terms_add_up_to_the_bound(name: str) -> None:
    result = stored(name)
    assert len(result["settings"]["betas"]) >= 5
    for run in result["runs"]:
        assert [float(beta) for beta in run["points"]] == result["settings"]["betas"]
        for point in run["points"].values():
            assert point["rate"] + point["distortion"] == pytest.approx(point["neg_elbo"][0], abs=1e-3)
            assert sum(point["rate_per_unit"]) == pytest.approx(point["rate"], abs=1e-3)
            assert point["mutual_information"] < point["rate"] + 0.05


def test_information_stays_below_the_logarithm_of_the_number_of_test_examples() -> None:
    for name, examples in (("rate_distortion", 1000), ("disentanglement", 154)):
        for run in stored(name)["runs"]:
            assert all(point["mutual_information"] <= math.log(examples) for point in run["points"].values())


def test_importance_sampling_improves_on_the_bound_and_more_samples_do_not_harm() -> None:
    for run in stored("rate_distortion")["runs"]:
        for point in run["points"].values():
            assert point["nll"]["500"][0] < point["nll"]["100"][0] + 0.1 < point["nll_neg_elbo"][0] + 0.2


def test_a_rotation_leaves_the_bound_as_it_was_if_the_posterior_turns_too() -> None:
    for run in stored("disentanglement")["runs"]:
        rotation = run["rotation"]
        assert rotation["neg_elbo_rotated"] == pytest.approx(rotation["neg_elbo"], abs=1e-9)


def test_every_picture_is_whole_and_the_first_are_the_ten_binary_digits() -> None:
    result = stored("rate_distortion")
    settings, pictures = result["settings"]["pictures"], result["runs"][0]["pictures"]
    assert all("pictures" not in run for run in result["runs"][1:])
    shape = (settings["images"], *settings["image_shape"])
    originals = np.frombuffer(base64.b64decode(pictures["originals"]), np.uint8).reshape(shape)
    assert set(np.unique(originals)) == {0, 255}
    for name in ("reconstructions", "samples"):
        assert [float(beta) for beta in pictures[name]] == result["settings"]["betas"]
        errors = []
        for text in pictures[name].values():
            images = np.frombuffer(base64.b64decode(text), np.uint8).reshape(shape)
            errors.append(float(((images / 255 - originals / 255) ** 2).mean()))
        if name == "reconstructions":
            assert errors[0] < 0.5 * errors[-1]  # they fade as beta grows
    assert len(json.dumps(pictures)) < 250_000
