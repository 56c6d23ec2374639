"""Checkpoints: safetensors with a JSON header, covered by a checksum. Never pickle."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn

from vaekit._checks import instance
from vaekit._files import write_atomically

_FORMAT = "vaekit-1"


def save(model: nn.Module, path: str | Path, **metadata: Any) -> None:
    """Write a module's parameters and buffers to a file, whole or not at all.

    Args:
        model: any module.
        path: where to write; an existing file is replaced in one step.
        **metadata: anything JSON can hold, returned by `restore`.

    Raises:
        TypeError: if the metadata cannot be written as JSON.
    """
    instance("model", model, nn.Module, "a torch.nn.Module")
    write_tensors(path, model.state_dict(), metadata)


def restore(model: nn.Module, path: str | Path) -> dict[str, Any]:
    """Fill a module that you built from a file that `save` wrote. On an error the module is left as it was.

    Args:
        model: a module with the same names, shapes and dtypes as the one saved.
        path: the file.

    Returns:
        The metadata given to `save`.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if the file is damaged or foreign, or does not fit the module.
    """
    instance("model", model, nn.Module, "a torch.nn.Module")
    tensors, metadata = read_tensors(path)
    _must_fit(model.state_dict(), tensors, path)
    model.load_state_dict(tensors)
    return metadata


def write_tensors(path: str | Path, tensors: dict[str, Tensor], metadata: dict[str, Any]) -> None:
    """Write named tensors and metadata, whole or not at all."""
    instance("path", path, (str, os.PathLike), "a path")
    try:
        text = json.dumps(metadata, sort_keys=True)
    except (TypeError, ValueError) as error:
        raise TypeError(f"metadata: {error}; expected what JSON can hold") from error
    # A copy each: safetensors refuses tensors that share memory, as tied weights do.
    owned = {name: tensor.detach().to("cpu", copy=True).contiguous() for name, tensor in tensors.items()}
    # One entry: safetensors writes several in an order of its own, and equal models should give equal files.
    header = json.dumps({"format": _FORMAT, "metadata": text, "sha256": _checksum(owned, text)})
    write_atomically(Path(path), safetensors.torch.save(owned, {"vaekit": header}))


def read_tensors(path: str | Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read what `write_tensors` wrote, into memory of its own (a mapped file could change under the model)."""
    instance("path", path, (str, os.PathLike), "a path")
    raw = Path(path).read_bytes()
    try:
        tensors = safetensors.torch.load(raw)
        entries = json.loads(raw[8 : 8 + int.from_bytes(raw[:8], "little")]).get("__metadata__") or {}
        header = json.loads(entries.get("vaekit", "{}"))
    except (safetensors.SafetensorError, ValueError) as error:
        raise ValueError(f"path: {path} is damaged or is not a checkpoint ({error}); expected safetensors") from error
    if header.get("format") != _FORMAT:
        raise ValueError(f"path: {path} has format {header.get('format')!r}; expected {_FORMAT!r}, as save writes it")
    if header.get("sha256") != _checksum(tensors, header.get("metadata", "")):
        raise ValueError(f"path: {path} is damaged; expected the checksum that its header states")
    return tensors, json.loads(header["metadata"])


def _checksum(tensors: dict[str, Tensor], text: str) -> str:
    digest = hashlib.sha256(text.encode())
    for name in sorted(tensors):
        tensor = tensors[name]
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def _must_fit(expected: dict[str, Tensor], found: dict[str, Tensor], path: str | Path) -> None:
    missing, extra = sorted(expected.keys() - found.keys()), sorted(found.keys() - expected.keys())
    if missing or extra:
        raise ValueError(f"path: {path} does not fit the model: it lacks {missing} and has {extra} besides")
    for name, tensor in expected.items():
        came, wanted = found[name], (tuple(tensor.shape), tensor.dtype)
        if (tuple(came.shape), came.dtype) != wanted:
            raise ValueError(f"path: {name} in {path} is {tuple(came.shape)}, {came.dtype}; the model has {wanted}")
