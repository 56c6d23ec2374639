"""Gates: write it yourself, and be told by name what is wrong.

`gates.kl_standard_normal` is displayed as a card; `gates.kl_standard_normal(your_function)` returns a `Verdict`.
A task is a file in `vaekit.gates.exercises`; the mistakes that its gate knows are a file in `vaekit.gates.banks`.
"""

from __future__ import annotations

import importlib
import pkgutil

from vaekit.gates import exercises
from vaekit.gates.gate import Gate
from vaekit.gates.task import Ladder, Mutant, Task, Verdict

_TASKS = [
    importlib.import_module(f"{exercises.__name__}.{file.name}").TASK
    for file in pkgutil.iter_modules(exercises.__path__)
]
_GATES = {task.name: Gate(task) for task in sorted(_TASKS, key=lambda task: (task.chapter, task.difficulty, task.name))}
globals().update(_GATES)


def tasks() -> tuple[Gate, ...]:
    """All gates, in the order of the chapters."""
    return tuple(_GATES.values())


__all__ = ["Gate", "Ladder", "Mutant", "Task", "Verdict", "tasks", *_GATES]
