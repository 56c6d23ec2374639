"""What the stored experiments of chapters 11 to 13 must hold whatever was measured: identities and bounds."""

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


def test_early_in_training_the_slopes_are_those_of_the_theory() -> None:
    for run in stored("signal_to_noise")["runs"]:
        slopes = run["stages"]["1"]["slopes"]
        assert slopes["theta"] == pytest.approx(0.5, abs=0.15)
        assert slopes["phi_pathwise"] < -0.2 < slopes["phi_doubly_reparameterised"]


def test_estimators_are_compared_at_equal_evaluations_and_judged_by_a_true_bound() -> None:
    discrete = stored("discrete_latents")
    for run in discrete["runs"]:
        assert len({model["evaluations"] for model in run["models"].values()}) == 1
        assert len({model["epochs"] * model["samples"] for model in run["models"].values()}) == 1
        for model in run["models"].values():
            assert model["rate"] + model["distortion"] == pytest.approx(model["neg_elbo"][0], abs=1e-3)
            assert model["nll"][0] < model["nll_neg_elbo"][0]
            assert model["mutual_information"] < math.log(1000) + 0.01
        categorical = [model for name, model in run["models"].items() if "gaussian" not in name]
        most = discrete["settings"]["latents"] * math.log(discrete["settings"]["classes"])
        assert all(0 <= model["rate"] <= most for model in categorical)


def test_a_quantised_code_costs_what_its_prior_says_and_the_same_compute_as_the_others() -> None:
    evaluations = stored("discrete_latents")["runs"][0]["models"]["gaussian"]["evaluations"]
    result = stored("vector_quantisation")
    for run in result["runs"]:
        assert run["models"]["equal_evaluations"]["evaluations"] == evaluations
        for name, model in run["models"].items():
            codes = result["settings"]["variants"][name]["codes"]
            assert model["distortion"][0] + model["prior_nats"][0] == pytest.approx(model["bound"][0], abs=1e-3)
            assert model["distortion"][0] + model["uniform_nats"] == pytest.approx(model["uniform_bound"][0], abs=1e-3)
            assert 1 <= model["perplexity"] <= model["used"] <= codes


def test_the_gap_is_amortisation_and_family_together_and_the_decoder_stays_fixed() -> None:
    for run in stored("priors_and_posteriors")["runs"]:
        for row in [*run["joint"].values(), *run["fixed_decoder"].values()]:
            assert row["gap"][0] == pytest.approx(row["amortisation_gap"][0] + row["approximation_gap"][0], abs=1e-3)
            assert row["gap"][0] == pytest.approx(row["neg_elbo"][0] - row["exact_nll"][0], abs=1e-3)
            assert row["rate"] == pytest.approx(row["mutual_information"] + row["marginal_kl"], abs=1e-3)
            assert row["approximation_gap"][0] > -0.1 and row["quadrature_change"] < 0.1
        exact = [row["exact_nll"][0] for row in (*run["fixed_decoder"].values(), run["joint"]["factorised"])]
        assert max(exact) - min(exact) < 0.05


def test_information_stays_below_the_logarithm_of_the_number_of_digits_and_the_parts_make_the_rate() -> None:
    for run in stored("learned_priors")["runs"]:
        for count, part in run["surgery"].items():
            assert part["mutual_information"] <= math.log(int(count)) + 0.01
            assert part["rate"] == pytest.approx(part["mutual_information"] + part["marginal_kl"], abs=1e-3)
        for model in run["models"].values():
            assert model["nll"][0] < model["nll_neg_elbo"][0] and 0 <= model["active_units"] <= 20


@pytest.mark.parametrize("name", ["discrete_latents", "vector_quantisation", "learned_priors"])
def test_pictures_are_whole_and_stored_once(name: str) -> None:
    result = stored(name)
    settings, pictures = result["settings"]["pictures"], result["runs"][0]["pictures"]
    assert all("pictures" not in run for run in result["runs"][1:])
    images = {key: text for key, text in pictures.items() if key != "best_categorical"}
    for text in images.values():
        grey = np.frombuffer(base64.b64decode(text), np.uint8)
        assert grey.size == settings["images"] * 784 and grey.max() > 128
    assert len(json.dumps(pictures)) < 100_000
