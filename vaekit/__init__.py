"""vaekit: variational autoencoders, as the course derives them.

A model is three modules that return torch distributions; an objective is a function of the model.
"""

from vaekit.data import Batch, Dataset, load_dataset, names_to_tokens, tokens_to_names
from vaekit.device import get_device
from vaekit.distributions import Autoregressive, BernoulliPixels, BinnedPixels, CategoricalPixels, DiscretisedLogistic
from vaekit.estimators import kl_controlled, kl_direct, kl_squared, score_function, sticking_the_landing
from vaekit.heads import (
    BernoulliHead,
    CategoricalHead,
    ContinuousBernoulliHead,
    DiscretisedLogisticHead,
    GaussianHead,
    SharedGaussianHead,
)
from vaekit.inference import GridPosterior, elbo_of, grid_log_evidence, grid_posterior, refine_posterior
from vaekit.metrics import (
    RatePoint,
    active_units,
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
    VAE,
    Autoencoder,
    GRUDecoder,
    GRUEncoder,
    LanguageModel,
    LinearVAE,
    WindowDecoder,
    word_dropout,
)
from vaekit.nets import MLP, Conditional, ConditionalPrior, StandardNormal
from vaekit.objectives import ElboTerms, elbo, iwae, kl_standard_normal, score_function_elbo, weighted_loss
from vaekit.persistence import restore, save
from vaekit.schedules import cyclical, linear_warmup
from vaekit.trace import Draw, Latent, Trace, detached, pathwise
from vaekit.training import History, aggressive, fit

__all__ = [
    "MLP",
    "VAE",
    "Autoencoder",
    "Autoregressive",
    "Batch",
    "BernoulliHead",
    "BernoulliPixels",
    "BinnedPixels",
    "CategoricalHead",
    "CategoricalPixels",
    "Conditional",
    "ConditionalPrior",
    "ContinuousBernoulliHead",
    "Dataset",
    "DiscretisedLogistic",
    "DiscretisedLogisticHead",
    "Draw",
    "ElboTerms",
    "GRUDecoder",
    "GRUEncoder",
    "GaussianHead",
    "GridPosterior",
    "History",
    "LanguageModel",
    "Latent",
    "LinearVAE",
    "RatePoint",
    "SharedGaussianHead",
    "StandardNormal",
    "Trace",
    "WindowDecoder",
    "active_units",
    "aggressive",
    "cyclical",
    "detached",
    "elbo",
    "elbo_of",
    "fit",
    "frechet_distance",
    "get_device",
    "grid_log_evidence",
    "grid_posterior",
    "iwae",
    "kl_controlled",
    "kl_direct",
    "kl_squared",
    "kl_standard_normal",
    "linear_rate_distortion",
    "linear_warmup",
    "load_dataset",
    "log_likelihood",
    "marginal_kl",
    "mig",
    "mutual_information",
    "names_to_tokens",
    "pathwise",
    "probe_accuracy",
    "rate_distortion",
    "refine_posterior",
    "restore",
    "save",
    "score_function",
    "score_function_elbo",
    "sticking_the_landing",
    "tokens_to_names",
    "weighted_loss",
    "word_dropout",
]
