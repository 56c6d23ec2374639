"""Learned priors on a VAE with twenty latents, and the surgery of its ELBO, for chapter 13.

Run `python experiments/learned_priors.py`; the stored result says how many seconds it took.

Three seeds. The same VAE under three priors, trained jointly. `surgery`: the mean rate of the model with the prior
N(0, I) over N training digits, as index-code information plus marginal KL: the first cannot exceed log N, so that the
second depends on N. `seconds` are of one core, in training. Pictures, of the first seed: base64 of grey values 0 to
255: means of p(x|z) at draws from each prior, and pseudo-inputs.
"""

from __future__ import annotations

import base64
import time

import torch
from record import record
from torch import Tensor

from vaekit import (
    MLP,
    VAE,
    BernoulliHead,
    Conditional,
    Dataset,
    GaussianHead,
    MixturePrior,
    StandardNormal,
    VampPrior,
    active_units,
    elbo,
    fit,
    load_dataset,
    log_likelihood,
    mutual_information,
    weighted_loss,
)

SEEDS = [0, 1, 2]
SETTINGS = {
    "data": "mnist5k, dynamic binarisation; test pixels drawn once",
    "latent_dim": 20,
    "hidden": 200,
    "components": 50,
    "epochs": 60,
    "batch_size": 64,
    "lr": 0.002,
    "elbo_samples": 20,
    "information_samples": 2,
    "importance_samples": 500,
    "nll_digits": 200,
    "surgery_digits": [250, 1000, 4000],
    "pictures": {"images": 15, "image_shape": [28, 28], "encoding": "base64 of uint8"},
}
HIDDEN, LATENT, COMPONENTS = (SETTINGS[name] for name in ("hidden", "latent_dim", "components"))


def build(prior: str, data: Dataset) -> VAE:
    encoder = Conditional(MLP([784, HIDDEN]), GaussianHead(HIDDEN, LATENT))
    decoder = Conditional(MLP([LATENT, HIDDEN]), BernoulliHead(HIDDEN, 784))
    priors = {
        "standard": lambda: StandardNormal(LATENT),
        "mixture": lambda: MixturePrior(COMPONENTS, LATENT),
        "vamp": lambda: VampPrior(encoder, data.x[:COMPONENTS]),
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


@torch.no_grad()
def information(model: VAE, x: Tensor, num_samples: int) -> dict:
    """The mean rate over x and the two parts that it is the sum of."""
    rate, known = (
        elbo(model, x, SETTINGS["elbo_samples"]).rate.mean().item(),
        mutual_information(model, x, num_samples=num_samples),
    )
    return {"rate": rate, "mutual_information": known, "marginal_kl": rate - known}


@torch.no_grad()
def judge(model: VAE, x: Tensor) -> dict:
    terms, some = elbo(model, x, SETTINGS["elbo_samples"]), x[: SETTINGS["nll_digits"]]
    return {
        "neg_elbo": mean_and_error(-terms.elbo),
        "distortion": terms.distortion.mean().item(),
        "nll": mean_and_error(-log_likelihood(model, some, SETTINGS["importance_samples"])),
        "nll_neg_elbo": mean_and_error(-terms.elbo[: len(some)]),
        "active_units": active_units(model.encoder(x).loc),
        **information(model, x, SETTINGS["information_samples"]),
    }


def encode(images: Tensor) -> str:
    """Grey values in [0, 1] as a string: base64 of bytes in C order."""
    return base64.b64encode((255 * images).round().to(torch.uint8).numpy().tobytes()).decode("ascii")


@torch.no_grad()
def pictures(models: dict[str, VAE]) -> dict[str, str]:
    num = SETTINGS["pictures"]["images"]
    drawn = {name: model.decoder(model.prior().sample((num,))).mean for name, model in models.items()}
    drawn["pseudo_inputs"] = models["vamp"].prior.pseudo_inputs[:num]
    return {name: encode(images) for name, images in drawn.items()}


def run(seed: int, *, epochs: int = SETTINGS["epochs"], examples: int = 1000) -> dict:
    data, train_x = load_dataset(binarize="dynamic"), load_dataset(binarize="static").x
    x, models = load_dataset(split="test", binarize="static").x[:examples], {}
    out: dict = {"models": {}, "surgery": {}}
    for name in ("standard", "mixture", "vamp"):
        torch.manual_seed(seed)
        models[name] = build(name, data)
        seconds = train(models[name], data, seed, epochs)
        torch.manual_seed(seed)
        out["models"][name] = {**judge(models[name], x), "seconds": seconds}
    for count in SETTINGS["surgery_digits"]:
        some = train_x[: min(count, 4 * examples)]
        out["surgery"][str(count)] = information(models["standard"], some, num_samples=1)
    if seed == SEEDS[0]:
        out["pictures"] = pictures(models)
    return out


if __name__ == "__main__":
    print("wrote", record(__file__, run, SEEDS, SETTINGS))
