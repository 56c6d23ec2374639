"""Sequences of tokens, each drawn given those before it."""

from __future__ import annotations

from collections.abc import Callable

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor
from torch.distributions import Categorical, Distribution, constraints

from vaekit._checks import instance, positive_int, tokens_tensor

Network = Callable[[Tensor], Tensor]


class Autoregressive(Distribution):
    """A sequence of up to T tokens with probability P(x) = Π_t P(x_t | x_1 … x_{t-1}); token 0 ends it.

    Behind the first 0 a sequence has only zeros. They are padding and cost nothing, so that the probabilities of all
    sequences sum to one: those that end within T tokens, and those that fill all T without an end, each of which stands
    for everything that begins so.

    Args:
        network: maps tokens `(*shape, T)` to logits `(*shape, T, V)`, where `*shape` ends with the batch shape. It must
            be causal: the logits at position t depend on the tokens before t alone, not on token t itself.
        batch_shape: the batch shape, such as `(K, B)`.
        length: T.
        vocabulary: V, the end included.
        device: where samples are made; the CPU if `None`.
        validate_args: whether values are checked; torch's setting unless given.
    """

    arg_constraints = {}  # noqa: RUF012 - the protocol of torch.distributions
    has_rsample = False

    def __init__(
        self,
        network: Network,
        batch_shape: torch.Size | tuple[int, ...],
        *,
        length: int,
        vocabulary: int,
        device: torch.device | str | None = None,
        validate_args: bool | None = None,
    ) -> None:
        instance("network", network, Callable, "a function of tokens")
        self.network, self.device = network, torch.device(device or "cpu")
        self.vocabulary = positive_int("vocabulary", vocabulary, least=2)
        event_shape = torch.Size([positive_int("length", length)])
        super().__init__(torch.Size(batch_shape), event_shape, validate_args=validate_args)

    @property
    def support(self) -> constraints.Constraint:
        """Tokens from 0 to V - 1. `log_prob` also refuses letters behind an end."""
        return constraints.independent(constraints.integer_interval(0, self.vocabulary - 1), 1)

    def log_prob(self, value: Int64[Tensor, "*value T"]) -> Float[Tensor, "*shape"]:
        """Return log P(value) in nats, exactly, in one pass of the network, which reads `value` itself.

        Raises:
            TypeError: if the tokens are not int64.
            ValueError: if a token is not one of the V, or stands behind an end (that sequence does not exist), and
                validation is on, as it is by default.
        """
        tokens_tensor("x", value)
        if self._validate_args:
            self._validate_sample(value)
        shape = torch.broadcast_shapes(value.shape, self.batch_shape + self.event_shape)
        value = value.expand(shape)
        log_p = self.network(value).log_softmax(-1)
        each = log_p.gather(-1, value.unsqueeze(-1)).squeeze(-1)
        return each.masked_fill(_is_padding(value), 0.0).sum(-1)

    def reading(self, read: Int64[Tensor, "*read T"]) -> Autoregressive:
        """Return the distribution of the tokens when the network reads `read` in place of what came before.

        With a corrupted copy of x as `read`, its log_prob(x) is what word dropout trains. It is a distribution, too,
        but not this one: given `read`, the tokens no longer depend on one another, but for the end.
        Source: Bowman et al. (2016), section 3.

        Args:
            read: tokens that the network understands; they broadcast against the batch shape.
        """
        tokens_tensor("read", read)
        return self._like(self.batch_shape, lambda tokens: self.network(read.expand_as(tokens)))

    @torch.no_grad()
    def sample(self, sample_shape: torch.Size | tuple[int, ...] = ()) -> Int64[Tensor, "*shape T"]:
        """Draw sequences token by token, `(*sample_shape, *batch_shape, T)`: T passes of the network."""
        return self._unroll(torch.Size(sample_shape), lambda logits: Categorical(logits=logits).sample())

    @torch.no_grad()
    def greedy(self) -> Int64[Tensor, "*batch T"]:
        """Return, token by token, the most probable one: often near the most probable sequence, but not always it."""
        return self._unroll(torch.Size(), lambda logits: logits.argmax(-1))

    def expand(self, batch_shape: torch.Size | tuple[int, ...], _instance: object = None) -> Autoregressive:
        """Return the same distribution with a larger batch shape, to which the present one broadcasts."""
        return self._like(torch.Size(batch_shape), self.network)

    def _unroll(self, sample_shape: torch.Size, choose: Callable[[Tensor], Tensor]) -> Tensor:
        shape = self._extended_shape(sample_shape)
        tokens = torch.zeros(shape, dtype=torch.int64, device=self.device)
        alive = torch.ones(shape[:-1], dtype=torch.bool, device=self.device)
        for t in range(shape[-1]):
            tokens[..., t] = torch.where(alive, choose(self.network(tokens)[..., t, :]), 0)
            alive = alive & (tokens[..., t] != 0)
        return tokens

    def _like(self, batch_shape: torch.Size, network: Network) -> Autoregressive:
        (length,) = self.event_shape
        return Autoregressive(
            network,
            batch_shape,
            length=length,
            vocabulary=self.vocabulary,
            device=self.device,
            validate_args=self._validate_args,
        )

    def _validate_sample(self, value: Tensor) -> None:
        tokens_tensor("x", value, vocabulary=self.vocabulary)
        super()._validate_sample(value)
        if not value.is_meta and (_is_padding(value) & (value != 0)).any():
            raise ValueError("x: got a letter behind the end of a sequence; expected only zeros from the first 0 on")


def _is_padding(tokens: Int64[Tensor, "*shape T"]) -> Bool[Tensor, "*shape T"]:
    """Whether a position lies behind the first 0."""
    ends = tokens == 0
    return (ends.cumsum(-1) - ends.long()) > 0
