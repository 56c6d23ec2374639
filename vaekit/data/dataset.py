"""A data set in memory, and one shuffled epoch of it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from vaekit._checks import (
    all_finite,
    float_tensor,
    in_unit_interval,
    instance,
    positive_int,
    random_seed,
    tokens_tensor,
)
from vaekit.device import named_device


@dataclass(frozen=True)
class Batch:
    """Some examples: `x: (B, D)` and their labels `y: (B,)`."""

    x: Tensor
    y: Tensor

    def __len__(self) -> int:
        """Return the number of examples."""
        return len(self.x)


@dataclass(frozen=True)
class Dataset:
    """Examples in memory, on one device.

    Attributes:
        x: flat examples, `(N, D)`, finite floats; images have values in [0, 1]. Text is `(N, T)`, int64 tokens.
        y: labels, `(N,)`, int64.
        name: what the data are called.
        source: where they come from.
        image_shape: `(height, width)` of an example that is an image.
        binarize: `"dynamic"` if `batches` draws binary pixels afresh from the grey ones; otherwise `None`.
        factors: what each example was made from, `(N, F)`, int64, where that is known.
        vocabulary: V, if the examples are tokens from 0 to V - 1; `None` for everything else.
    """

    x: Tensor
    y: Tensor
    name: str = "unnamed"
    source: str = ""
    image_shape: tuple[int, int] | None = None
    binarize: str | None = None
    factors: Tensor | None = None
    vocabulary: int | None = None

    def __post_init__(self) -> None:
        """Refuse data that would fail later, in the middle of training."""
        if self.vocabulary is None:
            all_finite("x", float_tensor("x", self.x, ndim=2))
        else:
            tokens_tensor("x", self.x, vocabulary=positive_int("vocabulary", self.vocabulary, least=2), ndim=2)
        if len(self.x) == 0:
            raise ValueError(f"x: got shape {tuple(self.x.shape)}; expected at least one example")
        instance("y", self.y, Tensor, "a torch.Tensor")
        if self.y.dtype != torch.int64:
            raise TypeError(f"y: got dtype {self.y.dtype}; expected torch.int64")
        if self.y.shape != self.x.shape[:1]:
            raise ValueError(f"y: got shape {tuple(self.y.shape)}; expected ({len(self.x)},), one label per example")
        if self.image_shape is not None and math.prod(self.image_shape) != self.x.shape[1]:
            raise ValueError(f"image_shape: got {self.image_shape}; expected a product of {self.x.shape[1]} pixels")
        if self.binarize not in (None, "dynamic"):
            raise ValueError(f"binarize: got {self.binarize!r}; expected None or 'dynamic'")
        if self.binarize and self.vocabulary is not None:
            raise ValueError(f"binarize: got {self.binarize!r} for tokens; expected None, since they have no greys")
        if self.factors is not None and (self.factors.ndim != 2 or len(self.factors) != len(self.x)):
            raise ValueError(f"factors: got shape {tuple(self.factors.shape)}; expected ({len(self.x)}, F)")
        if self.binarize:
            in_unit_interval("x", self.x, why="a pixel is drawn with its grey value as probability")

    def __len__(self) -> int:
        """Return the number of examples."""
        return len(self.x)

    def batches(self, size: int, seed: int) -> Iterator[Batch]:
        """Go once through the data in a random order, without repeats; the last batch may be smaller.

        Args:
            size: the batch size B.
            seed: fixes the order, and the pixels drawn by dynamic binarisation. The same on every device.

        Yields:
            Batches on the data's device.

        Raises:
            ValueError: if `size` < 1.
        """
        positive_int("size", size)
        generator = torch.Generator("cpu").manual_seed(random_seed("seed", seed))
        order = torch.randperm(len(self), generator=generator, device="cpu").to(self.x.device)
        for index in order.split(size):
            x = self.x[index]
            yield Batch(bernoulli_pixels(x, generator) if self.binarize else x, self.y[index])

    def to(self, device: torch.device | str) -> Dataset:
        """Return the same data on another device."""
        where = named_device("device", device)
        factors = None if self.factors is None else self.factors.to(where)
        return replace(self, x=self.x.to(where), y=self.y.to(where), factors=factors)

    def subset(self, index: Int[Tensor, " M"] | Bool[Tensor, " N"] | slice) -> Dataset:
        """Return the examples at `index`, or where a mask is true, as a data set."""
        factors = None if self.factors is None else self.factors[index]
        return replace(self, x=self.x[index], y=self.y[index], factors=factors)


def bernoulli_pixels(grey: Float[Tensor, "*shape"], generator: torch.Generator) -> Float[Tensor, "*shape"]:
    """Draw each pixel as 1 with its grey value as probability, else 0."""
    uniform = torch.rand(grey.shape, generator=generator, dtype=grey.dtype, device=generator.device)
    return (uniform.to(grey.device) < grey).to(grey.dtype)
