"""Levels of latents whose KL is not that of a plain `Latent`: the type says which, so that no objective has to ask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

from jaxtyping import Float
from torch import Tensor

from vaekit.trace import Latent


class SampledLatent(Latent):
    """A level whose prior p depends on a draw that was made *from* z, as in inference from the bottom up.

    There E[log q(z) - log p(z)] is not E[KL(q ‖ p)]: the closed form averages over a z that p has never seen, while p
    moves along with the z that was drawn. So the KL is always log q - log p at the draw itself; it may be negative.
    """

    @property
    def kl(self) -> Float[Tensor, "K B G"]:
        """The log density ratio log q - log p at z in nats, per group; its mean over draws is the level's rate."""
        return self._sampled_kl()


@dataclass(frozen=True)
class StepLatent(Latent):
    """One level that stands for `weight` levels, of which it was drawn with equal probability.

    Its KL times `weight` has the sum over all of them as its mean, so a bound that is linear in the KLs stays unbiased.
    A density of all levels together it has not, nor a log importance weight.

    Args:
        z: the draw, `(K, B, *latent)`.
        q: the approximate posterior of the level that was drawn.
        p: its prior.
        weight: how many levels it stands for.
    """

    weight: int

    @property
    def kl(self) -> Float[Tensor, "K B G"]:
        """`weight` times KL(q ‖ p) in nats per group, in closed form."""
        return self.weight * super().kl

    @property
    def log_q(self) -> Float[Tensor, "K B"]:
        """Refused: one step has no density of the whole chain.

        Raises:
            ValueError: always.
        """
        self._refuse("log_q")

    @property
    def log_p(self) -> Float[Tensor, "K B"]:
        """Refused, as `log_q` is.

        Raises:
            ValueError: always.
        """
        self._refuse("log_p")

    def _refuse(self, name: str) -> NoReturn:
        raise ValueError(
            f"{name}: got one step drawn from {self.weight}, which has no density of the chain, so there is no log_w "
            "either; expected a trace of every level, such as model.chain(x). For the ELBO one step is enough"
        )
