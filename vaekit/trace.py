"""What a model returns: the distributions it used and the latents it drew.

A *trace* is one pass of an encoder and a decoder, kept as distributions. Every objective is a
function of it, and no objective needs to know which model made it.

Shapes, here and everywhere: K samples, B examples. `z: (K, B, *latent)`, log densities `(K, B)`
in nats, KL terms `(K, B, G)` where the G groups are the latent dimensions if q and p factorise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.distributions import Distribution, OneHotCategorical, kl_divergence

from vaekit._checks import instance

Draw = Callable[[Distribution, torch.Size], Tensor]
"""How z is drawn from q: `draw(q, (K,))` at the first level, `draw(q, ())` at those above it."""


def pathwise(q: Distribution, shape: torch.Size) -> Tensor:
    """Draw by reparameterisation, so that gradients reach the parameters of q through z.

    Args:
        q: a distribution with `rsample`, such as a Gaussian.
        shape: the sample shape to put in front, `(K,)` or `()`.

    Returns:
        A sample of shape `(*shape, *q.batch_shape, *q.event_shape)`.

    Raises:
        TypeError: if q cannot be reparameterised (a discrete q, for instance).
    """
    _check_draw(q, shape)
    if not q.has_rsample:
        raise TypeError(
            f"q: {type(q).__name__} has no reparameterised sample; expected a distribution with rsample "
            "(for a discrete q use a score-function or a relaxed draw)"
        )
    return q.rsample(shape)


def detached(q: Distribution, shape: torch.Size) -> Tensor:
    """Draw without a path back to the parameters of q: right for evaluation and score functions.

    Args:
        q: any distribution.
        shape: the sample shape to put in front, `(K,)` or `()`.

    Returns:
        A sample of shape `(*shape, *q.batch_shape, *q.event_shape)`, without a gradient.
    """
    _check_draw(q, shape)
    return q.sample(shape)


def _check_draw(q: object, shape: object) -> None:
    instance("q", q, Distribution, "a torch.distributions.Distribution")
    instance("shape", shape, tuple, "a torch.Size such as torch.Size([K])")


def _sum_to_kb(log_prob: Tensor) -> Tensor:
    """Sum a log density over everything behind the sample and batch axes."""
    return log_prob.flatten(2).sum(-1) if log_prob.ndim > 2 else log_prob


@dataclass(frozen=True)
class Latent:
    """One level of latents: the draw `z`, the posterior `q` it was drawn from and its prior `p`.

    Attributes:
        z: the draw, `(K, B, *latent)`.
        q: the approximate posterior, batch shape `(B, *latent)` or, above the first level, `(K, B, *latent)`.
        p: the prior, a batch shape that broadcasts against that of q.
    """

    z: Tensor
    q: Distribution
    p: Distribution

    @property
    def log_q(self) -> Float[Tensor, "K B"]:
        """The log density log q(z|x) in nats, summed over the latent dimensions.

        Raises:
            ValueError: if z is a relaxed draw of a categorical, which has no density under it.
        """
        return self._log_density(self.q)

    @property
    def log_p(self) -> Float[Tensor, "K B"]:
        """The log density log p(z) in nats, summed over the latent dimensions; raises where `log_q` does."""
        return self._log_density(self.p)

    @property
    def kl(self) -> Float[Tensor, "K B G"]:
        """KL(q ‖ p) in nats per group: closed form where torch knows one, else log q - log p at z.

        The closed form does not depend on the draw at this level and is repeated over K. A group is
        a latent dimension if both distributions factorise; otherwise there is one group. The closed form holds only
        where neither q nor p depends on this level's own draw, as in inference from the top down.
        """
        try:
            kl = kl_divergence(self.q, self.p)
        except NotImplementedError:
            return self._sampled_kl()
        if kl.ndim < self.z.ndim - len(self.q.event_shape):  # q has no sample axis of its own
            kl = kl.expand(len(self.z), *kl.shape)
        return kl.flatten(2) if kl.ndim > 2 else kl.unsqueeze(-1)

    def _log_density(self, of: Distribution) -> Tensor:
        if isinstance(of, OneHotCategorical) and not self.z.is_meta and not ((self.z == 0) | (self.z == 1)).all():
            raise ValueError(
                "z: a relaxed draw, between the classes, has no probability under a OneHotCategorical; expected a "
                "one-hot z (draw with hard=True, straight_through or detached). The KL needs no draw and stays exact"
            )
        return _sum_to_kb(of.log_prob(self.z))

    def _sampled_kl(self) -> Tensor:
        log_q, log_p = self.q.log_prob(self.z), self.p.log_prob(self.z)
        if log_q.ndim > 2 and log_q.shape == log_p.shape:
            return (log_q - log_p).flatten(2)
        return (_sum_to_kb(log_q) - _sum_to_kb(log_p)).unsqueeze(-1)


@dataclass(frozen=True)
class Trace:
    """One pass through a model: the data, the decoder's distribution and every level of latents.

    Attributes:
        x: the data, `(B, *event)`.
        px: the likelihood p(x|z), batch shape `(K, B, *event)`.
        latents: the levels, from the one next to the data upward.
    """

    x: Tensor
    px: Distribution
    latents: tuple[Latent, ...]

    @property
    def log_px(self) -> Float[Tensor, "K B"]:
        """The log-likelihood log p(x|z) in nats, summed over the event.

        Raises:
            ValueError: if px does not have the shape of the data, so that they would broadcast.
        """
        shape = self.px.batch_shape + self.px.event_shape
        if shape[1:] != self.x.shape:
            came, wanted = tuple(shape), tuple(self.x.shape)
            raise ValueError(f"px: got shape {came}; expected (K, *x.shape), where x has shape {wanted}")
        return _sum_to_kb(self.px.log_prob(self.x))

    @property
    def log_q(self) -> Float[Tensor, "K B"]:
        """The log density log q(z|x) in nats, summed over the levels."""
        return torch.stack([latent.log_q for latent in self.latents]).sum(0)

    @property
    def log_w(self) -> Float[Tensor, "K B"]:
        """The log importance weight log p(x|z) + log p(z) - log q(z|x), whose mean over K is the ELBO.

        Source: Burda et al. (2016), equation 8.
        """
        log_p = torch.stack([latent.log_p for latent in self.latents]).sum(0)
        return self.log_px + log_p - self.log_q
