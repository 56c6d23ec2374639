"""Dense networks as lists of layers: read from a module or from arrays, applied, and rounded to int8."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vaekit.widgets.base import Array, as_array, complain

Layers = list[tuple[Tensor, Tensor, str]]

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "identity": lambda x: x,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": F.relu,
    "silu": F.silu,
    "softplus": F.softplus,
    "gelu": F.gelu,
    "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"),
}


def _leaves(module: nn.Module) -> Iterator[nn.Module]:
    """Leaves in order of registration; a module used twice comes twice, which `modules()` would hide."""
    children = [child for child in module._modules.values() if child is not None]
    if not children:
        yield module
    for child in children:
        yield from _leaves(child)


def _activation_name(leaf: nn.Module) -> str | None:
    if isinstance(leaf, nn.GELU):
        return "gelu" if leaf.approximate == "none" else "gelu_tanh"
    if isinstance(leaf, nn.Softplus):
        return "softplus" if leaf.beta == 1 else None
    simple = {nn.Identity: "identity", nn.Sigmoid: "sigmoid", nn.Tanh: "tanh", nn.ReLU: "relu", nn.SiLU: "silu"}
    return simple.get(type(leaf))


def dense_layers(module: nn.Module) -> Layers:
    """The `(weight, bias, activation)` of every `nn.Linear` in `module`, in order of registration.

    Raises:
        ValueError: if a leaf is neither `nn.Linear` nor a known activation, or an activation comes first.
    """
    layers: Layers = []
    for leaf in _leaves(module):
        name = _activation_name(leaf)
        if isinstance(leaf, nn.Linear):
            bias = leaf.weight.new_zeros(leaf.out_features) if leaf.bias is None else leaf.bias
            layers.append((leaf.weight.detach().cpu(), bias.detach().cpu(), "identity"))
        elif name is None or not layers or "identity" not in (name, layers[-1][2]):
            known = (
                "nn.Linear layers, each followed by at most one of Tanh, ReLU, GELU, SiLU, Sigmoid, Softplus(beta=1)"
            )
            raise complain("module", known, f"{leaf} after {len(layers)} nn.Linear")
        elif name != "identity":
            layers[-1] = (*layers[-1][:2], name)
    return layers


def given_layers(weights: Sequence[Array], biases: Sequence[Array], activations: Sequence[str]) -> Layers:
    """Layers from arrays, checked: `weights[i]: (out, in)`, each as wide as the layer before it is high."""
    if not len(weights) == len(biases) == len(activations) > 0:
        raise complain(
            "source",
            "as many weights as biases as activations, at least one",
            f"{len(weights)}, {len(biases)} and {len(activations)}",
        )
    layers, width = [], None
    for i, (weight, bias, activation) in enumerate(zip(weights, biases, activations, strict=True)):
        w = as_array(f"weights[{i}]", weight, (None, width), "<f4")
        b = as_array(f"biases[{i}]", bias, (len(w),), "<f4")
        if activation not in ACTIVATIONS:
            raise complain(f"activations[{i}]", f"one of {', '.join(ACTIVATIONS)}", repr(activation))
        layers.append((torch.from_numpy(w), torch.from_numpy(b), activation))
        width = len(w)
    return layers


def apply_layers(layers: Layers, x: Tensor) -> Tensor:
    """Apply `layers` in order to `x: (N, inputs)`, in the precision of `x`."""
    for weight, bias, activation in layers:
        x = ACTIVATIONS[activation](x @ weight.to(x).T + bias.to(x))
    return x


def module_output(module: nn.Module, z: Tensor, output: str) -> Tensor:
    """What `module` makes of `z: (N, L)`: the mean of a distribution, or `output` of a tensor."""
    parameter = next(module.parameters())
    with torch.no_grad():
        made = module(z.to(parameter)[None])
    values = made.mean if isinstance(made, torch.distributions.Distribution) else ACTIVATIONS[output](made)
    return values.reshape(len(z), -1).to(z)


def probes(inputs: int) -> Tensor:
    """Points that cover more than the prior, from a generator of their own."""
    return 1.5 * torch.randn(
        512, inputs, generator=torch.Generator("cpu").manual_seed(0), dtype=torch.float64, device="cpu"
    )


def round_rows(weight: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
    """int8 with one scale a row; each column's rounding error is passed on to the columns still to come.

    Optimal brain quantisation (Frantar and Alistarh, 2022) in a fixed order: the columns that follow
    absorb the error as well as the inputs `h: (N, inputs)` allow. Here it is five times closer than rounding.
    """
    w, n = weight.double().clone(), weight.shape[1]
    scale = (w.abs().amax(1) / 127).clamp_min(torch.finfo(torch.float32).tiny).float().double()
    gram = h.T @ h
    gram += 1e-3 * (gram.trace() / n + 1e-12) * torch.eye(n, dtype=torch.float64, device=gram.device)
    factor = torch.linalg.cholesky(torch.linalg.inv(gram), upper=True)
    whole = torch.zeros_like(w)
    for j in range(n):
        whole[:, j] = (w[:, j] / scale).round().clamp(-127, 127)
        error = (w[:, j] - whole[:, j] * scale) / factor[j, j]
        w[:, j + 1 :] -= error[:, None] * factor[j, j + 1 :]
    return whole, scale
