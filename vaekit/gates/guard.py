"""One guarded call of a learner's function: whatever it does becomes a `Failure` that says what it did."""

from __future__ import annotations

import contextlib
import inspect
import io
import os
import random
import traceback
import warnings
from collections.abc import Iterator
from types import TracebackType

import numpy as np
import torch
from torch import Tensor

from vaekit.gates.task import Function

Inputs = tuple[Tensor, ...]
LONGEST = 300  # characters of another's error message that a verdict repeats


class Failure(Exception):
    """The function is wrong; the message is for the learner."""

    def __init__(self, message: str, misconception: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.misconception = misconception


class NotAttempted(Exception):
    """The function is still the stub."""


@contextlib.contextmanager
def private_randomness(seed: int) -> Iterator[None]:
    """Random states that follow from `seed` inside; the caller's own, afterwards."""
    devices = range(torch.cuda.device_count()) if torch.cuda.is_initialized() else []
    python, legacy = random.getstate(), np.random.get_state()
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(seed)
        random.seed(seed)
        np.random.seed(seed)
        try:
            yield
        finally:
            random.setstate(python)
            np.random.set_state(legacy)


@contextlib.contextmanager
def standard_settings() -> Iterator[None]:
    """Torch as it is after an import, on one thread, without warnings; the caller's settings afterwards."""
    dtype, threads = torch.get_default_dtype(), torch.get_num_threads()
    strict = torch.are_deterministic_algorithms_enabled()
    warn_only = torch.is_deterministic_algorithms_warn_only_enabled()
    device, anomalies = torch.get_default_device(), torch.is_anomaly_enabled()
    try:
        torch.set_num_threads(1)
        torch.set_default_dtype(torch.float32)
        _set_deterministic(False)
        with (
            torch.inference_mode(False),
            torch.enable_grad(),
            torch.autocast("cpu", enabled=False),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("ignore")
            with torch.device("cpu") if device.type != "cpu" else contextlib.nullcontext():
                yield
    finally:
        torch.set_default_dtype(dtype)
        _set_deterministic(strict, warn_only)
        torch.autograd.set_detect_anomaly(anomalies)
        if torch.get_default_device() != device:
            torch.set_default_device(device)
        torch.set_num_threads(threads)


def _set_deterministic(strict: bool, warn_only: bool = False) -> None:
    """Call the setter only where it changes something: it imports a compiler, which takes most of a second."""
    if (strict, warn_only) != (
        torch.are_deterministic_algorithms_enabled(),
        torch.is_deterministic_algorithms_warn_only_enabled(),
    ):
        torch.use_deterministic_algorithms(strict, warn_only=warn_only)


def error_text(error: BaseException) -> str:
    """The kind of an error and the beginning of its message, even if its message cannot be had."""
    try:
        message = " ".join(str(error).split()) if error.args != (None,) else ""
    except BaseException:
        message = "(its message cannot be shown)"
    kind = type(error).__name__
    return f"{kind}: {message[:LONGEST]}{'…' if len(message) > LONGEST else ''}" if message else kind


def _raised_by_torch(trace: TracebackType | None) -> bool:
    """Whether an error comes from inside torch, whose missing features are NotImplementedErrors too."""
    frames = list(traceback.walk_tb(trace))
    return bool(frames) and frames[-1][0].f_code.co_filename.startswith(os.path.dirname(torch.__file__))


class Learner:
    """A function to be judged. Calls count, because only the first one can show that it is still the stub."""

    def __init__(self, function: Function, arguments: tuple[str, ...]) -> None:
        self.function = function
        self.arguments = arguments
        self.calls = 0

    def __call__(self, *inputs: Tensor) -> object:
        """The result of one call; raises `Failure` or `NotAttempted` instead of what the function raises."""
        before = [tensor.detach().clone() for tensor in inputs]
        self.calls += 1
        try:
            with standard_settings(), self._silence():
                result = self.function(*inputs)
        except BaseException as error:
            self._explain(error, inputs)
        for name, tensor, copy in zip(self.arguments, inputs, before, strict=True):
            if tensor.shape != copy.shape or not torch.equal(tensor.detach().nan_to_num(), copy.nan_to_num()):
                raise Failure(
                    f"Your function changes its input {name} in place. Whoever called it goes on with damaged "
                    "numbers, and the gradient may be wrong without an error. Work on a new tensor instead.",
                    "edits-its-input",
                )
        return result

    @staticmethod
    @contextlib.contextmanager
    def _silence() -> Iterator[None]:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            yield

    def _explain(self, error: BaseException, inputs: Inputs) -> None:
        """Say what a call raised."""
        if isinstance(error, NotImplementedError) and self.calls == 1 and not _raised_by_torch(error.__traceback__):
            raise NotAttempted from None
        shapes = ", ".join(f"{name} {tuple(t.shape)}" for name, t in zip(self.arguments, inputs, strict=True))
        if "leaf Variable" in error_text(error) and "in-place operation" in error_text(error):
            raise Failure(
                "Your function changes an input in place, which torch refuses where gradients are needed "
                f"({error_text(error)}). Work on a new tensor instead.",
                "edits-its-input",
            ) from None
        self._check_arguments(inputs)
        told = f"Your function raised {error_text(error)}."
        if inputs:
            dtype = str(inputs[0].dtype).removeprefix("torch.")
            told += f" It was called with {shapes}, {dtype}. Try it in a cell on tensors of these shapes and read the "
            told += "last line of the traceback."
        raise Failure(told, "raises") from None

    def _check_arguments(self, inputs: tuple[object, ...]) -> None:
        """Raise `Failure` if the function does not take so many arguments."""
        try:
            inspect.signature(self.function).bind(*inputs)
        except TypeError as mismatch:
            raise Failure(
                f"Your function cannot be called with ({', '.join(self.arguments)}): {error_text(mismatch)}. Keep the "
                "arguments of the stub, in its order.",
                "wrong-arguments",
            ) from None
        except ValueError:
            pass  # some built-in functions have no signature
