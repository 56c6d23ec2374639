"""One, two and three levels of latents on digits, inferred from the bottom up and from the top down, for chapter 14.

Run `python experiments/hierarchy.py`; the stored result says how many seconds it took.

Three seeds; equal epochs. `settings.variants` says what each model is: `top_down` reads x and the level above side by
side, `merged` multiplies what x says by the prior. `curve` follows the rate of every level through training. Levels are
listed from the data upward. `seconds` are of one core, in training. Pictures, of the first seed: base64 of grey values
0 to 255; `same_top` keeps one draw of the highest level of q(z|x) and draws the others anew.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import torch
from learned_priors import encode, mean_and_error
from record import record
from torch import Tensor

from vaekit import (
    MLP,
    BernoulliHead,
    Beside,
    BottomUp,
    Conditional,
    Dataset,
    ElboTerms,
    GaussianHead,
    HierarchicalVAE,
    Merged,
    StandardNormal,
    TopDown,
    active_units,
    elbo,
    fit,
    linear_warmup,
    load_dataset,
    log_likelihood,
    probe_accuracy,
    weighted_loss,
)

SEEDS = [0, 1, 2]
TWO, THREE, FIVE = [20, 10], [20, 10, 5], [20, 16, 12, 8, 4]
VARIANTS = {
    "one_level": {"inference": "bottom_up", "latents": [20]},
    "one_level_deeper": {"inference": "bottom_up", "latents": [20], "hidden": [200, 200]},
    "bottom_up_two": {"inference": "bottom_up", "latents": TWO},
    "top_down_two": {"inference": "top_down", "latents": TWO},
    "merged_two": {"inference": "merged", "latents": TWO},
    "merged_two_warmup": {"inference": "merged", "latents": TWO, "warmup": 0.5},
    "bottom_up_three": {"inference": "bottom_up", "latents": THREE},
    "top_down_three": {"inference": "top_down", "latents": THREE},
    "bottom_up_five": {"inference": "bottom_up", "latents": FIVE},
    "bottom_up_five_warmup": {"inference": "bottom_up", "latents": FIVE, "warmup": 0.5},
    "bottom_up_five_free_bits": {"inference": "bottom_up", "latents": FIVE, "free_bits": 0.2},
    "top_down_five": {"inference": "top_down", "latents": FIVE},
    "top_down_five_warmup": {"inference": "top_down", "latents": FIVE, "warmup": 0.5},
}
SETTINGS = {
    "data": "mnist5k, dynamic binarisation; test pixels drawn once",
    "variants": VARIANTS,
    "hidden": 200,
    "upper_hidden": 100,
    "batch_size": 64,
    "lr": 0.002,
    "stops": [1, 5, 15, 40],
    "elbo_samples": 20,
    "importance_samples": 500,
    "nll_digits": 200,
    "pictures": {"images": 15, "rows": 4, "columns": 5, "image_shape": [28, 28], "encoding": "base64 of uint8"},
}
WIDE, HIGH, STOPS = SETTINGS["hidden"], SETTINGS["upper_hidden"], SETTINGS["stops"]
SAMPLES = SETTINGS["importance_samples"]


def gaussian(inputs: int, hidden: int, latents: int) -> Conditional:
    return Conditional(MLP([inputs, hidden]), GaussianHead(hidden, latents))


def bottom_up(latents: list[int], hidden: list[int]) -> BottomUp:
    first = Conditional(MLP([784, *hidden]), GaussianHead(WIDE, latents[0]))
    return BottomUp([first, *(gaussian(a, HIGH, b) for a, b in zip(latents, latents[1:], strict=False))])


def top_down(latents: list[int], merged: bool) -> TopDown:
    """Each level reads x through a network of its own, the first as wide as that of `one_level`."""
    widths = [WIDE] + [HIGH] * (len(latents) - 1)
    top = gaussian(784, widths[-1], latents[-1])
    lower = list(zip(widths, latents, latents[1:], strict=False))
    if merged:
        return TopDown([*(Merged(gaussian(784, width, size)) for width, size, _ in lower), top])
    return TopDown([*(Beside(gaussian(784 + above, width, size)) for width, size, above in lower), top])


def build(inference: str, latents: list[int], hidden: list[int] | None = None, **_: float) -> HierarchicalVAE:
    hidden = hidden or [WIDE]
    infer = bottom_up(latents, hidden) if inference == "bottom_up" else top_down(latents, inference == "merged")
    decoder = Conditional(MLP([latents[0], *hidden]), BernoulliHead(WIDE, 784))
    priors = [gaussian(above, HIGH, below) for below, above in zip(latents, latents[1:], strict=False)]
    return HierarchicalVAE(infer, decoder, [*priors, StandardNormal(latents[-1])])


def level_rates(terms: ElboTerms) -> list[float]:
    """The mean rate of each level in nats, data side first."""
    return [level.sum(-1).mean().item() for level in terms.kl.split(terms.groups, -1)]


@torch.no_grad()
def level_means(model: HierarchicalVAE, x: Tensor) -> list[Tensor]:
    """For every level the mean of q, averaged over draws of the levels that it depends on, `(B, L)`."""
    return [latent.q.mean.reshape(-1, len(x), latent.z.shape[-1]).mean(0) for latent in model(x, 10).latents]


def train(name: str, data: Dataset, x: Tensor, seed: int, stops: list[int]) -> tuple[HierarchicalVAE, dict]:
    """Train, and look at the rates on the way."""
    variant, seconds, curve = VARIANTS[name], 0.0, []
    torch.manual_seed(seed)
    model, batch_size = build(**variant), SETTINGS["batch_size"]
    steps = int(variant.get("warmup", 0.0) * max(stops) * -(-len(data) // batch_size))
    beta, floor = linear_warmup(steps), variant.get("free_bits", 0.0)
    options = {"batch_size": batch_size, "lr": SETTINGS["lr"], "seed": seed, "progress": False, "resume": True}

    def loss(model: HierarchicalVAE, batch, step: int) -> Tensor:
        return weighted_loss(elbo(model, batch.x), beta=beta(step), free_bits=floor)

    with tempfile.TemporaryDirectory() as folder:
        for total in stops:
            start = time.process_time()
            fit(model, data, loss, epochs=total, checkpoint=Path(folder) / "model", **options)
            seconds += time.process_time() - start
            with torch.no_grad():
                terms = elbo(model, x, 5)
            curve.append({"epochs": total, "neg_elbo": -terms.elbo.mean().item(), "level_rates": level_rates(terms)})
    return model, {
        "curve": curve,
        "seconds": round(seconds, 1),
        "parameters": sum(p.numel() for p in model.parameters()),
    }


@torch.no_grad()
def judge(model: HierarchicalVAE, train_set: Dataset, test: Dataset, samples: int) -> dict:
    terms, some = elbo(model, test.x, SETTINGS["elbo_samples"]), test.x[: SETTINGS["nll_digits"]]
    means, seen = level_means(model, test.x), level_means(model, train_set.x)
    coding = (terms.kl.mean((0, 1)) > 0.01).split(terms.groups)
    return {
        "neg_elbo": mean_and_error(-terms.elbo),
        "distortion": terms.distortion.mean().item(),
        "rate": terms.rate.mean().item(),
        "level_rates": level_rates(terms),
        "active_units": [active_units(mu) for mu in means],
        "coding_units": [int(level.sum()) for level in coding],
        "nll": mean_and_error(-log_likelihood(model, some, samples)),
        "nll_neg_elbo": mean_and_error(-terms.elbo[: len(some)]),
        "probe": [probe_accuracy(a, train_set.y, b, test.y, max_iter=300) for a, b in zip(seen, means, strict=True)],
    }


def descend(model: HierarchicalVAE, z: Tensor) -> Tensor:
    """Pixel means from z_L down, with fresh draws of every level below."""
    for prior in reversed(model.priors[:-1]):
        z = prior(z).sample()
    return model.decoder(z).mean


@torch.no_grad()
def pictures(models: dict[str, HierarchicalVAE], x: Tensor) -> dict:
    wanted, drawn, same = SETTINGS["pictures"], {}, {}
    some = x[: wanted["rows"]]
    for name in ("one_level", "bottom_up_two", "top_down_two"):
        top = models[name].priors[-1]().sample((wanted["images"],))
        drawn[name] = encode(descend(models[name], top))
    for name in ("bottom_up_two", "top_down_two"):
        top = models[name](some).latents[-1].z[0].repeat_interleave(wanted["columns"], 0)
        same[name] = encode(descend(models[name], top))
    return {"digits": encode(some), "samples": drawn, "same_top": same}


def run(seed: int, *, stops: list[int] = STOPS, examples: int = 1000, samples: int = SAMPLES) -> dict:
    data, models, out = load_dataset(binarize="dynamic"), {}, {}
    test = load_dataset(split="test", binarize="static").subset(slice(examples))
    train_set = load_dataset(binarize="static").subset(slice(4 * examples))
    for name in VARIANTS:
        models[name], found = train(name, data, test.x, seed, stops)
        torch.manual_seed(seed)
        out[name] = judge(models[name], train_set, test, samples) | found
    return {"models": out} | ({"pictures": pictures(models, test.x)} if seed == SEEDS[0] else {})


if __name__ == "__main__":
    print("wrote", record(__file__, run, SEEDS, SETTINGS))
