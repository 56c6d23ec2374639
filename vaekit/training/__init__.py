"""Training: one loop for every model and loss of the course."""

from vaekit.training.history import History
from vaekit.training.loop import fit

__all__ = ["History", "fit"]
