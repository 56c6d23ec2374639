"""Posterior collapse on surnames: a language model, a plain VAE, and the remedies of chapter 09, at equal epochs.

Run `python experiments/names.py`; the stored result says how many seconds it took. Three seeds, one split. All are
judged on the same unseen names: minus log P(x) in nats a name, exact for the language models and importance-sampled for
the VAEs, with its standard error over names. `seconds`: of one core, in training. `kl_per_unit`: means over the unseen
names, before training and after every epoch. `over_same_decoder`: nats above the language model with the same decoder.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import torch
from record import record
from torch import Tensor, nn
from torch.distributions import kl_divergence

from vaekit import (
    VAE,
    Dataset,
    GRUDecoder,
    GRUEncoder,
    LanguageModel,
    StandardNormal,
    WindowDecoder,
    active_units,
    aggressive,
    cyclical,
    elbo,
    fit,
    linear_warmup,
    load_dataset,
    log_likelihood,
    mutual_information,
    weighted_loss,
    word_dropout,
)

SEEDS = [0, 1, 2]
SETTINGS = {
    "data": "names: 7,000 surnames for training, 1,000 for testing",
    "latent_dim": 8,
    "hidden": 64,
    "embedding": 16,
    "epochs": 20,
    "batch_size": 128,
    "lr": 0.002,
    "beta": 0.5,
    "free_bits_total": 3.0,
    "word_dropout": 0.5,
    "weaker_window": 1,
    "warmup": "the first half of all steps",
    "cycles": 4,
    "aggressive": "the first quarter of all steps, at most 30 inner steps each",
    "importance_samples": 500,
}
SIZES = {"hidden": SETTINGS["hidden"], "embedding": SETTINGS["embedding"]}
LATENT = SETTINGS["latent_dim"]
FLOOR = SETTINGS["free_bits_total"] / LATENT
Loss = Callable[[nn.Module, object, int], Tensor]


def gru(latent_dim: int) -> nn.Module:
    return GRUDecoder(latent_dim, **SIZES)


def weak(latent_dim: int) -> nn.Module:
    return WindowDecoder(latent_dim, window=SETTINGS["weaker_window"], **SIZES)


def language_loss(rate: float = 0.0) -> Loss:
    """Minus log p(x); with a rate, of names whose tokens are hidden from the network, as word dropout does."""

    def loss(model: LanguageModel, batch: object, step: int) -> Tensor:
        hidden = torch.rand(batch.x.shape, device=batch.x.device) < rate
        px = model(len(batch))
        return -px.reading(batch.x.masked_fill(hidden, px.vocabulary)).log_prob(batch.x).mean()

    return loss


def vae_loss(beta: Callable[[int], float] = lambda step: 1.0, free_bits: float = 0.0, rate: float = 0.0) -> Loss:
    def loss(model: VAE, batch: object, step: int) -> Tensor:
        trained = word_dropout(model, rate) if rate else model
        return weighted_loss(elbo(trained, batch.x), beta=beta(step), free_bits=free_bits)

    return loss


LANGUAGE_MODELS = {
    "language_model": (gru, 0.0),
    "weaker_language_model": (weak, 0.0),
    "word_dropout_language_model": (gru, SETTINGS["word_dropout"]),
}
OWN_BASELINE = {
    "word_dropout": "word_dropout_language_model",
    "weaker_decoder": "weaker_language_model",
    "weaker_annealing": "weaker_language_model",
}


def remedies(steps: int) -> dict[str, tuple[Callable[[int], nn.Module], Loss]]:
    """The decoder and the loss of every VAE, for a run of so many steps."""
    warmup = linear_warmup(steps // 2)
    return {
        "plain": (gru, vae_loss()),
        "annealing": (gru, vae_loss(warmup)),
        "cyclical": (gru, vae_loss(cyclical(steps // SETTINGS["cycles"]))),
        "beta": (gru, vae_loss(lambda step: SETTINGS["beta"])),
        "free_bits": (gru, vae_loss(free_bits=FLOOR)),
        "annealing_free_bits": (gru, vae_loss(warmup, FLOOR)),
        "word_dropout": (gru, vae_loss(rate=SETTINGS["word_dropout"])),
        "weaker_decoder": (weak, vae_loss()),
        "weaker_annealing": (weak, vae_loss(warmup)),
        "aggressive": (gru, vae_loss()),
    }


def train(model: nn.Module, data: Dataset, loss: Loss, seed: int, epochs: int, **options: object) -> tuple:
    start = time.process_time()
    settings = {"batch_size": SETTINGS["batch_size"], "lr": SETTINGS["lr"], "seed": seed, "progress": False}
    history = fit(model, data, loss, epochs=epochs, **settings, **options)
    return history, round(time.process_time() - start, 1)


def mean_and_error(values: Tensor) -> list[float]:
    return [values.mean().item(), (values.std() / len(values) ** 0.5).item()]


@torch.no_grad()
def kl_per_unit(model: VAE, x: Tensor) -> list[float]:
    return kl_divergence(model.encoder(x), model.prior()).mean(0).tolist()


@torch.no_grad()
def evaluate(model: VAE, data: Dataset, x: Tensor) -> tuple[dict, Tensor]:
    terms, nll = elbo(model, x, 20), -log_likelihood(model, x, SETTINGS["importance_samples"], chunk=20)
    found = {
        "nll": mean_and_error(nll),
        "neg_elbo": mean_and_error(-terms.elbo),
        "kl": terms.rate.mean().item(),
        "active_units": active_units(model.encoder(x).loc),
        "mutual_information": mutual_information(model, x),
        "train": {
            "neg_elbo": -elbo(model, data.x, 2).elbo.mean().item(),
            "kl": sum(kl_per_unit(model, data.x)),
            "mutual_information": mutual_information(model, data.x, num_samples=1),
        },
    }
    return found, nll


def run_vae(name: str, seed: int, epochs: int, data: Dataset, x: Tensor) -> tuple[dict, Tensor]:
    per_epoch = -(-len(data) // SETTINGS["batch_size"])
    decoder, loss = remedies(epochs * per_epoch)[name]
    torch.manual_seed(seed)
    model, curve = VAE(GRUEncoder(LATENT, **SIZES), decoder(LATENT), StandardNormal(LATENT)), []
    if name == "aggressive":
        steps = epochs * per_epoch // 4
        loss = aggressive(loss, model.encoder, data, steps=steps, inner_steps=30, lr=SETTINGS["lr"])

    def watched(model: VAE, batch: object, step: int) -> Tensor:
        if step % per_epoch == 0:
            curve.append(kl_per_unit(model, x))
        return loss(model, batch, step)

    _, seconds = train(model, data, watched, seed, epochs)
    torch.manual_seed(seed)
    found, nll = evaluate(model, data, x)
    return {**found, "seconds": seconds, "kl_per_unit": [*curve, kl_per_unit(model, x)]}, nll


def run_language_model(name: str, seed: int, epochs: int, data: Dataset, test: Dataset) -> tuple[dict, Tensor]:
    decoder, rate = LANGUAGE_MODELS[name]
    torch.manual_seed(seed)
    model = LanguageModel(decoder(0))
    history, seconds = train(model, data, language_loss(rate), seed, epochs, validation=test)
    with torch.no_grad():
        nll, seen = -model.log_px(test.x), -model.log_px(data.x)
    curves = {"train_loss": history.loss, "test_loss": history.validation}
    return {"nll": mean_and_error(nll), "train_nll": seen.mean().item(), "seconds": seconds, **curves}, nll


def run(seed: int, *, epochs: int = SETTINGS["epochs"], names: int = 7000, examples: int = 1000) -> dict:
    data = load_dataset("names").subset(slice(names))
    test = load_dataset("names", split="test").subset(slice(examples))
    out, nll = {}, {}
    for name in LANGUAGE_MODELS:
        out[name], nll[name] = run_language_model(name, seed, epochs, data, test)
    for name in remedies(100):
        out[name], nll[name] = run_vae(name, seed, epochs, data, test.x)
        out[name]["over_language_model"] = mean_and_error(nll[name] - nll["language_model"])
        own = OWN_BASELINE.get(name, "language_model")
        out[name]["over_same_decoder"] = mean_and_error(nll[name] - nll[own])
    return out


if __name__ == "__main__":
    print("wrote", record(__file__, run, SEEDS, SETTINGS))
