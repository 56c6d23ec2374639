"""Models: each is called as `model(x, num_samples, context=..., draw=...)` and returns a `Trace`."""

from vaekit.models.autoencoder import Autoencoder
from vaekit.models.linear import LinearVAE
from vaekit.models.text import GRUEncoder, LanguageModel, word_dropout
from vaekit.models.token_decoders import GRUDecoder, WindowDecoder
from vaekit.models.vae import VAE

__all__ = [
    "VAE",
    "Autoencoder",
    "GRUDecoder",
    "GRUEncoder",
    "LanguageModel",
    "LinearVAE",
    "WindowDecoder",
    "word_dropout",
]
