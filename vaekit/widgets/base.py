"""What every widget of the course shares: one front-end module, one style sheet, clear errors.

A widget is a Python class (its traits are the protocol) and one file under `js/`. The front end may not import
relative files, so the class joins the shared parts and its own file into one module; that same module runs in
JupyterLab and, through the loader of the book, on a static page.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any, ClassVar

import anywidget
import numpy as np
import torch
import traitlets

Array = np.ndarray | torch.Tensor | Sequence


@cache
def source(name: str) -> str:
    """The text of the front-end file `name` under `js/`."""
    return files(__package__).joinpath("js", name).read_text(encoding="utf-8")


def complain(argument: str, expected: str, came: object) -> ValueError:
    """A `ValueError` that names the argument, what came, and what was expected."""
    return ValueError(f"{argument}: got {came}; expected {expected}")


def as_array(argument: str, value: Array, shape: tuple[int | None, ...], dtype: str) -> np.ndarray:
    """`value` as a finite array of `shape` (`None` is any positive size) and `dtype`.

    Raises:
        TypeError: if the values are not real numbers.
        ValueError: if the shape differs, a value is not finite, or `dtype` cannot hold it.
    """
    try:
        raw = value.detach().cpu().numpy() if isinstance(value, torch.Tensor) else np.asarray(value)
    except ValueError as error:
        raise complain(argument, "rows of equal length", "a ragged sequence") from error
    if raw.dtype.kind not in "biuf":
        raise TypeError(f"{argument}: got {raw.dtype} from {type(value).__name__}; expected real numbers")
    if raw.ndim != len(shape) or any(n == 0 or want not in (None, n) for n, want in zip(raw.shape, shape, strict=True)):
        wanted = ", ".join("N" if size is None else str(size) for size in shape)
        raise complain(argument, f"shape ({wanted})", f"shape {raw.shape}")
    if not np.isfinite(raw).all():
        raise complain(argument, "finite numbers", "nan or inf")
    with np.errstate(over="ignore", invalid="ignore"):
        array = raw.astype(dtype)
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise complain(argument, f"numbers that fit {array.dtype}", f"values from {raw.min()} to {raw.max()}")
    if array.dtype.kind in "iu" and not np.array_equal(array, raw):
        raise complain(argument, f"whole numbers that fit {array.dtype}", f"values from {raw.min()} to {raw.max()}")
    return np.ascontiguousarray(array)


class CourseWidget(anywidget.AnyWidget):
    """Base of the course's widgets: a title, a question to answer first, and one line on what to try.

    A subclass names its file in `script`, optional shared files in `parts`, and sets the defaults of the texts.
    Its file defines `build(page)`, exports `math` (every formula, for the tests) and ends with
    `export default defineWidget(build)`.
    """

    shared: ClassVar[tuple[str, ...]] = ("math.js", "runtime.js", "controls.js")
    parts: ClassVar[tuple[str, ...]] = ()
    script: ClassVar[str]

    _esm = traitlets.Unicode().tag(sync=True)
    _css = traitlets.Unicode().tag(sync=True)
    title = traitlets.Unicode(help="Accessible name of the widget.").tag(sync=True)
    question = traitlets.Unicode(help="What the reader predicts before touching anything.").tag(sync=True)
    answer = traitlets.Unicode(help="Shown when the reader opens the question.").tag(sync=True)
    tip = traitlets.Unicode(help="One line: what to try.").tag(sync=True)

    @traitlets.default("_esm")
    def _join_scripts(self) -> str:
        return "\n".join(source(name) for name in (*self.shared, *self.parts, self.script))

    @traitlets.default("_css")
    def _read_style(self) -> str:
        return source("widgets.css")

    def describe(self) -> dict[str, Any]:
        """What `repr` shows: stable from run to run."""
        return {}

    def __repr__(self) -> str:
        """A text without ids or addresses, so that stored outputs compare equal."""
        facts = ", ".join(f"{name}={value}" for name, value in self.describe().items())
        return f"{type(self).__name__}({facts})"
