"""Models: each is called as `model(x, num_samples, context=..., draw=...)` and returns a `Trace`."""

from vaekit.models.autoencoder import Autoencoder
from vaekit.models.ddpm import DDPM
from vaekit.models.diffusion import ddim_sample, noise_prediction_loss, step_terms
from vaekit.models.exact_denoisers import GaussianDenoiser, MixtureDenoiser
from vaekit.models.forward_process import ForwardProcess
from vaekit.models.hierarchical import HierarchicalVAE
from vaekit.models.latent_diffusion import LatentDiffusion, latent_moments
from vaekit.models.level_inference import Beside, BottomUp, Merged, TopDown
from vaekit.models.linear import LinearVAE
from vaekit.models.linear_hierarchy import LinearHierarchy
from vaekit.models.text import GRUEncoder, LanguageModel, word_dropout
from vaekit.models.token_decoders import GRUDecoder, WindowDecoder
from vaekit.models.vae import VAE
from vaekit.models.vq import VQVAE, Quantised, code_perplexity, vq_loss

__all__ = [
    "DDPM",
    "VAE",
    "VQVAE",
    "Autoencoder",
    "Beside",
    "BottomUp",
    "ForwardProcess",
    "GRUDecoder",
    "GRUEncoder",
    "GaussianDenoiser",
    "HierarchicalVAE",
    "LanguageModel",
    "LatentDiffusion",
    "LinearHierarchy",
    "LinearVAE",
    "Merged",
    "MixtureDenoiser",
    "Quantised",
    "TopDown",
    "WindowDecoder",
    "code_perplexity",
    "ddim_sample",
    "latent_moments",
    "noise_prediction_loss",
    "step_terms",
    "vq_loss",
    "word_dropout",
]
