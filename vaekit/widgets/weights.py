"""Weights of a small dense network for the front end: sent once a page, referred to by any number of widgets."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import traitlets
from ipywidgets import Widget
from torch import Tensor, nn

from vaekit._checks import instance
from vaekit.heads import GaussianHead
from vaekit.nets import Conditional
from vaekit.widgets.base import Array, as_array, complain
from vaekit.widgets.layers import (
    ACTIVATIONS,
    Layers,
    apply_layers,
    dense_layers,
    given_layers,
    module_output,
    probes,
    round_rows,
)

PIXEL_TOLERANCE = 1e-2
Source = nn.Module | tuple[Sequence[Array], Sequence[Array], Sequence[str]]


def _read(source: Source, output: str) -> Layers:
    """Checked layers of `source`, `output` being the activation of a last layer that has none."""
    from_module = isinstance(source, nn.Module)
    if from_module:
        found = dense_layers(source)
        source_ = tuple(zip(*found, strict=True)) if found else ((), (), ())
    elif isinstance(source, tuple) and len(source) == 3:
        source_ = source
    else:
        raise TypeError(
            f"source: expected a torch module or (weights, biases, activations), got {type(source).__name__}"
        )
    if output not in ACTIVATIONS:
        raise complain("output", f"one of {', '.join(ACTIVATIONS)}", repr(output))
    *first, (weight, bias, last) = given_layers(*source_)
    layers = [*first, (weight, bias, output if last == "identity" else last)]
    if from_module:
        _compare(source, layers, output if last == "identity" else "identity")
    return layers


def _compare(module: nn.Module, layers: Layers, output: str) -> None:
    """Refuse a module whose call is not its layers in order (a functional activation, a skip, a second head)."""
    z = probes(layers[0][0].shape[1])
    made, chained = module_output(module, z, output), apply_layers(layers, z)
    if made.shape != chained.shape or not torch.allclose(made, chained, atol=1e-4):
        raise complain(
            "source",
            "a module that applies its layers in order (else pass weights, biases, activations)",
            f"{type(module).__name__}, whose output differs from theirs",
        )


def _quantise(layers: Layers, h: Tensor) -> tuple[list[Tensor], list[Tensor]]:
    """Whole numbers and scales of each layer, each rounded for the inputs that the rounded ones before it give."""
    whole, scales = [], []
    for weight, bias, activation in layers:
        rounded, scale = round_rows(weight, h)
        h = apply_layers([(rounded * scale[:, None], bias, activation)], h)
        whole.append(rounded)
        scales.append(scale)
    return whole, scales


def _encode(layers: Layers, dtype: str, inputs: Tensor) -> tuple[list[Tensor], list[Tensor]]:
    """The numbers to send for each layer, and the scales of their rows (none but for int8)."""
    if dtype == "int8":
        return _quantise(layers, inputs)
    return [weight.to(getattr(torch, dtype)) for weight, _, _ in layers], []


def _largest_error(layers: Layers, values: list[Tensor], scales: list[Tensor], inputs: Tensor) -> float:
    """Largest difference between the outputs of `layers` and those of their encoded form, over the inputs."""
    factors = scales or [torch.ones(1, dtype=torch.float64, device="cpu")] * len(layers)
    sent = [(v.double() * s[:, None], b, f) for v, s, (_, b, f) in zip(values, factors, layers, strict=True)]
    return float((apply_layers(sent, inputs) - apply_layers(layers, inputs)).abs().max())


def _bytes(tensors: list[Tensor], dtype: str) -> bytes:
    return b"".join(tensor.numpy().astype(dtype).tobytes() for tensor in tensors)


class DecoderWeights(Widget):
    """Dense layers as binary buffers: a model without a view, sent once a page and shared by reference.

    Args:
        source: a module whose leaves are `nn.Linear` and activations (its call is compared with the layers applied
            in order), or `(weights, biases, activations)` with `weights[i]: (out, in)`.
        output: activation of the last layer, for modules that return logits; `"identity"` for none.
        dtype: `"int8"` (per-row scales), `"float16"` or `"float32"`.
        examples: `(N, inputs)`, inputs that matter; 512 points drawn from N(0, 1.5^2 I) unless given.

    Attributes:
        max_error: largest difference that `dtype` makes to an output, over the examples.

    Raises:
        ValueError: for a network that is not such a chain, weights that are not finite, or a `max_error` above 0.01.
    """

    layers = traitlets.List(help="[inputs, outputs, activation] of each layer.").tag(sync=True)
    dtype = traitlets.Unicode().tag(sync=True)
    weights = traitlets.Bytes(help="All weights, row by row.").tag(sync=True)
    scales = traitlets.Bytes(help="One float32 a row (int8 only).").tag(sync=True)
    biases = traitlets.Bytes(help="One float32 a row.").tag(sync=True)

    def __init__(
        self, source: Source, *, output: str = "sigmoid", dtype: str = "int8", examples: Array | None = None
    ) -> None:
        """Read, check and encode `source`."""
        codes = {"int8": "i1", "float16": "<f2", "float32": "<f4"}
        if dtype not in codes:
            raise complain("dtype", f"one of {', '.join(codes)}", repr(dtype))
        layers = _read(source, output)
        width = layers[0][0].shape[1]
        given = examples is not None
        inputs = torch.from_numpy(as_array("examples", examples, (None, width), "<f8")) if given else probes(width)
        values, scales = _encode(layers, dtype, inputs)
        self.max_error = _largest_error(layers, values, scales, inputs)
        if not self.max_error <= PIXEL_TOLERANCE:
            raise complain("dtype", f"an error of at most {PIXEL_TOLERANCE}", f"{self.max_error:.3g} with {dtype}")
        super().__init__(
            layers=[[w.shape[1], w.shape[0], activation] for w, _, activation in layers],
            dtype=dtype,
            weights=_bytes(values, codes[dtype]),
            scales=_bytes(scales, "<f4"),
            biases=_bytes([bias for _, bias, _ in layers], "<f4"),
        )

    @property
    def inputs(self) -> int:
        """Number of values read: a decoder's latent dimensions."""
        return self.layers[0][0]

    @property
    def outputs(self) -> int:
        """Number of values made."""
        return self.layers[-1][1]

    def __repr__(self) -> str:
        """Sizes and encoding: stable from run to run."""
        sizes = "-".join(str(size) for size in (self.inputs, *(outputs for _, outputs, _ in self.layers)))
        return f"DecoderWeights({sizes}, {self.dtype})"


def encoder_weights(encoder: Conditional, examples: Array, *, dtype: str = "float16") -> DecoderWeights:
    """Weights of an encoder with a Gaussian head: its last layer gives mu and, after it, the raw log-variance.

    The front end applies the head's soft bound, logvar = c tanh(raw / c). int8 is too coarse for most encoders.

    Args:
        encoder: a chain of dense layers and a `GaussianHead`, without a context.
        examples: `(N, inputs)`, inputs for which the weights are rounded and their error is measured.
        dtype: as for `DecoderWeights`.

    Raises:
        TypeError: if the encoder does not end in a `GaussianHead`.
        ValueError: if it is no such chain, or `dtype` makes an error above 0.01 in mu or the raw log-variance.
    """
    instance("encoder", encoder, Conditional, "a Conditional")
    instance("encoder.head", encoder.head, GaussianHead, "a GaussianHead")
    heads = (encoder.head.mu, encoder.head.raw)
    ends = [torch.cat([getattr(head, name).detach().cpu() for head in heads]) for name in ("weight", "bias")]
    layers = [*dense_layers(encoder.body), (*ends, "identity")]
    inputs = torch.from_numpy(as_array("examples", examples, (None, layers[0][0].shape[1]), "<f4"))
    with torch.no_grad():
        q = encoder(inputs.to(heads[0].weight))
    mu, raw = apply_layers(layers, inputs).chunk(2, -1)
    bound = encoder.head.bound
    chained = torch.cat([mu, (0.5 * bound * torch.tanh(raw / bound)).exp()], -1)
    if not torch.allclose(torch.cat([q.loc, q.scale], -1).to(chained), chained, atol=1e-4):
        raise complain(
            "encoder", "a body that applies its layers in order", f"{type(encoder.body).__name__}, unlike them"
        )
    return DecoderWeights(tuple(zip(*layers, strict=True)), output="identity", dtype=dtype, examples=examples)
