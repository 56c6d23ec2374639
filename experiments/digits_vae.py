"""The VAE of chapter 05, trained to the end and judged carefully.

Run `python experiments/digits_vae.py`; the stored result says how many seconds it took.

Three seeds and two latent sizes. For each: the test ELBO, the importance-sampled NLL at several numbers of samples with
the spread between repetitions, and, for two latents, the exact NLL by quadrature and where the gap comes from.
"""

from __future__ import annotations

import torch
from record import record

from vaekit import (
    MLP,
    VAE,
    BernoulliHead,
    Conditional,
    Dataset,
    GaussianHead,
    History,
    StandardNormal,
    elbo,
    elbo_of,
    fit,
    grid_log_evidence,
    load_dataset,
    log_likelihood,
    refine_posterior,
    weighted_loss,
)

SEEDS = [0, 1, 2]
SETTINGS = {
    "data": "mnist5k, dynamic binarisation; test pixels drawn once",
    "latent_dims": [2, 20],
    "hidden": [200, 200],
    "epochs": 100,
    "batch_size": 64,
    "lr": 0.002,
    "elbo_samples": 100,
    "importance_samples": [1, 100, 1000, 5000],
    "repetitions": 2,
    "test_examples": 1000,
}


def build(latent_dim: int) -> VAE:
    encoder = Conditional(MLP([784, 200, 200]), GaussianHead(200, latent_dim))
    decoder = Conditional(MLP([latent_dim, 200, 200]), BernoulliHead(200, 784))
    return VAE(encoder, decoder, StandardNormal(latent_dim))


def train(latent_dim: int, seed: int, data: Dataset, validation: Dataset, epochs: int) -> tuple[VAE, History]:
    torch.manual_seed(seed)
    model = build(latent_dim)

    def loss(model, batch, step):
        return weighted_loss(elbo(model, batch.x))

    options = {"epochs": epochs, "batch_size": SETTINGS["batch_size"], "lr": SETTINGS["lr"], "seed": seed}
    return model, fit(model, data, loss, validation=validation, progress=False, **options)


def mean_and_error(values: torch.Tensor) -> list[float]:
    """The mean over test digits, and its standard error."""
    return [values.mean().item(), (values.std() / len(values) ** 0.5).item()]


@torch.no_grad()
def evaluate(model: VAE, x: torch.Tensor, sample_counts: list[int], repetitions: int) -> dict:
    terms = elbo(model, x, SETTINGS["elbo_samples"])
    rates = terms.kl.mean((0, 1))
    out = {
        "neg_elbo": mean_and_error(-terms.elbo),
        "distortion": terms.distortion.mean().item(),
        "rate": terms.rate.mean().item(),
        "active_units": int((model.encoder(x).loc.var(0) > 0.01).sum()),
        "pixel_entropy": {
            "encoded": mean_and_error(model(x).px.entropy()[0].sum(-1)),
            "prior": mean_and_error(model.decoder(model.prior().sample((len(x),))).entropy().sum(-1)),
        },
        "rate_per_unit": sorted(rates.tolist(), reverse=True),
        "nll": {},
    }
    for count in sample_counts:
        repeats = [-log_likelihood(model, x, count) for _ in range(repetitions)]
        means = torch.stack([repeat.mean() for repeat in repeats])
        out["nll"][str(count)] = [*mean_and_error(repeats[0]), means.std().item()]
    return out


def inference_gap(model: VAE, x: torch.Tensor) -> dict:
    """log p(x) - ELBO by quadrature, split into what amortisation costs and what the Gaussian family costs."""
    with torch.no_grad():
        exact, coarse = grid_log_evidence(model, x), grid_log_evidence(model, x, points=241)
        encoder_elbo = elbo(model, x, SETTINGS["elbo_samples"]).elbo
    best = refine_posterior(model, x)
    with torch.no_grad():
        best_elbo = elbo_of(model, x, best, SETTINGS["elbo_samples"]).elbo
    return {
        "exact_nll": mean_and_error(-exact),
        "quadrature_change": mean_and_error((exact - coarse).abs()),
        "amortisation_gap": mean_and_error(best_elbo - encoder_elbo),
        "approximation_gap": mean_and_error(exact - best_elbo),
    }


def run(seed: int, *, epochs: int = SETTINGS["epochs"], examples: int = SETTINGS["test_examples"], **changes) -> dict:
    settings = {**SETTINGS, **changes}
    data = load_dataset(binarize="dynamic")
    test = load_dataset(split="test", binarize="static").subset(slice(examples))
    x = test.x
    pixel = data.x.mean(0).clamp(1e-3, 1 - 1e-3)
    floor = -(x * pixel.log() + (1 - x) * (1 - pixel).log()).sum(-1)
    out: dict = {"independent_pixels_nll": mean_and_error(floor)}
    for latent_dim in settings["latent_dims"]:
        model, history = train(latent_dim, seed, data, test, epochs)
        torch.manual_seed(seed)
        out[f"z{latent_dim}"] = evaluate(model, x, settings["importance_samples"], settings["repetitions"])
        curves = {"train": history.loss, "test": history.validation}
        out[f"z{latent_dim}"]["loss"] = {name: [round(v, 3) for v in curve] for name, curve in curves.items()}
        if latent_dim == 2:
            out["z2"] |= inference_gap(model, x)
    return out


if __name__ == "__main__":
    print("wrote", record(__file__, run, SEEDS, SETTINGS))
