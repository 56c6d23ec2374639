"""The rate-distortion curve of VAEs on digits, for chapter 10 and its widget.

Run `python experiments/rate_distortion.py`; the stored result says how many seconds it took.

A VAE for each weight of the rate and each of three seeds: its rate and distortion on test digits, the NLL by
importance sampling, and what of the rate is information. For the first seed also pictures: each is a string, base64 of
grey values 0 to 255 in C order, 10 images of 28x28. The latents of the samples are the same at every weight.
"""

from __future__ import annotations

import base64

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
    StandardNormal,
    active_units,
    elbo,
    fit,
    load_dataset,
    log_likelihood,
    marginal_kl,
    mutual_information,
    rate_distortion,
    weighted_loss,
)

SEEDS = [0, 1, 2]
SETTINGS = {
    "data": "mnist5k, dynamic binarisation; test pixels drawn once",
    "betas": [0.1, 0.3, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0],
    "latent_dim": 20,
    "hidden": [200],
    "epochs": 40,
    "batch_size": 64,
    "lr": 0.002,
    "elbo_samples": 20,
    "information_samples": 5,
    "importance_samples": [100, 500],
    "nll_digits": 200,
    "pictures": {"images": 10, "image_shape": [28, 28], "encoding": "base64 of uint8", "seed": 0},
}


def train(data: Dataset, beta: float, seed: int, epochs: int) -> VAE:
    torch.manual_seed(seed)
    encoder = Conditional(MLP([784, *SETTINGS["hidden"]]), GaussianHead(200, SETTINGS["latent_dim"]))
    decoder = Conditional(MLP([SETTINGS["latent_dim"], *SETTINGS["hidden"]]), BernoulliHead(200, 784))
    model = VAE(encoder, decoder, StandardNormal(SETTINGS["latent_dim"]))
    options = {name: SETTINGS[name] for name in ("batch_size", "lr")} | {"epochs": epochs, "seed": seed}
    fit(model, data, lambda m, b, step: weighted_loss(elbo(m, b.x), beta=beta), progress=False, **options)
    return model


def mean_and_error(values: Tensor) -> list[float]:
    """The mean over test digits, and its standard error."""
    return [values.mean().item(), (values.std() / len(values) ** 0.5).item()]


@torch.no_grad()
def evaluate(model: VAE, x: Tensor, train_x: Tensor, sample_counts: list[int]) -> dict:
    terms, some = elbo(model, x, SETTINGS["elbo_samples"]), x[: SETTINGS["nll_digits"]]
    information = {"num_samples": SETTINGS["information_samples"]}
    return {
        "rate": terms.rate.mean().item(),
        "distortion": terms.distortion.mean().item(),
        "neg_elbo": mean_and_error(-terms.elbo),
        "rate_per_unit": sorted(terms.kl.mean((0, 1)).tolist(), reverse=True),
        "active_units": active_units(model.encoder(x).loc),
        "mutual_information": mutual_information(model, x, **information),
        "marginal_kl": marginal_kl(model, x, **information),
        "nll": {str(count): mean_and_error(-log_likelihood(model, some, count)) for count in sample_counts},
        "nll_neg_elbo": mean_and_error(-terms.elbo[: len(some)]),
        "train": rate_distortion(model, train_x)._asdict(),
    }


def encode(images: Tensor) -> str:
    """Grey values in [0, 1] as a string: base64 of bytes in C order."""
    return base64.b64encode((255 * images).round().to(torch.uint8).numpy().tobytes()).decode("ascii")


@torch.no_grad()
def pictures(model: VAE, digits: Tensor) -> dict[str, str]:
    """Decoder means at the posterior means of the digits, and at draws from the prior that no model changes."""
    generator = torch.Generator().manual_seed(SETTINGS["pictures"]["seed"])
    z = torch.randn(len(digits), SETTINGS["latent_dim"], generator=generator)
    shown = {"reconstructions": model.encoder(digits).loc, "samples": z}
    return {name: encode(model.decoder(latent).mean) for name, latent in shown.items()}


def run(
    seed: int,
    *,
    epochs: int = SETTINGS["epochs"],
    examples: int = 1000,
    importance_samples: list[int] = SETTINGS["importance_samples"],
) -> dict:
    data, test = load_dataset(binarize="dynamic"), load_dataset(split="test", binarize="static")
    x, train_x = test.x[:examples], load_dataset(binarize="static").x[:examples]
    digits = torch.stack([test.x[test.y == label][0] for label in range(SETTINGS["pictures"]["images"])])
    out: dict = {"points": {}}
    if seed == SEEDS[0]:
        out["pictures"] = {"originals": encode(digits), "reconstructions": {}, "samples": {}}
    for beta in SETTINGS["betas"]:
        model = train(data.subset(slice(4 * examples)), beta, seed, epochs)
        torch.manual_seed(seed)
        out["points"][str(beta)] = evaluate(model, x, train_x, importance_samples)
        if seed == SEEDS[0]:
            for name, images in pictures(model, digits).items():
                out["pictures"][name][str(beta)] = images
    return out


if __name__ == "__main__":
    print("wrote", record(__file__, run, SEEDS, SETTINGS))
