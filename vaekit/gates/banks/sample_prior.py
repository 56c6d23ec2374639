"""The right way to draw from a VAE, and the wrong ones."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from vaekit.gates.task import Function, wrong

Decoder = Callable[[Tensor], Tensor]


def solution(decoder: Decoder, num: int, latent_dim: int) -> Tensor:
    """Fresh latents from the prior, where the decoder lives, and the means that it gives them."""
    z = torch.randn(num, latent_dim, device=next(decoder.parameters()).device)
    return torch.sigmoid(decoder(z))


def _uniform(decoder: Decoder, num: int, latent_dim: int) -> Tensor:
    z = torch.rand(num, latent_dim, device=next(decoder.parameters()).device)
    return torch.sigmoid(decoder(z))


def _seeded(decoder: Decoder, num: int, latent_dim: int) -> Tensor:
    torch.manual_seed(0)
    return solution(decoder, num, latent_dim)


def _n(*shape: int, generator: torch.Generator | None = None) -> Tensor:
    return torch.randn(shape, generator=generator, device="cpu")


def _u(*shape: int) -> Tensor:
    return torch.rand(shape, device="cpu")


def _link(link: Callable[[Tensor], Tensor]) -> Function:
    """The right latents with another function of the logits."""
    return lambda decoder, num, latents: link(decoder(_n(num, latents)))


def _latents(draw: Callable[[int, int], Tensor]) -> Function:
    """The right means of other latents."""
    return lambda decoder, num, latents: decoder(draw(num, latents)).sigmoid()


BROKEN = _uniform
BANK = (
    wrong(
        "returns-logits",
        "It returns logits, which are no brightness: they have no ends, and the logit of a middle grey is 0. What "
        "turns a logit into the mean of a Bernoulli variable?",
        _link(lambda a: a),
    ),
    wrong(
        "binary-samples",
        "It returns zeros and ones, not means. Drawn pixels hide a smooth picture behind salt and pepper, and rounded "
        "ones its greys. Which number between 0 and 1 is the mean of a pixel?",
        _link(lambda a: torch.bernoulli(a.sigmoid())),
        _link(lambda a: (a > 0).float()),
    ),
    wrong(
        "double-sigmoid",
        "The sigmoid is applied twice, so every pixel lies between 0.5 and 0.73 and every picture is grey. How often "
        "is it applied on the way to a probability?",
        _link(lambda a: a.sigmoid().sigmoid()),
    ),
    wrong(
        "softmax-over-pixels",
        "The pixels compete in one softmax and share a brightness of 1. Which distribution does a single pixel have?",
        _link(lambda a: a.softmax(-1)),
        _link(lambda a: a.softmax(0)),
    ),
    wrong(
        "negative-image",
        "It gives the probability of a 0: every picture is its own negative. Is a large logit a bright pixel or a "
        "dark one?",
        _link(lambda a: (-a).sigmoid()),
    ),
    wrong(
        "clamped-logits",
        "The logits are cut off where they leave an interval, so many pixels are exactly black or white. Which "
        "function maps all numbers to those between 0 and 1 without cutting?",
        _link(lambda a: a.clamp(0, 1)),
        _link(F.relu),
    ),
    wrong(
        "other-squashing",
        "Something else is done to the logits than the likelihood does. The pictures may look well, and their pixels "
        "are not the means of the model. By which function does a logit define a Bernoulli variable?",
        _link(torch.tanh),
        _link(lambda a: (a.tanh() + 1) / 2),
        _link(lambda a: (a - a.min()) / (a.max() - a.min())),
        _link(F.logsigmoid),
    ),
    wrong(
        "not-decoded",
        "It returns latents, not images. What turns the one into the other?",
        lambda decoder, num, latents: _n(num, latents),
    ),
    wrong(
        "decoder-unused",
        "The decoder was never called, so nothing that was learned shows. Where does it enter?",
        lambda decoder, num, latents: _u(num, len(decoder.bias)),
    ),
    wrong(
        "one-image-only",
        "It returns one image, the only one drawn or the grey mean of all. How many rows must the result have?",
        lambda decoder, num, latents: decoder(_n(num, latents)).sigmoid().mean(0),
        lambda decoder, num, latents: decoder(_n(1, latents)).sigmoid(),
    ),
    wrong(
        "axes-rearranged",
        "The pixels are all there, in another shape. Whoever shows row after row as an image sees something else. "
        "Which axis counts the images?",
        lambda decoder, num, latents: decoder(_n(num, latents)).sigmoid().T,
        lambda decoder, num, latents: decoder(_n(num, latents)).sigmoid().flatten(),
    ),
    wrong(
        "wrong-latent-shape",
        "The decoder reads one row of latents for each image. Which axis counts the images, and which the latents?",
        _latents(lambda num, latents: _n(latents, num)),
        _latents(lambda num, latents: _n(num)),
    ),
    wrong(
        "prior-mean-only",
        "Nothing is drawn: every image is that of the mean of the prior. From which distribution are latents drawn?",
        _latents(lambda num, latents: 0 * _n(num, latents)),
    ),
    wrong(
        "fixed-seed",
        "The function sets the seed, so every call shows the same images, and whatever else draws in the program "
        "repeats itself as well. Who should set a seed, and how often?",
        _seeded,
    ),
    wrong(
        "constant-latents",
        "The latents are the same at every call: a constant, a grid, or noise drawn once. When should they be drawn?",
        _latents(lambda num, latents: _n(num, latents, generator=torch.Generator("cpu").manual_seed(0))),
        _latents(lambda num, latents: 0 * _n(num, latents) + 1),
        _latents(lambda num, latents: torch.linspace(-2, 2, num * latents, device="cpu").view(num, latents)),
    ),
    wrong(
        "one-latent-for-all",
        "One z is drawn and used for all images. Judged by such a sheet, any model seems to have collapsed. How many "
        "rows must z have?",
        _latents(lambda num, latents: _n(1, latents).expand(num, -1)),
    ),
    wrong(
        "latents-shared",
        "One number is drawn for each image and used for all of its latents, so the images lie on a line through the "
        "latent space. How many numbers does one image need?",
        _latents(lambda num, latents: _n(num, 1).expand(-1, latents)),
    ),
    wrong(
        "uniform-latents",
        "The latents are uniform, not normal, so what the decoder has learned for latents further out is never shown. "
        "Which of torch's functions draws normal numbers?",
        _uniform,
        _latents(lambda num, latents: 2 * _u(num, latents) - 1),
    ),
    wrong(
        "wrong-spread",
        "The latents do not have variance 1. Narrow ones show the same few typical images, wide ones show what the "
        "decoder never learned. Which variance has the prior?",
        _latents(lambda num, latents: 0.1 * _n(num, latents)),
        _latents(lambda num, latents: 2 * _n(num, latents)),
        _latents(lambda num, latents: _n(num, latents).tanh()),
    ),
    wrong(
        "latents-shifted",
        "The latents do not have mean 0, so only one side of the latent space is ever shown. What is the mean of the "
        "prior?",
        _latents(lambda num, latents: _n(num, latents) + 1),
        _latents(lambda num, latents: _n(num, latents).abs()),
    ),
    wrong(
        "latents-not-normal",
        "Mean and variance of the latents are right, their shape is not: they are not normal. Which of torch's "
        "functions draws normal numbers?",
        _latents(lambda num, latents: _n(num, latents).sign()),
        _latents(lambda num, latents: (_u(num, latents) - _u(num, latents)) * 6**0.5),
    ),
    wrong(
        "latents-normalised",
        "Every z has the same length, and a normal z varies in length as well. Which step after the draw does that?",
        _latents(lambda num, latents: F.normalize(_n(num, latents), dim=-1)),
        _latents(lambda num, latents: F.normalize(_n(num, latents), dim=-1) * latents**0.5),
    ),
    wrong(
        "latents-reused",
        "The same numbers, or their negatives, serve several images, so the images are not independent draws. How "
        "many fresh numbers does a sheet of num images need?",
        _latents(lambda num, latents: torch.cat([h := _n((num + 1) // 2, latents), -h])[:num]),
        _latents(lambda num, latents: _n((num + 1) // 2, latents).repeat(2, 1)[:num]),
    ),
)
