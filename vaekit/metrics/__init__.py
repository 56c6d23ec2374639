"""Numbers about a trained model."""

from vaekit.metrics.frechet import frechet_distance
from vaekit.metrics.likelihood import log_likelihood
from vaekit.metrics.probe import probe_accuracy

__all__ = ["frechet_distance", "log_likelihood", "probe_accuracy"]
