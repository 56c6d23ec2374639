"""Training: one loop for every model and loss of the course."""

from vaekit.training.aggressive import aggressive
from vaekit.training.history import History
from vaekit.training.loop import fit

__all__ = ["History", "aggressive", "fit"]
