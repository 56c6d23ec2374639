"""`LatentDiffusionPlayer`: digits made by a diffusion in the latent space of a VAE, step by step, with its bound."""

from __future__ import annotations

import math

import torch
import traitlets
from ipywidgets import widget_serialization
from jaxtyping import Float
from torch import Tensor

from vaekit._checks import data_tensor, finite_number, instance, positive_int, random_seed
from vaekit.models.ddpm import DDPM
from vaekit.models.latent_diffusion import LatentDiffusion
from vaekit.widgets.base import CourseWidget, complain
from vaekit.widgets.diffusion_steps import DiffusionSteps, bound_terms, check_model, reference_traits, start
from vaekit.widgets.layers import apply_layers
from vaekit.widgets.pipeline_model import sent_layers
from vaekit.widgets.weights import PIXEL_TOLERANCE, DecoderWeights

MAX_DIGITS, MAX_NUMBERS = 12, 20_000  # of a path: (T + 1) digits L
REACH = 3.0  # standard deviations of the codes: near T a guess divides a small error by a far smaller √ᾱ
Path = Float[Tensor, "2 steps digits L"]


def with_guesses(
    ddpm: DDPM, states: Float[Tensor, "steps digits L"], context: Tensor | None, guidance: float = 1.0
) -> Path:
    """States from t = 0 on and the codes guessed from each, within `REACH`; at t = 0 the state itself."""
    guesses = [states[0]]
    for t, z in enumerate(states[1:]):
        guess = ddpm.predict_x0((z - ddpm.loc) / ddpm.scale, t, context=context, guidance=guidance)
        guesses.append(ddpm.loc + ddpm.scale * guess.clamp(-REACH, REACH))
    return torch.stack([states, torch.stack(guesses)])


def noising_path(ddpm: DDPM, z: Float[Tensor, "digits L"]) -> Float[Tensor, "steps digits L"]:
    """The states of the forward process, in the units of z: step by step from z on, so that they hang together."""
    states = [(z - ddpm.loc) / ddpm.scale]
    for beta in ddpm.betas:
        states.append((1 - beta).sqrt() * states[-1] + beta.sqrt() * torch.randn_like(z))
    return ddpm.loc + ddpm.scale * torch.stack(states)


def draw_paths(
    model: LatentDiffusion, x: Float[Tensor, "N D"], digits: int, seed: int, context: Tensor | None, guidance: float
) -> tuple[Float[Tensor, "N L"], Float[Tensor, "steps digits L"], Float[Tensor, "steps digits L"]]:
    """Codes of x, the first of them becoming noise, and ancestral samples; both paths from t = 0 to T."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(random_seed("seed", seed))
        z = model.vae.encoder(x).sample()
        up = noising_path(model.ddpm, z[:digits])
        down = model.ddpm.sample_path(digits, context=context, guidance=guidance).flip(0)
    if down.numel() > MAX_NUMBERS:
        raise complain("digits", f"(T + 1) times digits times latents of at most {MAX_NUMBERS}", down.numel())
    return z, up, down


def small_weights(decoder: torch.nn.Module, codes: Float[Tensor, "N L"]) -> DecoderWeights:
    """Weights in int8 if every one of the codes allows it, else in float16."""
    try:
        return DecoderWeights(decoder, examples=codes)
    except ValueError:
        return DecoderWeights(decoder, dtype="float16", examples=codes)


def check_decoder(model: LatentDiffusion, weights: DecoderWeights, codes: Float[Tensor, "N L"]) -> None:
    """Raise unless a page that has these weights decodes the codes as the model does, to within 0.01 a pixel."""
    made = apply_layers(sent_layers(weights), codes.cpu().double())
    error = float((made - model.vae.decoder(codes).mean.cpu()).abs().max())
    if not error <= PIXEL_TOLERANCE:
        wanted = f"pixel means within {PIXEL_TOLERANCE} of the decoder"
        raise complain("weights", wanted, f"a difference of {error:.3g}")


class LatentDiffusionPlayer(DiffusionSteps, CourseWidget):
    """Digits on their way through a latent diffusion: from noise to codes, or from codes to noise, decoded at every t.

    The paths are computed here, one of ancestral samples and one of test digits that become noise, and with every
    state the denoiser's guess ẑ₀ of its end, cut at three standard deviations of the codes. The page decodes what is
    shown. The bars are the terms of the diffusion's bound on -log p(z), means over draws of z from the encoder, and
    beside their sum stands what the same codes cost under N(0, I). It is the bound for z alone: without the
    distortion, and without the entropy of q(z|x).

    Args:
        model: a `LatentDiffusion`, whose VAE has a decoder of dense layers and Bernoulli pixels, and whose `DDPM` has 2
            to 200 steps and neither `levels` nor `bounds`.
        x: `(N, D)` in [0, 1], best unseen. All count in the bound; the first ones are shown becoming noise.
        image_shape: rows and columns of a digit.
        weights: of the decoder, if other widgets on the page use them already; else int8 where that is within 0.01 a
            pixel for every code shown, and float16 where it is not.
        context: `(digits, C)`, of the digits that are made, if the model is conditional.
        x_context: `(N, C)`, of x.
        guidance: of the digits that are made.
        digits: how many, at most 12; T + 1 times digits times latents at most 20,000.
        t: steps of noise where the player stands, 0 (codes) to T (noise); T unless given.
        direction: `"reverse"` or `"forward"`.
        view: `"state"`, what the decoder makes of zₜ, or `"x0"`, what it makes of ẑ₀.
        num_samples: draws of each term for each example.
        seed: of the paths and the terms.
        texts: `title`, `question`, `answer`, `tip`, where the defaults do not fit.

    The traits `t`, `direction` and `view` follow the reader.

    Raises:
        TypeError: for a model of another type.
        ValueError: for sizes that do not fit, or weights of another decoder.
    """

    views = ("state", "x0")
    parts = ("choices.js", "images.js", "tiles.js", "plot.js", "timeline.js", "bound_steps.js")
    script = "latent_diffusion_player.js"

    weights = traitlets.Instance(DecoderWeights).tag(sync=True, **widget_serialization)
    forward = traitlets.Bytes(help="(2, T + 1, count, L) float16: states from t = 0, then guesses.").tag(sync=True)
    reverse = traitlets.Bytes(help="The same of the digits that are made.").tag(sync=True)
    count = traitlets.Int(help="Digits.").tag(sync=True)
    image_shape = traitlets.List(traitlets.Int()).tag(sync=True)

    title = traitlets.Unicode("Digits out of latent noise").tag(sync=True)
    question = traitlets.Unicode(
        "At t = T not one step has been taken: the codes are pure noise. What will the decoder make of them?"
    ).tag(sync=True)
    answer = traitlets.Unicode(
        "Something like digits already, if often bad ones. The VAE was trained to have codes that look like N(0, I) "
        "taken together, so noise is nearly a code. What the steps add is what that prior misses: they carry each one "
        "from where noise lies to where codes lie. The two numbers below the charts say what this is worth: the bound "
        "of the diffusion on the cost of the codes, and what the same codes cost under N(0, I)."
    ).tag(sync=True)
    tip = traitlets.Unicode(
        "play it from noise to data; then show the guess ẑ₀ and see when each digit is decided."
    ).tag(sync=True)

    @torch.no_grad()
    def __init__(
        self,
        model: LatentDiffusion,
        x: Float[Tensor, "N D"],
        image_shape: tuple[int, int] = (28, 28),
        *,
        weights: DecoderWeights | None = None,
        context: Tensor | None = None,
        x_context: Tensor | None = None,
        guidance: float = 1.0,
        digits: int = 9,
        t: int | None = None,
        direction: str = "reverse",
        view: str = "state",
        num_samples: int = 1,
        seed: int = 0,
        **texts: str,
    ) -> None:
        """Draw the paths, measure the bound, check that everything fits, then send it."""
        instance("model", model, LatentDiffusion, "a LatentDiffusion")
        ddpm, steps = model.ddpm, check_model(model.ddpm)
        if data_tensor("x", x, like=ddpm.betas).shape[1:] != (math.prod(image_shape),):
            raise complain("x", f"shape (N, {math.prod(image_shape)})", f"shape {tuple(x.shape)}")
        if positive_int("digits", digits) > min(MAX_DIGITS, len(x)):
            raise complain("digits", f"at most {MAX_DIGITS}, and at most {len(x)} rows of x", digits)
        z, up, down = draw_paths(model, x, digits, seed, context, finite_number("guidance", guidance))
        shown = None if x_context is None else x_context[:digits]
        forward, reverse = with_guesses(ddpm, up, shown).half(), with_guesses(ddpm, down, context, guidance).half()
        codes = torch.cat([forward, reverse], 1).flatten(0, 2).to(z)
        if weights is None:
            weights = small_weights(model.vae.decoder, codes)
        check_decoder(model, weights, codes)
        plain = 0.5 * (z.square() + math.log(2 * math.pi)).sum(-1).mean()
        super().__init__(
            **bound_terms(ddpm, z, num_samples, seed, x_context),
            **reference_traits(float(plain), "under N(0, I)"),
            weights=weights,
            forward=forward.cpu().numpy().astype("<f2").tobytes(),
            reverse=reverse.cpu().numpy().astype("<f2").tobytes(),
            count=digits,
            image_shape=list(image_shape),
            t=start(t, steps),
            direction=direction,
            view=view,
            **texts,
        )
