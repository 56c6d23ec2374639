"""What a gate is made of: a task, the steps that lead to it, and the wrong answers that it knows by name."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

Function = Callable[..., Any]
BLANK = "▢"


@dataclass(frozen=True)
class Verdict:
    """What a gate says of a function.

    Attributes:
        task: the name of the task.
        status: "passed", "failed" or "not attempted".
        message: what was seen, what it would do to training, and a hint.
        misconception: a stable slug if the mistake is a known one.
    """

    task: str
    status: Literal["passed", "failed", "not attempted"]
    message: str
    misconception: str | None = None

    def __repr__(self) -> str:
        name = f" [{self.misconception}]" if self.misconception else ""
        return f"{self.task}: {self.status}{name}"  # without the message, whose numbers change from call to call

    def __str__(self) -> str:
        return f"{self!r}. {self.message}"

    def _repr_html_(self) -> str:
        from vaekit.gates.html import panel  # the renderer needs this class

        return panel(self)


@dataclass(frozen=True)
class Mutant:
    """One misconception: the wrong functions that it leads to, and what to tell whoever wrote one.

    Attributes:
        slug: its stable name.
        explanation: what it is, what it would do to training, and a hint that leaves the answer to find.
        forms: plain functions that make the mistake; none where only a property of the behaviour shows it.
    """

    slug: str
    explanation: str
    forms: tuple[Function, ...] = ()


def wrong(slug: str, explanation: str, *forms: Function) -> Mutant:
    """An entry of a bank; its attributes are those of `Mutant`."""
    return Mutant(slug, explanation, forms)


@dataclass(frozen=True)
class Ladder:
    """The steps from an example to the task: read, complete, write, debug.

    Attributes:
        worked: code that solves a nearby problem.
        completion: the solution with blanks.
        blanks: what belongs in the blanks, in order.
        broken: a form of one of the bank's mutants.
        bug: what is wrong with it.
    """

    worked: str
    completion: str
    blanks: tuple[str, ...]
    broken: Function
    bug: str


@dataclass(frozen=True)
class Task:
    """A function to write, and how it is judged.

    Attributes:
        name: of the function.
        chapter: its number, two digits.
        statement: what the function computes, in words, with units.
        returns: the shape of its result.
        shapes: of its arguments, by name.
        difficulty: from 1 to 3.
        minutes: that it takes.
        hints: three, each going further than the last.
        ladder: the steps that lead to it.
        solution: the right function.
        bank: the misconceptions that it knows, the most telling first.
        judge: raises `Failure` unless a learner's function is right; called as `judge(task, learner, draw)`.
        settings: what `judge` needs to know beyond that.
    """

    name: str
    chapter: str
    statement: str
    shapes: dict[str, str]
    returns: str
    difficulty: int
    minutes: int
    hints: tuple[str, str, str]
    ladder: Ladder
    solution: Function
    bank: tuple[Mutant, ...]
    judge: Callable[[Task, Any, Any], None]
    settings: Any = field(default=None, repr=False)

    @property
    def arguments(self) -> tuple[str, ...]:
        """The names of the arguments, in order."""
        return tuple(self.shapes)

    @property
    def signature(self) -> str:
        """The function's name with the shapes that come and go."""
        inside = ", ".join(f"{name}: {shape}" for name, shape in self.shapes.items())
        return f"{self.name}({inside}) -> {self.returns}"

    @property
    def stub(self) -> str:
        """The function, to be written."""
        return f"def {self.name}({', '.join(self.arguments)}):\n    raise NotImplementedError"

    def explanation(self, slug: str, otherwise: str = "") -> str:
        """What the bank says of a misconception."""
        return next((mutant.explanation for mutant in self.bank if mutant.slug == slug), otherwise)

    def source(self, function: Function) -> str:
        """The source of one of the task's functions, under the task's name."""
        text = textwrap.dedent(inspect.getsource(function))
        return re.sub(rf"\b{function.__name__}\b", self.name, text).rstrip()
