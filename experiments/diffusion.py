"""Diffusion on a plane where everything is known: the density, its entropy, and the best possible denoiser.

Run `python experiments/diffusion.py`; the stored result says how many seconds it took.

Three seeds. The data are a ring of eight Gaussians. For every T: `exact`, the denoiser that is right, whose excess over
the entropy is what finitely many steps cost; and one network trained twice, with the simplified loss and with the true
bound. `samples` are compared with the exact masses of cells, and `floor` holds the same for true draws. Points, of the
first seed: base64 of float16.
"""

from __future__ import annotations

import base64
import math
import time

import torch
from record import record
from torch import Tensor
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from vaekit import (
    DDPM,
    Dataset,
    MixtureDenoiser,
    MLPDenoiser,
    ddim_sample,
    fit,
    noise_prediction_loss,
    posterior_variance,
    scaled_betas,
    step_terms,
)

SEEDS = [0, 1, 2]
SETTINGS = {
    "data": "8 Gaussians on a ring, weights alternating 1 : 2, variance 1 in each dimension",
    "radius": 1.4,
    "variance": 0.02,
    "training_points": 25_600,
    "steps": [10, 50, 200],
    "betas": "scaled_betas(T)",
    "hidden": 128,
    "layers": 3,
    "epochs": 100,
    "batch_size": 256,
    "lr": 0.002,
    "average": 0.999,
    "test_points": 4000,
    "bound_samples": 2,
    "samples": 10_000,
    "half_width": 2.1,
    "cells": 28,
    "ddim_steps": [5, 10, 25, 50],
    "points": {"count": 1000, "path_points": 200, "path_states": 6, "encoding": "base64 of float16"},
}


def exact_denoiser(betas: Tensor) -> MixtureDenoiser:
    angle = 2 * math.pi * torch.arange(8, dtype=torch.float64) / 8
    means = SETTINGS["radius"] * torch.stack([angle.cos(), angle.sin()], -1)
    weights = torch.tensor([1.0, 2.0], dtype=torch.float64).repeat(4)
    return MixtureDenoiser(betas, weights, means, torch.full_like(weights, SETTINGS["variance"]))


TRUTH = exact_denoiser(scaled_betas(10))


def entropy() -> float:
    """By the trapezium rule; the integrand vanishes at the edge, so that its error does, too."""
    grid = torch.linspace(-2.8, 2.8, 701, dtype=torch.float64)
    log_p = TRUTH.data().log_prob(torch.cartesian_prod(grid, grid))
    return -(log_p.exp() * log_p).sum().item() * (grid[1] - grid[0]).item() ** 2


def cell_masses() -> Tensor:
    """The exact mass of every cell of the histogram, and last that of the plane outside."""
    edges = torch.linspace(-1, 1, SETTINGS["cells"] + 1, dtype=torch.float64) * SETTINGS["half_width"]
    below = torch.special.ndtr((edges[:, None, None] - TRUTH.means) / SETTINGS["variance"] ** 0.5)  # (edges, M, 2)
    mass = torch.einsum("m,im,jm->ij", TRUTH.logits.exp(), below.diff(dim=0)[..., 0], below.diff(dim=0)[..., 1])
    return torch.cat([mass.flatten(), 1 - mass.sum()[None]])


def variation(found: Tensor, expected: Tensor) -> float:
    return 0.5 * (found - expected).abs().sum().item()


def judge(x: Tensor) -> dict:
    """How far samples `(N, 2)` are from the truth, which is known."""
    x, cells = x.double(), SETTINGS["cells"]
    place = ((x / SETTINGS["half_width"] + 1) * cells / 2).floor().long()
    outside = ((place < 0) | (place >= cells)).any(-1)
    index = torch.where(outside, cells**2, place[:, 0] * cells + place[:, 1])
    distance, nearest = torch.cdist(x, TRUTH.means).min(-1)
    return {
        "total_variation": variation(index.bincount(minlength=cells**2 + 1) / len(x), cell_masses()),
        "mode_variation": variation(nearest.bincount(minlength=8) / len(x), TRUTH.logits.exp()),
        "within_3sd": (distance < 3 * SETTINGS["variance"] ** 0.5).double().mean().item(),
        "log_density": TRUTH.data().log_prob(x).mean().item(),
    }


def mean_and_error(values: Tensor) -> list[float]:
    """The mean over test points, and its standard error."""
    return [values.mean().item(), (values.std() / len(values) ** 0.5).item()]


def train(betas: Tensor, weighted: bool, data: Dataset, seed: int, epochs: int) -> tuple[DDPM, dict]:
    """One network, trained with the simplified loss or with the weights of the bound; the running average of it."""
    torch.manual_seed(seed)
    model = DDPM(MLPDenoiser(2, hidden=SETTINGS["hidden"], layers=SETTINGS["layers"]), betas)
    weights = len(model) * model.noise_weight if weighted else None
    average = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(SETTINGS["average"]))

    def loss(model: DDPM, batch, step: int) -> Tensor:
        average.update_parameters(model)
        return noise_prediction_loss(model, batch.x, weights=weights)

    start, options = time.process_time(), {key: SETTINGS[key] for key in ("batch_size", "lr")}
    history = fit(model, data, loss, epochs=epochs, seed=seed, progress=False, **options)
    return average.module, {"loss": history.loss, "seconds": round(time.process_time() - start, 1)}


@torch.no_grad()
def noise_error(model: DDPM, x: Tensor) -> list[float]:
    """At every step the mean of |predicted - best prediction|², from states drawn for it."""
    best, like, found = DDPM(exact_denoiser(model.betas.double()), model.betas.double()), model.betas, []
    for t in range(len(model)):
        xt = best.q(x, t).sample()
        error = best.noise(xt, t) - model.noise(xt.to(like), t).double()
        found.append(error.square().sum(-1).mean().item())
    return found


@torch.no_grad()
def reverse_variances(model: DDPM, x: Tensor) -> dict[str, Tensor]:
    """Right for x₀ ~ N(0, I); right for an x₀ that is known; and, measured on x, what the bound itself would choose.

    The last is E|xₜ₋₁ - m(xₜ)|² / D with m the mean of the reverse step: where the derivative of the KL is zero.
    """
    x0, best = model.standardise(x), model.posterior_var.clone()
    for t in range(len(model)):
        xt = model.q(x0, t).sample()
        best[t] += (model.posterior_mean(x0, xt, t) - model.reverse(xt, t).loc).square().mean()
    return {"beta": model.betas, "posterior": posterior_variance(model.betas), "optimal": best}


@torch.no_grad()
def evaluate(model: DDPM, x: Tensor, seen: Tensor, samples: int) -> dict:
    log_p, out = TRUTH.data().log_prob(x), {"error": noise_error(model, x)}
    for name, variance in reverse_variances(model, seen.to(model.betas)).items():
        other = DDPM(model.denoiser, model.betas, reverse_var=variance)
        terms = step_terms(other, x.to(model.betas), SETTINGS["bound_samples"]).mean(0).double()
        out[name] = {
            "bound": mean_and_error(terms.sum(-1)),
            "excess": mean_and_error(terms.sum(-1) + log_p),
            "terms": terms.mean(0).tolist(),
            "samples": judge(other.sample(samples)),
        }
    return out


def encode(points: Tensor) -> str:
    return base64.b64encode(points.to(torch.float16).numpy().tobytes()).decode("ascii")


@torch.no_grad()
def points(models: dict[str, DDPM]) -> dict[str, str]:
    """Samples to draw, and the states of one run of the reverse chain, from noise to data."""
    wanted = SETTINGS["points"]
    found = {name: encode(model.sample(wanted["count"])) for name, model in models.items()}
    path = models["simple"].sample_path(wanted["path_points"])
    keep = torch.linspace(0, len(path) - 1, wanted["path_states"]).round().long()
    return found | {"true": encode(TRUTH.data().sample((wanted["count"],))), "path": encode(path[keep])}


def run(seed: int, *, epochs: int = SETTINGS["epochs"], samples: int = SETTINGS["samples"]) -> dict:
    torch.manual_seed(seed)
    x = TRUTH.data().sample((SETTINGS["training_points"],)).float()
    data = Dataset(x, torch.zeros(len(x), dtype=torch.int64))
    test = TRUTH.data().sample((min(samples, SETTINGS["test_points"]),))
    out: dict = {"entropy": entropy(), "floor": judge(TRUTH.data().sample((samples,))), "steps": {}}
    for steps in SETTINGS["steps"]:
        betas = scaled_betas(steps)
        models, rows = {"exact": DDPM(exact_denoiser(betas), betas)}, {"exact": {}, "simple": {}, "weighted": {}}
        for name in ("simple", "weighted"):
            models[name], rows[name] = train(betas, name == "weighted", data, seed, epochs)
        for name, model in models.items():
            torch.manual_seed(seed)
            rows[name] |= evaluate(model, test, x, samples)
        out["steps"][str(steps)] = rows
        if steps == 50 and seed == SEEDS[0]:
            out["points"] = points(models)
    last = models["simple"]
    out["ddim"] = {str(n): judge(ddim_sample(last, samples, steps=n)) for n in SETTINGS["ddim_steps"]}
    return out


if __name__ == "__main__":
    print("wrote", record(__file__, run, SEEDS, SETTINGS))
