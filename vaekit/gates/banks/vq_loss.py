"""The right two squares of a vector-quantised autoencoder, and the wrong ones.

Many differ only in which tensor gets which gradient. To exchange the stop-gradients is to exchange the weights.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from vaekit.gates.banks.squared_errors import Of, any_squared_error
from vaekit.gates.task import wrong


def solution(z_e: Tensor, e: Tensor, beta: float) -> Tensor:
    """Each square has one side that moves: the code in the first, the encoder in the second."""
    codebook = (z_e.detach() - e).square().mean()
    commitment = (z_e - e.detach()).square().mean()
    return codebook + beta * commitment


def _exchanged(z_e: Tensor, e: Tensor, beta: float) -> Tensor:
    codebook = (z_e - e.detach()).square().mean()
    commitment = (z_e.detach() - e).square().mean()
    return codebook + beta * commitment


def _squares(z: Tensor, e: Tensor, beta: float, of: Of = torch.square) -> Tensor:
    """Both terms for each number, `(B, L)`."""
    return of(z.detach() - e) + beta * of(z - e.detach())


def _code(z: Tensor, e: Tensor) -> Tensor:
    return F.mse_loss(z.detach(), e)


def _commit(z: Tensor, e: Tensor) -> Tensor:
    return F.mse_loss(z, e.detach())


def _through(z: Tensor, e: Tensor) -> Tensor:
    """What the decoder gets: the value of the code, with the gradient of the encoder."""
    return z + (e - z).detach()


BROKEN = _exchanged
BANK = (
    wrong(
        "beta-on-the-wrong-term",
        "beta weighs the square that moves the codebook, and the one that moves the encoder has weight 1. A small beta "
        "then slows the codebook down, where it should leave the encoder free. Which tensor does each of your squares "
        "let move?",
        _exchanged,
    ),
    wrong(
        "nothing-detached",
        "Nothing is detached, so both tensors get the gradient of both squares, 1 + beta: the encoder runs after the "
        "code as fast as the code after the encoder. Which tensor is held in each square?",
        lambda z, e, b: (1 + b) * F.mse_loss(z, e),
    ),
    wrong(
        "codebook-term-moves-the-encoder",
        "The first square moves the encoder as well, so even beta = 0 would not leave it free. Which tensor is to be "
        "held in the codebook's term?",
        lambda z, e, b: F.mse_loss(z, e) + b * _commit(z, e),
    ),
    wrong(
        "commitment-moves-the-codebook",
        "The commitment moves the codebook as well, so beta changes how fast the codes learn. Which tensor is to be "
        "held in the commitment?",
        lambda z, e, b: _code(z, e) + b * F.mse_loss(z, e),
    ),
    wrong(
        "straight-through-before-the-loss",
        "The code has been replaced by z_e + (e - z_e).detach() before the squares. It has the value of e and the "
        "gradient of z_e, so the codebook never moves and the encoder is pushed the wrong way. Which tensor does the "
        "decoder need, and which the loss?",
        lambda z, e, b: solution(z, _through(z, e), b),
        lambda z, e, b: _code(z, _through(z, e)) + b * F.mse_loss(z, _through(z, e)),
    ),
    wrong(
        "encoder-detached",
        "The value is right and no gradient reaches z_e: nothing keeps the encoder near the codes it uses, and its "
        "output may grow without end. In which square does z_e move?",
        lambda z, e, b: solution(z.detach(), e, b),
        lambda z, e, b: (1 + b) * _code(z, e),
    ),
    wrong(
        "codebook-detached",
        "The value is right and no gradient reaches e: the codebook stays as it was drawn at the start. In which "
        "square does e move?",
        lambda z, e, b: solution(z, e.detach(), b),
        lambda z, e, b: (1 + b) * _commit(z, e),
        lambda z, e, b: F.mse_loss(z.detach(), e.detach()) * b + _commit(z, e),
    ),
    wrong(
        "detached",
        "The value is right and no gradient passes: neither codebook nor encoder learns. Which side of each square "
        "is held, and which is not?",
        lambda z, e, b: solution(z, e, b).detach(),
    ),
    wrong(
        "commitment-missing",
        "It is the codebook's term alone. The encoder is not tied to its codes and may run away from them. Which term "
        "has beta as its weight?",
        lambda z, e, b: _code(z, e),
    ),
    wrong(
        "codebook-term-missing",
        "It is the commitment alone, so nothing moves the codebook. (Where running means move the codes, that is "
        "meant; here the loss has to.) Which term has weight 1?",
        lambda z, e, b: b * _commit(z, e),
        lambda z, e, b: _commit(z, e),
    ),
    wrong(
        "one-square-for-both",
        "It is a single square in which both tensors move at the same rate. How far each of them moves is what the "
        "two terms and beta are for. What does each term hold still?",
        lambda z, e, b: F.mse_loss(z, e),
        lambda z, e, b: b * F.mse_loss(z, e),
    ),
    wrong(
        "beta-ignored",
        "beta changes nothing: both terms have the same weight, whatever is asked for. By how much does the loss rise "
        "when beta rises by 1?",
        lambda z, e, b: solution(z, e, 1.0),
        lambda z, e, b: 2 * F.mse_loss(z, e),
        lambda z, e, b: solution(z, e, 0.25),
    ),
    wrong(
        "beta-on-both",
        "beta weighs both terms, so it changes the learning rate and not the balance of codebook and encoder. Which "
        "term has weight 1?",
        lambda z, e, b: b * solution(z, e, 1.0),
    ),
    wrong(
        "weights-sum-to-one",
        "The weights add up to 1, so beta changes how fast the codes move. What is the weight of the codebook's term?",
        lambda z, e, b: (1 - b) * _code(z, e) + b * _commit(z, e),
        lambda z, e, b: b * _code(z, e) + (1 - b) * _commit(z, e),
        lambda z, e, b: solution(z, e, b) / (1 + b),
    ),
    wrong(
        "beta-transformed",
        "The commitment is weighed by another number than beta: its square, its root or its double, say. By how much "
        "does the loss rise when beta rises by 1?",
        lambda z, e, b: solution(z, e, b**2),
        lambda z, e, b: solution(z, e, b**0.5),
        lambda z, e, b: solution(z, e, 2 * b),
        lambda z, e, b: solution(z, e, math.exp(b)),
    ),
    wrong(
        "beta-added",
        "beta is added to the loss, not multiplied with a term: a constant, which training never sees. What is beta "
        "the weight of?",
        lambda z, e, b: solution(z, e, 1.0) + b,
    ),
    wrong(
        "terms-subtracted",
        "One term is subtracted from the other. One of the two tensors is then driven away from its partner without "
        "end. Which of the squares are costs?",
        lambda z, e, b: solution(z, e, -b),
        lambda z, e, b: b * _commit(z, e) - _code(z, e),
    ),
    wrong(
        "reduced-differently",
        "One term is summed where the other is averaged, so the effective beta depends on a size that nobody chose. "
        "Over what is each square averaged?",
        lambda z, e, b: _code(z, e) + b * (z - e.detach()).square().sum(-1).mean(),
        lambda z, e, b: (z.detach() - e).square().sum(-1).mean() + b * _commit(z, e),
        lambda z, e, b: _code(z, e) + b * (z - e.detach()).square().sum(),
        lambda z, e, b: (z.detach() - e).square().sum() + b * _commit(z, e),
    ),
    wrong(
        "straight-through-returned",
        "It returns the straight-through code, which is what the decoder gets: the value of e with the gradient of "
        "z_e. The loss is another thing, one number. How far are z_e and e apart?",
        lambda z, e, b: _through(z, e),
    ),
    wrong(
        "all-pairs",
        "Broadcasting compares every z_e with the codes of all examples. Which row of e belongs to a row of z_e?",
        lambda z, e, b: _squares(z[:, None], e[None], b).mean(),
    ),
    wrong(
        "normalised-vectors",
        "The vectors are scaled to length 1 first. Some methods do; here codes of another length than z_e would then "
        "cost nothing. Which difference is squared?",
        lambda z, e, b: solution(F.normalize(z, dim=-1), F.normalize(e, dim=-1), b),
    ),
    wrong(
        "random-result",
        "It is random. The code has been chosen before; what is left is arithmetic. Which part is drawn?",
        lambda z, e, b: solution(z + 0.1 * torch.randn_like(z, device=z.device), e, b),
    ),
    *any_squared_error(_squares),
)
