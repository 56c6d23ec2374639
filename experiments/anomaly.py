"""Which images does a VAE of chapter 08 find strange? Held-out digits, and images of another kind altogether.

Run `python experiments/anomaly.py`; the stored result says how many seconds it took.

Three seeds. `held_out`: a VAE that never saw one class of digits, scored by how well it ranks that class above the
others. `kinds`: a VAE of one kind of image, and its likelihood for the other kinds, with and without the length of the
compressed file. Every figure is an AUROC, with the score's larger values meaning stranger.
"""

from __future__ import annotations

import math
import zlib

import torch
from record import record
from sklearn.decomposition import PCA
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import NearestNeighbors
from torch import Tensor
from torch.nn.functional import avg_pool2d, pad

from vaekit import (
    MLP,
    VAE,
    BernoulliHead,
    Conditional,
    Dataset,
    DiscretisedLogisticHead,
    GaussianHead,
    StandardNormal,
    elbo,
    fit,
    load_dataset,
    log_likelihood,
    weighted_loss,
)

SEEDS = [0, 1, 2]
SETTINGS = {
    "data": "8x8 digits, binary; mnist5k pooled to 16x16, shapes, textured patches of china.jpg and flower.jpg patches",
    "held_out": {"latent_dim": 8, "hidden": 128, "epochs": 40, "lr": 0.003, "samples": 100},
    "kinds": {"latent_dim": 20, "hidden": 200, "lr": 0.001, "samples": 100},
    "steps": {"texture": 1600, "digits": 1250, "shapes": 1000},
    "least_deviation_of_a_texture": 0.1,
    "batch_size": 64,
    "neighbours": 5,
}


def auroc(normal: Tensor, strange: Tensor) -> float:
    """The chance that a strange example scores higher than a normal one."""
    labels = [0] * len(normal) + [1] * len(strange)
    return float(roc_auc_score(labels, torch.cat([normal, strange]).double().numpy()))


def train(model: VAE, data: Dataset, seed: int, epochs: int, lr: float) -> VAE:
    options = {"epochs": epochs, "batch_size": SETTINGS["batch_size"], "lr": lr, "seed": seed, "progress": False}
    fit(model, data, lambda model, batch, step: weighted_loss(elbo(model, batch.x)), **options)
    return model


def baselines(train_x: Tensor, x: Tensor, components: int) -> dict[str, Tensor]:
    """Three scores without a VAE: PCA's squared error, minus its Gaussian log-density, and distance to neighbours."""
    pca = PCA(components, svd_solver="full").fit(train_x.numpy())
    rebuilt = torch.from_numpy(pca.inverse_transform(pca.transform(x.numpy())))
    near = NearestNeighbors(n_neighbors=SETTINGS["neighbours"]).fit(train_x.numpy())
    return {
        "pca_error": (x - rebuilt).square().sum(-1),
        "gaussian": -torch.from_numpy(pca.score_samples(x.numpy())),
        "neighbours": torch.from_numpy(near.kneighbors(x.numpy())[0]).mean(-1),
    }


def held_out(digit: int, seed: int, epochs: int) -> dict[str, float]:
    """A VAE of nine classes: how well each score ranks the tenth above them, among unseen digits."""
    options = SETTINGS["held_out"]
    data, test = load_dataset("digits", binarize="dynamic"), load_dataset("digits", split="test", binarize="static")
    seen = data.y != digit
    torch.manual_seed(seed)
    encoder = Conditional(MLP([64, options["hidden"]]), GaussianHead(options["hidden"], options["latent_dim"]))
    decoder = Conditional(MLP([options["latent_dim"], options["hidden"]]), BernoulliHead(options["hidden"], 64))
    model = VAE(encoder, decoder, StandardNormal(options["latent_dim"]))
    train(model, data.subset(seen), seed, epochs, options["lr"])
    torch.manual_seed(seed)
    with torch.no_grad():
        terms = elbo(model, test.x, options["samples"])
    scores = {"neg_elbo": -terms.elbo, "distortion": terms.distortion, "rate": terms.rate}
    scores["nll"] = -log_likelihood(model, test.x, options["samples"])
    scores |= baselines(load_dataset("digits", binarize="static").x[seen], test.x, options["latent_dim"])
    scores["ink"] = test.x.sum(-1)
    return {name: auroc(score[test.y != digit], score[test.y == digit]) for name, score in scores.items()}


def to_levels(x: Tensor) -> Tensor:
    return (255 * x).round() / 255


def kinds(split: str) -> dict[str, Tensor]:
    """Four kinds of 16x16 images with 256 grey levels."""
    digits = load_dataset("mnist5k", split=split).x.reshape(-1, 1, 28, 28)
    patches = load_dataset("patches", split=split)
    textured = patches.x.std(-1) > SETTINGS["least_deviation_of_a_texture"]
    return {
        "texture": patches.x[(patches.y == 0) & textured],
        "flower": patches.x[patches.y == 1],
        "digits": to_levels(pad(avg_pool2d(digits, 2), (1, 1, 1, 1)).flatten(1)),
        "shapes": to_levels(load_dataset("shapes", split=split).x),
    }


def compressed_nats(x: Tensor) -> Tensor:
    """The length of each image after zlib, in nats: one byte is 8 log 2."""
    images = (255 * x).round().to(torch.uint8).numpy()
    return torch.tensor([8 * math.log(2) * len(zlib.compress(image.tobytes(), 9)) for image in images])


def across(kind: str, seed: int, fraction: float, examples: int) -> dict:
    """A VAE of one kind of image: the mean cost of each kind, and the AUROC of three scores and of a neighbour."""
    options, x = SETTINGS["kinds"], kinds("train")[kind]
    epochs = max(1, round(fraction * SETTINGS["steps"][kind] / math.ceil(len(x) / SETTINGS["batch_size"])))
    torch.manual_seed(seed)
    encoder = Conditional(MLP([256, options["hidden"]]), GaussianHead(options["hidden"], options["latent_dim"]))
    head = DiscretisedLogisticHead(options["hidden"], 256, levels=256)
    decoder = Conditional(MLP([options["latent_dim"], options["hidden"]]), head)
    model = VAE(encoder, decoder, StandardNormal(options["latent_dim"]))
    train(model, Dataset(x, torch.zeros(len(x), dtype=torch.int64)), seed, epochs, options["lr"])
    torch.manual_seed(seed)
    scores: dict[str, dict[str, Tensor]] = {}
    for name, images in kinds("test").items():
        images = images[:examples]
        nll, size = -log_likelihood(model, images, options["samples"], chunk=10), compressed_nats(images)
        scores[name] = {"nll": nll, "short": -size, "corrected": nll - size}
        scores[name] |= {"neighbours": baselines(x, images, options["latent_dim"])["neighbours"]}
    out: dict = {"epochs": epochs}
    for name, found in scores.items():
        out[name] = {"nll_mean": found["nll"].mean().item(), "size_mean": -found["short"].mean().item()}
        if name != kind:
            out[name] |= {score: auroc(scores[kind][score], values) for score, values in found.items()}
    return out


def run(seed: int, *, fraction: float = 1.0, examples: int = 1000) -> dict:
    """Train for a `fraction` of the steps, and score at most `examples` images of each kind."""
    epochs = max(1, round(fraction * SETTINGS["held_out"]["epochs"]))
    return {
        "held_out": {str(digit): held_out(digit, seed, epochs) for digit in range(10)},
        "kinds": {kind: across(kind, seed, fraction, examples) for kind in SETTINGS["steps"]},
    }


if __name__ == "__main__":
    print("wrote", record(__file__, run, SEEDS, SETTINGS))
