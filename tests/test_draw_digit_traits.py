"""The Python side of `DrawDigit` and of `encoder_weights`: what they accept, and what they say to the rest."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import vaekit
from tests.bad_input import unchecked  # noqa: F401
from vaekit import MLP, VAE, BernoulliHead, Conditional, GaussianHead, StandardNormal
from vaekit.data import Dataset
from vaekit.widgets import DecoderWeights, DrawDigit
from vaekit.widgets.weights import encoder_weights

pytestmark = pytest.mark.usefixtures("unchecked")
STROKE = {"points": [1, 1, 2.5, 2], "width": 1.5, "erase": False}
ENCODER = ([np.ones((4, 12))], [np.zeros(4)], ["identity"])
DECODER = ([np.ones((12, 2))], [np.zeros(12)], ["sigmoid"])


def small(**changes: Any) -> DrawDigit:
    """For images of four rows and three columns."""
    arguments: dict[str, Any] = {
        "encoder": DecoderWeights(ENCODER, output="identity"),
        "decoder": DecoderWeights(DECODER),
        "codes": [[0.0, 1.0], [2.0, -3.0], [0.5, 0.5]],
        "labels": [0, 2, 1],
        "image_shape": (4, 3),
        "scores": [3.0, 1.0, 2.0, 5.0],
        "samples": {"a": np.linspace(0, 1, 12)},
    }
    return DrawDigit(**arguments | changes)


def model(pixels: int = 12, latents: int = 2) -> VAE:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        encoder = Conditional(MLP([pixels, 9], nn.Tanh), GaussianHead(9, latents, bound=5.0))
        return VAE(encoder, Conditional(MLP([latents, 9]), BernoulliHead(9, pixels)), StandardNormal(latents))


def digits(image_shape: tuple[int, int] | None = (4, 3)) -> Dataset:
    draw = torch.Generator().manual_seed(1)
    return Dataset(torch.rand(30, 12, generator=draw), torch.arange(30) % 3, image_shape=image_shape)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"encoder": DecoderWeights(DECODER)}, "encoder: got 2 inputs and 12 outputs of sigm.*; expected 12 inputs"),
        ({"encoder": DecoderWeights(ENCODER)}, "encoder: got 12 inputs and 4 outputs of sigmoid; expected .* identity"),
        (
            {"decoder": DecoderWeights(DECODER[:2] + (["relu"],))},
            "decoder: got 2 inputs and 12 outputs of relu; expected .* of sigmoid",
        ),
        ({"image_shape": (5, 3)}, "encoder: got 12 inputs and 4 outputs of identity; expected 15 inputs"),
        ({"codes": [[0.0, 1.0]]}, r"labels: got shape \(3,\); expected shape \(1\)"),
        ({"labels": [0, -1, 1]}, "labels: got values from -1 to 1"),
        ({"scores": []}, r"scores: got shape \(0,\)"),
        ({"scores": [1.0, float("nan")]}, "scores: got nan or inf"),
        ({"samples": {"a": [0.5] * 11}}, r"samples\['a'\]: got shape \(11,\); expected shape \(12\)"),
        ({"samples": {"a": [0.5] * 11 + [2.0]}}, r"samples\['a'\]: got values from 0.5 to 2.0; expected values in"),
        ({"samples": {"abc": [0.5] * 12}}, "samples: got 'abc'; expected marks of one or two characters"),
        ({"bound": 0.0}, "bound: got 0.0; expected a finite number > 0"),
        ({"box": -1.0}, "box: got -1.0; expected a finite number > 0"),
        ({"seed": -1}, "seed: got -1; expected"),
        ({"extent": 0.0}, "extent: got 0.0; expected a positive number"),
        ({"drawing": [{"sample": "b"}]}, "drawing: got {'sample': 'b'}; expected strokes"),
        ({"drawing": [STROKE | {"points": [1, 2, 3]}]}, "drawing: got .*expected strokes"),
        ({"drawing": [STROKE | {"points": [1, float("inf")]}]}, "drawing: got .*expected strokes"),
        ({"drawing": [STROKE | {"width": 0}]}, "drawing: got .*expected strokes"),
        ({"drawing": [{"ink": 1}]}, "drawing: got {'ink': 1}; expected strokes"),
    ],
)
def test_what_does_not_fit_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}"):
        small(**change)


def test_a_drawing_follows_and_a_wrong_one_leaves_it_as_it_was() -> None:
    widget = small(drawing=[STROKE])
    widget.drawing = [{"sample": "a"}, STROKE | {"erase": True}, {"sample": ""}]
    with pytest.raises(ValueError, match="^drawing: "):
        widget.drawing = [{"sample": "z"}]
    assert len(widget.drawing) == 3
    assert torch.equal(widget.image, torch.zeros(1, 12))
    widget.set_state({"pixels": bytes([0, 1] * 6)})
    assert widget.image.tolist() == [[0.0, 1.0] * 6]


def test_equal_widgets_say_and_draw_the_same_and_a_seed_changes_the_draws() -> None:
    first, second = small(), small()
    assert first.model_id != second.model_id and repr(first) == repr(second) and first.eps == second.eps
    assert repr(first) == (
        "DrawDigit(encoder=DecoderWeights(12-4, int8), weights=DecoderWeights(2-12, int8), codes=3, image_shape=(4, 3))"
    )
    assert small(seed=1).eps != first.eps


@torch.no_grad()
def test_a_model_brings_its_codes_scores_and_samples() -> None:
    vae, data = model(), digits()
    shared = DecoderWeights(vae.decoder)
    widget, x = DrawDigit.from_model(vae, data, decoder=shared, classes=["a", "b", "c"]), (data.x >= 0.5).float()
    codes = np.frombuffer(widget.codes, "f4").reshape(-1, 2)
    np.testing.assert_allclose(codes, vae.encoder(x).loc, rtol=1e-6, atol=1e-7)
    assert widget.marks == ["a", "b", "c"] and widget.bound == 5.0 and widget.weights is shared
    first = np.frombuffer(widget.samples, "u1")[12:24] / 255
    np.testing.assert_allclose(first, data.x[1], atol=0.5 / 255 + 1e-7)
    scores = np.frombuffer(widget.scores, "f4")
    torch.manual_seed(0)
    terms = vaekit.elbo(vae, x, 4000)
    error = terms.log_px.std(0) / 4000**0.5  # and the rule's own, where q is as wide as here
    assert (abs(torch.from_numpy(scores.copy()) + terms.elbo) < 4.5 * error + 0.1).all()


def test_a_model_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="^data: got data without an image_shape; expected images"):
        DrawDigit.from_model(model(), digits(None))
    with pytest.raises(
        ValueError, match="^encoder: got 12 inputs and 6 outputs of identity; expected 12 inputs and 4 outputs"
    ):
        DrawDigit.from_model(model(latents=3), digits())
    with pytest.raises(TypeError, match="^model: got Linear; expected a VAE"):
        DrawDigit.from_model(nn.Linear(2, 2), digits())
    with pytest.raises(TypeError, match="^data: got Tensor; expected a Dataset"):
        DrawDigit.from_model(model(), digits().x)


def test_an_encoder_is_sent_with_its_two_heads_in_one_layer() -> None:
    encoder, x = model().encoder, digits().x
    weights = encoder_weights(encoder, x)
    assert weights.layers == [[12, 9, "tanh"], [9, 4, "identity"]] and 0 < weights.max_error < 2e-3
    assert encoder_weights(encoder, x, dtype="float32").max_error == 0.0


class Skip(nn.Module):
    """Adds its input, which no list of layers shows."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(12, 12)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.layer(x)


def test_an_encoder_that_is_no_chain_with_a_gaussian_head_is_refused() -> None:
    with pytest.raises(TypeError, match="^encoder.head: got BernoulliHead; expected a GaussianHead"):
        encoder_weights(model().decoder, digits().x)
    with pytest.raises(ValueError, match="^encoder: got Skip, unlike them; expected a body that applies its layers"):
        encoder_weights(Conditional(Skip(), GaussianHead(12, 2)), digits().x)
    with pytest.raises(ValueError, match=r"^examples: got shape \(5, 3\); expected shape \(N, 12\)"):
        encoder_weights(model().encoder, torch.zeros(5, 3))
