"""Several levels of latents, x ← z₁ ← z₂ ← … ← z_L, listed from the data upward."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from vaekit._checks import data_tensor, float_tensor, instance, positive_int
from vaekit.models.level_inference import BottomUp, TopDown
from vaekit.trace import Draw, Trace, pathwise


class HierarchicalVAE(nn.Module):
    """A VAE with L levels of latents: p(x|z₁) p(z₁|z₂) ⋯ p(z_L), and a way to infer them.

    Args:
        inference: a `TopDown` or a `BottomUp`.
        decoder: `decoder(z_1, context=None)` returns p(x|z₁).
        priors: `priors[l](above, context=None)` returns p(z_l|z_{l+1}); the last, `priors[-1](context=None)`, p(z_L).
    """

    def __init__(self, inference: TopDown | BottomUp, decoder: nn.Module, priors: Sequence[nn.Module]) -> None:
        super().__init__()
        instance("inference", inference, (TopDown, BottomUp), "a TopDown or a BottomUp")
        if len(priors) != len(inference) or not len(priors):
            raise ValueError(f"priors: got {len(priors)} levels; expected {len(inference)}, those of inference")
        self.inference, self.decoder, self.priors = inference, decoder, nn.ModuleList(priors)

    def forward(
        self, x: Tensor, num_samples: int = 1, *, context: Tensor | None = None, draw: Draw = pathwise
    ) -> Trace:
        """Infer all levels with `num_samples` draws for each example, and decode the lowest.

        Args:
            x: data, `(B, *event)`.
            num_samples: K.
            context: passed to all modules.
            draw: how each level is drawn.

        Returns:
            The trace, with L levels from the data upward.

        Raises:
            TypeError: if x is not a floating-point tensor.
            ValueError: if x is empty, not finite or does not fit, or `num_samples` < 1.
        """
        shape = torch.Size([positive_int("num_samples", num_samples)])
        levels = self.inference(data_tensor("x", x), list(self.priors), shape, context, draw)
        return Trace(x, self.decoder(levels[0].z, context=context), levels)

    @torch.no_grad()
    def sample(self, num: int, *, context: Tensor | None = None) -> Tensor:
        """Draw x from the model, from z_L down.

        Args:
            num: how many.
            context: one row for each sample, if the model is conditional.

        Returns:
            Samples, `(num, *event)`.

        Raises:
            ValueError: if `num` < 1, or differs from the rows of `context`.
        """
        positive_int("num", num)
        if context is not None and len(float_tensor("context", context)) != num:
            raise ValueError(f"context: got {len(context)} rows; expected num = {num}")
        top = self.priors[-1](context=context)
        z = top.sample(torch.Size([num] if context is None else []))
        for prior in reversed(self.priors[:-1]):
            z = prior(z, context=context).sample()
        return self.decoder(z, context=context).sample()
