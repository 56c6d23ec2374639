"""What the players of diffusion models share: the bound term by term, and where the reader stands in time."""

from __future__ import annotations

from typing import Any

import torch
import traitlets
from torch import Tensor

from vaekit._checks import finite_number, instance, positive_int, random_seed
from vaekit.models.ddpm import DDPM
from vaekit.models.diffusion import step_terms
from vaekit.widgets.base import complain, source

MAX_STEPS = 200
DIRECTIONS = ("forward", "reverse")


def bound_terms(ddpm: DDPM, x: Tensor, num_samples: int, seed: int, context: Tensor | None = None) -> dict[str, Any]:
    """The traits `terms`, `error` and `examples`: means of `step_terms` over x, from a generator of their own."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(random_seed("seed", seed))
        each = step_terms(ddpm, x, num_samples, context=context).double().mean(0)
    error = each.sum(-1).std(correction=0) / len(each) ** 0.5
    return {"terms": each.mean(0).tolist(), "error": float(error), "examples": len(each)}


def check_model(ddpm: object) -> int:
    """The number of steps T, if this is a model of densities with 2 to 200 of them and nothing is clipped."""
    instance("ddpm", ddpm, DDPM, "a DDPM")
    if ddpm.levels is not None or ddpm.bounds is not None:
        made = f"levels={ddpm.levels}, bounds={ddpm.bounds}"
        raise complain("ddpm", "a model of densities, levels=None and bounds=None", made)
    if not 2 <= len(ddpm) <= MAX_STEPS:
        raise complain("ddpm", f"2 to {MAX_STEPS} steps", f"{len(ddpm)} steps")
    return len(ddpm)


class DiffusionSteps(traitlets.HasTraits):
    """Traits of a diffusion model's bound and of the player's time.

    The reader's t counts noise steps: 0 is the data, T the noise. The state at t is what `DDPM` calls the state at
    t - 1. Term t of the bound is paid between the states t + 1 and t, the last one, the prior's, at T.
    """

    terms = traitlets.List(traitlets.Float(), help="(T + 1,) as `step_terms` orders them, nats.").tag(sync=True)
    error = traitlets.Float(help="Standard error of their sum.").tag(sync=True)
    examples = traitlets.Int(help="How many they are means over.").tag(sync=True)
    reference = traitlets.List(traitlets.Float(), help="Nats to compare their sum with; empty: none.").tag(sync=True)
    reference_name = traitlets.Unicode().tag(sync=True)
    t = traitlets.Int(help="Steps of noise, 0 to T.").tag(sync=True)
    direction = traitlets.Unicode(help="forward or reverse.").tag(sync=True)
    view = traitlets.Unicode().tag(sync=True)
    views: tuple[str, ...] = ()

    @traitlets.default("_css")
    def _read_styles(self) -> str:
        return source("widgets.css") + source("diffusion.css")

    @property
    def steps(self) -> int:
        """T."""
        return len(self.terms) - 1

    @traitlets.validate("t")
    def _check_t(self, proposal: dict[str, Any]) -> int:
        if not 0 <= proposal["value"] <= self.steps:
            raise complain("t", f"a whole number from 0 to {self.steps}", proposal["value"])
        return proposal["value"]

    @traitlets.validate("direction", "view")
    def _check_name(self, proposal: dict[str, Any]) -> str:
        name, value = proposal["trait"].name, proposal["value"]
        known = DIRECTIONS if name == "direction" else self.views
        if value not in known:
            raise complain(name, f"one of {', '.join(known)}", repr(value))
        return value

    def describe(self) -> dict[str, Any]:
        """Steps and where the reader stands."""
        return {"steps": self.steps, "t": self.t, "direction": self.direction, "view": self.view}


def start(t: int | None, steps: int) -> int:
    """Where the player stands at first: at the noise unless told otherwise."""
    return steps if t is None else positive_int("t", t, least=0)


def reference_traits(value: float | None, name: str) -> dict[str, Any]:
    """The traits `reference` and `reference_name`."""
    return {"reference": [] if value is None else [finite_number("reference", value)], "reference_name": name}
