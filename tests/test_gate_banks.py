"""The banks: every wrong function is named, no two are the same, and no right one is rejected."""

from __future__ import annotations

import re
import warnings
from itertools import combinations

import pytest
import torch

import tests.gate_answers_collapse  # noqa: F401 (adds its answers to the others)
import tests.gate_answers_diffusion  # noqa: F401
import tests.gate_answers_discrete  # noqa: F401
import tests.gate_answers_gaussians  # noqa: F401
import tests.gate_answers_uses  # noqa: F401
from tests.gate_answers import ANSWERS
from vaekit import gates, kl_standard_normal, score_function
from vaekit.gates.checks import Settings
from vaekit.gates.gate import judge
from vaekit.gates.observe import Probe
from vaekit.gates.probes import Draw

ALL = pytest.mark.parametrize("gate", gates.tasks(), ids=lambda gate: gate.task.name)
ROWS = {  # of the table of misconceptions that the tasks of chapters 01 to 05 can show
    "kl_standard_normal": {
        1: "mean-over-latents",
        6: "batch-reduced",
        7: "sigma-for-variance",
        8: "log-sigma-for-logvar",
        9: "exp-twice",
        10: "sign-flipped",
        11: "log-term-squared",
        12: "half-misplaced",
        13: "constant-counted-once",
        27: "clamped-logvar",
        35: "batch-axis-kept",
    },
    "kl_diagonal_gaussians": {1: "mean-over-latents", 12: "half-misplaced", 15: "reverse-kl"},
    "negative_elbo": {
        2: "pixels-averaged",
        3: "both-averaged",
        4: "kl-divided-by-the-batch",
        5: "batch-summed-in-one-term",
        10: "kl-sign",
        14: "elbo-not-negated",
        28: "log-of-zero",
        32: "double-sigmoid",
    },
    "reparameterize": {
        7: "variance-as-scale",
        16: "uniform-noise",
        17: "noise-shared-by-the-batch",
        18: "noise-scaled",
        19: "constant-noise",
        20: "no-sampling",
        21: "detached",
        22: "mu-plus-sigma",
    },
    "log_mean_exp_evidence": {41: "mean-of-logs", 43: "log-k-missing", 44: "no-logsumexp"},
    "monte_carlo_elbo": {10: "kl-clamped", 14: "sign-flipped"},
    "score_function_surrogate": {49: "reward-not-detached"},
    "leave_one_out_surrogate": {50: "baseline-includes-own-sample"},
}


@ALL
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_every_form_of_every_mutant_is_rejected_under_its_own_name(gate, seed):
    for mutant in gate.task.bank:
        assert mutant.forms, f"{mutant.slug}: nothing makes this mistake"
        for form in mutant.forms:
            verdict = judge(gate.task, form, seed)
            assert (verdict.status, verdict.misconception) == ("failed", mutant.slug), verdict
            assert mutant.explanation in verdict.message and len(verdict.message) > len(mutant.explanation) + 20


@ALL
def test_names_are_stable_words_and_explanations_end_in_a_question(gate):
    slugs = [mutant.slug for mutant in gate.task.bank]
    assert len(set(slugs)) == len(slugs) >= 12
    for mutant in gate.task.bank:
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", mutant.slug)
        assert mutant.explanation.endswith("?"), mutant.slug


def test_the_banks_cover_the_rows_of_the_table_of_misconceptions():
    for name, rows in ROWS.items():
        assert set(rows.values()) <= {mutant.slug for mutant in getattr(gates, name).task.bank}, name


@pytest.mark.parametrize(
    "gate", [g for g in gates.tasks() if isinstance(g.task.settings, Settings)], ids=lambda gate: gate.task.name
)
def test_every_two_forms_of_a_bank_are_told_apart(gate):
    task = gate.task
    warnings.simplefilter("ignore")  # the spread of a single number is one of the mistakes
    draw = Draw(0)
    cases = list(task.settings.cases(draw))
    graded = tuple(name in task.settings.graded for name in task.arguments)
    cases = [case for case in cases if case.inputs[0].dtype == torch.float64]
    probes = [Probe(case) for case in cases] if task.settings.valued else []
    if any(graded):
        probes += [Probe(case, graded, torch.ones_like(task.solution(*case.inputs))) for case in cases]
    forms = [(mutant.slug, form) for mutant in task.bank for form in mutant.forms if mutant.slug != "random-result"]
    seen = [[probe.observe(form) for probe in probes] for _, form in forms]
    for (one, left), (other, right) in combinations(zip(forms, seen, strict=True), 2):
        same = all(probe.agree(a, b) for probe, a, b in zip(probes, left, right, strict=True))
        assert not same, f"{one} and {other}"


@ALL
def test_at_least_five_differently_written_answers_pass(gate):
    assert len(ANSWERS[gate.task.name]) >= 5
    for answer in ANSWERS[gate.task.name]:
        assert gate(answer).status == "passed", answer.__name__


@ALL
@pytest.mark.parametrize("seed", range(5))
def test_no_answer_is_rejected_on_other_probes(gate, seed):
    for answer in ANSWERS[gate.task.name]:
        verdict = judge(gate.task, answer, seed)
        assert verdict.status == "passed", (answer.__name__, verdict)


def test_a_fair_sample_is_never_rejected_in_hundreds_of_runs():
    task = gates.reparameterize.task
    assert all(judge(task, task.solution, seed).status == "passed" for seed in range(200))


def test_solutions_agree_with_the_package():
    mu, logvar = torch.randn(2, 5, 3, dtype=torch.float64)
    torch.testing.assert_close(gates.kl_standard_normal.task.solution(mu, logvar), kl_standard_normal(mu, logvar))
    log_q, reward = torch.randn(2, 6, 1, dtype=torch.float64)
    for task, leave_one_out in (
        (gates.score_function_surrogate.task, False),
        (gates.leave_one_out_surrogate.task, True),
    ):
        ours = torch.func.grad(lambda q, task=task: task.solution(q[:, 0], reward[:, 0]))(log_q)
        theirs = torch.func.grad(lambda q, one=leave_one_out: score_function(q, reward, leave_one_out=one).sum())(log_q)
        torch.testing.assert_close(ours, theirs)


UNKNOWN = {
    "clamped-logvar": lambda mu, logvar: gates.kl_standard_normal.task.solution(mu, logvar.clamp(-37, 50)),
    "wrong-factor": lambda mu, logvar: 1.7 * gates.kl_standard_normal.task.solution(mu, logvar),
    "wrong-constant": lambda mu, logvar: gates.kl_standard_normal.task.solution(mu, logvar) + 1.3,
    "sign-flipped": lambda mu, logvar: -gates.kl_standard_normal.task.solution(mu, logvar),
    "detached": lambda mu, logvar: gates.kl_standard_normal.task.solution(mu, logvar).detach(),
    "no-gradient": lambda mu, logvar: gates.kl_standard_normal.task.solution(mu.detach(), logvar),
    None: lambda mu, logvar: gates.kl_standard_normal.task.solution(mu, logvar) + 0.1 * mu[:, 0].sin(),
}


@pytest.mark.parametrize("slug", UNKNOWN)
def test_what_the_bank_does_not_hold_is_described_by_its_properties(slug):
    verdict = judge(gates.kl_standard_normal.task, UNKNOWN[slug], 0)
    assert (verdict.status, verdict.misconception) == ("failed", slug)
