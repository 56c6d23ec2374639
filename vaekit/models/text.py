"""Text: an encoder that reads tokens, a language model, and word dropout. The decoders are in `token_decoders`."""

from __future__ import annotations

from dataclasses import replace

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn
from torch.distributions import Normal

from vaekit._checks import data_tensor, finite_number, instance, positive_int, tokens_tensor
from vaekit.data.names import VOCABULARY
from vaekit.distributions import Autoregressive
from vaekit.estimators import Model
from vaekit.heads import GaussianHead
from vaekit.trace import Draw, Trace, pathwise


class GRUEncoder(nn.Module):
    """q(z|x): a gated recurrent unit reads the tokens, and a `GaussianHead` the state it has at the end of the name.

    Args:
        latent_dim: L.
        hidden: the width of the state.
        embedding: the width of a token's vector.
        vocabulary: V.
    """

    reads_tokens = True

    def __init__(self, latent_dim: int, *, hidden: int = 64, embedding: int = 16, vocabulary: int = VOCABULARY) -> None:
        super().__init__()
        self.embedding = nn.Embedding(
            positive_int("vocabulary", vocabulary, least=2), positive_int("embedding", embedding)
        )
        self.gru = nn.GRU(embedding, positive_int("hidden", hidden), batch_first=True)
        self.head = GaussianHead(hidden, positive_int("latent_dim", latent_dim))

    def forward(self, x: Int64[Tensor, "B T"], context: Tensor | None = None) -> Normal:
        """Return q(z|x), batch shape `(B, L)`; `context` is ignored. What stands behind the end is not read.

        Raises:
            TypeError: if x is not int64.
            ValueError: if x does not have two axes, or a token is not one of the V.
        """
        tokens_tensor("x", x, vocabulary=self.embedding.num_embeddings, ndim=2)
        states, _ = self.gru(self.embedding(x))  # (B, T, H)
        end = (x != 0).long().cumprod(-1).sum(-1).clamp(max=x.shape[1] - 1)  # (B,), the first 0 or the last token
        return self.head(states.gather(1, end.view(-1, 1, 1).expand(-1, 1, states.shape[-1])).squeeze(1))


class LanguageModel(nn.Module):
    """p(x) without a latent: the same decoder, given nothing. What a collapsed VAE amounts to, and its fair baseline.

    Args:
        decoder: one that was made with `latent_dim=0`, such as `GRUDecoder(0)`.
    """

    def __init__(self, decoder: nn.Module) -> None:
        super().__init__()
        if (latents := getattr(decoder, "latent_dim", None)) != 0:
            raise ValueError(f"decoder: got latent_dim {latents}; expected 0, a decoder that reads no latent")
        self.decoder = decoder

    def forward(self, num: int = 1) -> Autoregressive:
        """Return p(x), the same for each of `num` rows: batch shape `(num,)`."""
        like = next(self.decoder.parameters())
        return self.decoder(torch.empty(positive_int("num", num), 0, dtype=like.dtype, device=like.device))

    def log_px(self, x: Int64[Tensor, "B T"]) -> Float[Tensor, " B"]:
        """Return log p(x) in nats, exactly; its negative mean is the loss.

        Raises:
            TypeError: if x is not int64.
            ValueError: if x is empty, or not made of sequences that exist.
        """
        return self(len(data_tensor("x", x, tokens=True))).log_prob(x)

    def sample(self, num: int) -> Int64[Tensor, "num T"]:
        """Draw sequences, `(num, T)`."""
        return self(num).sample()


def word_dropout(model: Model, rate: float) -> Model:
    """The model whose decoder reads, in place of x, a copy in which each token is hidden with probability `rate`.

    It is called as the model is, so `elbo(word_dropout(model, 0.5), x)` returns the terms to train on. They bound the
    log-likelihood of a decoder that always reads names with holes. The model that is used and judged reads whole ones:
    for it they are *no bound*, only a loss. Source: Bowman et al. (2016), section 3.1.

    Args:
        model: a `VAE` whose decoder returns an `Autoregressive` and understands token V as a hidden one.
        rate: from 0 to 1. One copy is drawn at each call, and the same for all K samples.

    Returns:
        A callable that returns a `Trace`; its `px` is `model`'s, reading the copy.

    Raises:
        ValueError: if `rate` is not in [0, 1].
    """
    if finite_number("rate", rate, low=0.0) > 1:
        raise ValueError(f"rate: got {rate}; expected a probability from 0 to 1")

    def corrupted(x: Tensor, num_samples: int = 1, *, context: Tensor | None = None, draw: Draw = pathwise) -> Trace:
        trace = model(x, num_samples, context=context, draw=draw)
        instance("model", trace.px, Autoregressive, "one whose decoder returns an Autoregressive")
        dropped = torch.rand(x.shape, device=x.device) < rate
        return replace(trace, px=trace.px.reading(x.masked_fill(dropped, trace.px.vocabulary)))

    return corrupted
