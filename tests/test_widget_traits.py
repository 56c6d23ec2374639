"""What the Python side of the widgets promises: faithful weights, clear errors, and one copy of what is shared."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from vaekit.heads import BernoulliHead, GaussianHead
from vaekit.nets import MLP, Conditional
from vaekit.widgets import DecoderWeights, LatentExplorer
from vaekit.widgets.base import as_array
from vaekit.widgets.layers import apply_layers, dense_layers, probes, round_rows

CODES, LABELS = np.array([[0.0, 1.0], [2.0, -3.0], [0.5, 0.5]]), np.array([0, 2, 1])
SOURCE = ([np.ones((4, 2))], [np.zeros(4)], ["identity"])


def explorer(**changes: Any) -> LatentExplorer:
    arguments: dict[str, Any] = dict(weights=DecoderWeights(SOURCE), codes=CODES, labels=LABELS, image_shape=(2, 2))
    return LatentExplorer(**arguments | changes)


def decoder() -> Conditional:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return Conditional(MLP([2, 30], nn.Tanh), BernoulliHead(30, 9))


def test_layers_of_a_decoder_make_the_mean_of_its_distribution() -> None:
    model, z = decoder(), torch.randn(40, 2, generator=torch.Generator().manual_seed(1))
    weights = DecoderWeights(model, dtype="float32")
    assert [layer[2] for layer in weights.layers] == ["tanh", "sigmoid"]
    layers = [*dense_layers(model)[:-1], (*dense_layers(model)[-1][:2], "sigmoid")]
    torch.testing.assert_close(apply_layers(layers, z), model(z).mean, rtol=0, atol=1e-6)
    assert weights.max_error == 0.0


def test_an_activation_used_twice_is_found_twice() -> None:
    act = nn.GELU(approximate="tanh")
    net = nn.Sequential(nn.Linear(2, 5), act, nn.Linear(5, 5, bias=False), act, nn.Linear(5, 3), nn.Sigmoid())
    assert [name for _, _, name in dense_layers(net)] == ["gelu_tanh", "gelu_tanh", "sigmoid"]
    assert DecoderWeights(net, dtype="float32").layers[-1] == [5, 3, "sigmoid"]


class Functional(nn.Module):
    """Applies its activation as a function, which no list of leaves shows."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.last = nn.Linear(2, 50), nn.Linear(50, 4)

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        return self.last(F.silu(20 * self.first(z)))


@pytest.mark.parametrize(
    ("module", "message"),
    [
        (nn.Sequential(nn.Conv2d(1, 1, 3)), "Conv2d.* expected nn.Linear layers"),
        (nn.Sequential(nn.Tanh(), nn.Linear(2, 2)), "Tanh.* after 0 nn.Linear"),
        (nn.Sequential(nn.Linear(2, 2), nn.Tanh(), nn.ReLU()), "ReLU.* at most one"),
        (nn.Sequential(nn.Linear(2, 2), nn.Softplus(beta=2)), r"Softplus\(beta=1\)"),
        (nn.Sequential(nn.Linear(2, 3), nn.Linear(4, 4)), r"weights\[1\].*shape \(N, 3\)"),
        (Conditional(MLP([2, 5]), GaussianHead(5, 4)), "shape"),
        (Functional(), "source: got Functional, whose output differs .* applies its layers in order"),
    ],
)
def test_a_network_that_is_no_chain_is_refused(module: nn.Module, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        DecoderWeights(module)


@pytest.mark.parametrize(
    ("source", "options", "error", "message"),
    [
        (([np.ones((4, 2))], [np.zeros(3)], ["tanh"]), {}, ValueError, r"biases\[0\]: got shape \(3,\)"),
        (([np.ones((4, 2))], [np.zeros(4)], ["swish"]), {}, ValueError, r"activations\[0\]: got 'swish'"),
        (([np.full((4, 2), np.nan)], [np.zeros(4)], ["tanh"]), {}, ValueError, r"weights\[0\]: got nan or inf"),
        (([], [], []), {}, ValueError, "source: got 0, 0 and 0; expected as many weights"),
        (([np.ones((4, 2))], [], ["tanh"]), {}, ValueError, "source: got 1, 0 and 1"),
        (SOURCE, {"dtype": "int4"}, ValueError, "dtype: got 'int4'; expected one of int8"),
        (SOURCE, {"output": "swish"}, ValueError, "output: got 'swish'"),
        (([np.full((1, 2), 1e5)], [[0.0]], ["tanh"]), {"dtype": "float16"}, ValueError, "expected an error of at most"),
        ("decoder", {}, TypeError, "source"),
    ],
)
def test_weights_that_do_not_fit_are_refused(source: Any, options: dict, error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        DecoderWeights(source, **options)


def test_int8_with_passed_on_errors_beats_plain_rounding() -> None:
    generator = torch.Generator().manual_seed(4)
    weight, h = torch.randn(64, 200, generator=generator), torch.tanh(probes(2) @ torch.randn(2, 200).double())
    whole, scale = round_rows(weight, h)
    assert torch.equal(whole, whole.round()) and whole.abs().max() <= 127
    plain = (weight.double() / scale[:, None]).round() * scale[:, None]
    error, plain_error = ((approximate - weight.double()) @ h.T for approximate in (whole * scale[:, None], plain))
    assert error.square().mean() < 0.25 * plain_error.square().mean()


def test_buffers_are_bytes_of_the_expected_sizes() -> None:
    for dtype, size in {"int8": 1, "float16": 2, "float32": 4}.items():
        weights = DecoderWeights(decoder(), dtype=dtype)
        assert len(weights.weights) == size * (2 * 30 + 30 * 9) and len(weights.biases) == 4 * 39
        assert len(weights.scales) == (4 * 39 if dtype == "int8" else 0)
        assert repr(weights) == f"DecoderWeights(2-30-9, {dtype})"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"codes": np.zeros((3, 3))}, r"codes: got shape \(3, 3\); expected shape \(N, 2\)"),
        ({"codes": np.zeros((0, 2))}, r"codes: got shape \(0, 2\)"),
        ({"codes": [[0.0, 1.0], [2.0]]}, "codes: got a ragged sequence"),
        ({"codes": np.full((3, 2), np.inf)}, "codes: got nan or inf"),
        ({"codes": np.full((3, 2), 1e300)}, "codes: .*expected numbers that fit float32"),
        ({"codes": np.zeros((5001, 2)), "labels": np.zeros(5001)}, "codes: got 5001; expected at most 5000 rows"),
        ({"labels": [0, 1]}, r"labels: got shape \(2,\); expected shape \(3\)"),
        ({"labels": [0, -1, 1]}, "labels: got values from -1 to 1; expected whole numbers"),
        ({"labels": [0, 0.5, 1]}, "labels: got values from 0.0 to 1.0; expected whole numbers"),
        ({"labels": [0, 10, 1]}, "classes: got 11 marks"),
        ({"classes": ["a", "b"]}, r"classes: got 2 marks; expected a mark for every label \(0 to 2\)"),
        ({"classes": ["cat", "b", "c"]}, "classes: .*marks of one or two characters"),
        ({"image_shape": (2, 3)}, "weights: got 2 inputs and 4 outputs; expected 2 inputs and 6 outputs"),
        ({"extent": -1.0}, "extent: got -1.0; expected a positive number"),
        ({"z": (9.0, 0.0)}, r"z: got \[9.0, 0.0\]; expected two numbers between -3.5 and 3.5"),
    ],
)
def test_an_explorer_that_does_not_fit_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        explorer(**change)


def test_words_for_numbers_are_a_type_error() -> None:
    with pytest.raises(TypeError, match="codes: got <U1 from list; expected real numbers"):
        as_array("codes", ["a", "b"], (None,), "<f4")


def test_a_point_outside_the_plane_leaves_the_point_where_it_was() -> None:
    widget = explorer(z=(1.0, -1.0))
    for wrong in ([0.0, 99.0], [0.0], [0.0, float("nan")]):
        with pytest.raises(ValueError, match="z: .*expected two numbers between -3.5 and 3.5"):
            widget.z = wrong
    assert widget.z == [1.0, -1.0]
    widget.z = [-2.0, 0.5]
    assert widget.z == [-2.0, 0.5]


def test_two_widgets_send_their_shared_weights_once() -> None:
    weights = DecoderWeights(SOURCE)
    first, second = explorer(weights=weights), explorer(weights=weights)
    references = {widget.get_state()["weights"] for widget in (first, second)}
    assert references == {f"IPY_MODEL_{weights.model_id}"}
    assert isinstance(weights.get_state()["weights"], bytes) and weights.get_state()["_view_name"] is None


def test_the_plane_is_wide_enough_for_every_code_and_three_standard_deviations() -> None:
    assert explorer().extent == 3.5
    assert explorer(codes=4.4 * np.eye(3, 2)).extent == 4.75
    assert explorer(extent=2.0).extent == 2.0
