"""The gates about collapse and about beta: numbers in, numbers out, and what they say of functions unknown to them."""

from __future__ import annotations

import math
import re
import sys
import time
import warnings
from itertools import combinations

import numpy as np
import pytest
import torch

from vaekit import active_units, gates, linear_warmup, weighted_loss
from vaekit.gates.arguments import in_tensors
from vaekit.gates.gate import judge
from vaekit.gates.observe import Probe
from vaekit.gates.probes import Draw
from vaekit.gates.scalars import one_number
from vaekit.objectives import ElboTerms

weight, bits, units, loss = (
    getattr(gates, name).task for name in ("kl_weight", "free_bits", "active_units", "beta_loss")
)
TASKS = pytest.mark.parametrize("task", [weight, bits, units, loss], ids=lambda task: task.name)
ROWS = {  # of the table of misconceptions
    "kl_weight": {39: {"restarts", "runs-past-one", "wrong-unit", "random-result"}},
    "free_bits": {1: {"mean-over-latents"}, 40: {"floor-per-example", "floor-on-the-average", "floor-rescaled"}},
    "active_units": {6: {"wrong-axis"}, 24: {"random-result"}},
    "beta_loss": {
        3: {"terms-averaged"},
        4: {"kl-divided-by-the-batch"},
        5: {"batch-summed-in-one-term"},
        10: {"kl-sign"},
        14: {"sign-flipped"},
        34: {"likelihood-clamped", "loss-clamped"},
        38: {"beta-ignored"},
    },
}


def test_the_banks_cover_the_rows_of_the_table_of_misconceptions():
    for name, rows in ROWS.items():
        assert set().union(*rows.values()) <= {mutant.slug for mutant in getattr(gates, name).task.bank}, name


@TASKS
def test_every_two_forms_of_a_bank_are_told_apart(task):
    warnings.simplefilter("ignore")
    task, draw = in_tensors(task), Draw(0)
    cases = [case for case in task.settings.cases(draw) if case.inputs[0].dtype == torch.float64]
    graded = tuple(name in task.settings.graded for name in task.arguments)
    probes = [Probe(case) for case in cases]
    probes += [Probe(case, graded, torch.ones(())) for case in cases if any(graded)]
    no_values = ("random-result", "wrong-shape", "not-an-integer")
    forms = [(m.slug, form) for m in task.bank for form in m.forms if m.slug not in no_values]

    def observed(probe, form):
        try:
            return probe.observe(form)
        except ZeroDivisionError:
            return None

    seen = [[observed(probe, form) for probe in probes] for _, form in forms]
    for (one, left), (other, right) in combinations(zip(forms, seen, strict=True), 2):
        rows = zip(probes, left, right, strict=True)
        same = all(a is b or (a is not None and b is not None and p.agree(a, b)) for p, a, b in rows)
        conventions = task.name == units.name and one[0] == other[0]  # of one variance, which may agree
        assert not same or conventions, f"{one} and {other}"


@TASKS
def test_useless_functions_fail_with_a_message_that_says_what_they_are(task):
    def changed(change):
        return lambda *inputs: change(task.solution(*inputs))

    cases = {
        "returns 0, |zeros|does not depend": changed(lambda result: 0 * result),
        "NaN|nan": changed(lambda result: result * float("nan")),
        r"shape \(1, 1\)|\[\[": changed(lambda result: torch.as_tensor(result)[None, None]),
        "ZeroDivisionError": lambda *inputs: 1 / 0,
        "SystemExit": lambda *inputs: sys.exit(),
        "KeyboardInterrupt": lambda *inputs: (_ for _ in ()).throw(KeyboardInterrupt),
        "None; is a `return` missing": lambda *inputs: None,
        "a str": changed(str),
        "a list": changed(lambda result: [float(result)]),
        "a tuple": changed(lambda result: (result,)),
        "complex|0j": changed(lambda result: result * 1j),
        "ndarray": changed(lambda result: np.array([float(result)])),
        "cannot be called": lambda: 1,
        "returns|returned|input": lambda first, *others: first,
    }
    for word, function in cases.items():
        verdict = judge(task, function, 0)
        assert verdict.status == "failed", (word, verdict)
        assert re.search(word, verdict.message), (word, verdict)


@TASKS
def test_a_memorised_answer_fails(task):
    memory = {}

    def memorised(first, *others):
        key = (getattr(first, "shape", first), getattr(first, "dtype", None))
        return memory.setdefault(key, task.solution(first, *others))

    assert judge(task, memorised, 1).status == "failed"


@TASKS
def test_a_verdict_comes_within_a_second_of_computing(task):
    start = time.process_time()
    judge(task, task.solution, 3)
    assert time.process_time() - start < 1


def test_edits_of_an_input_fail_with_a_message_that_says_so():
    for gate, function in (
        (gates.free_bits, lambda kl, floor: kl.clamp_(min=floor).mean(0).sum()),
        (gates.beta_loss, lambda nll, kl, beta: nll.add_(kl, alpha=beta).mean()),
        (gates.active_units, lambda mu, threshold: int((mu.sub_(mu.mean(0)).square().mean(0) > threshold).sum())),
    ):
        verdict = gate(function)
        assert verdict.misconception == "edits-its-input" and "in place" in verdict.message


@pytest.mark.parametrize("kind", [float, np.float32, lambda c: torch.tensor(c, dtype=torch.float32), np.float64])
def test_a_count_that_is_no_integer_is_told_so(kind):
    verdict = gates.active_units(lambda mu, threshold: kind(units.solution(mu, threshold)))
    assert verdict.misconception == "not-an-integer" and "which is right, as a" in verdict.message


def test_numbers_of_every_kind_are_read_alike():
    for half in (0.5, np.float16(0.5), np.array(0.5), torch.tensor(0.5), torch.tensor(0.5, requires_grad=True)):
        assert one_number(half, torch.float64).item() == 0.5
    assert one_number(np.bool_(True), torch.float32).item() == one_number(True, torch.float32).item() == 1


def test_an_error_without_a_warm_up_is_named_with_its_numbers():
    def refuses(step, warmup):
        if warmup == 0:
            raise NotImplementedError("no warm-up")
        return weight.solution(step, warmup)

    for function in (lambda step, warmup: min(1.0, step / warmup), refuses):
        verdict = gates.kl_weight(function)
        assert verdict.misconception == "fails-without-warmup" and "warmup = 0" in verdict.message
    assert judge(weight, lambda step, warmup: [][step], 0).misconception == "raises"


def test_solutions_agree_with_the_package():
    assert all(weight.solution(t, w) == linear_warmup(w)(t) for w in (0, 1, 7) for t in range(20))
    mu = torch.randn(50, 9) * torch.logspace(-3, 0, 9)
    assert units.solution(mu, 0.01) == active_units(mu)
    nll, kl = torch.randn(6), torch.rand(6, 3)
    terms = ElboTerms(-nll[None], kl[None], (3,))
    torch.testing.assert_close(weighted_loss(terms, beta=3.0), loss.solution(nll, kl.sum(-1), 3.0))
    torch.testing.assert_close(weighted_loss(terms, free_bits=0.5), nll.mean() + bits.solution(kl, 0.5))


def test_what_the_banks_do_not_hold_is_described_by_its_properties():
    unknown = [
        (weight, "not-linear", lambda t, w: min(t / w, 1.0) ** 1.7 if w else 1.0),
        (weight, "ends-elsewhere", lambda t, w: min(t / (3 * w), 1.0) if w else 1.0),
        (weight, "warmup-ignored", lambda t, w: min(t / 333, 1.0)),
        (weight, "restarts", lambda t, w: min((t % (3 * w)) / w, 1.0) if w else 1.0),
        (weight, "staircase", lambda t, w: weight.solution(t - t % 4, w)),
        (weight, "falls", lambda t, w: math.exp(-t / max(w, 1))),
        (weight, "wrong-factor", lambda t, w: 1.3 * weight.solution(t, w)),
        (units, "threshold-ignored", lambda m, s: int((m.var(0) > 0.37).sum())),
        (units, "not-centred", lambda m, s: int((m.pow(4).mean(0) > s).sum())),
        (units, "another-spread", lambda m, s: int((m.quantile(0.9, 0) - m.quantile(0.1, 0) > s).sum())),
        (bits, "wrong-factor", lambda k, f: 1.7 * bits.solution(k, f)),
        (bits, "floor-missing", lambda k, f: bits.solution(k, 0.37)),
        (bits, "pushed-below-the-floor", lambda k, f: bits.solution(k, f) + k.sum() - k.sum().detach()),
        (bits, None, lambda k, f: bits.solution(k, f) + 0.1 * k[0, 0].sin()),
        (loss, "beta-transformed", lambda n, k, b: (n + 1.7 * b * k).mean()),
        (loss, "wrong-factor", lambda n, k, b: 0.3 * loss.solution(n, k, b)),
        (loss, "beta-ignored", lambda n, k, b: loss.solution(n, k, 3.0)),
        (loss, None, lambda n, k, b: loss.solution(n, 0.5 * (k + k.detach()), b)),
    ]
    for task, slug, function in unknown:
        verdict = judge(task, function, 0)
        assert (verdict.status, verdict.misconception) == ("failed", slug), verdict


def test_worked_examples_are_right():
    space = {"torch": torch}
    for task in (weight, bits, units, loss):
        exec(task.ladder.worked, space)
    assert [space["learning_rate_factor"](step, 4) for step in (0, 1, 4, 9)] == [1.0, 0.75, 0.0, 0.0]
    kl = torch.tensor([[1.0, 5.0], [2.0, 0.5]], requires_grad=True)
    capped = space["capped_kl"](kl, 2.0)
    capped.backward()
    assert capped.item() == 3.5 and kl.grad.tolist() == [[0.5, 0.0], [0.5, 0.0]]
    assert space["far_codes"](torch.tensor([[3.0, 4.0], [0.1, 0.0], [0.0, 2.0]]), 1.5) == 2
    net = space["elastic_net"](torch.tensor([1.0, 3.0]), torch.tensor([-2.0, 1.0]), 0.1)
    torch.testing.assert_close(net, torch.tensor(2.0 + 0.1 * (3.0 + 2.5)))
