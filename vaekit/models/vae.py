"""The variational autoencoder of Kingma & Welling (2014): three modules and two methods."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from vaekit._checks import data_tensor, float_tensor, positive_int
from vaekit.trace import Draw, Latent, Trace, pathwise


class VAE(nn.Module):
    """An encoder, a decoder and a prior, each a module that returns a distribution.

    Args:
        encoder: `encoder(x, context=None)` returns q(z|x) with batch shape `(B, *latent)`. If it has a true attribute
            `reads_tokens`, x is int64 tokens; otherwise it is floating-point.
        decoder: `decoder(z, context=None)` returns p(x|z) with batch shape `(K, B, *event)`.
        prior: `prior(context=None)` returns p(z) with batch shape `latent`, or `(B, *latent)` given a context.
    """

    def __init__(self, encoder: nn.Module, decoder: nn.Module, prior: nn.Module) -> None:
        super().__init__()
        self.encoder, self.decoder, self.prior = encoder, decoder, prior

    def forward(
        self, x: Tensor, num_samples: int = 1, *, context: Tensor | None = None, draw: Draw = pathwise
    ) -> Trace:
        """Encode x, draw `num_samples` latents for each example, and decode them.

        Args:
            x: data, `(B, *event)`.
            num_samples: K.
            context: passed to all three modules.
            draw: how z is drawn from q.

        Returns:
            The trace, with one level of latents, whose draw has shape `(K, B, *latent)`.

        Raises:
            TypeError: if x is not a floating-point tensor, or not int64 where the encoder reads tokens.
            ValueError: if x is empty, not finite or does not fit the encoder, or if `num_samples` < 1.
        """
        data_tensor("x", x, tokens=getattr(self.encoder, "reads_tokens", False))
        q = self.encoder(x, context=context)
        z = draw(q, torch.Size([positive_int("num_samples", num_samples)]))
        return Trace(x, self.decoder(z, context=context), (Latent(z, q, self.prior(context=context)),))

    @torch.no_grad()
    def sample(self, num: int, *, context: Tensor | None = None) -> Tensor:
        """Draw x from the model: z from the prior, then x from p(x|z). Decoder means are `model.decoder(z).mean`.

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
        prior = self.prior(context=context)
        z = prior.sample(torch.Size([num] if context is None else []))
        return self.decoder(z, context=context).sample()
