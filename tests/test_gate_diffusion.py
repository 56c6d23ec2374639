"""The gates about diffusion: steps counted from 0, variances that are no factors, and a loss that is summed over D."""

from __future__ import annotations

import re
import sys
import time
import warnings
from itertools import combinations

import pytest
import torch
import torch.nn.functional as F
from torch.distributions import Normal, kl_divergence

import tests.gate_answers_diffusion  # noqa: F401 (right answers to these gates)
from vaekit import ForwardProcess, gates
from vaekit.gates.arguments import in_tensors
from vaekit.gates.gate import judge
from vaekit.gates.observe import Probe
from vaekit.gates.probes import Draw

state, before, loss = gates.diffuse.task, gates.ddpm_posterior_mean.task, gates.ddpm_loss.task
TASKS = pytest.mark.parametrize("task", [state, before, loss], ids=lambda task: task.name)
MIXED = pytest.mark.parametrize("task", [state, before], ids=lambda task: task.name)
ROWS = {  # of the table of misconceptions
    "diffuse": {
        6: {"one-step-for-the-batch", "too-many-axes"},
        7: {"noise-root-missing", "roots-missing"},
        9: {"root-twice"},
        16: {"random-result"},
        17: {"noise-shared"},
        18: {"noise-scaled"},
        20: {"noise-ignored"},
        35: {"wrong-axis", "too-many-axes"},
    },
    "ddpm_posterior_mean": {24: {"random-result"}, 27: {"divides-by-zero"}},
    "ddpm_loss": {
        2: {"mean-over-everything"},
        4: {"divided-twice"},
        5: {"summed-over-everything", "axes-exchanged"},
        6: {"not-reduced"},
        12: {"halved"},
        14: {"sign-flipped", "noise-added"},
        21: {"prediction-detached", "detached"},
        35: {"noise-of-another-example"},
    },
}


def test_the_banks_cover_the_rows_of_the_table_of_misconceptions():
    for name, rows in ROWS.items():
        assert set().union(*rows.values()) <= {mutant.slug for mutant in getattr(gates, name).task.bank}, name


@MIXED
def test_every_two_forms_of_a_bank_are_told_apart(task):
    warnings.simplefilter("ignore")
    task = in_tensors(task)
    probes = [Probe(case) for case in task.settings.cases(Draw(0)) if case.inputs[0].dtype == torch.float64]
    forms = [(mutant.slug, form) for mutant in task.bank for form in mutant.forms if mutant.slug != "random-result"]

    def observed(probe, form):
        try:
            return probe.observe(form)
        except (IndexError, RuntimeError):  # the last step has no next, and some shapes do not broadcast
            return None

    seen = [[observed(probe, form) for probe in probes] for _, form in forms]
    for (one, left), (other, right) in combinations(zip(forms, seen, strict=True), 2):
        rows = zip(probes, left, right, strict=True)
        same = all(a is b or (a is not None and b is not None and p.agree(a, b)) for p, a, b in rows)
        assert not same, f"{one} and {other}"


@MIXED
def test_useless_functions_fail_with_a_message_that_says_what_they_are(task):
    def changed(change):
        return lambda *inputs: change(task.solution(*inputs))

    cases = {
        "zeros": changed(torch.zeros_like),
        "NaN|nan": changed(lambda result: result * float("nan")),
        "shape|axes": changed(lambda result: result[None, None]),
        "shape": changed(lambda result: result.sum(-1)),
        "ZeroDivisionError: division by zero. It was called with x0": lambda *inputs: 1 / 0,
        "SystemExit": lambda *inputs: sys.exit(),
        "KeyboardInterrupt": lambda *inputs: (_ for _ in ()).throw(KeyboardInterrupt),
        "None; is a `return` missing": lambda *inputs: None,
        "ndarray": changed(lambda result: result.numpy()),
        "a list": changed(lambda result: result.tolist()),
        "complex128": changed(lambda result: result * 1j),
        "int64": changed(lambda result: result.long()),
        "float32": changed(lambda result: result.float()),
        "cannot be called": lambda: torch.zeros(5, 3),
        "input x0 unchanged": lambda x0, *others: x0,
        "input (eps|xt) unchanged": lambda x0, *others: others[2] if task is state else others[0],
    }
    for word, function in cases.items():
        verdict = judge(task, function, 0)
        assert verdict.status == "failed", (word, verdict)
        assert re.search(word, verdict.message), (word, verdict)
        assert "There, ." not in verdict.message


@TASKS
def test_edits_of_any_input_fail_with_a_message_that_says_so(task):
    for place, name in enumerate(task.arguments):
        if task.shapes[name] == "int":
            continue

        def edits(*inputs, place=place):
            result = task.solution(*inputs)
            with torch.no_grad():
                inputs[place].add_(1)
            return result

        verdict = judge(task, edits, 0)
        assert verdict.misconception == "edits-its-input" and f"input {name} in place" in verdict.message


@TASKS
def test_a_memorised_answer_fails(task):
    memory = {}

    def memorised(first, *others):
        key = (first.shape, first.dtype, others[1] if task is before else None)
        return memory.setdefault(key, task.solution(first, *others))

    assert judge(task, memorised, 1).status == "failed"


@TASKS
def test_a_verdict_comes_within_a_second_of_computing(task):
    for function in (task.solution, lambda *inputs: task.solution(*inputs) + inputs[0].sin().sum()):
        start = time.process_time()
        judge(task, function, 3)
        assert time.process_time() - start < 1


def test_solutions_agree_with_the_package():
    torch.manual_seed(0)
    process = ForwardProcess(torch.linspace(1e-3, 0.4, 7, dtype=torch.float64))
    x0, xt, eps = torch.randn(3, 4, 5, dtype=torch.float64)
    t = torch.tensor([0, 6, 3, 3])
    q = process.q(x0, t)
    torch.testing.assert_close(state.solution(x0, t, process.alpha_bar, eps), q.loc + q.scale * eps)
    for step in range(7):
        ours = before.solution(x0, xt, step, process.alphas, process.alpha_bar)
        torch.testing.assert_close(ours, process.posterior_mean(x0, xt, step))
    assert torch.equal(before.solution(x0, xt, 0, process.alphas, process.alpha_bar), x0)


def test_the_posterior_mean_is_that_of_bayes_rule_on_a_grid():
    x0, xt, t, alphas, alpha_bar = (0.7, -1.1, 2, torch.tensor([0.9, 0.8, 0.6]).double(), None)
    alpha_bar = alphas.cumprod(0)
    grid = torch.linspace(-12, 12, 20_001, dtype=torch.float64)
    log_joint = Normal(alpha_bar[1].sqrt() * x0, (1 - alpha_bar[1]).sqrt()).log_prob(grid)
    log_joint = log_joint + Normal(alphas[2].sqrt() * grid, (1 - alphas[2]).sqrt()).log_prob(torch.tensor(xt))
    mean = (log_joint.softmax(0) * grid).sum()
    ours = before.solution(torch.tensor([[x0]]).double(), torch.tensor([[xt]]).double(), t, alphas, alpha_bar)
    torch.testing.assert_close(ours[0, 0], mean)


def test_the_state_has_the_variance_of_the_schedule():
    torch.manual_seed(0)
    eps, t = torch.randn(100_000, 1), torch.zeros(100_000, dtype=torch.int64)
    spread = state.solution(torch.full_like(eps, 3.0), t, torch.tensor([0.64]), eps).var().item()
    assert abs(spread - 0.36) < 4.5 * 0.36 * (2 / 100_000) ** 0.5


def test_the_loss_is_twice_the_kl_of_unit_gaussians():
    eps_hat, eps = torch.randn(2, 6, 4)
    kl = kl_divergence(Normal(eps, 1.0), Normal(eps_hat, 1.0)).sum(-1).mean()
    torch.testing.assert_close(loss.solution(eps_hat, eps), 2 * kl)


def test_worked_examples_are_right():
    space = {"torch": torch}
    for task in (state, before, loss):
        exec("import math\n" + task.ladder.worked, space)
    one, other = torch.randn(2, 50_000, 1)
    mixed = space["crossfade"](one, other, torch.rand(50_000))
    assert abs(mixed.var().item() - 1) < 4.5 * (2 / 50_000) ** 0.5
    fused = space["fused_place"](torch.tensor([[1.0]]), torch.tensor([[4.0]]), torch.tensor(2.0), torch.tensor(1.0))
    torch.testing.assert_close(fused, torch.tensor([[(1.0 / 2 + 4.0 / 1) / (1 / 2 + 1)]]))
    logits, target = torch.randn(5, 4), torch.rand(5, 4).softmax(-1)
    torch.testing.assert_close(space["soft_cross_entropy"](logits, target), F.cross_entropy(logits, target))
