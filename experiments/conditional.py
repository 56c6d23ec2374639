"""Conditional VAEs of chapter 07, on labels and on half images, and the filling in of missing pixels.

Run `python experiments/conditional.py`; the stored result says how many seconds it took.

Three seeds. Labels: NLL, and whether a digit drawn for a label is that digit, beside two models that are no conditional
VAEs. Half images: the right half is missing; each method gives the mean of the missing pixels, the log-probability of
the true ones and one completed digit, which the classifier of `generation.py` then reads.
"""

from __future__ import annotations

import math

import generation as shared
import torch
from generation import CLASSES, BernoulliMixture, Judge, L, train, training_data
from record import record
from torch import Tensor, nn
from torch.distributions import Bernoulli, Normal
from torch.nn.functional import one_hot

from vaekit import (
    MLP,
    VAE,
    BernoulliHead,
    Conditional,
    ConditionalPrior,
    GaussianHead,
    StandardNormal,
    elbo,
    load_dataset,
    log_likelihood,
    weighted_loss,
)

SEEDS = [0, 1, 2]
SETTINGS = {
    **shared.SETTINGS,
    "regression": "one third of the epochs",
    "label_examples": 1000,
    "imputed_examples": 300,
    "chains": 10,
    "sweeps": 60,
    "burn_in": 20,
    "neighbours": 10,
}
SEEN = (torch.arange(784) % 28) < 14  # the left half
COUNT = SETTINGS["importance_samples"]


def build(pixels: int, context: int, *, learned_prior: bool) -> VAE:
    encoder, decoder = MLP([pixels + context, *SETTINGS["hidden"]]), MLP([L + context, *SETTINGS["hidden"]])
    return VAE(
        Conditional(encoder, GaussianHead(200, L), context_features=context),
        Conditional(decoder, BernoulliHead(200, pixels), context_features=context),
        ConditionalPrior(MLP([context, 100]), GaussianHead(100, L)) if learned_prior else StandardNormal(L),
    )


def train_pair(pixels: int, context: int, split, seed: int, epochs: int) -> dict[str, VAE]:
    """A standard and a learned prior; `split(batch)` returns what is modelled and what it is conditioned on."""

    def loss(model: VAE, batch, step: int) -> Tensor:
        x, given = split(batch)
        return weighted_loss(elbo(model, x, context=given))

    priors = {"standard_prior": False, "learned_prior": True}
    return {k: train(build(pixels, context, learned_prior=v), loss, seed, epochs) for k, v in priors.items()}


def on_labels(batch) -> tuple[Tensor, Tensor]:
    return batch.x, one_hot(batch.y, CLASSES).float()


def on_left_half(batch) -> tuple[Tensor, Tensor]:
    return batch.x[:, ~SEEN], batch.x[:, SEEN]


@torch.no_grad()
def judge_labels(judge: Judge, models: dict[str, VAE], vae: VAE, seed: int, x: Tensor, y: Tensor) -> dict:
    """NLL of digits given their labels, and how often a digit drawn for a label is that digit."""
    context, data = one_hot(y, CLASSES).float(), training_data()
    pixel, nll = {}, {"vae": -log_likelihood(vae, x, COUNT).mean().item()}
    for name, model in models.items():
        pixel[name] = model.decoder(model.prior(context).sample(), context).mean
        nll[name] = -log_likelihood(model, x, COUNT, context=context).mean().item()
    codes = vae.encoder(data.x.bernoulli()).sample()
    pixel |= {"gaussian_per_class": torch.zeros(len(x), 784), "mixture_per_class": torch.zeros(len(x), 784)}
    log_p = torch.zeros(len(x))
    for k in y.unique():
        rows, mine = y == k, data.y == k
        drawn = shared.draw_codes(shared.fit_codes(codes[mine], 1, seed), int(rows.sum()))
        pixel["gaussian_per_class"][rows] = vae.decoder(drawn).mean
        mixture = BernoulliMixture(data.x[mine].bernoulli(), SETTINGS["bernoulli_mixture_components"] // CLASSES)
        pixel["mixture_per_class"][rows] = mixture.sample(int(rows.sum()))
        log_p[rows] = mixture.joint(x[rows]).logsumexp(-1)
    nll["mixture_per_class"] = -log_p.mean().item()
    right = {name: (judge.net(p.bernoulli()).argmax(-1) == y).float().mean().item() for name, p in pixel.items()}
    right["real"] = (judge.net(x).argmax(-1) == y).float().mean().item()
    return {"nll": nll, "accuracy": right, "frechet": {name: judge(p)["frechet"] for name, p in pixel.items()}}


def weigh(log_w: Tensor, pixel: Tensor, missing: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Mean, log-probability and one draw of the missing pixels, from log weights `(S, B)` of pixels `(S, B, M)`."""
    log_w = log_w.log_softmax(0)
    log_p = (log_w + Bernoulli(pixel).log_prob(missing).sum(-1)).logsumexp(0)
    chosen = torch.distributions.Categorical(logits=log_w.T).sample()
    return (log_w.exp()[..., None] * pixel).sum(0), log_p, pixel[chosen, torch.arange(len(missing))].bernoulli()


def importance(vae: VAE, x: Tensor, filled: Tensor, prior: bool) -> tuple[Tensor, Tensor]:
    """Draw latents from the prior or from q of the image filled with means; weigh them by the pixels seen."""
    q = vae.prior().expand((len(x), L)) if prior else vae.encoder(filled)
    z = q.sample((COUNT,))
    pixel = vae.decoder(z).mean.clamp(1e-6, 1 - 1e-6)
    log_w = Bernoulli(pixel[..., SEEN]).log_prob(x[:, SEEN]).sum(-1)
    return log_w + (vae.prior().log_prob(z) - q.log_prob(z)).sum(-1), pixel[..., ~SEEN]


def gibbs(vae: VAE, x: Tensor, filled: Tensor, corrected: bool) -> tuple[Tensor, Tensor, Tensor, float]:
    """Encode, decode, redraw what is missing, repeat; `corrected` accepts each latent by Metropolis and Hastings."""
    state, truth = filled.bernoulli().repeat(SETTINGS["chains"], 1), x.repeat(SETTINGS["chains"], 1)
    state[:, SEEN], z = truth[:, SEEN], vae.encoder(filled).sample((SETTINGS["chains"],)).flatten(0, 1)
    total, log_p, accepted = torch.zeros_like(x[:, ~SEEN]), [], []

    def log_weight(z: Tensor, q: Normal) -> Tensor:
        return vae.decoder(z).log_prob(state).sum(-1) + (vae.prior().log_prob(z) - q.log_prob(z)).sum(-1)

    for sweep in range(SETTINGS["sweeps"]):
        q = vae.encoder(state)
        new = q.sample()
        if corrected:
            accept = torch.rand(len(new)).log() < log_weight(new, q) - log_weight(z, q)
            new = torch.where(accept[:, None], new, z)
            accepted.append(accept.float().mean().item())
        z = new
        pixel = vae.decoder(z).mean.clamp(1e-6, 1 - 1e-6)[:, ~SEEN]
        state[:, ~SEEN] = pixel.bernoulli()
        if sweep >= SETTINGS["burn_in"]:
            total += pixel.reshape(-1, *total.shape).mean(0)
            log_p.append(Bernoulli(pixel).log_prob(truth[:, ~SEEN]).sum(-1).reshape(-1, len(x)))
    log_p = torch.cat(log_p)
    mean = total / (SETTINGS["sweeps"] - SETTINGS["burn_in"])
    rate = sum(accepted) / len(accepted) if accepted else 1.0
    return mean, log_p.logsumexp(0) - math.log(len(log_p)), state[: len(x), ~SEEN], rate


@torch.no_grad()
def impute(vae: VAE, halves: dict[str, VAE], regression: nn.Module, x: Tensor) -> tuple[dict, float]:
    data = training_data().x.bernoulli()
    seen, missing, average = x[:, SEEN], x[:, ~SEEN], training_data().x.mean(0).clamp(1e-3, 1 - 1e-3)
    filled = torch.where(SEEN, x, average)
    near = torch.cdist(seen, data[:, SEEN]).topk(SETTINGS["neighbours"], largest=False).indices
    neighbours = data[:, ~SEEN][near]  # (B, k, M)
    smooth = (neighbours.sum(1) + average[~SEEN]) / (SETTINGS["neighbours"] + 1)
    mixture, one = BernoulliMixture(data, SETTINGS["bernoulli_mixture_components"]), torch.zeros(1, len(x))
    by_component = mixture.pixel[:, None, ~SEEN].expand(-1, len(x), -1)
    out = {
        "pixel_means": weigh(one, average[~SEEN].expand(1, len(x), -1), missing),
        "neighbours": (*weigh(one, smooth[None], missing)[:2], neighbours[:, 0]),
        "bernoulli_mixture": weigh(mixture.joint(seen, SEEN).T, by_component, missing),
        "regression": weigh(one, regression(seen).mean[None], missing),
        "vae_prior_importance": weigh(*importance(vae, x, filled, prior=True), missing),
        "vae_encoder_importance": weigh(*importance(vae, x, filled, prior=False), missing),
        "vae_pseudo_gibbs": gibbs(vae, x, filled, corrected=False)[:3],
    }
    *out["vae_metropolis"], accepted = gibbs(vae, x, filled, corrected=True)
    for name, model in halves.items():
        pixel = model.decoder(model.prior(seen).sample((COUNT,)), seen).mean
        mean, _, draw = weigh(one.expand(COUNT, -1), pixel, missing)
        out[f"conditional_{name}"] = (mean, log_likelihood(model, missing, COUNT, context=seen), draw)
    return out, accepted


def run(seed: int, *, epochs: int = SETTINGS["epochs"], examples: int = SETTINGS["label_examples"]) -> dict:
    judge, test = shared.make_judge(), load_dataset(split="test", binarize="static").subset(slice(examples))
    torch.manual_seed(seed)
    vae = train(shared.build(), shared.negative_elbo, seed, epochs)
    labels, halves = train_pair(784, CLASSES, on_labels, seed, epochs), train_pair(392, 392, on_left_half, seed, epochs)
    regression = Conditional(MLP([392, *SETTINGS["hidden"]]), BernoulliHead(200, 392))
    train(regression, lambda net, b, step: -net(b.x[:, SEEN]).log_prob(b.x[:, ~SEEN]).sum(-1).mean(), seed, epochs // 3)
    torch.manual_seed(seed)
    out, some = {"labels": judge_labels(judge, labels, vae, seed, test.x, test.y)}, slice(SETTINGS["imputed_examples"])
    x, y = test.x[some], test.y[some]
    found, accepted = impute(vae, halves, regression, x)
    out["imputation"] = {"acceptance": accepted, "real_accuracy": (judge.net(x).argmax(-1) == y).float().mean().item()}
    for name, (mean, log_p, draw) in found.items():
        whole = x.masked_scatter(~SEEN, draw)
        out["imputation"][name] = {
            "rmse": (mean - x[:, ~SEEN]).square().mean().sqrt().item(),
            "nll": -log_p.mean().item(),
            "accuracy": (judge.net(whole).argmax(-1) == y).float().mean().item(),
        }
    return out


if __name__ == "__main__":
    print("wrote", record(__file__, run, SEEDS, SETTINGS))
