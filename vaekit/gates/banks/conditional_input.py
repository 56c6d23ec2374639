"""The right input of a conditional model, and the wrong ones."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from vaekit.gates.task import wrong


def solution(x: Tensor, y: Tensor, num_classes: int) -> Tensor:
    """One indicator for each class, in the precision of the image, after the image."""
    label = F.one_hot(y, num_classes).to(x.dtype)  # (B, C)
    return torch.cat([x, label], dim=-1)


def _as_wide_as_the_batch_needs(x: Tensor, y: Tensor, num_classes: int) -> Tensor:
    label = F.one_hot(y).to(x.dtype)
    return torch.cat([x, label], dim=-1)


def _hot(x: Tensor, y: Tensor, classes: int) -> Tensor:
    return F.one_hot(y, classes).to(x.dtype)


def _after(x: Tensor, label: Tensor) -> Tensor:
    return torch.cat([x, label], dim=-1)


def _row(x: Tensor, count: int) -> Tensor:
    return torch.arange(count, dtype=x.dtype, device=x.device).expand(len(x), count)


def _binary_code(x: Tensor, y: Tensor, classes: int) -> Tensor:
    return torch.stack([(y >> place) % 2 for place in range(classes)], dim=-1).to(x.dtype)


BROKEN = _as_wide_as_the_batch_needs
BANK = (
    wrong(
        "wrong-width",
        "The label is not num_classes wide. A one-hot code that is as wide as the largest label in the batch fits the "
        "network only when that class happens to be there. How many classes are there, whatever the batch holds?",
        _as_wide_as_the_batch_needs,
        lambda x, y, n: _after(x, _hot(x, y, n + 1)),
        lambda x, y, n: _after(x, _hot(x, y, n)[:, 1:]),
        lambda x, y, n: _after(x, _hot(x, y, n)[:, :-1]),
    ),
    wrong(
        "label-first",
        "The label stands before the image. A network that was trained on the other order reads the label as pixels, "
        "without an error. Which part comes first?",
        lambda x, y, n: torch.cat([_hot(x, y, n), x], dim=-1),
    ),
    wrong(
        "label-as-number",
        "The label enters as a number. That says that class 3 lies between 2 and 4 and is three times class 1, which "
        "is meant by no label. Which code treats all classes alike?",
        lambda x, y, n: _after(x, y[:, None].to(x.dtype)),
        lambda x, y, n: _after(x, y[:, None].to(x.dtype) / n),
        lambda x, y, n: _after(x, y[:, None].to(x.dtype) / max(n - 1, 1)),
        lambda x, y, n: _after(x, y[:, None].to(x.dtype).expand(-1, n)),
    ),
    wrong(
        "off-by-one",
        "The ones stand one class beside where they belong: labels count from 0. The first or the last class then has "
        "no code of its own. Which column belongs to label 0?",
        lambda x, y, n: _after(x, _hot(x, (y + 1) % n, n)),
        lambda x, y, n: _after(x, _hot(x, (y - 1) % n, n)),
        lambda x, y, n: _after(x, _hot(x, y + 1, n + 1)[:, :n]),
        lambda x, y, n: _after(x, _hot(x, y, n + 1)[:, 1:]),
    ),
    wrong(
        "classes-reversed",
        "The classes are counted from the last column. Whoever asks for a 0 gets a 9. Which column belongs to label 0?",
        lambda x, y, n: _after(x, _hot(x, n - 1 - y, n)),
    ),
    wrong(
        "label-missing",
        "The label is not in it: it returns its input x, alone or with zeros or copies of itself. The model cannot be "
        "told what to draw. Where does y enter?",
        lambda x, y, n: x.clone(),
        lambda x, y, n: _after(x, 0 * _hot(x, y, n)),
        lambda x, y, n: _after(x, 0 * _hot(x, y, n) + 1),
        lambda x, y, n: _after(x, x),
        lambda x, y, n: _after(x, _row(x, n)),
    ),
    wrong(
        "image-missing",
        "The image is not in it. An encoder that sees the label alone can say nothing about the image. Where does x "
        "enter?",
        lambda x, y, n: _hot(x, y, n),
        lambda x, y, n: _after(0 * x, _hot(x, y, n)),
    ),
    wrong(
        "image-changed",
        "The label is right, and the image is not the one that came in. Likelihood and input then speak of different "
        "images. What is to happen to x?",
        lambda x, y, n: _after(x.clamp(0, 1), _hot(x, y, n)),
        lambda x, y, n: _after(x.sigmoid(), _hot(x, y, n)),
        lambda x, y, n: _after((x > 0.5).to(x.dtype), _hot(x, y, n)),
        lambda x, y, n: _after(-x, _hot(x, y, n)),
        lambda x, y, n: _after(x.flip(0), _hot(x, y, n)),
    ),
    wrong(
        "label-added",
        "The label is added to the pixels or multiplied with them. Brightness and class can then not be told apart, "
        "and class 0 may erase the image. What does it mean to append?",
        lambda x, y, n: x + y[:, None].to(x.dtype),
        lambda x, y, n: x * y[:, None].to(x.dtype),
        lambda x, y, n: _after(x * y[:, None].to(x.dtype), _hot(x, y, n)),
        lambda x, y, n: _after(x + y[:, None].to(x.dtype), _hot(x, y, n)),
    ),
    wrong(
        "one-hot-scaled",
        "The code of the label has the right place and another size than 1. If the size depends on the class, some "
        "classes are louder than others, and class 0 may be silent. Which two numbers make a one-hot code?",
        lambda x, y, n: _after(x, _hot(x, y, n) * y[:, None].to(x.dtype)),
        lambda x, y, n: _after(x, _hot(x, y, n) * (y[:, None].to(x.dtype) + 1)),
        lambda x, y, n: _after(x, _hot(x, y, n) / n),
        lambda x, y, n: _after(x, _hot(x, y, n) * n),
        lambda x, y, n: _after(x, _hot(x, y, n) * 10),
        lambda x, y, n: _after(x, _hot(x, y, n) * 0.1),
    ),
    wrong(
        "one-hot-shifted",
        "The code of the label has other numbers than 0 and 1: it is centred, inverted, smoothed, or of two signs. A "
        "network that was trained on one code cannot read the other. Which two numbers make a one-hot code?",
        lambda x, y, n: _after(x, 2 * _hot(x, y, n) - 1),
        lambda x, y, n: _after(x, 1 - _hot(x, y, n)),
        lambda x, y, n: _after(x, _hot(x, y, n) - 1 / n),
        lambda x, y, n: _after(x, 0.9 * _hot(x, y, n) + 0.1 / n),
        lambda x, y, n: _after(x, _hot(x, y, n).softmax(-1)),
    ),
    wrong(
        "ordinal-code",
        "All columns up to the label are 1, or the columns hold its binary digits. Such codes say that some classes "
        "are closer to each other than others. How many ones has the code of one label?",
        lambda x, y, n: _after(x, (_row(x, n) <= y[:, None]).to(x.dtype)),
        lambda x, y, n: _after(x, (_row(x, n) < y[:, None]).to(x.dtype)),
        lambda x, y, n: _after(x, (_row(x, n) >= y[:, None]).to(x.dtype)),
        lambda x, y, n: _after(x, _binary_code(x, y, n)),
    ),
    wrong(
        "another-label",
        "Some examples get the label of another, or of several: the labels are shared, sorted or counted over the "
        "batch. The model is then taught to ignore them. Whose label belongs beside an image?",
        lambda x, y, n: _after(x, _hot(x, y[:1], n).expand(len(x), -1)),
        lambda x, y, n: _after(x, _hot(x, y.sort().values, n)),
        lambda x, y, n: _after(x, _hot(x, y.flip(0), n)),
        lambda x, y, n: _after(x, _hot(x, y, n).sum(0).expand(len(x), -1)),
        lambda x, y, n: _after(x, _hot(x, y, n).mean(0).expand(len(x), -1)),
    ),
    wrong(
        "label-twice",
        "The label is appended twice. The network is made for D + num_classes numbers. How often does it need to be "
        "told?",
        lambda x, y, n: _after(_after(x, _hot(x, y, n)), _hot(x, y, n)),
    ),
    wrong(
        "extra-axis",
        "It has one axis too many, so a linear layer takes it for something else than a batch of vectors. Along which "
        "of the existing axes are image and label joined?",
        lambda x, y, n: solution(x, y, n)[:, None],
        lambda x, y, n: solution(x, y, n)[None],
    ),
    wrong(
        "random-result",
        "It is random. Two calls with the same image and label must give the same input. Which part is drawn?",
        lambda x, y, n: _after(x, torch.rand(n, n, dtype=x.dtype, device=x.device)[y]),
    ),
)
