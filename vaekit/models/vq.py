"""The vector-quantised autoencoder: a code of discrete indices, and no KL in its loss.

It has no prior while it trains and its code has no distribution, so it returns a result of its own instead of a
`Trace`. With a prior over its indices, fitted afterwards, it generates. Source: van den Oord et al. (2017).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.distributions import Distribution

from vaekit._checks import data_tensor, finite_number, float_tensor, instance, positive_int, same_shape


@dataclass(frozen=True)
class Quantised:
    """One pass through a `VQVAE`.

    Attributes:
        x: the data, `(B, *event)`.
        z_e: what the encoder asked for, `(B, T, L)`.
        e: the nearest rows of the codebook, `(B, T, L)`.
        codes: their indices, `(B, T)`, int64.
        px: p(x|e), batch shape `(B, *event)`.
    """

    x: Tensor
    z_e: Tensor
    e: Tensor
    codes: Tensor
    px: Distribution

    @property
    def log_px(self) -> Float[Tensor, " B"]:
        """The log-likelihood log p(x|e) in nats, summed over the event."""
        return self.px.log_prob(self.x).flatten(1).sum(-1)


class VQVAE(nn.Module):
    """x -> encoder -> T vectors of size L -> nearest rows of a codebook -> decoder -> p(x|e).

    Args:
        encoder: a module that maps x `(B, *event)` to `(B, T * L)`.
        decoder: maps `(B, T * L)` to p(x|e) with batch shape `(B, *event)`.
        positions: T, how many indices make the code of an example.
        codes: C, the rows of the codebook.
        code_dim: L.
    """

    def __init__(self, encoder: nn.Module, decoder: nn.Module, *, positions: int, codes: int, code_dim: int) -> None:
        super().__init__()
        self.encoder, self.decoder = encoder, decoder
        self.positions = positive_int("positions", positions)
        shape = (positive_int("codes", codes, least=2), positive_int("code_dim", code_dim))
        self.codebook = nn.Parameter(torch.empty(shape).uniform_(-1 / codes, 1 / codes))

    def forward(self, x: Tensor) -> Quantised:
        """Return the pass; gradients of the likelihood go straight through to the encoder.

        Raises:
            ValueError: if x is empty or not finite, or the encoder's width is not T * L.
        """
        data_tensor("x", x)
        width = self.positions * self.codebook.shape[1]
        flat = self.encoder(x)
        if flat.shape != (len(x), width):
            raise ValueError(f"encoder: returned shape {tuple(flat.shape)}; expected ({len(x)}, {width})")
        z_e = flat.unflatten(-1, (self.positions, -1))
        codes = self.nearest(z_e)
        e = self.codebook[codes]
        through = z_e + (e - z_e).detach()
        return Quantised(x, z_e, e, codes, self.decoder(through.flatten(1)))

    @torch.no_grad()
    def nearest(self, z_e: Float[Tensor, "B T L"]) -> Int[Tensor, "B T"]:
        """Return the index of the codebook's row that is nearest to each vector."""
        return torch.cdist(z_e, self.codebook.expand(len(z_e), -1, -1)).argmin(-1)

    def decode(self, codes: Int[Tensor, "B T"]) -> Distribution:
        """Return p(x|e) for given indices, such as those that a prior over them has drawn."""
        instance("codes", codes, Tensor, "a torch.Tensor of indices")
        if codes.ndim != 2 or codes.shape[1] != self.positions:
            raise ValueError(f"codes: got shape {tuple(codes.shape)}; expected (B, {self.positions})")
        return self.decoder(self.codebook[codes].flatten(1))

    @torch.no_grad()
    def revive(self, z_e: Float[Tensor, "B T L"], codes: Int[Tensor, "B T"]) -> int:
        """Move every row of the codebook that no vector of a batch chose onto a random vector of that batch.

        Returns:
            How many rows were moved.
        """
        used = torch.bincount(codes.flatten(), minlength=len(self.codebook)) > 0
        dead = (~used).nonzero().squeeze(-1)
        vectors = z_e.flatten(0, 1)
        chosen = torch.randint(len(vectors), (len(dead),), device=vectors.device)
        self.codebook[dead] = vectors[chosen]
        return len(dead)


def vq_loss(result: Quantised, *, beta: float = 0.25) -> Float[Tensor, ""]:
    """The loss to minimise: -log p(x|e) + ‖sg(z_e) - e‖² + β ‖z_e - sg(e)‖², averaged over the batch.

    sg stops the gradient. The first square pulls the codebook to the encoder, the second commits the encoder to the
    codebook; both are summed over the code, as the likelihood is over the event. It is no bound on log p(x).
    Source: van den Oord et al. (2017), equation 3.

    Args:
        result: what a `VQVAE` returned.
        beta: the weight of the commitment, at least 0.

    Returns:
        The loss in nats, `()`.

    Raises:
        ValueError: if `beta` is negative or not finite.
    """
    instance("result", result, Quantised, "the Quantised that a VQVAE returns")
    weight = finite_number("beta", beta, low=0.0)
    same_shape("e", float_tensor("e", result.e), "z_e", float_tensor("z_e", result.z_e))
    codebook = (result.z_e.detach() - result.e).square().flatten(1).sum(-1)
    commitment = (result.z_e - result.e.detach()).square().flatten(1).sum(-1)
    return (codebook + weight * commitment - result.log_px).mean()


def code_perplexity(codes: Int[Tensor, "B T"], num_codes: int) -> float:
    """The exponential of the entropy of the indices: C if all are used alike, 1 if one alone is used.

    Args:
        codes: indices from 0 to C - 1, any shape.
        num_codes: C.

    Returns:
        A number from 1 to C.

    Raises:
        ValueError: if an index lies outside 0 to C - 1.
    """
    if codes.numel() == 0 or codes.min() < 0 or codes.max() >= positive_int("num_codes", num_codes):
        raise ValueError(f"codes: got {codes.numel()} indices; expected at least one, all from 0 to {num_codes - 1}")
    share = torch.bincount(codes.flatten(), minlength=num_codes).double() / codes.numel()
    return torch.exp(-torch.xlogy(share, share).sum()).item()
