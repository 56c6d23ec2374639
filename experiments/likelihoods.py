"""One VAE for each likelihood of chapter 06, on the same grey digits, judged in one unit.

Run `python experiments/likelihoods.py`; the stored result says how many seconds it took.

Three seeds. Each model is trained with its own loss, then judged by the mass that it puts on the grey levels of unseen
digits: minus log P(x) in nats, importance-sampled. Densities are given the mass of their bins.
"""

from __future__ import annotations

import torch
from record import record
from torch import Tensor, nn
from torch.distributions import Bernoulli, ContinuousBernoulli, Distribution

from vaekit import (
    MLP,
    VAE,
    BernoulliHead,
    BinnedPixels,
    CategoricalHead,
    Conditional,
    ContinuousBernoulliHead,
    DiscretisedLogisticHead,
    GaussianHead,
    SharedGaussianHead,
    StandardNormal,
    elbo,
    fit,
    load_dataset,
    log_likelihood,
    weighted_loss,
)

SEEDS = [0, 1, 2]
LEVELS = 17
SETTINGS = {
    "data": "digits, grey: 17 levels",
    "latent_dim": 8,
    "hidden": 128,
    "epochs": 60,
    "batch_size": 64,
    "lr": 0.002,
    "importance_samples": 200,
    "test_examples": 360,
}
HEADS = {
    "bernoulli": BernoulliHead,
    "gaussian_1": lambda a, b: SharedGaussianHead(a, b, noise_var=1.0),
    "gaussian_0.01": lambda a, b: SharedGaussianHead(a, b, noise_var=0.01),
    "gaussian_shared": lambda a, b: SharedGaussianHead(a, b, noise_var=0.1, learn=True),
    "gaussian_per_pixel": GaussianHead,
    "continuous_bernoulli": ContinuousBernoulliHead,
    "categorical": lambda a, b: CategoricalHead(a, b, levels=LEVELS),
    "discretised_logistic": lambda a, b: DiscretisedLogisticHead(a, b, levels=LEVELS),
}


class Masses(nn.Module):
    """A decoder whose likelihood is the mass of grey levels, whatever density it was trained with."""

    def __init__(self, decoder: nn.Module) -> None:
        super().__init__()
        self.decoder = decoder

    def forward(self, z: Tensor, context: Tensor | None = None) -> Distribution:
        px = self.decoder(z)
        if isinstance(px, Bernoulli):  # the cross-entropy's own density, once it is normalised
            px = ContinuousBernoulli(logits=px.logits)
        discrete = hasattr(px, "levels")
        return px if discrete else BinnedPixels(px, levels=LEVELS)


def build(name: str) -> VAE:
    hidden, latent_dim = SETTINGS["hidden"], SETTINGS["latent_dim"]
    encoder = Conditional(MLP([64, hidden]), GaussianHead(hidden, latent_dim))
    return VAE(encoder, Conditional(MLP([latent_dim, hidden]), HEADS[name](hidden, 64)), StandardNormal(latent_dim))


def train(name: str, seed: int, epochs: int) -> VAE:
    torch.manual_seed(seed)
    model = build(name)
    fit(
        model,
        load_dataset("digits"),
        lambda model, batch, step: weighted_loss(elbo(model, batch.x)),
        epochs=epochs,
        batch_size=SETTINGS["batch_size"],
        lr=SETTINGS["lr"],
        seed=seed,
        progress=False,
    )
    return model


def independent_levels(x: Tensor) -> float:
    """Minus log P of test digits when each pixel has its own histogram of levels, each level seen once more."""
    counts = 1 + nn.functional.one_hot((16 * load_dataset("digits").x).round().long(), LEVELS).sum(0)
    log_p = (counts / counts.sum(-1, keepdim=True)).log()
    level = (16 * x).round().long()
    return -log_p.gather(-1, level.T).sum(0).mean().item()


@torch.no_grad()
def evaluate(model: VAE, x: Tensor, samples: int) -> dict:
    own = elbo(model, x, 20)
    masses = VAE(model.encoder, Masses(model.decoder), model.prior).double()
    nll = -log_likelihood(masses, x.double(), samples)
    model.float()
    return {
        "own_neg_elbo": -own.elbo.mean().item(),
        "rate": own.rate.mean().item(),
        "active_units": int((model.encoder(x).loc.var(0) > 0.01).sum()),
        "nll": nll.mean().item(),
        "nll_error": (nll.std() / len(x) ** 0.5).item(),
        "mean_squared_error": (model(x).px.mean[0] - x).square().mean().item(),
    }


def run(seed: int, *, epochs: int = SETTINGS["epochs"], examples: int = SETTINGS["test_examples"]) -> dict:
    x = load_dataset("digits", split="test").x[:examples]
    out: dict = {"independent_levels_nll": independent_levels(x)}
    for name in HEADS:
        model = train(name, seed, epochs)
        torch.manual_seed(seed)
        out[name] = evaluate(model, x, SETTINGS["importance_samples"])
        if name == "gaussian_shared":
            out[name]["noise_var"] = model.decoder.head.logvar.exp().item()
    return out


if __name__ == "__main__":
    print("wrote", record(__file__, run, SEEDS, SETTINGS))
