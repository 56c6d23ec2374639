"""What posteriors and priors of chapter 13 cost and gain, on VAEs with two latents, whose NLL is known.

Run `python experiments/priors_and_posteriors.py`; the stored result says how many seconds it took.

Three seeds. `joint`: encoder, decoder and prior trained together; the NLL is by quadrature over the plane, with the
model's own prior. `fixed_decoder`: new encoders for the decoder of `joint.factorised`, so that the gap alone differs.
The gap is split in two: what is won by fitting the features that the head of q sees to each digit is amortisation, the
rest is the family: from two starts, the encoder's own q and one that is fitted to draws from the exact posterior,
because a q on the wrong hump would stay there. `seconds` are of one core, in training.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import torch
from record import record
from torch import Tensor
from torch.distributions import Distribution

from vaekit import (
    MLP,
    VAE,
    BernoulliHead,
    Conditional,
    Dataset,
    FlowHead,
    FullCovarianceHead,
    GaussianHead,
    MixturePrior,
    StandardNormal,
    VampPrior,
    elbo,
    elbo_of,
    fit,
    grid_log_evidence,
    grid_posterior,
    load_dataset,
    mutual_information,
    weighted_loss,
)

SEEDS = [0, 1, 2]
SETTINGS = {
    "data": "mnist5k, dynamic binarisation; test pixels drawn once",
    "hidden": 200,
    "components": 20,
    "epochs": 60,
    "batch_size": 64,
    "lr": 0.002,
    "gap_digits": 100,
    "grid": {"spacing": 0.025, "most_points": 961},
    "elbo_samples": 100,
    "refinement": {"steps": 200, "samples": 8, "lr": 0.02, "truth_lr": 0.1, "posterior_draws": 100, "points": 241},
    "information_digits": 1000,
}
HIDDEN = SETTINGS["hidden"]
HEADS = {"factorised": GaussianHead, "full_covariance": FullCovarianceHead, "flow": FlowHead}
ROWS = {  # the head of q and the prior
    "factorised": ("factorised", "standard"),
    "full_covariance": ("full_covariance", "standard"),
    "flow": ("flow", "standard"),
    "mixture": ("factorised", "mixture"),
    "vamp": ("factorised", "vamp"),
}


def build(head: str, prior: str, data: Dataset) -> VAE:
    encoder = Conditional(MLP([784, HIDDEN]), HEADS[head](HIDDEN, 2))
    decoder = Conditional(MLP([2, HIDDEN]), BernoulliHead(HIDDEN, 784))
    priors = {
        "standard": lambda: StandardNormal(2),
        "mixture": lambda: MixturePrior(SETTINGS["components"], 2),
        "vamp": lambda: VampPrior(encoder, data.x[: SETTINGS["components"]]),
    }
    return VAE(encoder, decoder, priors[prior]())


def train(model: VAE, data: Dataset, seed: int, epochs: int) -> float:
    """Train with the ELBO; return the seconds."""
    start, options = time.process_time(), {key: SETTINGS[key] for key in ("batch_size", "lr")} | {"seed": seed}
    fit(model, data, lambda m, b, step: weighted_loss(elbo(m, b.x)), epochs=epochs, progress=False, **options)
    return round(time.process_time() - start, 1)


def mean_and_error(values: Tensor) -> list[float]:
    """The mean over test digits, and its standard error."""
    return [values.mean().item(), (values.std() / len(values) ** 0.5).item()]


def refine(model: VAE, features: Tensor, loss_of: Callable[[Distribution], Tensor], steps: int, lr: float) -> Tensor:
    """Features that the head of q sees, fitted to each digit by Adam along a cosine, `(B, F)`."""
    features = features.detach().clone().requires_grad_()
    optimizer = torch.optim.Adam([features], lr=lr)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _ in range(steps):
        (features.grad,) = torch.autograd.grad(loss_of(model.encoder.head(features)), [features])
        optimizer.step()
        schedule.step()
    return features.detach()


def truth_start(model: VAE, x: Tensor, half_width: float, steps: int) -> Tensor:
    """Features of a q that is fitted to draws from the exact posterior, `(B, F)`: it cannot sit on the wrong hump."""
    draws, points = SETTINGS["refinement"]["posterior_draws"], SETTINGS["refinement"]["points"]
    truth = grid_posterior(model, x, half_width=half_width, points=points)
    z = truth.z[truth.log_density.T.exp().multinomial(draws, replacement=True).T]
    z = z + (torch.rand_like(z) - 0.5) * truth.cell**0.5  # anywhere in its cell

    def loss(q: Distribution) -> Tensor:
        return -q.log_prob(z).reshape(draws, len(x), -1).sum(-1).mean(0).sum()

    return refine(model, model.encoder.body(x), loss, steps=3 * steps, lr=SETTINGS["refinement"]["truth_lr"])


def refined_elbo(model: VAE, x: Tensor, half_width: float, steps: int) -> Tensor:
    """The ELBO after refining, the better of two starts: the encoder's own q, and one fitted to the truth, `(B,)`."""

    def bound(q: Distribution, num_samples: int) -> Tensor:
        return elbo_of(model, x, q, num_samples).elbo

    @torch.no_grad()
    def score(features: Tensor) -> Tensor:
        return bound(model.encoder.head(features), SETTINGS["elbo_samples"])

    starts = model.encoder.body(x), truth_start(model, x, half_width, steps)
    draws, lr = SETTINGS["refinement"]["samples"], SETTINGS["refinement"]["lr"]
    found = torch.stack([refine(model, start, lambda q: -bound(q, draws).sum(), steps, lr) for start in starts])
    best = torch.stack([score(features) for features in found]).argmax(0)
    return score(found[best, torch.arange(len(x))])  # on draws that had no part in the choice


@torch.no_grad()
def log_evidence(model: VAE, x: Tensor, spacing: float) -> tuple[Tensor, float, float]:
    """Log p(x) by quadrature over a square that holds prior and posteriors, its half-width, and the grid's error."""
    codes = torch.cat([model.encoder(x).sample((100,)).flatten(0, 1), model.prior().sample((2000,))])
    half_width = max(6.0, math.ceil(codes.abs().max().item() + 1.0))
    points = min(round(2 * half_width / spacing) + 1, SETTINGS["grid"]["most_points"])
    exact = grid_log_evidence(model, x, half_width=half_width, points=points)
    coarse = grid_log_evidence(model, x, half_width=half_width, points=(points + 1) // 2)
    return exact, half_width, (exact - coarse).abs().mean().item()


@torch.no_grad()
def information(model: VAE, x: Tensor, num_samples: int) -> dict:
    """The mean rate over x and the two parts that it is the sum of."""
    rate, known = elbo(model, x, 20).rate.mean().item(), mutual_information(model, x, num_samples=num_samples)
    return {"rate": rate, "mutual_information": known, "marginal_kl": rate - known}


def judge_plane(model: VAE, x: Tensor, steps: int, spacing: float) -> dict:
    """A model with two latents on test digits, its gap split in two."""
    some = x[: SETTINGS["gap_digits"]]
    exact, half_width, change = log_evidence(model, some, spacing)
    with torch.no_grad():
        own = elbo(model, some, SETTINGS["elbo_samples"]).elbo
    refined = refined_elbo(model, some, half_width, steps)
    return {
        "exact_nll": mean_and_error(-exact),
        "quadrature_change": change,
        "half_width": half_width,
        "neg_elbo": mean_and_error(-own),
        "gap": mean_and_error(exact - own),
        "amortisation_gap": mean_and_error(refined - own),
        "approximation_gap": mean_and_error(exact - refined),
        **information(model, x[: SETTINGS["information_digits"]], num_samples=1),
    }


def run(
    seed: int,
    *,
    epochs: int = SETTINGS["epochs"],
    digits: int = 1000,
    steps: int = SETTINGS["refinement"]["steps"],
    spacing: float = SETTINGS["grid"]["spacing"],
) -> dict:
    data, test = load_dataset(binarize="dynamic"), load_dataset(split="test", binarize="static")
    x, models = test.x[:digits], {}
    out: dict = {"joint": {}, "fixed_decoder": {}}
    for name, (head, prior) in ROWS.items():
        torch.manual_seed(seed)
        models[name] = build(head, prior, data)
        seconds = train(models[name], data, seed, epochs)
        torch.manual_seed(seed)
        out["joint"][name] = {**judge_plane(models[name], x, steps, spacing), "seconds": seconds}
    for head in HEADS:
        torch.manual_seed(seed)
        model = VAE(build(head, "standard", data).encoder, models["factorised"].decoder, StandardNormal(2))
        model.decoder.requires_grad_(False)
        seconds = train(model, data, seed, epochs)
        torch.manual_seed(seed)
        out["fixed_decoder"][head] = {**judge_plane(model, x, steps, spacing), "seconds": seconds}
    return out


if __name__ == "__main__":
    print("wrote", record(__file__, run, SEEDS, SETTINGS))
