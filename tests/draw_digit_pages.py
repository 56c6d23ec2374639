"""`DrawDigit` on a page: a model whose numbers move, and what the page says of a drawing."""

import re
from functools import cache

import torch
from playwright.sync_api import Page
from torch import Tensor, nn

import vaekit
from tests.widget_pages import facts, pixels
from vaekit import MLP, VAE, BernoulliHead, Conditional, GaussianHead, StandardNormal
from vaekit.widgets import DrawDigit
from vaekit.widgets.draw_digit_inputs import seven_point_scores

PAD = ".vk-pad"
STROKE = {"points": [6.0, 6.0, 20.0, 8.0, 12.0, 24.0], "width": 2.5, "erase": False}


@cache
def model() -> VAE:
    """Untrained, of the sizes that the course uses."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        encoder = Conditional(MLP([784, 200], nn.Tanh), GaussianHead(200, 2))
        decoder = Conditional(MLP([2, 200], nn.Tanh), BernoulliHead(200, 784))
        with torch.no_grad():
            encoder.head.mu.weight.mul_(3.0)
            decoder.head.logits.weight.mul_(4.0)
        return VAE(encoder, decoder, StandardNormal(2))


@cache
def digits() -> vaekit.Dataset:
    return vaekit.load_dataset("mnist5k", split="test").subset(slice(200))


@cache
def _arguments() -> dict[str, object]:
    """Built once: the weights of every widget here."""
    made = DrawDigit.from_model(model(), digits())
    x = (digits().x >= 0.5).float()
    with torch.no_grad():
        codes, scores = model().encoder(x).loc, seven_point_scores(model(), x)
    samples = {str(k): digits().x[digits().y == k][0] for k in range(10)}
    return {
        "encoder": made.encoder,
        "decoder": made.weights,
        "codes": codes,
        "labels": digits().y,
        "scores": scores,
        "samples": samples,
    }


def drawing_pad(**options: object) -> DrawDigit:
    return DrawDigit(**_arguments() | options)


def seen(page: Page, index: int = 0) -> Tensor:
    """What the encoder sees, `(28, 28)`: ink is dark on the light theme's paper."""
    return (torch.tensor(pixels(page, ".vk-picture", 5 * index)) < 128).float().view(28, 28)


def numbers(page: Page, index: int = 0) -> list[float]:
    """Every number of the readout but the last line's, in order."""
    texts = list(facts(page, index).values())[:-1]
    return [float(text) for text in re.findall(r"-?[\d.]+", " ".join(texts).replace("−", "-"))]


@torch.no_grad()
def check(page: Page) -> None:
    """The readout is what torch makes of the pixels that the page shows."""
    x = seen(page).view(1, -1)
    q, score = model().encoder(x), seven_point_scores(model(), x)
    rate = vaekit.kl_standard_normal(q.loc, 2 * q.scale.log())
    made = torch.tensor(numbers(page)).double()
    share = 100 * float((_arguments()["scores"] < score).float().mean())
    assert (made[:4] - torch.cat([q.loc, q.scale], -1)[0]).abs().max() < 0.0075
    expected = torch.stack([score - rate, rate, score]).flatten()
    assert (made[4:7] - expected).abs().max() < 0.5
    assert abs(made[7] - share) < 2.0


def spot(page: Page, x: float, y: float) -> tuple[float, float]:
    """The point of the window at pixel (x, y) of the image."""
    box = page.locator(PAD).first.bounding_box()
    return box["x"] + box["width"] * x / 28, box["y"] + box["height"] * y / 28


def stroke(page: Page, *points: tuple[float, float]) -> None:
    """Draw with the mouse."""
    page.mouse.move(*spot(page, *points[0]))
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*spot(page, *point), steps=6)
    page.mouse.up()
