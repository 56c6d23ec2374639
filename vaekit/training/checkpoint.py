"""Checkpoints of a run: the model, the optimiser and the history, in one file of `vaekit.persistence`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor, nn

from vaekit.persistence import _must_fit, read_tensors, write_tensors
from vaekit.training.history import History


def write_checkpoint(path: str | Path, model: nn.Module, optimizer: torch.optim.Optimizer, history: History) -> None:
    """Write everything that the next epoch depends on."""
    write_tensors(path, {**_model_tensors(model), **_optimizer_tensors(optimizer)}, {"history": asdict(history)})


def read_checkpoint(path: str | Path, model: nn.Module, optimizer: torch.optim.Optimizer) -> History:
    """Fill the model and the optimiser from a checkpoint, and return the history up to it."""
    tensors, metadata = read_tensors(path)
    if "history" not in metadata:
        raise ValueError(f"checkpoint: {path} holds no training history; expected a file written by fit")
    moments = {name: tensors.pop(name) for name in list(tensors) if name.startswith("optimizer/")}
    _must_fit(_model_tensors(model), tensors, path)
    model.load_state_dict({name.removeprefix("model/"): tensor for name, tensor in tensors.items()})
    _fill_optimizer(optimizer, moments)
    return History(**metadata["history"])


def _model_tensors(model: nn.Module) -> dict[str, Tensor]:
    return {f"model/{name}": tensor for name, tensor in model.state_dict().items()}


def _optimizer_tensors(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    state = optimizer.state_dict()["state"]
    return {f"optimizer/{index}/{key}": value for index, entry in state.items() for key, value in entry.items()}


def _fill_optimizer(optimizer: torch.optim.Optimizer, moments: dict[str, Tensor]) -> None:
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in moments.items():
        _, index, key = name.split("/")
        state.setdefault(int(index), {})[key] = value
    optimizer.load_state_dict({**optimizer.state_dict(), "state": state})
