"""Samplers for the VAE and the autoencoder of chapter 07, and models that are neither, judged by one classifier.

Run `python experiments/generation.py`; the stored result says how many seconds it took.

Three seeds. Models see 3,000 digits; 1,000 others are the reference of the Fréchet distance, and 1,000 more its floor.
Every sampler gives pixel probabilities; what is judged are binary draws from them, and the probabilities themselves.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from record import record
from sklearn.mixture import GaussianMixture
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from vaekit import (
    MLP,
    VAE,
    Autoencoder,
    BernoulliHead,
    Conditional,
    Dataset,
    GaussianHead,
    LinearVAE,
    StandardNormal,
    elbo,
    fit,
    frechet_distance,
    load_dataset,
    log_likelihood,
    weighted_loss,
)

SEEDS = [0, 1, 2]
SETTINGS = {
    "data": "mnist5k: 3,000 digits to train on, 1,000 as reference, 1,000 held out as floor",
    "latent_dim": 20,
    "hidden": [200, 200],
    "epochs": 60,
    "batch_size": 64,
    "lr": 0.002,
    "samples": 1000,
    "gaussian_mixture_components": 10,
    "bernoulli_mixture_components": 100,
    "importance_samples": 200,
    "temperatures": [0.5, 0.7],
    "classifier": "MLP 784-256-64-10, trained once on binary digits, seed 0, 20 epochs; features are its 64 units",
}
L, CLASSES = SETTINGS["latent_dim"], 10


def training_data() -> Dataset:
    return load_dataset(binarize="dynamic").subset(slice(3000))


def train(model: nn.Module, loss, seed: int, epochs: int) -> nn.Module:
    options = {"batch_size": SETTINGS["batch_size"], "lr": SETTINGS["lr"], "progress": False}
    fit(model, training_data(), loss, epochs=epochs, seed=seed, **options)
    return model


def decoder() -> Conditional:
    return Conditional(MLP([L, *SETTINGS["hidden"]]), BernoulliHead(200, 784))


def build() -> VAE:
    encoder = Conditional(MLP([784, *SETTINGS["hidden"]]), GaussianHead(200, L))
    return VAE(encoder, decoder(), StandardNormal(L))


def negative_elbo(model: VAE, batch, step: int) -> Tensor:
    return weighted_loss(elbo(model, batch.x))


class BernoulliMixture:
    """A mixture of independent pixels, fitted by EM: log weights `(K,)`, pixel probabilities `(K, D)`."""

    def __init__(self, x: Tensor, components: int, sweeps: int = 40) -> None:
        share = torch.rand(len(x), components).softmax(-1) ** 8
        for _ in range(sweeps):
            share = share / share.sum(-1, keepdim=True)
            mass = share.sum(0)
            self.log_weight = ((mass + 1) / (mass + 1).sum()).log()
            self.pixel = (share.T @ x + 0.5 * x.mean(0) + 0.01) / (mass[:, None] + 0.52)  # weak prior: no pixel is sure
            share = self.joint(x).softmax(-1)

    def joint(self, x: Tensor, pixels: slice | Tensor = slice(None)) -> Tensor:
        """Log of weight times likelihood of some pixels, `(B, K)`."""
        p = self.pixel[:, pixels]
        return self.log_weight + x @ p.log().T + (1 - x) @ (1 - p).log().T

    def sample(self, num: int) -> Tensor:
        return self.pixel[torch.distributions.Categorical(logits=self.log_weight).sample((num,))]


def train_classifier() -> nn.Sequential:
    torch.manual_seed(0)
    net = nn.Sequential(MLP([784, 256, 64]), nn.Linear(64, CLASSES))
    return train(net, lambda net, batch, step: cross_entropy(net(batch.x), batch.y), seed=0, epochs=20)


@dataclass
class Judge:
    """A classifier, and the digits that its features are compared on."""

    net: nn.Sequential
    binary: Tensor
    grey: Tensor

    def __call__(self, pixel: Tensor) -> dict:
        """Judge pixel probabilities `(B, 784)`: draws against binary digits, the probabilities against grey ones."""
        draws, features = torch.bernoulli(pixel), self.net[0]
        classes = self.net(draws).softmax(-1)
        return {
            "frechet": frechet_distance(features(draws), features(self.binary)),
            "frechet_means": frechet_distance(features(pixel), features(self.grey)),
            "confidence": classes.amax(-1).mean().item(),
            "confidence_means": self.net(pixel).softmax(-1).amax(-1).mean().item(),
            "classes": classes.mean(0).tolist(),
        }


def fit_codes(codes: Tensor, components: int, seed: int) -> GaussianMixture:
    mixture = GaussianMixture(components, covariance_type="full", random_state=seed, reg_covar=1e-4)
    return mixture.fit(codes.double().numpy())


def draw_codes(mixture: GaussianMixture, num: int) -> Tensor:
    return torch.from_numpy(mixture.sample(num)[0]).float()


def fitted_samplers(codes: Tensor, decode, num: int, seed: int) -> dict[str, Tensor]:
    """Pixel probabilities of one Gaussian and of a mixture fitted to codes."""
    sizes = {"gaussian": 1, "mixture": SETTINGS["gaussian_mixture_components"]}
    return {name: decode(draw_codes(fit_codes(codes, size, seed), num)) for name, size in sizes.items()}


def prior_gain(codes: Tensor, test_codes: Tensor, components: int, seed: int) -> float:
    """What a density fitted to codes gains over N(0, I) on the codes of new digits, in nats."""
    fitted = torch.from_numpy(fit_codes(codes, components, seed).score_samples(test_codes.double().numpy())).float()
    normal = -0.5 * test_codes.square().sum(-1) - 0.5 * L * math.log(2 * math.pi)
    return (fitted - normal).mean().item()


@torch.no_grad()
def judge_samplers(judge: Judge, vae: VAE, ae: Autoencoder, mixture: BernoulliMixture, seed: int, num: int) -> dict:
    x, grey, test = training_data().x.bernoulli(), training_data().x, load_dataset(split="test").x
    s2 = torch.linalg.eigvalsh(torch.cov(grey.double().T))[:-L].mean().item()
    linear = LinearVAE.optimum(grey, L, s2)
    decoders = {
        "vae": (vae.encoder(x).sample(), lambda z: vae.decoder(z).mean),
        "ae": (ae.encoder(x), lambda z: ae.decoder(z).mean),
        "ppca": (linear.posterior(grey).mean, lambda z: linear.decoder(z).mean.clamp(0, 1)),
    }
    copies = grey[torch.randperm(len(grey))[:num]]
    pixel = {"real": test[:num], "copies": copies, "bernoulli_mixture": mixture.sample(num)}
    for name, (codes, decode) in decoders.items():
        pixel[f"{name}_prior"] = decode(torch.randn(num, L))
        pixel |= {f"{name}_{key}": value for key, value in fitted_samplers(codes, decode, num, seed).items()}
    for temperature in SETTINGS["temperatures"]:
        pixel[f"vae_prior_{temperature}"] = vae.decoder(temperature * torch.randn(num, L)).mean
    codes, test_codes = decoders["vae"][0], vae.encoder(test.bernoulli()).sample()
    gains = {name: prior_gain(codes, test_codes, size, seed) for name, size in (("gaussian", 1), ("mixture", 10))}
    return {"samplers": {name: judge(value) for name, value in pixel.items()}, "prior_gain": gains}


def make_judge() -> Judge:
    reference = slice(3000, 4000)
    return Judge(train_classifier(), load_dataset(binarize="static").x[reference], load_dataset().x[reference])


def run(seed: int, *, epochs: int = SETTINGS["epochs"], examples: int = SETTINGS["samples"]) -> dict:
    judge = make_judge()
    test = load_dataset(split="test", binarize="static").subset(slice(examples))
    torch.manual_seed(seed)
    vae = train(build(), negative_elbo, seed, epochs)
    coder = nn.Sequential(MLP([784, *SETTINGS["hidden"]]), nn.Linear(200, L))
    ae = train(Autoencoder(coder, decoder()), lambda m, batch, step: -m.log_px(batch.x).mean(), seed, epochs)
    torch.manual_seed(seed)
    mixture = BernoulliMixture(training_data().x.bernoulli(), SETTINGS["bernoulli_mixture_components"])
    with torch.no_grad():
        terms = elbo(vae, test.x, 20)
    return {
        "vae": {
            "neg_elbo": -terms.elbo.mean().item(),
            "rate": terms.rate.mean().item(),
            "nll": -log_likelihood(vae, test.x, SETTINGS["importance_samples"]).mean().item(),
        },
        "bernoulli_mixture": {"nll": -mixture.joint(test.x).logsumexp(-1).mean().item()},
        **judge_samplers(judge, vae, ae, mixture, seed, examples),
    }


if __name__ == "__main__":
    print("wrote", record(__file__, run, SEEDS, SETTINGS))
