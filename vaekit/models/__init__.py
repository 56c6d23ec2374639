"""Models: each is called as `model(x, num_samples, context=..., draw=...)` and returns a `Trace`."""

from vaekit.models.autoencoder import Autoencoder
from vaekit.models.linear import LinearVAE
from vaekit.models.vae import VAE

__all__ = ["VAE", "Autoencoder", "LinearVAE"]
