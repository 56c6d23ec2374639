"""The parts a model is put together from: bodies and conditional distributions; priors are in `vaekit.priors`.

A *body* maps tensors to features. A head (see `vaekit.heads`) maps features to a distribution. A `Conditional` is a
body and a head, that is, a conditional distribution: an encoder q(z|x) and a decoder p(x|z) are both one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.distributions import Distribution

from vaekit._checks import float_tensor, instance, positive_int


class MLP(nn.Sequential):
    """Linear layers, each followed by an activation.

    Args:
        sizes: the widths, input first: `[784, 200]` is one layer.
        activation: makes the activation module.
    """

    def __init__(self, sizes: Sequence[int], activation: Callable[[], nn.Module] = nn.ReLU) -> None:
        instance("sizes", sizes, Sequence, "a sequence of widths")
        if isinstance(activation, nn.Module):
            made = type(activation).__name__
            raise TypeError(f"activation: got one {made}; expected what makes one for each layer, such as nn.{made}")
        if len(sizes) < 2:
            raise ValueError(f"sizes: got {list(sizes)}; expected at least an input and an output width")
        widths = [positive_int(f"sizes[{i}]", size) for i, size in enumerate(sizes)]
        pairs = zip(widths, widths[1:], strict=False)
        super().__init__(*(layer for a, b in pairs for layer in (nn.Linear(a, b), activation())))
        self.in_features = widths[0]

    def __getitem__(self, index: int | slice) -> nn.Module:
        """Return a layer, or a slice of the layers as an `nn.Sequential`."""
        layers = list(self)[index]
        return nn.Sequential(*layers) if isinstance(layers, list) else layers

    def forward(self, x: Float[Tensor, "... D"]) -> Float[Tensor, "... F"]:
        """Return features `(..., F)` of `x: (..., D)`.

        Raises:
            TypeError: if x is not a floating-point tensor.
            ValueError: if its last axis is not as wide as the first layer.
        """
        if float_tensor("x", x).shape[-1:] != (self.in_features,):
            raise ValueError(f"x: got shape {tuple(x.shape)}; expected (..., {self.in_features})")
        return super().forward(x)


class Conditional(nn.Module):
    """A conditional distribution: a head on a body.

    Args:
        body: maps `(..., in_features + context_features)` to features.
        head: maps features to a distribution.
        context_features: the width of a context that is put behind the input. With 0, any context is ignored.
    """

    def __init__(self, body: nn.Module, head: nn.Module, *, context_features: int = 0) -> None:
        super().__init__()
        self.body, self.head = body, head
        self.context_features = positive_int("context_features", context_features, least=0)

    def forward(self, value: Tensor, context: Tensor | None = None) -> Distribution:
        """Return the distribution given `value` `(..., in_features)` and, if it is used, `context` `(B, C)`.

        Raises:
            TypeError: if a tensor is not of the parameters' floating-point type.
            ValueError: if a width is wrong, or a needed context is missing.
        """
        float_tensor("value", value, like=next(self.parameters(), None))
        width = getattr(self.body, "in_features", None)
        if width is not None and value.shape[-1:] != (width - self.context_features,):
            raise ValueError(f"value: got shape {tuple(value.shape)}; expected (..., {width - self.context_features})")
        return self.head(self.body(self._with_context(value, context)))

    def _with_context(self, value: Tensor, context: Tensor | None) -> Tensor:
        if not self.context_features:
            return value
        wanted = (*value.shape[-2:-1], self.context_features)
        if context is None or float_tensor("context", context, like=value).shape != wanted:
            came = "None" if context is None else f"shape {tuple(context.shape)}"
            raise ValueError(f"context: got {came}; expected a tensor {wanted}, one row for each example")
        return torch.cat([value, context.expand(*value.shape[:-1], -1)], -1)
