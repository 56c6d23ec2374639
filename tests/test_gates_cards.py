"""What a reader sees of a gate: the card of a task, its steps, and the panel of a verdict."""

from __future__ import annotations

import math
import re
from html.parser import HTMLParser

import pytest
import torch
import torch.nn.functional as F

from vaekit import gates
from vaekit.gates.gate import judge
from vaekit.gates.task import BLANK

ALL = pytest.mark.parametrize("gate", gates.tasks(), ids=lambda gate: gate.task.name)
VOID = {"br", "hr", "img"}


class Balanced(HTMLParser):
    """Collects elements and fails where tags do not match."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open, self.seen = [], []
        self.feed(html)
        assert not self.open

    def handle_starttag(self, tag, attributes):
        self.open.append(tag)
        self.seen.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def defined(code: str, name: str):
    space = {"torch": torch, "math": math, "F": F}
    exec(code, space)
    return space[name]


def filled(task) -> str:
    code = task.ladder.completion
    for blank in task.ladder.blanks:
        code = code.replace(BLANK, blank, 1)
    assert BLANK not in code
    return code


@ALL
def test_the_card_shows_everything_and_gives_nothing_away(gate):
    task, html = gate.task, gate._repr_html_()
    elements = Balanced(html).seen
    details = [attributes for tag, attributes in elements if tag == "details"]
    assert len(details) >= 10 and not any("open" in attributes for attributes in details)
    visible = re.sub(r"<details.*</details>", "", html, flags=re.S)
    assert task.name in visible and "exp" not in re.sub(r"exp\(logvar", "", visible).replace("log_mean_exp", "")
    assert f"{task.minutes} minutes" in visible and f"Difficulty {task.difficulty} of 3" in visible
    assert "raise NotImplementedError" in html and "return" in html and "$" not in html
    assert html == gate._repr_html_()
    assert repr(gate).startswith(f"gates.{task.name}(") and " at 0x" not in repr(gate)


@ALL
def test_the_steps_of_the_ladder_lead_to_the_task(gate):
    task = gate.task
    assert judge(task, defined(filled(task), task.name), 0).status == "passed"
    assert judge(task, defined(task.stub, task.name), 0).status == "not attempted"
    worked = re.search(r"def (\w+)", task.ladder.worked)[1]
    assert worked != task.name and callable(defined(task.ladder.worked, worked))
    assert judge(task, defined(task.ladder.worked, worked), 0).status == "failed"


@ALL
def test_the_function_to_debug_is_one_of_the_bank_and_runs_as_shown(gate):
    task = gate.task
    owners = [mutant.slug for mutant in task.bank if task.ladder.broken in mutant.forms]
    shown = task.source(task.ladder.broken)
    slug = judge(task, defined("from __future__ import annotations\n" + shown, task.name), 0).misconception
    assert slug in (owners or [mutant.slug for mutant in task.bank])
    assert not owners or slug == owners[0]
    assert slug not in shown


@ALL
def test_the_solution_runs_as_shown(gate):
    code = "from __future__ import annotations\n" + gate.task.source(gate.task.solution)
    assert judge(gate.task, defined(code, gate.task.name), 0).status == "passed"


def test_worked_examples_are_right():
    a, b = torch.tensor([[2.0, 0.5]]), torch.tensor([[1.0, 3.0]])
    exponential = defined(gates.kl_standard_normal.task.ladder.worked, "kl_exponential")(a, b)
    poisson = defined(gates.kl_diagonal_gaussians.task.ladder.worked, "kl_poisson")(a.log(), b.log())
    for ours, family in ((exponential, torch.distributions.Exponential), (poisson, torch.distributions.Poisson)):
        torch.testing.assert_close(ours, torch.distributions.kl_divergence(family(a), family(b)).sum(-1))
    rms = defined(gates.log_mean_exp_evidence.task.ladder.worked, "log_rms")(torch.tensor([[0.3], [1.2]]))
    torch.testing.assert_close(rms.exp(), torch.tensor([[0.3], [1.2]]).exp().square().mean(0).sqrt())
    counts = defined(gates.negative_elbo.task.ladder.worked, "negative_elbo_of_counts")
    loss = counts(a.log(), torch.tensor([[3.0, 0.0]]), torch.zeros(1, 2), torch.zeros(1, 2))
    torch.testing.assert_close(loss, -torch.distributions.Poisson(a).log_prob(torch.tensor([[3.0, 0.0]])).sum())


@pytest.mark.parametrize("status", ["passed", "failed", "not attempted"])
def test_a_panel_is_a_status_with_its_text_escaped(status):
    verdict = gates.Verdict("task", status, "<script>alert('&')</script>", "a-slug" if status == "failed" else None)
    html = verdict._repr_html_()
    elements = Balanced(html).seen
    assert elements[0][1]["role"] == "status"
    assert "<script" not in html and "&lt;script&gt;" in html
    assert ("a-slug" in html) == (status == "failed") == ("[a-slug]" in repr(verdict))
    assert not re.search(r"[^-]color:(?! inherit)", html), "text takes the colour of the page"


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_borders_stand_out_from_light_and_from_dark_pages():
    html = "".join(gates.Verdict("t", status, "m")._repr_html_() for status in ("passed", "failed", "not attempted"))
    for colour in set(re.findall(r"#[0-9a-f]{6}", html + gates.reparameterize._repr_html_())):
        for page in ("#ffffff", "#121212"):
            lighter, darker = sorted((luminance(colour), luminance(page)), reverse=True)
            assert (lighter + 0.05) / (darker + 0.05) >= 3, (colour, page)
