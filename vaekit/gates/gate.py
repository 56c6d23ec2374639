"""The gate of a task: call it with a function, and it says what is wrong; display it, and it explains the task."""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass

from vaekit.gates import process
from vaekit.gates.guard import Failure, Learner, NotAttempted, error_text, private_randomness, standard_settings
from vaekit.gates.html import card
from vaekit.gates.probes import Draw
from vaekit.gates.task import Function, Task, Verdict

LIMIT = 5.0  # seconds
PASSED = "Right on every probe: shapes, precisions, extremes, and gradients where they matter."


@dataclass(frozen=True, repr=False)
class Gate:
    """A task that judges the functions it is called with.

    Attributes:
        task: what is to be written, and how it is judged.
    """

    task: Task

    def __call__(self, fn: object, *, seed: int | None = None) -> Verdict:
        """Judge a function in a process of its own, whatever it does; stop it after 5 s.

        Args:
            fn: the function; it is called several times, with positional arguments as in the task's signature.
            seed: of the probes and of the function's randomness; by default a new one at every call.

        Returns:
            The verdict. Nothing is raised, and nothing of the caller's (random states, settings of torch) changes.
        """
        name = self.task.name
        if not callable(fn):
            return Verdict(
                name,
                "failed",
                f"Got a {type(fn).__name__}; expected a function: gates.{name}(your_function).",
                "not-callable",
            )
        seed = secrets.randbits(32) if seed is None else seed
        try:
            return Verdict(**process.run(lambda: asdict(judge(self.task, fn, seed)), LIMIT))
        except TimeoutError:
            text = (
                f"Your function had not finished after {LIMIT:g} s and was stopped. The inputs are small: a loop in "
                "it probably never ends. Which condition should end it?"
            )
            return Verdict(name, "failed", text, "endless")
        except process.Ended as ended:
            text = f"Your function ended the Python process that ran it ({ended}). In a notebook that is a lost kernel."
            return Verdict(name, "failed", text, "ends-the-process")

    def __repr__(self) -> str:
        return f"gates.{self.task.signature}\n{self.task.statement}"

    def _repr_html_(self) -> str:
        return card(self.task)


def judge(task: Task, fn: Function, seed: int) -> Verdict:
    """Judge a function in this process: what the gate does in a child of it, where the function can be stopped."""
    try:
        with private_randomness(seed), standard_settings():
            task.judge(task, Learner(fn, task.arguments), Draw(seed))
    except Failure as failure:
        return Verdict(task.name, "failed", failure.message, failure.misconception)
    except NotAttempted:
        return Verdict(task.name, "not attempted", f"Write {task.name}, then run this cell again.")
    except BaseException as error:  # a result may misbehave in ways that no check foresees
        text = f"Your function's result could not be examined: that raised {error_text(error)}."
        return Verdict(task.name, "failed", text, "not-a-tensor")
    return Verdict(task.name, "passed", PASSED)
