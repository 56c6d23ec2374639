"""What surrogates are tried on: log densities and rewards that may share parameters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from torch import Tensor

from vaekit.gates.probes import DTYPES, Case, Cases, Draw


def _apart(leaves: list[Tensor]) -> Sequence[Tensor]:
    """Log q is computed from its parameters, the reward from others."""
    return [1.0 * leaf for leaf in leaves]


def _sharing(leaves: list[Tensor]) -> Sequence[Tensor]:
    """The reward depends on the parameters of log q as well, as log p(x, z) - log q(z) does."""
    return [1.0 * leaves[0], leaves[1] - 0.5 * leaves[0]]


def cases(*sizes: int) -> Cases:
    """Probes for a surrogate.

    Args:
        sizes: the numbers of draws K, a generic one first.

    Returns:
        A function that draws the probes: log q and reward of size K, in both precisions.
    """

    def draw_cases(draw: Draw) -> Iterator[Case]:
        for size in sizes:
            for dtype in DTYPES:
                for linked in (list, _apart, _sharing):
                    inputs = (draw.normal(size, dtype=dtype) - 1, draw.normal(size, dtype=dtype, scale=2.0) + 1)
                    yield Case(inputs, f" with K = {size}", linked=linked)
        for dtype in DTYPES:
            rewards = 1000 + draw.normal(5, dtype=dtype)
            yield Case((draw.normal(5, dtype=dtype) - 1000, rewards), " near -1000 and 1000", linked=_apart)

    return draw_cases
