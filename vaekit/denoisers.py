"""Networks that predict the noise in xₜ: called as `denoiser(xt, t, context=None)`, they return a tensor like `xt`.

`xt: (N, *event)`, `t: (N,)` int64 counted from 0, `context: (N, C)`. Where a network has a context, none at all means
a row of zeros, which stands for "unconditional" and is what context dropout trains (Ho & Salimans, 2022).
"""

from __future__ import annotations

import math

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from vaekit._checks import float_tensor, instance, positive_int
from vaekit.nets import MLP


class TimeFeatures(nn.Module):
    """The step t as sines and cosines of geometrically spaced frequencies, from 1 down to 1/10000 a step.

    Source: Vaswani et al. (2017), section 3.5; for diffusion, Ho et al. (2020).

    Args:
        features: F, an even number.
    """

    frequencies: Tensor

    def __init__(self, features: int) -> None:
        super().__init__()
        if positive_int("features", features, least=2) % 2:
            raise ValueError(f"features: got {features}; expected an even number, one sine and one cosine each")
        frequencies = torch.exp(torch.linspace(0, -math.log(10_000.0), features // 2))
        self.register_buffer("frequencies", frequencies, persistent=False)

    def forward(self, t: Int64[Tensor, " N"]) -> Float[Tensor, "N F"]:
        """Return features `(N, F)` of `t: (N,)`, each between -1 and 1."""
        angles = t.unsqueeze(-1) * self.frequencies
        return torch.cat([angles.sin(), angles.cos()], -1)


def check_denoiser_input(xt: Tensor, t: Tensor, event: tuple[int, ...], like: Tensor) -> None:
    """Raise unless `xt` is `(N, *event)` in the dtype of `like` and `t` is int64 `(N,)`.

    Args:
        xt: the noised data.
        t: the steps.
        event: the shape of one example.
        like: a parameter.
    """
    if float_tensor("xt", xt, like=like).shape[1:] != event or xt.ndim != len(event) + 1:
        raise ValueError(f"xt: got shape {tuple(xt.shape)}; expected (N, {', '.join(map(str, event))})")
    instance("t", t, Tensor, "a tensor of int64")
    if t.dtype != torch.int64:
        raise TypeError(f"t: got dtype {t.dtype}; expected torch.int64")
    if t.shape != xt.shape[:1]:
        raise ValueError(f"t: got shape {tuple(t.shape)}; expected ({len(xt)},), one step for each row of xt")


def context_or_zeros(context: Tensor | None, like: Float[Tensor, "N ..."], width: int) -> Float[Tensor, "N C"]:
    """Return the context, or zeros where there is none: the unconditional one.

    Args:
        context: `(N, C)`, or `None`.
        like: says N, dtype and device.
        width: C.

    Raises:
        TypeError: if it is not of `like`'s dtype.
        ValueError: if its shape is wrong.
    """
    if context is None:
        return like.new_zeros(len(like), width)
    if float_tensor("context", context, like=like).shape != (len(like), width):
        raise ValueError(f"context: got shape {tuple(context.shape)}; expected ({len(like)}, {width})")
    return context


class MLPDenoiser(nn.Module):
    """A denoiser for vectors: a multilayer perceptron that reads xₜ, the features of t, and the context side by side.

    Args:
        dim: D, the width of the data.
        hidden: the width of each layer.
        layers: how many.
        time_features: the width of the features of t.
        context_features: C, the width of the context. With 0, any context is ignored.
    """

    def __init__(
        self, dim: int, *, hidden: int = 128, layers: int = 3, time_features: int = 32, context_features: int = 0
    ) -> None:
        super().__init__()
        self.event_shape = (positive_int("dim", dim),)
        self.context_features = positive_int("context_features", context_features, least=0)
        self.time = TimeFeatures(time_features)
        width = positive_int("hidden", hidden)
        sizes = [dim + time_features + context_features, *[width] * positive_int("layers", layers)]
        self.body, self.out = MLP(sizes, nn.SiLU), nn.Linear(width, dim)

    def forward(
        self, xt: Float[Tensor, "N D"], t: Int64[Tensor, " N"], context: Tensor | None = None
    ) -> Float[Tensor, "N D"]:
        """Return the predicted noise, `(N, D)`.

        Raises:
            TypeError: if a tensor is of the wrong dtype.
            ValueError: if a shape is wrong.
        """
        check_denoiser_input(xt, t, self.event_shape, self.out.weight)
        parts = [xt, self.time(t)]
        if self.context_features:
            parts.append(context_or_zeros(context, xt, self.context_features))
        return self.out(self.body(torch.cat(parts, -1)))
