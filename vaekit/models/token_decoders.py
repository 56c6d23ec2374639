"""Decoders of text: each writes a sequence token by token, and they differ in how far back they read.

The further a decoder reads, the better it writes without a latent, and the less a latent is worth to it.
"""

from __future__ import annotations

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn
from torch.nn.functional import pad

from vaekit._checks import float_tensor, positive_int
from vaekit.data.names import LENGTH, VOCABULARY
from vaekit.distributions import Autoregressive


class _Decoder(nn.Module):
    """What both decoders share: the tokens that a position may read, and the distribution that the logits mean."""

    def __init__(self, latent_dim: int, embedding: int, length: int, vocabulary: int) -> None:
        super().__init__()
        self.latent_dim = positive_int("latent_dim", latent_dim, least=0)
        self.length, self.vocabulary = positive_int("length", length), positive_int("vocabulary", vocabulary, least=2)
        self.embedding = nn.Embedding(vocabulary + 1, positive_int("embedding", embedding))  # the last: a hidden token

    def forward(self, z: Float[Tensor, "*batch L"], context: Tensor | None = None) -> Autoregressive:
        """Return p(x|z), batch shape `z.shape[:-1]` and event shape `(T,)`; `context` is ignored.

        Raises:
            TypeError: if z is not of the parameters' floating-point type.
            ValueError: if its last axis is not L wide.
        """
        if float_tensor("z", z, like=self.embedding.weight).shape[-1:] != (self.latent_dim,):
            raise ValueError(f"z: got shape {tuple(z.shape)}; expected (..., {self.latent_dim})")
        return Autoregressive(
            lambda tokens: self.logits(tokens, z),
            z.shape[:-1],
            length=self.length,
            vocabulary=self.vocabulary,
            device=z.device,
        )

    def logits(self, tokens: Int64[Tensor, "*shape T"], z: Float[Tensor, "*batch L"]) -> Float[Tensor, "*shape T V"]:
        """Return the logits of every token given z and the tokens before it; `vocabulary` itself is a hidden token."""
        rows = tokens.reshape(-1, tokens.shape[-1])
        z = z.expand(*tokens.shape[:-1], self.latent_dim).reshape(len(rows), self.latent_dim)
        before = pad(rows, (1, 0))[:, :-1]  # a name begins as if another had just ended
        return self._logits(before, z).reshape(*tokens.shape, self.vocabulary)

    def _logits(self, before: Int64[Tensor, "N T"], z: Float[Tensor, "N L"]) -> Float[Tensor, "N T V"]:
        """Return the logits of each token; `before` is the row of tokens, one place later."""
        raise NotImplementedError


class GRUDecoder(_Decoder):
    """p(x|z): a gated recurrent unit that remembers all tokens so far. It can write well without z.

    z sets the state in which it begins, and stands beside every token that it reads.

    Args:
        latent_dim: L; 0 for a decoder without a latent, which `LanguageModel` needs.
        hidden: the width of the state.
        embedding: the width of a token's vector.
        length: T.
        vocabulary: V.
    """

    def __init__(
        self,
        latent_dim: int,
        *,
        hidden: int = 64,
        embedding: int = 16,
        length: int = LENGTH,
        vocabulary: int = VOCABULARY,
    ) -> None:
        super().__init__(latent_dim, embedding, length, vocabulary)
        positive_int("hidden", hidden)
        self.start = nn.Linear(latent_dim, hidden) if latent_dim else None
        self.gru = nn.GRU(embedding + latent_dim, hidden, batch_first=True)
        self.out = nn.Linear(hidden, vocabulary)

    def _logits(self, before: Int64[Tensor, "N T"], z: Float[Tensor, "N L"]) -> Float[Tensor, "N T V"]:
        beside = z.unsqueeze(1).expand(-1, before.shape[1], -1)
        state = self.start(z).tanh().unsqueeze(0) if self.start is not None else None
        return self.out(self.gru(torch.cat([self.embedding(before), beside], -1), state)[0])


class WindowDecoder(_Decoder):
    """p(x|z): a layer that sees z, the position, and only the last few tokens. What is further back, z has to tell it.

    With `window=0` the tokens are independent given z, but for the end. Weakening a decoder by what it may read, not
    by its size, is the remedy of Chen et al. (2017) and Yang et al. (2017).

    Args:
        latent_dim: L; 0 for a decoder without a latent, which `LanguageModel` needs.
        window: how many of the last tokens it sees.
        hidden: the width of the layer.
        embedding: the width of a token's vector.
        length: T.
        vocabulary: V.
    """

    def __init__(
        self,
        latent_dim: int,
        *,
        window: int = 2,
        hidden: int = 64,
        embedding: int = 16,
        length: int = LENGTH,
        vocabulary: int = VOCABULARY,
    ) -> None:
        super().__init__(latent_dim, embedding, length, vocabulary)
        self.window = positive_int("window", window, least=0)
        self.hidden = nn.Linear(window * embedding + latent_dim + length, positive_int("hidden", hidden))
        self.out = nn.Linear(hidden, vocabulary)

    def _logits(self, before: Int64[Tensor, "N T"], z: Float[Tensor, "N L"]) -> Float[Tensor, "N T V"]:
        number, length = before.shape
        position = torch.eye(length, dtype=z.dtype, device=z.device).expand(number, -1, -1)
        seen = [z.unsqueeze(1).expand(-1, length, -1), position]
        if self.window:
            padded = pad(self.embedding(before), (0, 0, self.window - 1, 0))  # (N, window - 1 + T, E)
            seen.append(padded.unfold(1, self.window, 1).flatten(2))
        return self.out(torch.relu(self.hidden(torch.cat(seen, -1))))
