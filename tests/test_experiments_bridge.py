"""What the stored experiments of chapters 14 to 16 must hold whatever was measured: identities and bounds."""

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


def test_the_rates_of_the_levels_make_the_rate_and_the_rate_and_the_distortion_make_the_bound() -> None:
    result = stored("hierarchy")
    for run in result["runs"]:
        for name, model in run["models"].items():
            latents = result["settings"]["variants"][name]["latents"]
            assert sum(model["level_rates"]) == pytest.approx(model["rate"], abs=1e-3)
            assert model["rate"] + model["distortion"] == pytest.approx(model["neg_elbo"][0], abs=1e-3)
            assert model["nll"][0] < model["nll_neg_elbo"][0]
            for key in ("active_units", "coding_units"):
                assert all(0 <= used <= size for used, size in zip(model[key], latents, strict=True))
            assert len(model["probe"]) == len(latents) and all(0 <= share <= 1 for share in model["probe"])
            assert [point["epochs"] for point in model["curve"]] == result["settings"]["stops"]


def test_the_highest_level_and_every_level_inferred_from_the_top_have_rates_that_are_not_negative() -> None:
    result = stored("hierarchy")
    for run in result["runs"]:
        for name, model in run["models"].items():
            bottom_up = result["settings"]["variants"][name]["inference"] == "bottom_up"
            assert all(rate >= 0 for rate in (model["level_rates"][-1:] if bottom_up else model["level_rates"]))


def test_no_denoiser_beats_the_entropy_and_the_bound_is_the_sum_of_its_terms() -> None:
    for run in stored("diffusion")["runs"]:
        for rows in run["steps"].values():
            for row in rows.values():
                for name in ("beta", "posterior", "optimal"):
                    part = row[name]
                    assert part["excess"][0] > -4.5 * part["excess"][1]
                    assert sum(part["terms"]) == pytest.approx(part["bound"][0], abs=1e-3)
                    assert part["bound"][0] - part["excess"][0] == pytest.approx(run["entropy"], abs=0.1)
                    assert all(kl >= 0 for kl in part["terms"][1:])


def test_the_best_denoiser_wastes_less_than_the_trained_ones_and_less_the_more_steps_there_are() -> None:
    for run in stored("diffusion")["runs"]:
        exact = {
            name: [rows["exact"][name]["excess"][0] for rows in run["steps"].values()] for name in ("beta", "optimal")
        }
        for name, wasted in exact.items():
            assert wasted == sorted(wasted, reverse=True)
            for rows, least in zip(run["steps"].values(), wasted, strict=True):
                assert all(rows[kind][name]["excess"][0] > least for kind in ("simple", "weighted"))
        assert all(best < beta + 0.05 for best, beta in zip(exact["optimal"], exact["beta"], strict=True))
        for rows in run["steps"].values():
            assert max(rows["exact"]["error"]) < 1e-12 and min(rows["simple"]["error"]) > 0


def test_true_draws_are_closest_to_the_truth_and_no_share_leaves_its_range() -> None:
    for run in stored("diffusion")["runs"]:
        floor = run["floor"]
        found = [
            row[name]["samples"]
            for rows in run["steps"].values()
            for row in rows.values()
            for name in ("beta", "optimal")
        ]
        assert floor["within_3sd"] == pytest.approx(1 - math.exp(-4.5), abs=0.01)  # a Gaussian in two dimensions
        for samples in [*found, *run["ddim"].values()]:
            assert floor["total_variation"] - 0.01 < samples["total_variation"] <= 1
            assert 0 <= samples["mode_variation"] <= samples["total_variation"] + 0.02


def test_bits_are_the_sum_of_their_steps_and_fewer_greys_cost_fewer_bits() -> None:
    for run in stored("digit_diffusion")["runs"]:
        for model in run["models"].values():
            for greys, bits in model["bits"].items():
                for name, value in bits.items():
                    terms = model["terms"][greys][name]
                    assert sum(terms) == pytest.approx(value[0], abs=1e-3) and all(term >= 0 for term in terms)
            assert all(model["bits"]["16"][name][0] < value[0] for name, value in model["bits"]["256"].items())
        for greys, values in run["baselines"].items():
            assert all(0 < bits[0] < math.log2(int(greys)) for bits in values.values())


def test_no_sampler_is_judged_far_below_the_floor_of_real_digits() -> None:
    for name in ("digit_diffusion", "latent_diffusion"):
        for run in stored(name)["runs"]:
            found = [(key, row) for model in run["models"].values() for key, row in model["samplers"].items()]
            for key, row in found:
                assert key == "codes" or row["frechet_means"] > 0.8 * run["real"]["frechet_means"]
                assert 0.1 <= row["confidence"] <= 1 and sum(row["classes"]) == pytest.approx(1, abs=1e-4)


def test_gains_are_paired_differences_of_the_bounds_and_the_rate_is_the_price_of_the_codes() -> None:
    for run in stored("latent_diffusion")["runs"]:
        for name, model in run["models"].items():
            assert all(sd > 0 for sd in model["moments"]["sd"])
            if name == "ae":
                assert "bounds" not in model
                continue
            for key, gain in model["gains"].items():
                assert gain[0] == pytest.approx(model["bounds"]["vae"][0] - model["bounds"][key][0], abs=1e-3)
            assert model["rate"] + model["distortion"] == pytest.approx(model["bounds"]["vae"][0], abs=0.5)


def test_guidance_raises_confidence_and_costs_diversity_beyond_the_conditional_model() -> None:
    for run in stored("guidance")["runs"]:
        rows = run["guidance"]
        assert rows["0"]["accuracy"] == pytest.approx(0.1, abs=0.05)  # without the class it is met by chance
        assert rows["5"]["spread"] < rows["1"]["spread"] and rows["5"]["confidence"] > rows["1"]["confidence"]
        assert rows["1"]["accuracy"] > rows["0.5"]["accuracy"] > rows["0"]["accuracy"]


SHEETS = {
    "hierarchy": {"digits": 4, "samples": 15, "same_top": 20},
    "digit_diffusion": {"simple": 15, "weighted": 15, "path": 32, "predicted": 32, "last": 4},
    "latent_diffusion": dict.fromkeys(("prior", "gaussian", "mixture", "ddpm", "ddpm_unscaled", "codes"), 10),
    "guidance": dict.fromkeys(("1", "2", "5"), 30),
}


@pytest.mark.parametrize("name", SHEETS)
def test_pictures_are_whole_and_stored_once(name: str) -> None:
    runs = stored(name)["runs"]
    assert all("pictures" not in run for run in runs[1:]) and runs[0]["pictures"].keys() == SHEETS[name].keys()
    for key, count in SHEETS[name].items():
        sheets = runs[0]["pictures"][key]
        for text in sheets.values() if isinstance(sheets, dict) else [sheets]:
            grey = np.frombuffer(base64.b64decode(text), np.uint8)
            assert grey.size == count * 784 and grey.max() > 128
    assert len(json.dumps(runs[0]["pictures"])) < 130_000


def test_points_are_whole_and_stored_once() -> None:
    result = stored("diffusion")
    wanted, points = result["settings"]["points"], result["runs"][0]["points"]
    assert all("points" not in run for run in result["runs"][1:])
    for key, text in points.items():
        values = np.frombuffer(base64.b64decode(text), np.float16)
        count = wanted["path_states"] * wanted["path_points"] if key == "path" else wanted["count"]
        assert values.size == 2 * count and np.isfinite(values).all()
