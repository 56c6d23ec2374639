"""Numbers about a trained model."""

from vaekit.metrics.active_units import active_units
from vaekit.metrics.effective_samples import effective_sample_size
from vaekit.metrics.frechet import frechet_distance
from vaekit.metrics.likelihood import log_likelihood
from vaekit.metrics.mig import mig
from vaekit.metrics.mutual_information import marginal_kl, mutual_information
from vaekit.metrics.probe import probe_accuracy
from vaekit.metrics.rate_distortion import RatePoint, linear_rate_distortion, rate_distortion

__all__ = [
    "RatePoint",
    "active_units",
    "effective_sample_size",
    "frechet_distance",
    "linear_rate_distortion",
    "log_likelihood",
    "marginal_kl",
    "mig",
    "mutual_information",
    "probe_accuracy",
    "rate_distortion",
]
