"""The task: an image with its label, as one vector."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from vaekit.gates.arguments import Typed, typed
from vaekit.gates.banks import conditional_input as bank
from vaekit.gates.checks import Settings
from vaekit.gates.probes import DTYPES, Case, Draw
from vaekit.gates.task import Ladder, Task

SIZES = ((6, 3, 5), (4, 4, 4), (3, 2, 7), (1, 5, 3), (5, 1, 2), (1, 1, 1))  # B, D, C


def _cases(draw: Draw) -> Iterator[Case]:
    """Labels in no order, first without the last class, then with it where there is room."""
    for size in SIZES:
        for dtype in DTYPES:
            for last in (1, 0):
                yield _case(draw, size, dtype, max(size[2] - last, 1))


def _case(draw: Draw, size: tuple[int, int, int], dtype: torch.dtype, present: int) -> Case:
    examples, pixels, classes = size
    labels = (present - 1 - torch.arange(examples, device="cpu")) % present
    labels = labels[torch.randperm(examples, generator=draw.generator, device="cpu")]
    return Case((draw.normal(examples, pixels, dtype=dtype), labels.double(), torch.tensor(classes, device="cpu")))


TASK = Task(
    name="conditional_input",
    chapter="07",
    statement="What a conditional encoder reads: the image with its label after it, as one vector for each of the B "
    "images. y holds the labels, whole numbers from 0 to num_classes - 1; each becomes a one-hot code of "
    "num_classes numbers, in the dtype of x.",
    shapes={"x": "(B, D)", "y": "(B,) int64", "num_classes": "int"},
    returns="(B, D + num_classes)",
    difficulty=1,
    minutes=5,
    hints=(
        "A label is a name, not an amount. Which vector of num_classes numbers says which class it is, and treats all "
        "classes alike?",
        "torch.nn.functional has a function for it. It returns integers, and guesses the number of classes from the "
        "batch unless you give it.",
        "Make the code, give it the dtype of x, and join the two along the axis of the pixels, x first.",
    ),
    ladder=Ladder(
        worked="""
# A latent with its month, of twelve, as a point on a circle: an ordered
# label whose last value is next to its first
def with_month(z, month):  # (B, L), (B,) int64 -> (B, L + 2)
    angle = (2 * math.pi / 12) * month.to(z.dtype)
    circle = torch.stack([angle.cos(), angle.sin()], dim=-1)  # (B, 2)
    return torch.cat([z, circle], dim=-1)
""",
        completion="""
def conditional_input(x, y, num_classes):
    label = F.one_hot(y, ▢)
    label = label.to(▢)
    return torch.cat(▢, dim=-1)
""",
        blanks=("num_classes", "x.dtype", "[x, label]"),
        broken=bank.BROKEN,
        bug="The width of the code is the largest label in the batch plus one, so a batch without the last class does "
        "not fit the network.",
    ),
    solution=bank.solution,
    bank=bank.BANK,
    judge=typed,
    settings=Typed(
        (Tensor.clone, Tensor.long, int),
        Settings(_cases, ([[0.5, -1.0]], [2.0], [4.0])),
    ),
)
