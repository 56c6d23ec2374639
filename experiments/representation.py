"""What is a VAE's code good for? Probes, clusters and few labels for chapter 08, beside pixels and PCA.

Run `python experiments/representation.py`; the stored result says how many seconds it took.

Three seeds, each with its own split of the 5,000 digits, so that baselines vary, too. `semi_supervised` trains the
model of Kingma et al. (2014), section 2.2, on the 8x8 digits, and its classifier alone on the labelled digits.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from record import record
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score
from sklearn.neighbors import KNeighborsClassifier
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, one_hot

from vaekit import (
    MLP,
    VAE,
    Batch,
    BernoulliHead,
    Conditional,
    Dataset,
    GaussianHead,
    StandardNormal,
    elbo,
    fit,
    load_dataset,
    probe_accuracy,
    weighted_loss,
)

SEEDS = [0, 1, 2]
SETTINGS = {
    "data": "mnist5k, its 5,000 digits split 4,000 / 1,000 by each seed; semi-supervised: 8x8 digits, 1,437 / 360",
    "latent_dims": [2, 10, 50],
    "hidden": 200,
    "epochs": 25,
    "batch_size": 64,
    "lr": 0.002,
    "neighbours": 5,
    "labels": [10, 50, 100, 500],
    "label_draws": 10,
    "semi_supervised": {"labels": [10, 50, 100], "latent_dim": 8, "hidden": 100, "epochs": 40, "lr": 0.003},
    "classifier_weight": 10.0,
}
Loss = Callable[[nn.Module, Batch, int], Tensor]
Split = tuple[Tensor, Tensor, Tensor, Tensor]  # x and y to train on, x and y to test on


def split(name: str, seed: int, num_test: int) -> Split:
    parts = [load_dataset(name, split=part) for part in ("train", "test")]
    x, y = torch.cat([part.x for part in parts]), torch.cat([part.y for part in parts])
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(seed))
    train, test = order[num_test:], order[:num_test]
    return x[train], y[train], x[test], y[test]


def vae(pixels: int, hidden: int, latent_dim: int, classes: int = 0) -> VAE:
    """A VAE for binary pixels, whose two networks also see a label if there are classes."""
    head = GaussianHead(hidden, latent_dim)
    encoder = Conditional(MLP([pixels + classes, hidden]), head, context_features=classes)
    body = MLP([latent_dim + classes, hidden])
    decoder = Conditional(body, BernoulliHead(hidden, pixels), context_features=classes)
    return VAE(encoder, decoder, StandardNormal(latent_dim))


def train(model: nn.Module, x: Tensor, y: Tensor, loss: Loss, seed: int, epochs: int, lr: float) -> None:
    options = {"epochs": epochs, "batch_size": SETTINGS["batch_size"], "lr": lr, "seed": seed, "progress": False}
    fit(model, Dataset(x, y, binarize="dynamic"), loss, **options)


@torch.no_grad()
def representations(data: Split, seed: int, epochs: int) -> dict[str, tuple[Tensor, Tensor]]:
    """Codes of the training and of the test digits, by name."""
    x, y, test_x, _ = data
    out = {"pixels": (x, test_x)}
    for latent_dim in SETTINGS["latent_dims"]:
        pca = PCA(latent_dim, svd_solver="full").fit(x.numpy())
        out[f"pca{latent_dim}"] = tuple(torch.from_numpy(pca.transform(part.numpy())) for part in (x, test_x))
        torch.manual_seed(seed)
        model = vae(784, SETTINGS["hidden"], latent_dim)
        out[f"untrained{latent_dim}"] = tuple(model.encoder(part).loc for part in (x, test_x))
        with torch.enable_grad():
            train(model, x, y, lambda m, b, step: weighted_loss(elbo(m, b.x)), seed, epochs, SETTINGS["lr"])
        posteriors = [model.encoder(part) for part in (x, test_x)]
        out[f"vae{latent_dim}"] = tuple(q.loc for q in posteriors)
        torch.manual_seed(seed)
        out[f"sample{latent_dim}"] = tuple(q.sample() for q in posteriors)
    return out


def read_out(codes: tuple[Tensor, Tensor], data: Split, seed: int) -> dict:
    """What a line, the neighbours and ten clusters make of a representation, on test digits."""
    _, y, _, test_y = data
    near = KNeighborsClassifier(SETTINGS["neighbours"]).fit(codes[0].numpy(), y.numpy())
    clusters = KMeans(10, n_init=5, random_state=seed).fit(codes[0].numpy()).predict(codes[1].numpy())
    return {
        "probe": probe_accuracy(codes[0], y, codes[1], test_y),
        "neighbours": float(near.score(codes[1].numpy(), test_y.numpy())),
        "rand": float(adjusted_rand_score(test_y.numpy(), clusters)),
        "information": float(normalized_mutual_info_score(test_y.numpy(), clusters)),
    }


def choose(y: Tensor, count: int, seed: int) -> Tensor:
    """The same number of labelled examples of each class, at random."""
    generator = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(y), generator=generator)
    return torch.cat([order[y[order] == k][: count // 10] for k in range(10)])


def few_labels(codes: tuple[Tensor, Tensor], data: Split, count: int, draws: list[int]) -> float:
    """Mean accuracy of a logistic regression on `count` labelled digits, over draws of which are labelled.

    Codes are centred and divided by one number, which needs no label and keeps the proportions of a PCA.
    """
    _, y, _, test_y = data
    centre, scale = codes[0].mean(0), codes[0].var(0).mean().sqrt()
    known, unseen = ((part - centre) / scale for part in codes)
    scores = []
    for draw in draws:
        chosen = choose(y, count, draw)
        line = LogisticRegression(max_iter=1000).fit(known[chosen].numpy(), y[chosen].numpy())
        scores.append(line.score(unseen.numpy(), test_y.numpy()))
    return sum(scores) / len(draws)


def semi_supervised_loss(model: nn.ModuleDict, x: Tensor, y: Tensor, unlabelled: Tensor, share: float) -> Tensor:
    """Minus the bounds on log p(x, y) and log p(x), plus the weighted error of the classifier; p(y) is uniform."""
    generator, classifier = model["generator"], model["classifier"]
    log_q = classifier(unlabelled).log_softmax(-1)  # (B, 10)
    labels = torch.eye(10).repeat_interleave(len(unlabelled), 0)  # (10 B, 10)
    joint = elbo(generator, unlabelled.repeat(10, 1), context=labels).elbo.reshape(10, -1).mT - torch.tensor(10.0).log()
    evidence = (log_q.exp() * (joint - log_q)).sum(-1)
    known = elbo(generator, x, context=one_hot(y, 10).float()).elbo - torch.tensor(10.0).log()
    error = cross_entropy(classifier(x), y)
    return SETTINGS["classifier_weight"] * error - share * known.mean() - (1 - share) * evidence.mean()


def semi_supervised(data: Split, count: int, seed: int, epochs: int) -> dict[str, float]:
    """Accuracy with the same `count` labels: a line on pixels, the classifier alone, and in the generative model."""
    x, y, test_x, test_y = data
    options, chosen = SETTINGS["semi_supervised"], choose(y, count, seed)
    out = {"pixels": few_labels((x, test_x), data, count, [seed])}
    for name in ("classifier", "semi_supervised"):
        torch.manual_seed(seed)
        classifier = nn.Sequential(MLP([64, options["hidden"]]), nn.Linear(options["hidden"], 10))
        generator = vae(64, options["hidden"], options["latent_dim"], classes=10)
        model = nn.ModuleDict({"generator": generator, "classifier": classifier})

        def loss(model, batch, step, name=name):
            some = chosen[torch.randint(len(chosen), (32,))]
            known = torch.bernoulli(x[some])
            if name == "classifier":
                return cross_entropy(model["classifier"](known), y[some])
            return semi_supervised_loss(model, known, y[some], batch.x, count / len(x))

        train(model, x, y, loss, seed, epochs, options["lr"])
        with torch.no_grad():
            out[name] = (model["classifier"](test_x).argmax(-1) == test_y).float().mean().item()
    return out


def run(
    seed: int,
    *,
    epochs: int = SETTINGS["epochs"],
    draws: int = SETTINGS["label_draws"],
    semi_epochs: int = SETTINGS["semi_supervised"]["epochs"],
) -> dict:
    data, small = split("mnist5k", seed, 1000), split("digits", seed, 360)
    codes = representations(data, seed, epochs)
    chosen = {"pixels": codes["pixels"]} | {
        f"{kind}{n}": codes[f"{kind}{n}"] for kind in ("pca", "vae") for n in (10, 50)
    }
    return {
        "read_out": {name: read_out(pair, data, seed) for name, pair in codes.items()},
        "active_units": {str(n): int((codes[f"vae{n}"][1].var(0) > 0.01).sum()) for n in SETTINGS["latent_dims"]},
        "few_labels": {
            name: {str(n): few_labels(pair, data, n, list(range(draws))) for n in SETTINGS["labels"]}
            for name, pair in chosen.items()
        },
        "semi_supervised": {
            str(n): semi_supervised(small, n, seed, semi_epochs) for n in SETTINGS["semi_supervised"]["labels"]
        },
    }


if __name__ == "__main__":
    print("wrote", record(__file__, run, SEEDS, SETTINGS))
