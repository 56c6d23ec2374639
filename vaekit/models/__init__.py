"""Models: each is called as `model(x, num_samples, context=..., draw=...)` and returns a `Trace`."""

from vaekit.models.autoencoder import Autoencoder
from vaekit.models.linear import LinearVAE
from vaekit.models.text import GRUEncoder, LanguageModel, word_dropout
from vaekit.models.token_decoders import GRUDecoder, WindowDecoder
from vaekit.models.vae import VAE
from vaekit.models.vq import VQVAE, Quantised, code_perplexity, vq_loss

__all__ = [
    "VAE",
    "VQVAE",
    "Autoencoder",
    "GRUDecoder",
    "GRUEncoder",
    "LanguageModel",
    "LinearVAE",
    "Quantised",
    "WindowDecoder",
    "code_perplexity",
    "vq_loss",
    "word_dropout",
]
