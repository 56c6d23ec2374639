"""What the stored experiments of tighter bounds and learned priors must hold whatever was measured."""

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


def test_a_run_ends_with_as_many_decoder_evaluations_whatever_k_is_and_passes_equal_epochs() -> None:
    for run in stored("tighter_bounds")["runs"]:
        assert len({points[-1]["evaluations"] for points in run["training"].values()}) == 1
        epochs = [{point["epochs"] for point in points} for points in run["training"].values()]
        assert set.intersection(*epochs)


def test_on_trained_models_the_estimates_keep_the_order_of_the_bounds() -> None:
    for run in stored("tighter_bounds")["runs"]:
        for name, points in run["training"].items():
            for point in points:
                slack = 0.3 if name == "elbo_1" else 0.0  # the bound with K = 1 is the ELBO, sampled
                assert point["nll"][0] < point["bound"][0] <= point["neg_elbo"][0] + slack
                assert point["gap"][0] == pytest.approx(point["neg_elbo"][0] - point["nll"][0], abs=1e-3)
                assert 1 <= point["ess"][0] <= 100


def test_where_the_nll_is_known_the_bound_falls_towards_it_and_never_below() -> None:
    for run in stored("tighter_bounds")["runs"]:
        two = run["two_latents"]
        above = [bound["above_exact"][0] for bound in two["bounds"].values()]
        assert all(a > b > 0 for a, b in zip(above, above[1:], strict=False))
        gap = two["amortisation_gap"][0] + two["approximation_gap"][0]
        assert gap == pytest.approx(two["neg_elbo"][0] - two["exact_nll"][0], abs=1e-3)
        for size, bound in two["bounds"].items():
            assert 1 <= bound["ess"] <= int(size) and bound["ess_quantiles"] == sorted(bound["ess_quantiles"])


def test_information_stays_below_the_logarithm_of_the_number_of_digits_and_the_parts_make_the_rate() -> None:
    for run in stored("learned_priors")["runs"]:
        for count, part in run["surgery"].items():
            assert part["mutual_information"] <= math.log(int(count)) + 0.01
            assert part["rate"] == pytest.approx(part["mutual_information"] + part["marginal_kl"], abs=1e-3)
        for model in run["models"].values():
            assert model["nll"][0] < model["nll_neg_elbo"][0] and 0 <= model["active_units"] <= 20


def test_pictures_are_whole_and_stored_once() -> None:
    result = stored("learned_priors")
    settings, pictures = result["settings"]["pictures"], result["runs"][0]["pictures"]
    assert all("pictures" not in run for run in result["runs"][1:])
    for text in pictures.values():
        grey = np.frombuffer(base64.b64decode(text), np.uint8)
        assert grey.size == settings["images"] * 784 and grey.max() > 128
    assert len(json.dumps(pictures)) < 100_000
