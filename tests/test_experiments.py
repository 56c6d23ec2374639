"""Stored results are those of the scripts beside them, and the scripts still run."""

from __future__ import annotations

import importlib
import json
import math
import sys
from pathlib import Path

import pytest
import torch

FOLDER = Path(__file__).parents[1] / "experiments"
RESULTS = sorted((FOLDER / "results").glob("*.json"))


@pytest.fixture
def experiments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(FOLDER))


def test_every_experiment_has_a_stored_result() -> None:
    scripts = {path.stem for path in FOLDER.glob("*.py")} - {"record"}
    assert scripts == {path.stem for path in RESULTS}


@pytest.mark.parametrize("path", RESULTS, ids=lambda path: path.stem)
def test_a_stored_result_belongs_to_the_present_script(path: Path, experiments: None) -> None:
    record = importlib.import_module("record")
    result = json.loads(path.read_text("utf-8"))
    assert result["source_sha256"] == record.source_hash(FOLDER / f"{path.stem}.py")


@pytest.mark.parametrize("path", RESULTS, ids=lambda path: path.stem)
def test_a_stored_result_names_versions_settings_and_three_seeds(path: Path) -> None:
    result = json.loads(path.read_text("utf-8"))
    assert result["experiment"] == path.stem and result["settings"] and result["seconds"] > 0
    assert {"python", "torch", "numpy"} <= result["versions"].keys()
    assert len({run["seed"] for run in result["runs"]}) >= 3


def test_the_hash_of_a_script_ignores_comments_and_docstrings_only(tmp_path: Path, experiments: None) -> None:
    record = importlib.import_module("record")
    texts = ['def f():\n    """One."""\n    return 1', "def f():  # two\n    return 1", "def f():\n    return 2"]
    hashes = []
    for text in texts:
        (tmp_path / "script.py").write_text(text, "utf-8")
        hashes.append(record.source_hash(tmp_path / "script.py"))
    assert hashes[0] == hashes[1] != hashes[2]


def test_digits_vae_runs_and_orders_its_bounds_in_a_reduced_form(experiments: None) -> None:
    digits_vae = importlib.import_module("digits_vae")
    out = digits_vae.run(0, epochs=2, examples=40, importance_samples=[1, 100], repetitions=2)
    stored = json.loads((FOLDER / "results" / "digits_vae.json").read_text("utf-8"))["runs"][0]
    assert out.keys() | {"seed"} == stored.keys()
    two = out["z2"]
    assert two.keys() == stored["z2"].keys()
    assert two["exact_nll"][0] < two["nll"]["100"][0] < two["nll"]["1"][0]
    assert two["neg_elbo"][0] == pytest.approx(two["distortion"] + two["rate"], abs=1e-3)
    gap = two["amortisation_gap"][0] + two["approximation_gap"][0]
    assert gap == pytest.approx(two["neg_elbo"][0] - two["exact_nll"][0], abs=1.0)  # two sets of draws
    assert all(math.isfinite(v) for v in out["z20"]["rate_per_unit"])
    assert torch.tensor(out["z20"]["loss"]["train"]).diff().max() < 0
    sys.modules.pop("digits_vae")


def test_likelihoods_run_and_judge_every_model_in_one_unit_in_a_reduced_form(experiments: None) -> None:
    likelihoods = importlib.import_module("likelihoods")
    out = likelihoods.run(0, epochs=1, examples=30)
    stored = json.loads((FOLDER / "results" / "likelihoods.json").read_text("utf-8"))["runs"][0]
    assert out.keys() | {"seed"} == stored.keys()
    for name in likelihoods.HEADS:
        assert out[name].keys() == stored[name].keys()
        assert 64 < out[name]["nll"] < 300 and out[name]["rate"] >= 0  # a mass, whatever the model's own loss is
    assert 90 < out["independent_levels_nll"] < 130
    sys.modules.pop("likelihoods")
