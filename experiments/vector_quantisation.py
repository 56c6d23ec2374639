"""VQ-VAEs on digits, each with a prior over its codes, for chapter 12.

Run `python experiments/vector_quantisation.py`; the stored result says how many seconds it took.

Three seeds. A VQ-VAE evaluates its decoder once for an example: `equal_evaluations` takes as many evaluations as the
VAEs of `discrete_latents.py`, the others as many epochs and steps. Each gets a GRU prior over its codes, fitted to the
training codes afterwards. `bound` is -log p(x|e) - log p(codes): minus the log of one term of the sum over all codes
that p(x) is, so that it is never below the NLL. `nll` is importance-sampled with codes drawn with probabilities
softmax(-distance^2 / temperature), at the best of some temperatures. `seconds` are of one core, in training.
Pictures, of the first seed: base64 of grey values 0 to 255, means of p(x|e) at codes from the two priors.
"""

from __future__ import annotations

import base64
import math
import time
from collections.abc import Callable

import torch
from record import record
from torch import Tensor, nn
from torch.distributions import Categorical

from vaekit import (
    MLP,
    VQVAE,
    BernoulliHead,
    Conditional,
    Dataset,
    GRUDecoder,
    LanguageModel,
    code_perplexity,
    fit,
    load_dataset,
    vq_loss,
)

SEEDS = [0, 1, 2]
SETTINGS = {
    "data": "mnist5k, dynamic binarisation; test pixels drawn once",
    "positions": 10,
    "code_dim": 8,
    "hidden": 200,
    "epochs": 30,
    "batch_size": 64,
    "lr": 0.002,
    "variants": {
        "equal_evaluations": {"codes": 8, "epochs_times": 4, "revival": True},
        "equal_steps": {"codes": 8, "epochs_times": 1, "revival": True},
        "codes_64": {"codes": 64, "epochs_times": 1, "revival": True},
        "codes_64_no_revival": {"codes": 64, "epochs_times": 1, "revival": False},
    },
    "revival": "every 20 steps in the first half of all steps",
    "prior": {"hidden": 64, "embedding": 16, "epochs": 20, "batch_size": 128, "lr": 0.005},
    "importance_samples": 200,
    "temperatures": [0.3, 1.0, 3.0, 10.0, 30.0],
    "nll_digits": 200,
    "pictures": {"images": 15, "image_shape": [28, 28], "encoding": "base64 of uint8"},
}
T, HIDDEN = SETTINGS["positions"], SETTINGS["hidden"]
Loss = Callable[[nn.Module, object, int], Tensor]


def train(model: nn.Module, data: Dataset, loss: Loss, seed: int, epochs: int, **changes) -> dict:
    start, options = time.process_time(), {key: SETTINGS[key] for key in ("batch_size", "lr")} | changes
    history = fit(model, data, loss, epochs=epochs, seed=seed, progress=False, **options)
    seconds = round(time.process_time() - start, 1)
    return {"epochs": epochs, "seconds": seconds, "loss": [round(value, 3) for value in history.loss]}


def mean_and_error(values: Tensor) -> list[float]:
    """The mean over test digits, and its standard error."""
    return [values.mean().item(), (values.std() / len(values) ** 0.5).item()]


def train_vq(data: Dataset, seed: int, epochs: int, codes: int, revival: bool) -> tuple[VQVAE, dict]:
    torch.manual_seed(seed)
    width, steps = SETTINGS["code_dim"], epochs * math.ceil(len(data) / SETTINGS["batch_size"])
    encoder = nn.Sequential(MLP([784, HIDDEN]), nn.Linear(HIDDEN, T * width))
    decoder = Conditional(MLP([T * width, HIDDEN]), BernoulliHead(HIDDEN, 784))
    model = VQVAE(encoder, decoder, positions=T, codes=codes, code_dim=width)

    def loss(model: VQVAE, batch: object, step: int) -> Tensor:
        result = model(batch.x)
        if revival and step < steps / 2 and step % 20 == 0:
            model.revive(result.z_e.detach(), result.codes)
        return vq_loss(result)

    return model, train(model, data, loss, seed, epochs)


def code_prior(model: VQVAE, x: Tensor, seed: int, epochs: int) -> tuple[LanguageModel, dict]:
    """An autoregressive prior over the codes of x; token 0 ends a sequence, so that code c is token c + 1."""
    codes = len(model.codebook)
    with torch.no_grad():
        tokens = Dataset(model(x).codes + 1, torch.zeros(len(x), dtype=torch.int64), vocabulary=codes + 1)
    sizes = {key: SETTINGS["prior"][key] for key in ("hidden", "embedding")}
    torch.manual_seed(seed)
    prior = LanguageModel(GRUDecoder(0, length=T, vocabulary=codes + 1, **sizes))
    options = {key: SETTINGS["prior"][key] for key in ("batch_size", "lr")}
    return prior, train(prior, tokens, lambda m, b, step: -m.log_px(b.x).mean(), seed, epochs, **options)


@torch.no_grad()
def nll(model: VQVAE, prior: LanguageModel, x: Tensor, temperature: float, samples: int) -> Tensor:
    """Minus log (1/K) sum of p(x|e) p(codes) / q(codes), with codes drawn near those of the encoder, `(B,)`."""
    z_e, log_w = model(x).z_e, []
    q = Categorical(logits=-torch.cdist(z_e, model.codebook.expand(len(x), -1, -1)).square() / temperature)
    for _ in range(samples // 10):
        codes = q.sample((10,))  # (10, B, T)
        rows = codes.flatten(0, 1)
        log_px = model.decode(rows).log_prob(x.repeat(10, 1)).sum(-1)
        log_w.append((log_px + prior.log_px(rows + 1)).unflatten(0, (10, -1)) - q.log_prob(codes).sum(-1))
    return math.log(samples) - torch.cat(log_w).logsumexp(0)


@torch.no_grad()
def evaluate(model: VQVAE, prior: LanguageModel, x: Tensor) -> dict:
    result, codes, some = model(x), len(model.codebook), x[: SETTINGS["nll_digits"]]
    rate, size = -prior.log_px(result.codes + 1), SETTINGS["importance_samples"]
    found = {t: mean_and_error(nll(model, prior, some, t, size)) for t in SETTINGS["temperatures"]}
    best = min(found, key=lambda t: found[t][0])
    return {
        "distortion": mean_and_error(-result.log_px),
        "prior_nats": mean_and_error(rate),
        "uniform_nats": T * math.log(codes),
        "bound": mean_and_error(rate - result.log_px),
        "uniform_bound": mean_and_error(T * math.log(codes) - result.log_px),
        "nll": found[best],
        "nll_bound": mean_and_error((rate - result.log_px)[: len(some)]),
        "nll_temperature": best,
        "perplexity": code_perplexity(result.codes, codes),
        "used": len(result.codes.unique()),
    }


def encode(images: Tensor) -> str:
    """Grey values in [0, 1] as a string: base64 of bytes in C order."""
    return base64.b64encode((255 * images).round().to(torch.uint8).numpy().tobytes()).decode("ascii")


@torch.no_grad()
def prior_codes(prior: LanguageModel, num: int) -> tuple[Tensor, float]:
    """Whole codes that the prior draws, and the share of its draws that end too early."""
    drawn = prior.sample(20 * num)
    whole = (drawn > 0).all(-1)
    return drawn[whole][:num] - 1, 1 - whole.float().mean().item()


def run(seed: int, *, epochs: int = SETTINGS["epochs"], examples: int = 1000) -> dict:
    data = load_dataset(binarize="dynamic").subset(slice(4 * examples))
    x, images = load_dataset(split="test", binarize="static").x[:examples], SETTINGS["pictures"]["images"]
    codes_of = load_dataset(binarize="static").x[: 4 * examples]
    out: dict = {"models": {}}
    for name, variant in SETTINGS["variants"].items():
        total = epochs * variant["epochs_times"]
        model, cost = train_vq(data, seed, total, variant["codes"], variant["revival"])
        prior, fitted = code_prior(model, codes_of, seed, min(20 * epochs, SETTINGS["prior"]["epochs"]))
        torch.manual_seed(seed)
        codes, early = prior_codes(prior, images)
        cost |= {"evaluations": total * len(data), "prior_seconds": fitted["seconds"], "ends_early": early}
        out["models"][name] = cost | evaluate(model, prior, x)
        if seed == SEEDS[0] and name == "equal_evaluations":
            uniform = torch.randint(len(model.codebook), (images, T))
            with torch.no_grad():
                drawn = {"prior": model.decode(codes).mean, "uniform": model.decode(uniform).mean}
            out["pictures"] = {key: encode(value) for key, value in drawn.items()}
    return out


if __name__ == "__main__":
    print("wrote", record(__file__, run, SEEDS, SETTINGS))
