"""The deterministic autoencoder, the VAE's honest baseline."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor, nn
from torch.distributions import Distribution


class Autoencoder(nn.Module):
    """A code without a distribution: x -> encoder -> z -> decoder -> p(x|z).

    The decoder still returns a distribution, so that its likelihood is comparable with a VAE's distortion.
    There is no prior: nothing in training says where codes should lie, and there is no bound on log p(x).

    Args:
        encoder: maps x `(B, *event)` to codes `(B, *latent)`.
        decoder: maps codes to p(x|z) with batch shape `(B, *event)`.
    """

    def __init__(self, encoder: nn.Module, decoder: nn.Module) -> None:
        super().__init__()
        self.encoder, self.decoder = encoder, decoder

    def forward(self, x: Tensor) -> Distribution:
        """Return the reconstruction p(x|z) at z = encoder(x)."""
        return self.decoder(self.encoder(x))

    def log_px(self, x: Tensor) -> Float[Tensor, " B"]:
        """Return log p(x|z) in nats at z = encoder(x), summed over the event; its negative mean is the loss."""
        return self(x).log_prob(x).flatten(1).sum(-1)
