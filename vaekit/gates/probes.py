"""What a learner's function is tried on: drawn anew at every call of a gate, from a generator of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

# The first hides nothing: more than one of everything, and no two sizes equal. Squares hide transposed axes, so they
# come second. Then one of each, which hides what a mean divides by and breaks what squeezes.
SHAPES = ((5, 3), (4, 4), (2, 7), (1, 6), (6, 1), (1, 1))
DTYPES = (torch.float64, torch.float32)


@dataclass(frozen=True)
class Case:
    """Inputs for one call.

    Attributes:
        inputs: the tensors, in the order of the task's arguments.
        label: what is special about them, to be read after "inputs", with a space before it.
        only_values: whether the gradient is left alone.
        linked: makes the inputs of leaves that need gradients, where one input is to depend on another.
    """

    inputs: tuple[Tensor, ...]
    label: str = ""
    only_values: bool = False
    linked: Callable[[list[Tensor]], Sequence[Tensor]] = list


Cases = Callable[["Draw"], Iterator[Case]]


class Draw:
    """Random tensors from a seed, without a trace in the global random state."""

    def __init__(self, seed: int) -> None:
        self.generator = torch.Generator(device="cpu").manual_seed(seed)

    def normal(self, *shape: int, dtype: torch.dtype = torch.float64, scale: float = 1.0) -> Tensor:
        """Normal numbers, none of them round."""
        values = torch.randn(shape, generator=self.generator, dtype=torch.float64, device="cpu")
        return (scale * values).to(dtype)

    def uniform(self, *shape: int, low: float, high: float, dtype: torch.dtype = torch.float64) -> Tensor:
        """Uniform numbers between two bounds."""
        values = torch.rand(shape, generator=self.generator, dtype=torch.float64, device="cpu")
        return (low + (high - low) * values).to(dtype)

    def extreme(self, *shape: int, bound: float, dtype: torch.dtype = torch.float64) -> Tensor:
        """Numbers near both ends of ±bound, the ends among them where there is room."""
        values = self.signs(*shape) * self.uniform(*shape, low=0.6 * bound, high=bound)
        values.view(-1)[0] = bound
        values.view(-1)[-1] = -bound
        return values.to(dtype)

    def signs(self, *shape: int) -> Tensor:
        """-1 or 1, equally often."""
        return 2 * self.binary(*shape) - 1

    def binary(self, *shape: int, dtype: torch.dtype = torch.float64) -> Tensor:
        """0 or 1, equally often; both occur where there is room."""
        values = torch.randint(0, 2, shape, generator=self.generator, device="cpu")
        values.view(-1)[0] = 1
        values.view(-1)[-1] = 0
        return values.to(dtype)


def describe(names: tuple[str, ...], inputs: tuple[Tensor, ...]) -> str:
    """Inputs, written out."""
    listed = [f"{name} = {written(tensor)}" for name, tensor in zip(names, inputs, strict=True)]
    return ", ".join(listed[:-1]) + (" and " if listed[1:] else "") + listed[-1]


def written(tensor: Tensor) -> str:
    """A small tensor as a reader would type it."""
    if tensor.ndim == 0:
        return number(tensor.item())
    return "[" + ", ".join(map(written, tensor)) + "]"


def number(value: float) -> str:
    """Four digits, and no sign on a zero."""
    return f"{value + 0.0:.4g}"


def apart(one: float, other: float) -> tuple[str, str]:
    """Two different numbers, with as many digits as show that they differ."""
    for digits in (4, 8, 12):
        texts = f"{one + 0.0:.{digits}g}", f"{other + 0.0:.{digits}g}"
        if texts[0] != texts[1]:
            break
    return texts
