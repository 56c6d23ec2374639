"""Diffusion in the latent space of a VAE, beside simpler densities for its codes, for chapter 16.

Run `python experiments/latent_diffusion.py`; the stored result says how many seconds it took.

Three seeds. Models see 3,000 digits; 1,000 others are the reference of the Fréchet distance, and 1,000 more its floor,
as in `generation.py`. Of a DDPM the running average of its weights is judged. `bounds` are minus bounds on log p(x),
each density taken as the prior over z; `codes` are those of training digits. Pictures: base64 of greys 0 to 255.
"""

from __future__ import annotations

import base64
from collections.abc import Callable

import torch
from diffusion import mean_and_error, reverse_variances
from generation import CLASSES, draw_codes, fit_codes, make_judge, train, training_data
from record import record
from torch import Tensor, nn
from torch.nn.functional import one_hot
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from vaekit import (
    DDPM,
    MLP,
    VAE,
    Autoencoder,
    BernoulliHead,
    Conditional,
    GaussianHead,
    MLPDenoiser,
    StandardNormal,
    active_units,
    ddim_sample,
    elbo,
    fit,
    latent_moments,
    load_dataset,
    noise_prediction_loss,
    scaled_betas,
    step_terms,
    weighted_loss,
)

SEEDS = [0, 1, 2]
PICTURED = ["prior", "gaussian", "mixture", "ddpm", "ddpm_unscaled", "codes"]
SETTINGS = {
    "data": "mnist5k: 3,000 digits to train on, 1,000 as reference, 1,000 held out as floor",
    "latent_dim": 10,
    "hidden": [200, 200],
    "betas": {"vae_0.3": 0.3, "vae_1": 1.0},
    "epochs": 60,
    "batch_size": 64,
    "lr": 0.002,
    "steps": 100,
    "noise": "scaled_betas(T)",
    "denoiser": {"hidden": 128, "layers": 3},
    "denoiser_epochs": 480,
    "denoiser_batch_size": 250,
    "denoiser_lr": 0.003,
    "average": 0.999,
    "context_dropout": 0.15,
    "mixture_components": 10,
    "bound_samples": 10,
    "samples": 1000,
    "ddim_steps": [5, 10, 25, 100],
    "pictures": {"images": 10, "image_shape": [28, 28], "encoding": "base64 of uint8", "samplers": PICTURED},
}
L, FITTED = SETTINGS["latent_dim"], {"gaussian": 1, "mixture": SETTINGS["mixture_components"]}
Code = Callable[[Tensor], Tensor]


def decoder() -> Conditional:
    return Conditional(MLP([L, *SETTINGS["hidden"]]), BernoulliHead(200, 784))


def train_vae(beta: float, seed: int, epochs: int) -> VAE:
    torch.manual_seed(seed)
    encoder = Conditional(MLP([784, *SETTINGS["hidden"]]), GaussianHead(200, L))
    vae = VAE(encoder, decoder(), StandardNormal(L))
    return train(vae, lambda m, b, step: weighted_loss(elbo(m, b.x), beta=beta), seed, epochs)


def train_models(seed: int, epochs: int) -> dict[str, VAE | Autoencoder]:
    models = {name: train_vae(beta, seed, epochs) for name, beta in SETTINGS["betas"].items()}
    torch.manual_seed(seed)
    ae = Autoencoder(nn.Sequential(MLP([784, *SETTINGS["hidden"]]), nn.Linear(200, L)), decoder())
    return models | {"ae": train(ae, lambda m, b, step: -m.log_px(b.x).mean(), seed, epochs)}


def coder(model: VAE | Autoencoder) -> Code:
    @torch.no_grad()
    def encode(x: Tensor) -> Tensor:
        return model.encoder(x).sample() if isinstance(model, VAE) else model.encoder(x)

    return encode


def train_ddpm(encode: Code, moments: tuple, seed: int, epochs: int, classes: int = 0) -> tuple[DDPM, DDPM]:
    """A DDPM of fresh codes, given their class and not if there are classes: averaged weights, and the last ones."""
    torch.manual_seed(seed)
    denoiser = MLPDenoiser(L, **SETTINGS["denoiser"], context_features=classes)
    ddpm = DDPM(denoiser, scaled_betas(SETTINGS["steps"]), loc=moments[0], scale=moments[1])
    average = AveragedModel(ddpm, multi_avg_fn=get_ema_multi_avg_fn(SETTINGS["average"]))

    def loss(model: DDPM, batch, step: int) -> Tensor:
        average.update_parameters(model)
        given = one_hot(batch.y, CLASSES).float() if classes else None
        return noise_prediction_loss(model, encode(batch.x), context=given, context_dropout=SETTINGS["context_dropout"])

    options = {"batch_size": SETTINGS["denoiser_batch_size"], "lr": SETTINGS["denoiser_lr"], "progress": False}
    fit(ddpm, training_data(), loss, epochs=epochs, seed=seed, **options)
    return average.module, ddpm


def log_density(codes: Tensor, size: int, seed: int) -> Code:
    fitted = fit_codes(codes, size, seed)
    return lambda z: torch.from_numpy(fitted.score_samples(z.flatten(0, 1).double().numpy())).reshape(z.shape[:2])


@torch.no_grad()
def bounds(vae: VAE, ddpms: dict[str, DDPM], codes: Tensor, x: Tensor, seed: int) -> dict[str, Tensor]:
    """Minus the bound on log p(x) with each density as the prior over z, `(B,)`; every step of a DDPM is visited."""
    num, trace = SETTINGS["bound_samples"], vae(x, SETTINGS["bound_samples"])
    (latent,) = trace.latents
    found = {"vae": (latent.kl.sum(-1) - trace.log_px).mean(0)}
    for name, size in FITTED.items():
        log_p = log_density(codes, size, seed)(latent.z).float()
        found[name] = (latent.log_q - log_p - trace.log_px).mean(0)
    for name, ddpm in ddpms.items():
        neg_log_p = step_terms(ddpm, latent.z.flatten(0, 1))[0].sum(-1).reshape(num, -1)
        found[name] = (latent.log_q + neg_log_p - trace.log_px).mean(0)
    return found


@torch.no_grad()
def samplers(ddpms: dict[str, DDPM], codes: Tensor, num: int, seed: int) -> dict[str, Tensor]:
    """Codes from every density, `(num, L)`."""
    found = {"prior": torch.randn(num, L), "codes": codes[torch.randperm(len(codes))[:num]]}
    for name, size in FITTED.items():
        found[name] = draw_codes(fit_codes(codes, size, seed), num)[torch.randperm(num)]  # they come by component
    found |= {name: ddpm.sample(num) for name, ddpm in ddpms.items()}
    return found | {f"ddim_{n}": ddim_sample(ddpms["ddpm"], num, steps=n) for n in SETTINGS["ddim_steps"]}


def encode_images(images: Tensor) -> str:
    """Grey values in [0, 1] as a string: base64 of bytes in C order."""
    return base64.b64encode((255 * images).round().to(torch.uint8).numpy().tobytes()).decode("ascii")


def densities(model: VAE | Autoencoder, x: Tensor, seed: int, epochs: int) -> tuple[dict[str, DDPM], tuple]:
    """DDPMs of a model's codes, `ddpm_last` with last weights, `ddpm_optimal` with the best r; the codes' moments."""
    encode = coder(model)
    codes = encode(x)
    moments = latent_moments(model, x) if isinstance(model, VAE) else (codes.mean(0), codes.std(0))
    mean, sd = moments
    pairs = {"ddpm": moments, "ddpm_unscaled": (0.0, 1.0), "ddpm_small": (mean, 10 * sd), "ddpm_large": (mean, sd / 10)}
    trained = {name: train_ddpm(encode, pair, seed, epochs) for name, pair in pairs.items()}
    ddpms = {name: averaged for name, (averaged, _) in trained.items()}
    scaled, ddpms["ddpm_last"] = trained["ddpm"]
    best = reverse_variances(scaled, codes)["optimal"]
    optimal = DDPM(scaled.denoiser, scaled.betas, reverse_var=best, loc=mean, scale=sd)
    return ddpms | {"ddpm_optimal": optimal}, moments


@torch.no_grad()
def judge_bounds(vae: VAE, ddpms: dict[str, DDPM], codes: Tensor, x: Tensor, seed: int) -> dict:
    found, terms = bounds(vae, ddpms, codes, x, seed), elbo(vae, x, SETTINGS["bound_samples"])
    return {
        "bounds": {key: mean_and_error(value) for key, value in found.items()},
        "gains": {key: mean_and_error(found["vae"] - value) for key, value in found.items() if key != "vae"},
        "distortion": terms.distortion.mean().item(),
        "rate": terms.rate.mean().item(),
        "active_units": active_units(vae.encoder(x).loc),
    }


def run(seed: int, *, epochs: int | None = None, examples: int = SETTINGS["samples"]) -> dict:
    """All of it; `epochs` cuts every training run to so many."""
    judge, x = make_judge(), load_dataset(split="test", binarize="static").x[:examples]
    out: dict = {"models": {}, "real": judge(load_dataset(split="test").x[:examples])}
    for name, model in train_models(seed, epochs or SETTINGS["epochs"]).items():
        seen = training_data().x.bernoulli()
        ddpms, moments = densities(model, seen, seed, epochs or SETTINGS["denoiser_epochs"])
        torch.manual_seed(seed)
        codes = coder(model)(seen)
        with torch.no_grad():
            pixel = {key: model.decoder(z).mean for key, z in samplers(ddpms, codes, examples, seed).items()}
        row = {"samplers": {key: judge(value) for key, value in pixel.items()}}
        row["moments"] = {key: value.tolist() for key, value in zip(("mean", "sd"), moments, strict=True)}
        out["models"][name] = row | (judge_bounds(model, ddpms, codes, x, seed) if isinstance(model, VAE) else {})
        if seed == SEEDS[0] and name == "vae_0.3":
            wanted, num = SETTINGS["pictures"]["samplers"], SETTINGS["pictures"]["images"]
            pictures = {key: encode_images(pixel[key][:num]) for key in wanted}
    return out | ({"pictures": pictures} if seed == SEEDS[0] else {})


if __name__ == "__main__":
    print("wrote", record(__file__, run, SEEDS, SETTINGS))
