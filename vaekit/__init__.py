"""vaekit: variational autoencoders, as the course derives them.

A model is three modules that return torch distributions; an objective is a function of the model.
"""

from vaekit.data import Batch, Dataset, load_dataset
from vaekit.device import get_device
from vaekit.distributions import BernoulliPixels, BinnedPixels, CategoricalPixels, DiscretisedLogistic
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
from vaekit.metrics import frechet_distance, log_likelihood, probe_accuracy
from vaekit.models import VAE, Autoencoder, LinearVAE
from vaekit.nets import MLP, Conditional, ConditionalPrior, StandardNormal
from vaekit.objectives import ElboTerms, elbo, iwae, kl_standard_normal, score_function_elbo, weighted_loss
from vaekit.persistence import restore, save
from vaekit.trace import Draw, Latent, Trace, detached, pathwise
from vaekit.training import History, fit

__all__ = [
    "MLP",
    "VAE",
    "Autoencoder",
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
    "GaussianHead",
    "GridPosterior",
    "History",
    "Latent",
    "LinearVAE",
    "SharedGaussianHead",
    "StandardNormal",
    "Trace",
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
    "load_dataset",
    "log_likelihood",
    "pathwise",
    "probe_accuracy",
    "refine_posterior",
    "restore",
    "save",
    "score_function",
    "score_function_elbo",
    "sticking_the_landing",
    "weighted_loss",
]
