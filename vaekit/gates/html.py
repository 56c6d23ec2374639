"""How tasks and verdicts look in a notebook: text first, colour second, on light and dark pages alike.

Colours appear only as borders (at least 3:1 against white and against black); all text inherits the page's own.
"""

from __future__ import annotations

from html import escape

from vaekit.gates.task import BLANK, Task, Verdict

MARKS = {
    "passed": ("✓ Passed", "#2e8b57"),
    "failed": ("✗ Not yet", "#d1495b"),
    "not attempted": ("○ Not attempted", "#6b7280"),
}
BOX = "border: 1px solid #6b7280; border-left: 4px solid {colour}; padding: 0.6em 1em; margin: 0.5em 0;"
CODE = "margin: 0.4em 0; overflow-x: auto; white-space: pre; background: transparent; color: inherit;"


def panel(verdict: Verdict) -> str:
    """A verdict as HTML, announced by screen readers when it appears.

    Args:
        verdict: what a gate returned.

    Returns:
        One element; all text is escaped.
    """
    word, colour = MARKS[verdict.status]
    name = f" <code>{escape(verdict.misconception)}</code>" if verdict.misconception else ""
    return (
        f'<div role="status" style="{BOX.format(colour=colour)}">'
        f"<strong>{word}: <code>{escape(verdict.task)}</code></strong>{name}"
        f'<div style="margin-top: 0.3em;">{escape(verdict.message)}</div></div>'
    )


def card(task: Task) -> str:
    """A task as HTML: the statement, and in closed boxes the hints, the ladder and the solution.

    Args:
        task: to be shown.

    Returns:
        One element; all text is escaped.
    """
    level = {1: "easy", 2: "medium", 3: "hard"}[task.difficulty]
    parts = [
        f"<strong>Gate: <code>{escape(task.name)}</code></strong>",
        f"<div>Difficulty {task.difficulty} of 3 ({level}), about {task.minutes} minutes.</div>",
        _code(task.signature),
        f"<div>{escape(task.statement)}</div>",
        *(_closed(f"Hint {number}", _text(hint)) for number, hint in enumerate(task.hints, 1)),
        *_ladder(task),
        _closed("Solution", _code(task.source(task.solution))),
        f"<div>Check yours with <code>gates.{escape(task.name)}({escape(task.name)})</code>.</div>",
    ]
    label = escape(f"Task: {task.name}")
    return f'<section aria-label="{label}" style="{BOX.format(colour="#3b6fb6")}">{"".join(parts)}</section>'


def _ladder(task: Task) -> list[str]:
    """The steps towards the task, each closed."""
    ladder = task.ladder
    blanks = " ".join(f"({number}) {blank}" for number, blank in enumerate(ladder.blanks, 1))
    return [
        _closed("Step 1: read a worked example", _code(ladder.worked)),
        _closed(
            "Step 2: fill in the blanks",
            _text(f"Replace each {BLANK}.") + _code(ladder.completion) + _closed("What belongs there", _code(blanks)),
        ),
        _closed("Step 3: write it", _code(task.stub)),
        _closed(
            "Step 4: debug this",
            _text("It runs, and it is wrong. What does it compute?")
            + _code(task.source(ladder.broken))
            + _closed("What is wrong", _text(ladder.bug)),
        ),
    ]


def _text(text: str) -> str:
    return f'<div style="margin: 0.4em 0;">{escape(text)}</div>'


def _code(code: str) -> str:
    return f'<pre style="{CODE}"><code>{escape(code.strip())}</code></pre>'


def _closed(title: str, inside: str) -> str:
    """A box that opens on a click or with the keyboard."""
    return f'<details style="margin: 0.3em 0;"><summary>{escape(title)}</summary>{inside}</details>'
