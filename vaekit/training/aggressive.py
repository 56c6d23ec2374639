"""Aggressive training of the encoder: it catches up before every step of the decoder (He et al., 2019)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from vaekit._checks import finite_number, instance, positive_int
from vaekit.data import Batch, Dataset
from vaekit.training.loop import LossFn


def aggressive(
    loss_fn: LossFn,
    encoder: nn.Module,
    data: Dataset,
    *,
    steps: int,
    inner_steps: int = 50,
    window: int = 10,
    lr: float = 1e-3,
) -> LossFn:
    """A loss for `fit` before whose first `steps` calls the encoder alone is trained until it stops improving.

    In each of these calls it descends on `loss_fn` over fresh batches of `data`, with an Adam of its own. The loss of
    every `window` inner steps is averaged, and the inner loop ends when this average is not below the one before, or
    after `inner_steps`. The loss that is returned is then that of the whole model, as ever. Source: He et al. (2019),
    algorithm 1, with two simplifications: the outer step moves the encoder as well as the decoder, and the phase
    ends after a given number of steps, not when the mutual information on held-out data stops climbing.

    The encoder's own Adam is not part of a checkpoint of `fit`: a run that is resumed begins it afresh, and so does
    not repeat an unbroken one bit for bit while the phase lasts. Without an interruption, runs repeat exactly.

    Args:
        loss_fn: `loss_fn(model, batch, step)`, as `fit` takes it. In the inner loop it gets the outer step's number.
        encoder: the module whose parameters the inner loop changes, `model.encoder`. It changes no others.
        data: where the inner batches come from, of the size of the outer one: the training data.
        steps: for how many outer steps the encoder goes first.
        inner_steps: the most inner steps before an outer one; 0 gives `loss_fn` itself.
        window: inner steps over which a loss is averaged before it is compared.
        lr: the learning rate of the inner loop.

    Returns:
        A loss function. Without gradients, as in a validation, it is `loss_fn`.

    Raises:
        ValueError: if a number is out of range.
        FloatingPointError: if an inner loss or gradient is not finite; the encoder stays as it was before that step.
    """
    instance("loss_fn", loss_fn, Callable, "a function of (model, batch, step)")
    instance("encoder", encoder, nn.Module, "the encoder, a torch.nn.Module")
    instance("data", data, Dataset, "a vaekit.Dataset")
    positive_int("steps", steps, least=0)
    positive_int("inner_steps", inner_steps, least=0)
    positive_int("window", window)
    own = torch.optim.Adam(encoder.parameters(), lr=finite_number("lr", lr, low=0.0, strict=True))

    def loss(model: nn.Module, batch: Batch, step: int) -> Tensor:
        if step < steps and inner_steps and torch.is_grad_enabled():
            batches = _endless(data.to(batch.x.device), len(batch))
            _catch_up(own, lambda: loss_fn(model, next(batches), step), inner_steps, window)
        return loss_fn(model, batch, step)

    return loss


def _endless(data: Dataset, size: int) -> Iterator[Batch]:
    """Shuffled batches without end, seeded by the global random state, which `fit` fixes at every epoch."""
    while True:
        yield from data.batches(size, int(torch.randint(2**32, (), device="cpu")))


def _catch_up(own: torch.optim.Optimizer, loss: Callable[[], Tensor], inner_steps: int, window: int) -> None:
    before, total = float("inf"), 0.0
    for done in range(1, inner_steps + 1):
        total += _descend(own, loss())
        if done % window == 0:
            if total >= before:
                return
            before, total = total, 0.0


def _descend(own: torch.optim.Optimizer, loss: Tensor) -> float:
    """One step on the optimiser's parameters; no other parameter gets a gradient."""
    parameters = [p for group in own.param_groups for p in group["params"]]
    gradients = torch.autograd.grad(loss, parameters)
    if not torch.nn.utils.get_total_norm([loss, *gradients], float("inf")).isfinite():
        raise FloatingPointError("an inner loss or gradient is not finite; the encoder is that before this inner step")
    for parameter, gradient in zip(parameters, gradients, strict=True):
        parameter.grad = gradient
    own.step()
    own.zero_grad(set_to_none=True)
    return loss.item()
