"""A decoder that can be undone: its logits are an affine function of z with orthogonal columns."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from vaekit.gates.probes import Draw

SCALE = 0.8  # of the logits: small enough for float32 to give them back from their sigmoid


class ProbeDecoder(nn.Module):
    """Logits from which the latents can be computed again; it remembers the logits that it gave.

    Args:
        latents: their number, at most that of the pixels.
        pixels: their number.
        draw: what its parameters are drawn with.
    """

    def __init__(self, latents: int, pixels: int, draw: Draw) -> None:
        super().__init__()
        basis, _ = torch.linalg.qr(draw.normal(pixels, latents))
        self.weight = nn.Parameter((SCALE * basis).float())
        self.bias = nn.Parameter(draw.normal(pixels, dtype=torch.float32, scale=0.3))
        self.logits: list[Tensor] = []
        self.refused: tuple[int, ...] | None = None

    def forward(self, z: Tensor) -> Tensor:
        """Logits `(num, D)` of latents `(num, L)`."""
        latents = self.weight.shape[1]
        if z.shape[-1:] != (latents,):
            self.refused = tuple(z.shape)
            raise ValueError(f"z has shape {tuple(z.shape)}; this decoder takes (num, {latents})")
        logits = nn.functional.linear(z, self.weight, self.bias)
        self.logits.append(logits.detach().reshape(-1, len(self.bias)))
        return logits

    def latents_of(self, means: Tensor) -> Tensor | None:
        """The latents `(num, L)` whose Bernoulli means these are, in float64; None if there are none."""
        weight, bias = self.weight.detach().double(), self.bias.detach().double()
        logits = means.double().logit()
        z = (logits - bias) @ weight / SCALE**2
        return z if torch.allclose(z @ weight.T + bias, logits, rtol=0, atol=0.01) else None
