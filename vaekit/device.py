"""Which device to compute on."""

from __future__ import annotations

import os

import torch

_NAMES = "'cpu', 'cuda', 'cuda:<n>' or 'mps'"


def get_device(prefer: str = "auto") -> torch.device:
    """Choose a device: CUDA if there is one, else the CPU.

    Apple's `mps` is used only on request, because it has no float64. The environment
    variable `VAEKIT_DEVICE`, where set, overrides `prefer`.

    Args:
        prefer: `"auto"`, or a device name such as `"cpu"`, `"cuda"`, `"cuda:1"` or `"mps"`.

    Returns:
        A device that exists on this machine.

    Raises:
        ValueError: if the device is unknown, or is not available here.
    """
    source = "VAEKIT_DEVICE" if os.environ.get("VAEKIT_DEVICE") else "prefer"
    name = os.environ.get("VAEKIT_DEVICE") or prefer
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    device = named_device(source, name, "'auto', " + _NAMES)
    if not _available(device):
        raise ValueError(f"{source}: got {name!r}, which is not available on this machine; try 'auto'")
    return device


def named_device(argument: str, value: torch.device | str, names: str = _NAMES) -> torch.device:
    """Return a device by its name; `argument` is what an error calls it, and `names` what it says was expected."""
    try:
        return torch.device(value)
    except (RuntimeError, TypeError) as error:
        raise ValueError(f"{argument}: got {value!r}; expected {names}") from error


def _available(device: torch.device) -> bool:
    if device.type == "cuda":
        return (device.index or 0) < torch.cuda.device_count()
    return device.type == "cpu" or (device.type == "mps" and torch.backends.mps.is_available())
