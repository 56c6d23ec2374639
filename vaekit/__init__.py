"""vaekit: variational autoencoders, as the course derives them.

A model is three modules that return torch distributions; an objective is a function of the model.
"""

from vaekit.data import Batch, Dataset, load_dataset, names_to_tokens, tokens_to_names
from vaekit.denoisers import MLPDenoiser
from vaekit.device import get_device
from vaekit.distributions import Autoregressive, BernoulliPixels, BinnedPixels, CategoricalPixels, DiscretisedLogistic
from vaekit.estimators import (
    doubly_reparameterised,
    gumbel_softmax,
    iwae_sticking_the_landing,
    kl_controlled,
    kl_direct,
    kl_squared,
    score_function,
    sticking_the_landing,
    straight_through,
)
from vaekit.flows import FlowHead
from vaekit.heads import (
    BernoulliHead,
    CategoricalHead,
    ContinuousBernoulliHead,
    DiscretisedLogisticHead,
    FullCovarianceHead,
    GaussianHead,
    OneHotHead,
    SharedGaussianHead,
)
from vaekit.inference import (
    GridPosterior,
    elbo_of,
    enumerated_elbo,
    enumerated_log_evidence,
    grid_log_evidence,
    grid_posterior,
    refine_posterior,
)
from vaekit.latents import SampledLatent, StepLatent
from vaekit.metrics import (
    RatePoint,
    active_units,
    effective_sample_size,
    frechet_distance,
    linear_rate_distortion,
    log_likelihood,
    marginal_kl,
    mig,
    mutual_information,
    probe_accuracy,
    rate_distortion,
)
from vaekit.models import (
    DDPM,
    VAE,
    VQVAE,
    Autoencoder,
    Beside,
    BottomUp,
    ForwardProcess,
    GaussianDenoiser,
    GRUDecoder,
    GRUEncoder,
    HierarchicalVAE,
    LanguageModel,
    LatentDiffusion,
    LinearHierarchy,
    LinearVAE,
    Merged,
    MixtureDenoiser,
    Quantised,
    TopDown,
    WindowDecoder,
    code_perplexity,
    ddim_sample,
    latent_moments,
    noise_prediction_loss,
    step_terms,
    vq_loss,
    word_dropout,
)
from vaekit.nets import MLP, Conditional
from vaekit.noise import (
    cosine_betas,
    gaussian_reverse_variance,
    linear_betas,
    posterior_variance,
    scaled_betas,
    signal_to_noise,
)
from vaekit.objectives import ElboTerms, elbo, iwae, kl_standard_normal, score_function_elbo, weighted_loss
from vaekit.parameterisations import (
    noise_to_score,
    noise_to_velocity,
    noise_to_x0,
    score_to_noise,
    velocity_to_noise,
    x0_to_noise,
)
from vaekit.persistence import restore, save
from vaekit.priors import ConditionalPrior, MixturePrior, StandardNormal, UniformOneHot, VampPrior
from vaekit.schedules import cyclical, linear_warmup
from vaekit.trace import Draw, Latent, Trace, detached, pathwise
from vaekit.training import History, aggressive, fit
from vaekit.unet import UNetDenoiser

# fmt: off
__all__ = [
    "DDPM", "MLP", "VAE", "VQVAE", "Autoencoder", "Autoregressive", "Batch", "BernoulliHead", "BernoulliPixels",
    "Beside", "BinnedPixels", "BottomUp", "CategoricalHead", "CategoricalPixels", "Conditional", "ConditionalPrior",
    "ContinuousBernoulliHead", "Dataset", "DiscretisedLogistic", "DiscretisedLogisticHead", "Draw", "ElboTerms",
    "FlowHead", "ForwardProcess", "FullCovarianceHead", "GRUDecoder", "GRUEncoder", "GaussianDenoiser", "GaussianHead",
    "GridPosterior", "HierarchicalVAE", "History", "LanguageModel", "Latent", "LatentDiffusion", "LinearHierarchy",
    "LinearVAE", "MLPDenoiser", "Merged", "MixtureDenoiser", "MixturePrior", "OneHotHead", "Quantised", "RatePoint",
    "SampledLatent", "SharedGaussianHead", "StandardNormal", "StepLatent", "TopDown", "Trace", "UNetDenoiser",
    "UniformOneHot", "VampPrior", "WindowDecoder", "active_units", "aggressive", "code_perplexity", "cosine_betas",
    "cyclical", "ddim_sample", "detached", "doubly_reparameterised", "effective_sample_size", "elbo", "elbo_of",
    "enumerated_elbo", "enumerated_log_evidence", "fit", "frechet_distance", "gaussian_reverse_variance", "get_device",
    "grid_log_evidence", "grid_posterior", "gumbel_softmax", "iwae", "iwae_sticking_the_landing", "kl_controlled",
    "kl_direct", "kl_squared", "kl_standard_normal", "latent_moments", "linear_betas", "linear_rate_distortion",
    "linear_warmup", "load_dataset", "log_likelihood", "marginal_kl", "mig", "mutual_information", "names_to_tokens",
    "noise_prediction_loss", "noise_to_score", "noise_to_velocity", "noise_to_x0", "pathwise", "posterior_variance",
    "probe_accuracy", "rate_distortion", "refine_posterior", "restore", "save", "scaled_betas", "score_function",
    "score_function_elbo", "score_to_noise", "signal_to_noise", "step_terms", "sticking_the_landing",
    "straight_through", "tokens_to_names", "velocity_to_noise", "vq_loss", "weighted_loss", "word_dropout",
    "x0_to_noise",
]
# fmt: on
