"""A categorical VAE on digits under six estimators, and a Gaussian VAE, for chapter 12.

Run `python experiments/discrete_latents.py`; the stored result says how many seconds it took.

Three seeds. Every VAE draws K latents for each example and step, and sees the same examples, so that both the decoder
evaluations (examples times draws, summed over training) and the steps are equal; but for the rows with one draw, which
take K times as many steps for the same evaluations, as a VQ-VAE does. All are judged with exact draws from q;
`own_neg_elbo` is what the training objective, with its own draws, says of the same digits. `seconds` are of one core,
in training. Pictures, of the first seed: base64 of grey values 0 to 255, means of p(x|z) at draws from the prior.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable

import torch
from record import record
from torch import Tensor, nn

from vaekit import (
    MLP,
    VAE,
    BernoulliHead,
    Conditional,
    Dataset,
    Draw,
    GaussianHead,
    OneHotHead,
    StandardNormal,
    UniformOneHot,
    detached,
    elbo,
    fit,
    gumbel_softmax,
    load_dataset,
    log_likelihood,
    mutual_information,
    pathwise,
    score_function_elbo,
    straight_through,
    weighted_loss,
)

SEEDS = [0, 1, 2]
SETTINGS = {
    "data": "mnist5k, dynamic binarisation; test pixels drawn once",
    "latents": 10,
    "classes": 8,
    "gaussian_latents": 10,
    "hidden": 200,
    "samples": 4,
    "epochs": 30,
    "batch_size": 64,
    "lr": 0.002,
    "importance_samples": 500,
    "nll_digits": 200,
    "pictures": {"images": 15, "image_shape": [28, 28], "encoding": "base64 of uint8"},
}
D, C, HIDDEN, K = (SETTINGS[name] for name in ("latents", "classes", "hidden", "samples"))
Loss = Callable[[nn.Module, object, int], Tensor]


def through(draw: Draw, samples: int = K) -> tuple[Loss, Draw, int]:
    """The ELBO with draws that let a gradient through."""
    return lambda model, batch, step: weighted_loss(elbo(model, batch.x, samples, draw=draw)), draw, samples


def scored(leave_one_out: bool) -> tuple[Loss, Draw, int]:
    return lambda m, b, step: -score_function_elbo(m, b.x, K, leave_one_out=leave_one_out).mean(), detached, K


METHODS = {
    "score_function": scored(leave_one_out=False),
    "leave_one_out": scored(leave_one_out=True),
    "gumbel_1": through(gumbel_softmax(1.0)),
    "gumbel_0.5": through(gumbel_softmax(0.5)),
    "gumbel_hard": through(gumbel_softmax(0.5, hard=True)),
    "straight_through": through(straight_through),
    "gaussian": through(pathwise),
    "gumbel_1_one_draw": through(gumbel_softmax(1.0), samples=1),
    "gaussian_one_draw": through(pathwise, samples=1),
}


def build(name: str) -> VAE:
    size = SETTINGS["gaussian_latents"]
    if name.startswith("gaussian"):
        encoder, prior = GaussianHead(HIDDEN, size), StandardNormal(size)
        body = MLP([size, HIDDEN])
    else:
        encoder, prior = OneHotHead(HIDDEN, D, C), UniformOneHot(D, C)
        body = nn.Sequential(nn.Flatten(-2), MLP([D * C, HIDDEN]))
    decoder = Conditional(body, BernoulliHead(HIDDEN, 784))
    return VAE(Conditional(MLP([784, HIDDEN]), encoder), decoder, prior)


def train(model: nn.Module, data: Dataset, loss: Loss, seed: int, epochs: int, **changes) -> dict:
    start, options = time.process_time(), {key: SETTINGS[key] for key in ("batch_size", "lr")} | changes
    history = fit(model, data, loss, epochs=epochs, seed=seed, progress=False, **options)
    seconds = round(time.process_time() - start, 1)
    return {"epochs": epochs, "seconds": seconds, "loss": [round(value, 3) for value in history.loss]}


def mean_and_error(values: Tensor) -> list[float]:
    """The mean over test digits, and its standard error."""
    return [values.mean().item(), (values.std() / len(values) ** 0.5).item()]


@torch.no_grad()
def evaluate(model: VAE, x: Tensor, draw: Draw) -> dict:
    """The ELBO of exact draws, and what the training objective says of the same digits."""
    terms, some = elbo(model, x, 20, draw=detached), x[: SETTINGS["nll_digits"]]
    return {
        "neg_elbo": mean_and_error(-terms.elbo),
        "own_neg_elbo": mean_and_error(-elbo(model, x, 20, draw=draw).elbo),
        "nll": mean_and_error(-log_likelihood(model, some, SETTINGS["importance_samples"])),
        "nll_neg_elbo": mean_and_error(-terms.elbo[: len(some)]),
        "rate": terms.rate.mean().item(),
        "distortion": terms.distortion.mean().item(),
        "mutual_information": mutual_information(model, x, num_samples=2),
    }


def encode(images: Tensor) -> str:
    """Grey values in [0, 1] as a string: base64 of bytes in C order."""
    return base64.b64encode((255 * images).round().to(torch.uint8).numpy().tobytes()).decode("ascii")


@torch.no_grad()
def pictures(models: dict[str, VAE], found: dict[str, dict]) -> dict[str, str]:
    """Decoder means at draws from the prior: of the categorical model of the lowest NLL, and of the Gaussian one."""
    categorical = [name for name in models if not name.startswith("gaussian") and found[name]["samples"] == K]
    best = min(categorical, key=lambda name: found[name]["nll"][0])
    out = {"best_categorical": best}
    for label, name in (("categorical", best), ("gaussian", "gaussian")):
        z = models[name].prior().sample((SETTINGS["pictures"]["images"],))
        out[label] = encode(models[name].decoder(z).mean)
    return out


def run(seed: int, *, epochs: int = SETTINGS["epochs"], examples: int = 1000) -> dict:
    data = load_dataset(binarize="dynamic").subset(slice(4 * examples))
    x = load_dataset(split="test", binarize="static").x[:examples]
    found, models = {}, {}
    for name, (loss, draw, samples) in METHODS.items():
        torch.manual_seed(seed)
        models[name] = build(name)
        cost = train(models[name], data, loss, seed, epochs * K // samples)
        cost |= {"samples": samples, "evaluations": cost["epochs"] * len(data) * samples}
        torch.manual_seed(seed)
        found[name] = cost | evaluate(models[name], x, draw)
    out: dict = {"models": found}
    if seed == SEEDS[0]:
        out["pictures"] = pictures(models, found)
    return out


if __name__ == "__main__":
    print("wrote", record(__file__, run, SEEDS, SETTINGS))
