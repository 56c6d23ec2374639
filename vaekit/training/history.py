"""What happened in training."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class History:
    """One entry an epoch.

    Attributes:
        loss: the mean training loss, weighted by batch size.
        validation: the mean validation loss; empty without validation data.
        seconds: the wall time of the epoch, validation included.
    """

    loss: list[float] = field(default_factory=list)
    validation: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def __len__(self) -> int:
        """Return the number of finished epochs."""
        return len(self.loss)
