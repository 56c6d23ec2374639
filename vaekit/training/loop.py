"""The training loop."""

from __future__ import annotations

import contextlib
import hashlib
import math
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from torch import Tensor, nn
from tqdm import tqdm

from vaekit._checks import finite_number, instance, positive_int, random_seed
from vaekit.data import Batch, Dataset
from vaekit.device import get_device, named_device
from vaekit.training.checkpoint import read_checkpoint, write_checkpoint
from vaekit.training.history import History

LossFn = Callable[[nn.Module, Batch, int], Tensor]


_SMALL = 5_000_000  # parameters; a smaller net spends longer waking a second thread than the thread saves


def fit(
    model: nn.Module,
    data: Dataset,
    loss_fn: LossFn,
    *,
    epochs: int,
    batch_size: int = 128,
    lr: float = 1e-3,
    seed: int = 0,
    device: torch.device | str | None = None,
    validation: Dataset | None = None,
    checkpoint: str | Path | None = None,
    resume: bool = False,
    progress: bool = True,
    threads: int | None = None,
) -> History:
    """Train a model with Adam, in place, and return what happened.

    The same arguments give the same result, bit for bit, on the same machine: every epoch is seeded from `seed`
    and its number. The global random state is left as it was found.

    Args:
        model: the module to train; it is moved to the device, and left in evaluation mode.
        data: training data.
        loss_fn: `loss_fn(model, batch, step)` returns the loss of a batch, `()`; `step` counts batches from 0.
        epochs: the total number, those before a resumption included.
        batch_size: B; the last batch of an epoch may be smaller.
        lr: Adam's learning rate.
        seed: fixes shuffling, binarisation and every draw in the loss.
        device: where to train; `get_device()` if `None`.
        validation: data on which the loss is evaluated after every epoch, without gradients.
        checkpoint: a file written after every epoch, whole or not at all.
        resume: go on from `checkpoint` if it exists.
        progress: show a progress bar on standard error.
        threads: CPU threads for torch; `None` takes one for small models. The setting is restored.

    Returns:
        The history, one entry an epoch.

    Raises:
        ValueError: if a number is out of range, or `resume` is set without a `checkpoint`.
        FloatingPointError: if a loss or a gradient is not finite. The step is named; the parameters stay finite.
    """
    _check_arguments(model, data, loss_fn, validation, checkpoint, resume)
    positive_int("epochs", epochs, least=0)
    positive_int("batch_size", batch_size)
    finite_number("lr", lr, low=0.0, strict=True)
    random_seed("seed", seed)
    device = named_device("device", device) if device is not None else get_device()
    model, data = model.to(device), data.to(device)
    validation = validation.to(device) if validation is not None else None
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    history = History()
    if resume and checkpoint is not None and Path(checkpoint).exists():
        history = read_checkpoint(checkpoint, model, optimizer)

    steps = math.ceil(len(data) / batch_size)
    with _threads(model, threads), _own_randomness():
        bar = tqdm(range(len(history), epochs), initial=len(history), total=epochs, unit="epoch", disable=not progress)
        for epoch in bar:
            start = time.perf_counter()
            torch.manual_seed(_stream(seed, epoch, "draws"))
            model.train()
            total = 0.0
            for step, batch in enumerate(data.batches(batch_size, _stream(seed, epoch, "data")), epoch * steps):
                total += _update(model, optimizer, loss_fn, batch, step) * len(batch)
            history.loss.append(total / len(data))
            if validation is not None:
                history.validation.append(_evaluate(model, validation, loss_fn, batch_size, seed, (epoch + 1) * steps))
            history.seconds.append(time.perf_counter() - start)
            bar.set_postfix(loss=f"{history.loss[-1]:.2f}")
            if checkpoint is not None:
                write_checkpoint(checkpoint, model, optimizer, history)
    model.eval()
    return history


def _update(model: nn.Module, optimizer: torch.optim.Optimizer, loss_fn: LossFn, batch: Batch, step: int) -> float:
    """One step of gradient descent; nothing is updated unless the loss and every gradient are finite."""
    loss = _loss_at(model, loss_fn, batch, step)
    if not isinstance(loss, Tensor) or loss.ndim != 0:
        came = f"shape {tuple(loss.shape)}" if isinstance(loss, Tensor) else type(loss).__name__
        raise ValueError(
            f"loss_fn: returned {came} at step {step}; expected a tensor of shape (), averaged over the batch"
        )
    if not loss.requires_grad:
        raise ValueError(
            f"loss_fn: returned a loss without a gradient at step {step}; expected one that depends on model"
        )
    value = loss.item()
    if not math.isfinite(value):
        raise FloatingPointError(f"loss is {value} at step {step}; the parameters are those before this step")
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    gradients = [p.grad for p in model.parameters() if p.grad is not None]
    if not torch.nn.utils.get_total_norm(gradients, math.inf).isfinite():  # the largest entry: it cannot overflow
        raise FloatingPointError(f"a gradient is not finite at step {step}; the parameters are those before this step")
    optimizer.step()
    return value


@torch.no_grad()
def _evaluate(model: nn.Module, data: Dataset, loss_fn: LossFn, batch_size: int, seed: int, step: int) -> float:
    """The mean loss over a data set: the same pixels and the same noise after every epoch, so that epochs compare."""
    model.eval()
    torch.manual_seed(_stream(seed, None, "draws"))
    batches = data.batches(batch_size, _stream(seed, None, "data"))
    return sum(_loss_at(model, loss_fn, batch, step).item() * len(batch) for batch in batches) / len(data)


def _loss_at(model: nn.Module, loss_fn: LossFn, batch: Batch, step: int) -> Tensor:
    """Call the loss; whatever it raises says at which step."""
    try:
        return loss_fn(model, batch, step)
    except Exception as error:
        error.add_note(f"raised by loss_fn at step {step}")
        raise


def _stream(seed: int, epoch: int | None, purpose: str) -> int:
    """A seed for one purpose in one epoch (`None`: validation), unrelated to all others.

    Sums would not do: the generator of torch keeps 32 bits, and equal seeds give equal bits to pixels and to noise.
    """
    return int.from_bytes(hashlib.sha256(f"{seed} {epoch} {purpose}".encode()).digest()[:4], "big")


def _check_arguments(
    model: object, data: object, loss_fn: object, validation: object, checkpoint: object, resume: bool
) -> None:
    instance("model", model, nn.Module, "a torch.nn.Module")
    if not list(model.parameters()):
        raise ValueError(f"model: got a {type(model).__name__} without parameters; expected something to train")
    instance("data", data, Dataset, "a vaekit.Dataset")
    instance("loss_fn", loss_fn, Callable, "a function of (model, batch, step)")
    instance("validation", validation, (Dataset, type(None)), "a vaekit.Dataset or None")
    instance("checkpoint", checkpoint, (str, os.PathLike, type(None)), "a path or None")
    if resume and checkpoint is None:
        raise ValueError("checkpoint: got None with resume=True; expected the file to resume from")


@contextlib.contextmanager
def _own_randomness() -> Iterator[None]:
    """Put the global random state back, on the CPU and on every GPU: torch.manual_seed sets them all."""
    with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
        yield


@contextlib.contextmanager
def _threads(model: nn.Module, wanted: int | None) -> Iterator[None]:
    before = torch.get_num_threads()
    small = sum(p.numel() for p in model.parameters()) < _SMALL
    torch.set_num_threads(positive_int("threads", wanted) if wanted is not None else (1 if small else before))
    try:
        yield
    finally:
        torch.set_num_threads(before)
