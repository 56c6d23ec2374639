"""What goes wrong with any loss made of squared errors: what is squared, and how it is reduced to one number."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor
from torch.nn.functional import huber_loss, smooth_l1_loss

from vaekit.gates.task import Mutant, wrong

Of = Callable[[Tensor], Tensor]


def any_squared_error(terms: Callable[..., Tensor]) -> tuple[Mutant, ...]:
    """The wrong squares, reductions and signs of a loss that averages over all numbers.

    Args:
        terms: called with the arguments and what is made of an error `(B, L)`, a square where all is right; returns the
            cost of each number, `(B, L)`.

    Returns:
        Their mutants.
    """

    def over(of: Of, *inputs: object) -> Tensor:
        return terms(*inputs, of).mean()

    return (
        wrong(
            "sign-flipped",
            "It has the wrong sign: minimising it drives the two apart. What should be small where they agree?",
            lambda *inputs: -over(_square, *inputs),
        ),
        wrong(
            "halved",
            "It is half of what is asked for: two terms are averaged where they add up, or a square carries a factor "
            "of one half. What is the square of an error of 1?",
            lambda *inputs: 0.5 * over(_square, *inputs),
        ),
        wrong(
            "summed-over-the-code",
            "The squares are summed over L and averaged over the batch. Beside a log likelihood that is a usual choice "
            "as well; here each square is to be averaged over all numbers. By what do the two differ?",
            lambda *inputs: terms(*inputs, _square).sum(-1).mean(),
        ),
        wrong(
            "batch-summed",
            "The squares are summed over the batch, so loss and gradients grow with the batch size. Duplicate the "
            "batch: should the result change?",
            lambda *inputs: terms(*inputs, _square).sum(),
            lambda *inputs: terms(*inputs, _square).mean(-1).sum(),
        ),
        wrong(
            "divided-twice",
            "The average is divided by a number of examples or of latents once more. Duplicate the batch, or the "
            "latents: should the result change?",
            lambda *inputs: over(_square, *inputs) / len(inputs[0]),
            lambda *inputs: over(_square, *inputs) / inputs[0].shape[1],
        ),
        wrong(
            "not-reduced",
            "It returns many numbers, and a loss is one number. Over which axes is each square averaged?",
            lambda *inputs: terms(*inputs, _square),
            lambda *inputs: terms(*inputs, _square).mean(-1),
            lambda *inputs: terms(*inputs, _square).sum(-1),
            lambda *inputs: terms(*inputs, _square).mean(0),
        ),
        wrong(
            "not-squared",
            "It is the size of the error, and not its square, at least where the error is large: what is far away "
            "pulls no harder than what is near. How does the gradient of a square grow with the distance?",
            lambda *inputs: over(_size, *inputs),
            lambda *inputs: over(lambda d: smooth_l1_loss(d, 0 * d, reduction="none"), *inputs),
            lambda *inputs: over(lambda d: huber_loss(d, 0 * d, reduction="none", delta=0.5), *inputs),
        ),
        wrong(
            "root-of-the-square",
            "It takes a root: the distance, not its square. Its gradient has the same length however near the two "
            "are, and is NaN where they meet. Which step is one too many?",
            lambda *inputs: over(lambda d: _square(d).mean().sqrt(), *inputs),
            lambda *inputs: over(lambda d: _square(d).mean(-1).sqrt(), *inputs),
            lambda *inputs: over(lambda d: _square(d).sum(-1).sqrt(), *inputs),
            lambda *inputs: over(lambda d: _square(d).sum().sqrt(), *inputs),
        ),
        wrong(
            "averaged-before-squaring",
            "The errors are averaged, or added up, before they are squared, so that those of opposite signs cancel. "
            "What comes first?",
            lambda *inputs: over(lambda d: _square(d.mean()), *inputs),
            lambda *inputs: over(lambda d: _square(d.mean(-1)), *inputs),
            lambda *inputs: over(lambda d: _square(d.mean(0)), *inputs),
            lambda *inputs: over(lambda d: _square(d.sum(-1)), *inputs),
        ),
    )


def _square(error: Tensor) -> Tensor:
    return error.square()


def _size(error: Tensor) -> Tensor:
    return error.abs()
