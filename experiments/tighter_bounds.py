"""The importance-weighted bound of chapter 11, as a training objective and as an estimate.

Run `python experiments/tighter_bounds.py`; the stored result says how many seconds it took.

Three seeds. `training`: one VAE, four objectives, each judged on the way, so that they compare at equal epochs and at
equal numbers of decoder evaluations (examples times K, summed over training); `seconds` are of one core, in training.
`two_latents`: the same VAE with two latents, trained with the ELBO, whose NLL is known by quadrature.
"""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch
from record import record
from torch import Tensor, nn

from vaekit import (
    MLP,
    VAE,
    BernoulliHead,
    Conditional,
    GaussianHead,
    StandardNormal,
    active_units,
    detached,
    doubly_reparameterised,
    effective_sample_size,
    elbo,
    elbo_of,
    fit,
    grid_log_evidence,
    grid_posterior,
    iwae,
    load_dataset,
    log_likelihood,
    refine_posterior,
    weighted_loss,
)

SEEDS = [0, 1, 2]
SETTINGS = {
    "data": "mnist5k, dynamic binarisation; test pixels drawn once",
    "latent_dim": 20,
    "hidden": 200,
    "batch_size": 64,
    "lr": 0.002,
    "checkpoints": {"elbo_1": [20, 100, 400], "iwae_5": [20, 80], "iwae_20": [5, 20], "dreg_20": [5, 20]},
    "importance_samples": 500,
    "nll_digits": 300,
    "two_latents": {"epochs": 60, "digits": 200, "samples": [1, 10, 100, 1000, 5000], "grid_digits": 100},
}
QUANTILES = [0.05, 0.25, 0.5, 0.75, 0.95]
Bound = Callable[[nn.Module, Tensor, int], Tensor]
OBJECTIVES: dict[str, tuple[Bound, int]] = {
    "elbo_1": (lambda model, x, k: elbo(model, x, k).elbo, 1),
    "iwae_5": (iwae, 5),
    "iwae_20": (iwae, 20),
    "dreg_20": (doubly_reparameterised, 20),
}


def build(pixels: int, hidden: int, latent_dim: int) -> VAE:
    encoder = Conditional(MLP([pixels, hidden]), GaussianHead(hidden, latent_dim))
    return VAE(
        encoder, Conditional(MLP([latent_dim, hidden]), BernoulliHead(hidden, pixels)), StandardNormal(latent_dim)
    )


def mean_and_error(values: Tensor) -> list[float]:
    """The mean over test digits, and its standard error."""
    return [values.mean().item(), (values.std() / len(values) ** 0.5).item()]


def quantiles(values: Tensor) -> list[float]:
    return values.quantile(torch.tensor(QUANTILES, dtype=values.dtype)).tolist()


def in_groups(log_w: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """Of every `size` draws the bound and the effective sample size, each averaged over the groups, `(B,)`."""
    groups = log_w.unflatten(0, (-1, size))
    bound = (groups.logsumexp(1) - math.log(size)).mean(0)
    return bound, torch.stack([effective_sample_size(group) for group in groups]).mean(0)


@torch.no_grad()
def evaluate(model: VAE, x: Tensor, size: int) -> dict:
    terms, nll = elbo(model, x, 50), -log_likelihood(model, x, SETTINGS["importance_samples"])
    log_w = model(x, 100, draw=detached).log_w
    return {
        "neg_elbo": mean_and_error(-terms.elbo),
        "bound": mean_and_error(-in_groups(log_w, size)[0]),
        "nll": mean_and_error(nll),
        "gap": mean_and_error(-terms.elbo - nll),
        "ess": mean_and_error(effective_sample_size(log_w)),
        "rate": terms.rate.mean().item(),
        "active_units": active_units(model.encoder(x).loc),
    }


def train(name: str, seed: int, epochs: list[int], x: Tensor) -> list[dict]:
    """Train with one objective, and judge the model after each of the numbers of epochs."""
    (bound, size), data, found, seconds = OBJECTIVES[name], load_dataset(binarize="dynamic"), [], 0.0
    torch.manual_seed(seed)
    model = build(784, SETTINGS["hidden"], SETTINGS["latent_dim"])
    options = {key: SETTINGS[key] for key in ("batch_size", "lr")} | {"seed": seed, "progress": False}
    with tempfile.TemporaryDirectory() as folder:
        options |= {"checkpoint": Path(folder) / "model", "resume": True}
        for total in epochs:
            start = time.process_time()
            fit(model, data, lambda m, b, step: -bound(m, b.x, size).mean(), epochs=total, **options)
            seconds += time.process_time() - start
            torch.manual_seed(seed)
            cost = {"epochs": total, "evaluations": total * len(data) * size, "seconds": round(seconds, 1)}
            found.append(cost | evaluate(model, x, size))
    return found


def two_latents(seed: int, epochs: int, digits: int, samples: list[int]) -> dict:
    """The bound at several K against log p(x) by quadrature, on a VAE that was trained with the ELBO."""
    x = load_dataset(split="test", binarize="static").x[:digits]
    torch.manual_seed(seed)
    model = build(784, SETTINGS["hidden"], 2)
    options = {key: SETTINGS[key] for key in ("batch_size", "lr")} | {"seed": seed, "progress": False}
    fit(
        model,
        load_dataset(binarize="dynamic"),
        lambda m, b, step: weighted_loss(elbo(m, b.x)),
        epochs=epochs,
        **options,
    )
    torch.manual_seed(seed)
    best = refine_posterior(model, x)
    with torch.no_grad():
        exact, coarse = grid_log_evidence(model, x), grid_log_evidence(model, x, points=241)
        own, refined = elbo(model, x, 100).elbo, elbo_of(model, x, best, 100).elbo
        log_w = torch.cat([model(x, 100, draw=detached).log_w for _ in range(max(samples) // 100)])
        some = x[: SETTINGS["two_latents"]["grid_digits"]]
        forward_kl = grid_posterior(model, some).kl_to(model.encoder(some))
    bounds = {}
    for size in samples:
        bound, ess = in_groups(log_w, size)
        above = {"neg_bound": mean_and_error(-bound), "above_exact": mean_and_error(exact - bound)}
        bounds[str(size)] = above | {"ess": ess.mean().item(), "ess_quantiles": quantiles(ess)}
    return {
        "exact_nll": mean_and_error(-exact),
        "quadrature_change": (exact - coarse).abs().mean().item(),
        "neg_elbo": mean_and_error(-own),
        "amortisation_gap": mean_and_error(refined - own),
        "approximation_gap": mean_and_error(exact - refined),
        "forward_kl": quantiles(forward_kl),
        "bounds": bounds,
    }


def run(seed: int, *, epochs: int | None = None, digits: int | None = None) -> dict:
    """All of it; `epochs` and `digits` cut every training run and every test set to so many."""
    x = load_dataset(split="test", binarize="static").x[: digits or SETTINGS["nll_digits"]]
    stops = {name: [epochs] * len(stop) if epochs else stop for name, stop in SETTINGS["checkpoints"].items()}
    small = {
        "epochs": epochs or SETTINGS["two_latents"]["epochs"],
        "digits": digits or SETTINGS["two_latents"]["digits"],
    }
    return {
        "training": {name: train(name, seed, stop, x) for name, stop in stops.items()},
        "two_latents": two_latents(seed, **small, samples=SETTINGS["two_latents"]["samples"]),
    }


if __name__ == "__main__":
    print("wrote", record(__file__, run, SEEDS, SETTINGS))
