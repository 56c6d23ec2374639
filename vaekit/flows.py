"""A normalising-flow posterior: a Gaussian, bent by invertible maps whose Jacobians are cheap.

Source: Rezende & Mohamed (2015); the coupling, Dinh et al. (2017).
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.distributions import Independent, Transform, TransformedDistribution, constraints

from vaekit._checks import positive_int
from vaekit.heads import GaussianHead


class Coupling(Transform):
    """z ↦ z with its unmasked half shifted and scaled by a network that sees the other half and the features.

    Args:
        net: maps `(..., L + F)` to `(..., 2 L)`, shifts and raw log-scales.
        mask: 1 where z passes unchanged, `(L,)`.
        features: what q depends on, `(B, F)`.
    """

    domain = codomain = constraints.real_vector
    bijective = True

    def __init__(self, net: nn.Module, mask: Float[Tensor, " L"], features: Float[Tensor, "B F"]) -> None:
        super().__init__()
        self.net, self.mask, self.features = net, mask, features

    def _parts(self, kept: Tensor) -> tuple[Tensor, Tensor]:
        shape = torch.broadcast_shapes(kept.shape[:-1], self.features.shape[:-1])
        parts = ((kept * self.mask).expand(*shape, -1), self.features.expand(*shape, -1))
        shift, raw = self.net(torch.cat(parts, -1)).chunk(2, -1)
        return (1 - self.mask) * shift, (1 - self.mask) * 2 * torch.tanh(raw / 2)  # scales stay within e^±2

    def _call(self, x: Tensor) -> Tensor:
        shift, log_scale = self._parts(x)
        return x * log_scale.exp() + shift

    def _inverse(self, y: Tensor) -> Tensor:
        shift, log_scale = self._parts(y)
        return (y - shift) * torch.exp(-log_scale)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """Return the logarithm of the Jacobian's absolute determinant: the sum of the log-scales."""
        return self._parts(x)[1].sum(-1)


class FlowHead(nn.Module):
    """Features to q(z|x) = a factorised Gaussian, bent by `layers` couplings: the head of a flexible encoder.

    torch knows no closed-form KL for it, so the KL is sampled and has one group. With the layers at zero it is the
    Gaussian of `GaussianHead`, which is where it starts.

    Args:
        in_features: the number of features F.
        out_features: the number of dimensions L, at least 2.
        layers: couplings, which alternate the half that they change.
        hidden: the width of their networks.
    """

    mask: Tensor

    def __init__(self, in_features: int, out_features: int, *, layers: int = 4, hidden: int = 32) -> None:
        super().__init__()
        positive_int("out_features", out_features, least=2)
        self.base = GaussianHead(in_features, out_features)
        self.register_buffer("mask", (torch.arange(out_features) % 2).float(), persistent=False)
        self.nets = nn.ModuleList(
            self._net(in_features + out_features, hidden, out_features) for _ in range(positive_int("layers", layers))
        )

    @staticmethod
    def _net(inputs: int, hidden: int, outputs: int) -> nn.Module:
        last = nn.Linear(positive_int("hidden", hidden), 2 * outputs)
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)
        return nn.Sequential(nn.Linear(inputs, hidden), nn.Tanh(), last)

    def forward(self, features: Float[Tensor, "B F"]) -> TransformedDistribution:
        """Return q with batch shape `(B,)` and event shape `(L,)`."""
        masks = (self.mask, 1 - self.mask)
        couplings = [Coupling(net, masks[i % 2], features) for i, net in enumerate(self.nets)]
        return TransformedDistribution(Independent(self.base(features), 1), couplings)
