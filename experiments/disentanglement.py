"""Does a larger beta disentangle? Generated shapes with known factors, for chapter 10.

Run `python experiments/disentanglement.py`; the stored result says how many seconds it took.

A VAE for each weight and seed. For each: the mutual information gap of its units with the four factors, before and
after random rotations of its latent space, and the rate and the distortion on images it has not seen. At weight 1, what
a rotation does to the ELBO: with its posterior rotated, too, nothing; with the best factorised posterior, something.
"""

from __future__ import annotations

import torch
from record import record
from torch import Tensor, nn
from torch.distributions import MultivariateNormal, Normal

from vaekit import (
    MLP,
    VAE,
    BernoulliHead,
    Conditional,
    Dataset,
    GaussianHead,
    Latent,
    StandardNormal,
    Trace,
    active_units,
    elbo,
    elbo_of,
    fit,
    load_dataset,
    mig,
    mutual_information,
    refine_posterior,
    weighted_loss,
)
from vaekit.data.generated import SHAPE_FACTORS

SEEDS = [0, 1, 2, 3, 4, 5]
SETTINGS = {
    "data": "shapes: 614 to train on, dynamic binarisation; 154 to test on, pixels drawn once; MIG on all, grey",
    "factors": list(SHAPE_FACTORS),
    "betas": [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0],
    "latent_dim": 6,
    "hidden": [200, 200],
    "epochs": 200,
    "batch_size": 64,
    "lr": 0.001,
    "elbo_samples": 100,
    "rotations": 10,
    "rotation_beta": 1.0,
    "refinement_steps": 300,
}


class RotatedDecoder(nn.Module):
    """p(x|R z): the same images from rotated latents, which are as likely under N(0, I)."""

    def __init__(self, decoder: nn.Module, rotation: Tensor) -> None:
        super().__init__()
        self.decoder, self.rotation = decoder, rotation

    def forward(self, z: Tensor, context: None = None) -> torch.distributions.Distribution:
        return self.decoder(z @ self.rotation)


class RotatedEncoder(nn.Module):
    """The rotated posterior without its correlations: where the search for the best factorised one starts."""

    def __init__(self, encoder: nn.Module, rotation: Tensor) -> None:
        super().__init__()
        self.encoder, self.rotation = encoder, rotation

    def forward(self, x: Tensor, context: None = None) -> Normal:
        q = self.encoder(x)
        return Normal(q.loc @ self.rotation.mT, (q.variance @ self.rotation.mT.square()).sqrt())


def train(data: Dataset, beta: float, seed: int, epochs: int) -> tuple[VAE, float]:
    """A trained model, and its loss over the last ten epochs."""
    torch.manual_seed(seed)
    encoder = Conditional(MLP([256, *SETTINGS["hidden"]]), GaussianHead(200, SETTINGS["latent_dim"]))
    decoder = Conditional(MLP([SETTINGS["latent_dim"], *SETTINGS["hidden"]]), BernoulliHead(200, 256))
    model = VAE(encoder, decoder, StandardNormal(SETTINGS["latent_dim"]))
    options = {name: SETTINGS[name] for name in ("batch_size", "lr")} | {"epochs": epochs, "seed": seed}
    history = fit(model, data, lambda m, b, step: weighted_loss(elbo(m, b.x), beta=beta), progress=False, **options)
    last = history.loss[-10:]
    return model, sum(last) / len(last)


def random_rotations(count: int, seed: int) -> Tensor:
    """Orthogonal matrices, uniform over all of them, in float64."""
    size = SETTINGS["latent_dim"]
    noise = torch.randn(count, size, size, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    q, r = torch.linalg.qr(noise)
    return q * r.diagonal(0, 1, 2).sign().unsqueeze(1)


@torch.no_grad()
def evaluate(model: VAE, x: Tensor, images: Tensor, factors: Tensor, rotations: Tensor) -> dict:
    """Judge a model on test images x (binary), and its posterior means on all the grey images."""
    terms, codes = elbo(model, x, SETTINGS["elbo_samples"]), model.encoder(images).loc
    bound = -terms.elbo
    return {
        "mig": mig(codes, factors),
        "mig_rotated": sum(mig(codes.double() @ each.mT, factors) for each in rotations) / len(rotations),
        "rate": terms.rate.mean().item(),
        "distortion": terms.distortion.mean().item(),
        "neg_elbo": [bound.mean().item(), (bound.std() / len(x) ** 0.5).item()],
        "rate_per_unit": sorted(terms.kl.mean((0, 1)).tolist(), reverse=True),
        "active_units": active_units(codes),
        "mutual_information": mutual_information(model, x, num_samples=20),
    }


def sampled_bound(model: VAE, x: Tensor, z: Tensor, q: torch.distributions.Distribution) -> float:
    """-ELBO by the mean of log w at the draws z from q."""
    trace = Trace(x, model.decoder(z), (Latent(z, q, model.prior()),))
    return -trace.log_w.mean().item()


def rotate(model: VAE, x: Tensor, rotation: Tensor, steps: int) -> dict:
    """-ELBO before and after a rotation: at the same draws, and with the best factorised posterior of each."""
    model, x = model.double(), x.double()
    turned = VAE(RotatedEncoder(model.encoder, rotation), RotatedDecoder(model.decoder, rotation), model.prior)
    with torch.no_grad():
        q = model.encoder(x)
        z = q.sample((SETTINGS["elbo_samples"],))
        full = MultivariateNormal(q.loc @ rotation.mT, rotation @ torch.diag_embed(q.variance) @ rotation.mT)
        out = {
            "neg_elbo": sampled_bound(model, x, z, q),
            "neg_elbo_rotated": sampled_bound(turned, x, z @ rotation.mT, full),
        }
    for name, each in (("factorised", model), ("factorised_rotated", turned)):
        best = refine_posterior(each, x, steps=steps)
        with torch.no_grad():
            out[name] = -elbo_of(each, x, best, SETTINGS["elbo_samples"]).elbo.mean().item()
    return out


def run(seed: int, *, epochs: int = SETTINGS["epochs"], refinement_steps: int = SETTINGS["refinement_steps"]) -> dict:
    data, test = load_dataset("shapes", binarize="dynamic"), load_dataset("shapes", split="test")
    x = load_dataset("shapes", split="test", binarize="static").x
    images, factors = torch.cat([data.x, test.x]), torch.cat([data.factors, test.factors])
    rotations = random_rotations(SETTINGS["rotations"], seed)
    out: dict = {"points": {}}
    for beta in SETTINGS["betas"]:
        model, loss = train(data, beta, seed, epochs)
        torch.manual_seed(seed)
        out["points"][str(beta)] = {"train_loss": loss, **evaluate(model, x, images, factors, rotations)}
        if beta == SETTINGS["rotation_beta"]:
            out["rotation"] = rotate(model, x, rotations[0], refinement_steps)
    return out


if __name__ == "__main__":
    print("wrote", record(__file__, run, SEEDS, SETTINGS))
