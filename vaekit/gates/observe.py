"""What a function does on a case, its values or its gradients, and when two functions do the same."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from vaekit.gates.guard import Failure
from vaekit.gates.probes import Case
from vaekit.gates.task import Function

# Relative to the result and to the largest input. Another order of summation loses a digit or two, and a constant such
# as torch.tensor(5).log() is in single precision wherever it is used; mistakes are larger by far.
VALUES = {torch.float32: 2e-5, torch.float64: 1e-6}
GRADIENTS = {torch.float32: 1e-4, torch.float64: 1e-6}


@dataclass(frozen=True)
class Probe:
    """A case, and what to look at there.

    Attributes:
        case: the inputs.
        graded: for each input, whether its gradient is looked at; none of them where the value is.
        weights: of the results in the sum whose gradient is taken, in the shape of the right result.
    """

    case: Case
    graded: tuple[bool, ...] = ()
    weights: Tensor | None = None

    def observe(self, function: Function) -> list[Tensor]:
        """The value, or the gradients in the graded inputs: zero where there are none."""
        if self.weights is None:
            return [function(*self.case.inputs).detach()]
        return self._gradients(function, self.case.inputs)

    def right(self, solution: Function) -> list[Tensor]:
        """What the solution shows, computed in float64 from the same numbers."""
        inputs = tuple(tensor.double() for tensor in self.case.inputs)
        return [solution(*inputs).detach()] if self.weights is None else self._gradients(solution, inputs)

    def agree(self, got: list[Tensor], want: list[Tensor]) -> bool:
        """Whether two observations are the same within rounding."""
        return all(self.close(one, other) for one, other in zip(got, want, strict=True))

    def close(self, got: Tensor, want: Tensor) -> bool:
        """Whether two results have one shape and everywhere the same number."""
        return got.shape == want.shape and not bool(self.differs(got, want).any())

    def differs(self, got: Tensor, want: Tensor) -> Tensor:
        """Where two results of the same shape are not the same number."""
        dtype = self.case.inputs[0].dtype
        got, want = got.double(), want.double()
        if self.weights is None:
            scale = max(1.0, *(float(tensor.abs().max()) for tensor in self.case.inputs))
            allowed = VALUES[dtype] * (want.abs() + scale)
        else:
            allowed = GRADIENTS[dtype] * (want.abs() + 1)
        same = (got == want) | (got.isnan() & want.isnan()) | ((got - want).abs() <= allowed.nan_to_num(posinf=0.0))
        return ~same

    def _gradients(self, function: Function, inputs: tuple[Tensor, ...]) -> list[Tensor]:
        leaves = [t.clone().requires_grad_(grade) for t, grade in zip(inputs, self.graded, strict=True)]
        result = function(*self.case.linked(leaves))
        needed = [leaf for leaf in leaves if leaf.requires_grad]
        nothing = [torch.zeros_like(leaf, device=leaf.device) for leaf in needed]
        if not result.requires_grad or result.shape != self.weights.shape:
            return nothing
        try:
            # A scalar: for other shapes torch imports a computer algebra system first.
            total = (result * self.weights.to(result.dtype)).sum()
            found = torch.autograd.grad(total, needed, allow_unused=True)
        except RuntimeError as error:
            raise Failure(
                f"The gradient of your result cannot be computed: {' '.join(str(error).split())[:200]}. Look for a "
                "line that overwrites a number which the backward pass needs.",
                "breaks-the-gradient",
            ) from None
        return [zero if gradient is None else gradient.detach() for zero, gradient in zip(nothing, found, strict=True)]


def common_factor(got: Tensor, want: Tensor) -> float | None:
    """The factor that separates two results everywhere, if there is one and they are several numbers."""
    at = want.flatten().abs().argmax()
    factor = float((got.flatten()[at] / want.flatten()[at]).round(decimals=6))
    several = got.numel() > 1 and abs(factor - 1) > 1e-3
    return factor if several and torch.allclose(got, factor * want, rtol=1e-4, atol=1e-9) else None
