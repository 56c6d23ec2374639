"""The noise of the importance-weighted bound's gradients, for chapter 11.

Run `python experiments/signal_to_noise.py`; the stored result says how many seconds it took.

A small VAE on 8x8 digits at two stages of its training, for each of three seeds. The gradient is that of the mean bound
over a few fixed digits, drawn many times for every K: theta are the decoder's output biases, phi the weights and biases
of the encoder's last layer. SNR = |E g| / sqrt(E |g - E g|^2) for the vector g; |E g|^2 is what is left of the squared
length of the mean once its noise is taken off. Slopes: least squares of log SNR on log K. The bias of sticking the
landing is measured against the doubly reparameterised gradient, which has none; `noise_floor` is what no bias at all
would give. `posterior_sd`: mean standard deviations of q. Far out, the logits of a ReLU decoder are linear in z, so
that log p(x|z) falls no faster than |z| does, and E_q[w^m] under the prior N(0, I) is infinite unless they are at least
sqrt((m - 1) / m): 0.71 for the variance of w, 0.87 for its fourth moment. The slopes of the theory need such moments.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from record import record
from torch import Tensor, nn
from torch.distributions import Normal

from vaekit import (
    MLP,
    VAE,
    BernoulliHead,
    BernoulliPixels,
    Conditional,
    GaussianHead,
    StandardNormal,
    doubly_reparameterised,
    effective_sample_size,
    elbo,
    fit,
    iwae,
    iwae_sticking_the_landing,
    load_dataset,
    weighted_loss,
)

SEEDS = [0, 1, 2]
SETTINGS = {
    "data": "digits, 8x8, static binarisation",
    "latent_dim": 2,
    "hidden": 32,
    "stages": [1, 20],
    "batch_size": 64,
    "lr": 0.002,
    "digits": 10,
    "replicates": 1000,
    "samples": [1, 4, 16, 64, 256],
    "ess_samples": 1000,
    "slopes_from": 16,
}
Bound = Callable[[nn.Module, Tensor, int], Tensor]
ESTIMATORS: dict[str, Bound] = {
    "pathwise": iwae,
    "doubly_reparameterised": doubly_reparameterised,
    "sticking_the_landing": iwae_sticking_the_landing,
}


def train(seed: int, epochs: int) -> VAE:
    torch.manual_seed(seed)
    hidden, latent_dim = SETTINGS["hidden"], SETTINGS["latent_dim"]
    encoder = Conditional(MLP([64, hidden]), GaussianHead(hidden, latent_dim))
    decoder = Conditional(MLP([latent_dim, hidden]), BernoulliHead(hidden, 64))
    model = VAE(encoder, decoder, StandardNormal(latent_dim))
    options = {key: SETTINGS[key] for key in ("batch_size", "lr")} | {"seed": seed, "progress": False}
    data = load_dataset("digits", binarize="static")
    fit(model, data, lambda m, b, step: weighted_loss(elbo(m, b.x)), epochs=epochs, **options)
    return model.requires_grad_(False)


class Calls(nn.Module):
    """A module that does what a function does."""

    def __init__(self, function: Callable) -> None:
        super().__init__()
        self.forward = function


class Rows:
    """A VAE whose last layers have a shift of zero in every row: the gradient of a shift is that of one row alone."""

    def __init__(self, model: VAE, rows: int) -> None:
        self.model, self.head = model, model.encoder.head
        self.encoder_shift = torch.zeros(rows, 2, self.head.mu.out_features, requires_grad=True)
        self.decoder_shift = torch.zeros(rows, model.decoder.head.logits.out_features, requires_grad=True)
        self.vae = VAE(Calls(self.encode), Calls(self.decode), model.prior)

    def encode(self, x: Tensor, context: Tensor | None = None) -> Normal:
        features = self.model.encoder.body(x)
        mu, raw = self.head.mu(features), self.head.raw(features) + self.encoder_shift[:, 1]
        logvar = self.head.bound * torch.tanh(raw / self.head.bound)
        return Normal(mu + self.encoder_shift[:, 0], torch.exp(0.5 * logvar))

    def decode(self, z: Tensor, context: Tensor | None = None) -> BernoulliPixels:
        return BernoulliPixels(logits=self.model.decoder(z).logits + self.decoder_shift)


def gradients(model: VAE, bound: Bound, x: Tensor, size: int, replicates: int) -> tuple[Tensor, Tensor]:
    """Gradients of the mean bound over x, drawn anew `replicates` times: for theta and for phi, `(replicates, P)`."""
    rows = Rows(model, replicates * len(x))
    (bound(rows.vae, x.repeat(replicates, 1), size).sum() / len(x)).backward()
    features = torch.nn.functional.pad(model.encoder.body(x), (0, 1), value=1.0)  # the 1 is the bias
    to_outputs = rows.encoder_shift.grad.unflatten(0, (replicates, len(x)))  # (R, B, 2, L)
    theta = rows.decoder_shift.grad.unflatten(0, (replicates, len(x))).sum(1)
    return theta, torch.einsum("rbil,bf->rilf", to_outputs, features).flatten(1)


def many_gradients(model: VAE, bound: Bound, x: Tensor, size: int, replicates: int) -> tuple[Tensor, Tensor]:
    at_once = max(1, 100_000 // (size * len(x)))
    counts = [min(at_once, replicates - start) for start in range(0, replicates, at_once)]
    parts = [gradients(model, bound, x, size, count) for count in counts]
    return torch.cat([part[0] for part in parts]).double(), torch.cat([part[1] for part in parts]).double()


def signal_to_noise(values: Tensor) -> float:
    """|E g| over the root of the total variance, from draws g, `(replicates, P)`; 0 if noise hides the signal."""
    variance = values.var(0).sum()
    signal = values.mean(0).square().sum() - variance / len(values)
    return (signal.clamp(min=0) / variance).sqrt().item()


def bias(values: Tensor, reference: Tensor) -> tuple[float, float]:
    """The distance of two mean gradients over the length of the second, and the distance that noise alone gives."""
    noise = values.var(0).sum() / len(values) + reference.var(0).sum() / len(reference)
    length = reference.mean(0).norm()
    return ((values.mean(0) - reference.mean(0)).norm() / length).item(), (noise.sqrt() / length).item()


def slope(samples: list[int], snr: list[float]) -> float:
    kept = [(k, value) for k, value in zip(samples, snr, strict=True) if k >= SETTINGS["slopes_from"]]
    return float(np.polyfit(*np.log(np.maximum(np.array(kept), 1e-9)).T, 1)[0])


def measure(model: VAE, x: Tensor, samples: list[int], replicates: int) -> dict:
    found = {
        name: [many_gradients(model, bound, x, size, replicates) for size in samples]
        for name, bound in ESTIMATORS.items()
    }
    snr = {
        "theta": [signal_to_noise(theta) for theta, _ in found["pathwise"]],
        **{f"phi_{name}": [signal_to_noise(phi) for _, phi in each] for name, each in found.items()},
    }
    pairs = zip(found["sticking_the_landing"], found["doubly_reparameterised"], strict=True)
    biases = [bias(ours[1], theirs[1]) for ours, theirs in pairs]
    return {
        "neg_elbo": -elbo(model, x, 100).elbo.mean().item(),
        "posterior_sd": model.encoder(x).scale.mean(0).tolist(),
        "ess": effective_sample_size(model(x, SETTINGS["ess_samples"]).log_w).mean().item(),
        "snr": snr,
        "slopes": {name: slope(samples, values) for name, values in snr.items()},
        "sticking_the_landing": {"relative_bias": [b for b, _ in biases], "noise_floor": [n for _, n in biases]},
    }


def run(seed: int, *, replicates: int = SETTINGS["replicates"]) -> dict:
    x = load_dataset("digits", split="test", binarize="static").x[: SETTINGS["digits"]]
    out = {}
    for epochs in SETTINGS["stages"]:
        model = train(seed, epochs)
        torch.manual_seed(seed)
        out[str(epochs)] = measure(model, x, SETTINGS["samples"], replicates)
    return {"stages": out}


if __name__ == "__main__":
    print("wrote", record(__file__, run, SEEDS, SETTINGS))
