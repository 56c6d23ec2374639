"""Numbers about a trained model."""

from vaekit.metrics.likelihood import log_likelihood

__all__ = ["log_likelihood"]
