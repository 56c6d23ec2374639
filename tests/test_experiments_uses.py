"""The experiments of chapters 07 to 16 still run, in a reduced form, and store what they stored."""

from __future__ import annotations

import importlib
import json
import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[1] / "experiments"
REDUCED = {
    "generation": {"epochs": 1, "examples": 100},
    "conditional": {"epochs": 1, "examples": 100},
    "representation": {"epochs": 1, "draws": 1, "semi_epochs": 1},
    "anomaly": {"fraction": 0.02, "examples": 60},
    "disentanglement": {"epochs": 1, "refinement_steps": 2},
    "names": {"epochs": 1, "names": 600, "examples": 30},
    "rate_distortion": {"epochs": 1, "examples": 60, "importance_samples": [100, 500]},
    "tighter_bounds": {"epochs": 1, "digits": 40},
    "signal_to_noise": {"replicates": 20},
    "discrete_latents": {"epochs": 1, "examples": 100},
    "vector_quantisation": {"epochs": 1, "examples": 100},
    "priors_and_posteriors": {"epochs": 1, "digits": 20, "steps": 2, "spacing": 0.1},
    "learned_priors": {"epochs": 1, "examples": 100},
    "hierarchy": {"stops": [1], "examples": 40, "samples": 20},
    "diffusion": {"epochs": 1, "samples": 200},
    "digit_diffusion": {"epochs": 1, "examples": 20},
    "latent_diffusion": {"epochs": 1, "examples": 100},
    "guidance": {"epochs": 1, "examples": 100},
}


def shape(value: Any) -> Any:
    """The keys of nested results, without the numbers and the text (encoded images)."""
    if isinstance(value, dict):
        return {key: shape(inside) for key, inside in value.items() if key != "seed"}
    return "text" if isinstance(value, str) else "numbers"


def numbers(value: Any) -> Iterator[float]:
    if isinstance(value, dict):
        for inside in value.values():
            yield from numbers(inside)
    elif isinstance(value, list):
        for inside in value:
            yield from numbers(inside)
    elif isinstance(value, int | float):
        yield value


@pytest.mark.parametrize("name", REDUCED)
def test_the_experiment_runs_in_a_reduced_form_and_finds_the_same_quantities(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(FOLDER))
    script = importlib.import_module(name)
    try:
        found = script.run(0, **REDUCED[name])
    finally:
        sys.modules.pop(name)
    stored = json.loads((FOLDER / "results" / f"{name}.json").read_text("utf-8"))["runs"][0]
    assert shape(found) == shape(stored)
    assert all(math.isfinite(value) for value in numbers(found))
