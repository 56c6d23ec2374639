"""A small convolutional diffusion model of grey digits, with its bound in bits per dimension, for chapter 15.

Run `python experiments/digit_diffusion.py`; the stored result says how many seconds it took.

Three seeds. One U-Net, trained with the simplified loss and with the true bound, in equally many steps; after it, the
running average of its weights is judged. Models see 3,000 digits of 256 grey values; 1,000 others are the
reference of the Fréchet distance, as in `generation.py`, whose classifier judges. `bits` are minus the bound per pixel
over log 2, for three choices of the reverse variance, on digits of 256 grey values and on digits rounded to 16; the
`baselines` are two models that know no diffusion. Pictures, of the first seed: base64 of grey values 0 to 255; `path`
and `predicted` follow reverse chains from noise to digits.
"""

from __future__ import annotations

import base64
import math
import time

import torch
from diffusion import mean_and_error, reverse_variances
from generation import Judge, make_judge
from record import record
from torch import Tensor
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from vaekit import (
    DDPM,
    Dataset,
    UNetDenoiser,
    cosine_betas,
    ddim_sample,
    fit,
    load_dataset,
    noise_prediction_loss,
    step_terms,
)

SEEDS = [0, 1, 2]
SETTINGS = {
    "data": "mnist5k greys, 256 levels: 3,000 digits to train on, 1,000 as reference, 1,000 held out",
    "levels": [256, 16],
    "steps": 100,
    "betas": "cosine_betas(T, largest=0.5)",
    "channels": 32,
    "epochs": 50,
    "batch_size": 32,
    "lr": 0.001,
    "average": 0.999,
    "bound_digits": 100,
    "samples": 1000,
    "ddim_steps": 25,
    "pictures": {"images": 15, "rows": 4, "states": 8, "image_shape": [28, 28], "encoding": "base64 of uint8"},
}


def build(betas: Tensor, denoiser: UNetDenoiser, *, levels: int = 256, reverse_var: Tensor | None = None) -> DDPM:
    options = {"loc": 0.5, "scale": 0.5, "bounds": (-1.0, 1.0), "levels": levels, "reverse_var": reverse_var}
    return DDPM(denoiser, betas, **options)


def rounded(x: Tensor, levels: int) -> Tensor:
    """Grey values from 0 to 1 rounded to so many of them."""
    return (x * (levels - 1)).round() / (levels - 1)


def train(weighted: bool, data: Dataset, seed: int, epochs: int) -> tuple[DDPM, dict]:
    """Train, and put the running average of the weights in place of the last ones."""
    torch.manual_seed(seed)
    model = build(cosine_betas(SETTINGS["steps"], largest=0.5), UNetDenoiser(channels=SETTINGS["channels"]))
    weights = len(model) * model.noise_weight if weighted else None
    average = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(SETTINGS["average"]))

    def loss(model: DDPM, batch, step: int) -> Tensor:
        average.update_parameters(model)
        return noise_prediction_loss(model, batch.x, weights=weights)

    start, options = time.process_time(), {key: SETTINGS[key] for key in ("batch_size", "lr")}
    history = fit(model, data, loss, epochs=epochs, seed=seed, progress=False, **options)
    seconds, size = round(time.process_time() - start, 1), sum(p.numel() for p in model.parameters())
    return average.module.eval(), {"loss": history.loss, "seconds": seconds, "parameters": size}


def in_bits(nats: Tensor) -> Tensor:
    return nats / (784 * math.log(2))


@torch.no_grad()
def bits(model: DDPM, seen: Tensor, x: Tensor) -> dict:
    """The bound and its terms, for each number of grey values and each choice of the reverse variance."""
    out: dict = {"bits": {}, "terms": {}}
    variances = reverse_variances(model, seen)
    variances["optimal"][0] = model.betas[0]  # p(x|x_1) is no density, so the optimum at t = 0 is another
    for levels in SETTINGS["levels"]:
        found = {}
        for name, variance in variances.items():
            other = build(model.betas, model.denoiser, levels=levels, reverse_var=variance)
            found[name] = in_bits(step_terms(other, rounded(x, levels))[0])
        out["bits"][str(levels)] = {name: mean_and_error(terms.sum(-1)) for name, terms in found.items()}
        out["terms"][str(levels)] = {name: terms.mean(0).tolist() for name, terms in found.items()}
    return out


@torch.no_grad()
def samplers(model: DDPM, judge: Judge, num: int) -> dict:
    ddim = ddim_sample(model, num, steps=SETTINGS["ddim_steps"]).clamp(0, 1)
    return {"samplers": {"ancestral": judge(model.sample(num)), "ddim": judge(ddim)}}


def baselines(seen: Tensor, x: Tensor, levels: int) -> dict:
    """Bits per dimension of pixels that are independent: a histogram for each pixel, and one for all of them."""
    index, value = ((part * (levels - 1)).round().long() for part in (seen, x))
    shared = index.flatten().bincount(minlength=levels).double() + 1
    shared = shared / shared.sum()
    own = torch.stack([column.bincount(minlength=levels) for column in index.T]) + 8 * shared  # (784, levels)
    own = own / own.sum(-1, keepdim=True)
    found = {"one_histogram": shared[value], "histogram_per_pixel": own[torch.arange(784), value]}
    return {name: mean_and_error(in_bits(-p.log().sum(-1))) for name, p in found.items()}


def encode(images: Tensor) -> str:
    """Grey values as a string: base64 of bytes in C order, clipped to [0, 1]."""
    return base64.b64encode((255 * images.clamp(0, 1)).round().to(torch.uint8).numpy().tobytes()).decode("ascii")


@torch.no_grad()
def pictures(models: dict[str, DDPM]) -> dict[str, str]:
    """Samples; and states x_t of a few reverse chains, from noise to digits, with the digit predicted at each."""
    wanted = SETTINGS["pictures"]
    found = {name: encode(model.sample(wanted["images"])) for name, model in models.items()}
    model = models["simple"]
    path = model.sample_path(wanted["rows"])  # (T + 1, rows, 784); entry i is the state at t = T - 1 - i
    keep = torch.linspace(0, len(model) - 1, wanted["states"]).round().long().tolist()
    states = torch.stack([path[i] for i in keep])
    predicted = [model.predict_x0((path[i] - model.loc) / model.scale, len(model) - 1 - i) for i in keep]
    seen = {"path": states, "predicted": model.loc + model.scale * torch.stack(predicted), "last": path[-1]}
    return found | {name: encode(images) for name, images in seen.items()}


def run(seed: int, *, epochs: int = SETTINGS["epochs"], examples: int = SETTINGS["samples"]) -> dict:
    """All of it; `examples` cuts the numbers of samples and of digits to judge by."""
    judge, data = make_judge(), load_dataset().subset(slice(min(3000, 3 * examples)))
    test = load_dataset(split="test").x[:examples]
    x, models, rows = test[: min(examples, SETTINGS["bound_digits"])], {}, {}
    for name in ("simple", "weighted"):
        models[name], found = train(name == "weighted", data, seed, epochs)
        torch.manual_seed(seed)
        rows[name] = found | bits(models[name], data.x[:200], x) | samplers(models[name], judge, examples)
    simple = {str(levels): baselines(data.x, x, levels) for levels in SETTINGS["levels"]}
    out = {"models": rows, "baselines": simple, "real": judge(test), "copies": judge(data.x[:examples])}
    return out | ({"pictures": pictures(models)} if seed == SEEDS[0] else {})


if __name__ == "__main__":
    print("wrote", record(__file__, run, SEEDS, SETTINGS))
