"""Digits on request: a class-conditional diffusion of a VAE's codes and classifier-free guidance, for chapter 16.

Run `python experiments/guidance.py`; the stored result says how many seconds it took.

Three seeds; the VAE (beta 0.3), the data and the judge are those of `latent_diffusion.py`. One network learns the codes
with their class and, where the class is dropped, without. Its w is 0 without the class, 1 with it, more beyond.
`accuracy`: is the digit read as the class that was asked for? `spread`: the variance, summed over the classifier's
features, of digits that are read as one class. Pictures, of the first seed: for each w the digits 0 to 9, a row for
each of three draws of the noise, the same for every w: base64 of grey values 0 to 255.
"""

from __future__ import annotations

import latent_diffusion as shared
import torch
from generation import CLASSES, Judge, draw_codes, fit_codes, make_judge, training_data
from latent_diffusion import L, coder, encode_images, train_ddpm, train_vae
from record import record
from torch import Tensor
from torch.nn.functional import one_hot

from vaekit import DDPM, VAE, ddim_sample, latent_moments, load_dataset

SEEDS = [0, 1, 2]
SETTINGS = {
    **{key: value for key, value in shared.SETTINGS.items() if key not in ("betas", "bound_samples")},
    "beta": 0.3,
    "guidance": [0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 8.0],
    "pictures": {"rows": 3, "guidance": [1.0, 2.0, 5.0], "image_shape": [28, 28], "encoding": "base64 of uint8"},
}


@torch.no_grad()
def judge_classes(judge: Judge, pixel: Tensor, asked: Tensor) -> dict:
    """Is a digit drawn for a class that class; and how spread are, in features, the digits read as one class?"""
    draws, found = pixel.bernoulli(), judge(pixel)
    read, features = judge.net(draws).argmax(-1), judge.net[0](draws)
    spread = [features[read == k].var(0).sum() for k in range(CLASSES) if (read == k).sum() > 1]
    return {
        "accuracy": (read == asked).float().mean().item(),
        "spread": torch.stack(spread).mean().item(),
        **{key: found[key] for key in ("confidence", "frechet", "frechet_means")},
    }


@torch.no_grad()
def class_pixels(vae: VAE, ddpm: DDPM, asked: Tensor, seed: int) -> dict[str, Tensor]:
    """Pixel means for the classes asked for: guided by each w, and from one Gaussian per class."""
    given, data, found = one_hot(asked, CLASSES).float(), training_data(), {}
    for w in SETTINGS["guidance"]:
        torch.manual_seed(seed)
        found[f"{w:g}"] = vae.decoder(ddpm.sample(len(asked), context=given, guidance=w)).mean
    codes, drawn = coder(vae)(data.x.bernoulli()), torch.zeros(len(asked), L)
    for k in range(CLASSES):
        drawn[asked == k] = draw_codes(fit_codes(codes[data.y == k], 1, seed), int((asked == k).sum()))
    return found | {"gaussian_per_class": vae.decoder(drawn).mean}


@torch.no_grad()
def pictures(vae: VAE, ddpm: DDPM, seed: int) -> dict[str, str]:
    """Rows of the digits 0 to 9 for some w, from the same noise."""
    asked = torch.arange(CLASSES).repeat(SETTINGS["pictures"]["rows"])
    given, found = one_hot(asked, CLASSES).float(), {}
    for w in SETTINGS["pictures"]["guidance"]:
        torch.manual_seed(seed)
        found[f"{w:g}"] = encode_images(vae.decoder(ddim_sample(ddpm, len(asked), context=given, guidance=w)).mean)
    return found


def run(seed: int, *, epochs: int | None = None, examples: int = SETTINGS["samples"]) -> dict:
    """All of it; `epochs` cuts every training run to so many."""
    judge, test = make_judge(), load_dataset(split="test").subset(slice(examples))
    vae, seen = train_vae(SETTINGS["beta"], seed, epochs or SETTINGS["epochs"]), training_data().x.bernoulli()
    long = epochs or SETTINGS["denoiser_epochs"]
    ddpm, _ = train_ddpm(coder(vae), latent_moments(vae, seen), seed, long, classes=CLASSES)
    asked = torch.arange(examples) % CLASSES
    out = {name: judge_classes(judge, p, asked) for name, p in class_pixels(vae, ddpm, asked, seed).items()}
    out["real"] = judge_classes(judge, test.x, test.y)
    return {"guidance": out} | ({"pictures": pictures(vae, ddpm, seed)} if seed == SEEDS[0] else {})


if __name__ == "__main__":
    print("wrote", record(__file__, run, SEEDS, SETTINGS))
