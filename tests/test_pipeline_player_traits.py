"""The Python side of `PipelinePlayer`: what it accepts, what it refuses, and what a reader may change."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from tests.bad_input import unchecked  # noqa: F401
from tests.pipeline import SHAPE, digits, exact_player, player, trained, untrained
from vaekit import MLP, VAE, Autoencoder, Conditional, GaussianHead
from vaekit.widgets import DecoderWeights, PipelinePlayer
from vaekit.widgets.pipeline_model import CAPTIONS, sent_layers

pytestmark = pytest.mark.usefixtures("unchecked")


def flat(inputs: int, output: str) -> DecoderWeights:
    return DecoderWeights(([np.zeros((64, inputs))], [np.zeros(64)], [output]))


def build(**changes: Any) -> PipelinePlayer:
    widget = exact_player(untrained())
    arguments: dict[str, Any] = {"encoder": widget.encoder, "decoder": widget.decoder, "digits": digits()}
    return PipelinePlayer(**arguments | {"eps": np.zeros((3, 2)), "image_shape": SHAPE} | changes)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"encoder": "it"}, TypeError, "encoder: got str; expected DecoderWeights"),
        ({"image_shape": (8, 9)}, ValueError, "encoder: got 64 inputs and 4 outputs of identity; expected 72 inputs"),
        (
            {"decoder": flat(2, "tanh")},
            ValueError,
            "decoder: got .* of tanh; expected .* of sigmoid",
        ),
        ({"decoder": flat(3, "sigmoid")}, ValueError, "decoder: got 3 inputs .*; expected 2 inputs"),
        ({"digits": torch.zeros(3, 9)}, ValueError, r"digits: got shape \(3, 9\); expected shape \(N, 64\)"),
        ({"digits": torch.zeros(11, 64)}, ValueError, "digits: got 11; expected at most 10 rows"),
        (
            {"digits": torch.full((1, 64), 2.0)},
            ValueError,
            r"digits: got values from 2 to 2; expected values in \[0, 1\]",
        ),
        ({"digits": torch.full((1, 64), torch.nan)}, ValueError, "digits: got nan or inf"),
        ({"eps": np.zeros((1, 2))}, ValueError, "eps: got 1; expected 2 to 200 rows"),
        ({"eps": np.zeros((3, 3))}, ValueError, r"eps: got shape \(3, 3\)"),
        ({"log_evidence": [-1.0]}, ValueError, r"log_evidence: got shape \(1,\); expected shape \(5\)"),
        ({"labels": ["a"]}, ValueError, r"labels: got \['a'\]; expected 5 marks of one or two characters"),
        ({"bound": 0.0}, ValueError, "bound: got 0.0; expected a finite number > 0"),
        ({"digit": 5}, ValueError, "digit: got 5; expected a number from 0 to 4"),
        ({"draw": 3}, ValueError, "draw: got 3; expected a number from 0 to 2"),
        ({"time": 15.1}, ValueError, "time: got 15.1; expected a number from 0 to 15"),
        ({"time": "late"}, TypeError, "time: got 'late' of type str; expected a finite number"),
        ({"backward": "yes"}, ValueError, "backward: got 'yes'; expected one of off, trick, sampled"),
    ],
)
def test_what_does_not_fit_is_refused(change: dict[str, Any], error: type, message: str) -> None:
    with pytest.raises(error, match=f"^{message}"):
        build(**change)


def with_parts(**parts: nn.Module) -> VAE:
    model = untrained()
    return VAE(**{"encoder": model.encoder, "decoder": model.decoder, "prior": model.prior} | parts)


@pytest.mark.parametrize(
    ("model", "error", "message"),
    [
        (Autoencoder(nn.Linear(64, 2), nn.Linear(2, 64)), TypeError, "model: got Autoencoder; expected a VAE"),
        (with_parts(encoder=nn.Linear(64, 4)), TypeError, "encoder: got Linear; expected a Conditional"),
        (with_parts(prior=nn.Identity()), TypeError, "model.prior: got Identity; expected a StandardNormal"),
        (with_parts(decoder=Conditional(MLP([2, 9]), GaussianHead(9, 64))), ValueError, r"weights\[2\]: "),
    ],
)
def test_a_model_of_other_parts_is_refused(model: nn.Module, error: type, message: str) -> None:
    with pytest.raises(error, match=f"^{message}"):
        PipelinePlayer.from_model(model, digits(), SHAPE)


def test_weights_of_another_decoder_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^decoder: got a difference of 0\.\d+; expected pixel means within 0.01"):
        player(decoder=DecoderWeights(untrained(seed=5).decoder))


def test_a_decoder_is_shared_and_the_noise_comes_from_its_seed() -> None:
    weights = DecoderWeights(trained().decoder)
    first, second = player(decoder=weights), player(decoder=weights, seed=1)
    assert first.decoder is second.decoder is weights and first.encoder.dtype == "float16"
    assert first.eps == player().eps != second.eps and first.draws == 100
    assert first.bound == trained().encoder.head.bound == 10.0


@pytest.mark.parametrize("dtype", ["float32", "float16", "int8"])
def test_what_is_sent_is_what_the_error_was_measured_on(dtype: str) -> None:
    source, weights = trained().decoder, DecoderWeights(trained().decoder, dtype=dtype)
    firsts = [layer.weight for layer in source.modules() if isinstance(layer, nn.Linear)]
    for (weight, _, _), exact in zip(sent_layers(weights), firsts, strict=True):
        error = (weight - exact).abs().max() / exact.abs().max()
        assert error == 0 if dtype == "float32" else error < 0.2


def test_traits_move_within_their_range_and_stay_where_they_were_otherwise() -> None:
    widget = build()
    widget.digit, widget.draw, widget.time, widget.backward = 4, 2, 3.0, "sampled"
    for name, wrong in (("digit", 5), ("draw", -1), ("time", 99.0), ("time", float("nan")), ("backward", "on")):
        with pytest.raises(ValueError, match=f"^{name}: got "):
            setattr(widget, name, wrong)
    assert (widget.digit, widget.draw, widget.time, widget.backward) == (4, 2, 3.0, "sampled")


def test_texts_are_the_same_for_equal_widgets_and_there_is_a_caption_for_every_stage() -> None:
    networks = "encoder=DecoderWeights(64-24-24-4, float32), decoder=DecoderWeights(2-24-24-64, float32)"
    assert repr(build()) == f"PipelinePlayer(digits=5, {networks}, draws=3, digit=0, draw=0, backward=off)"
    assert len(CAPTIONS) == 8 + 3 + 3 and build().captions == CAPTIONS
    assert build().labels == ["1", "2", "3", "4", "5"] and build().log_evidence == []
