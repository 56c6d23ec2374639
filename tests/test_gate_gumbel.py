"""The gate of the relaxed draw: the law that it tests is exact, fair draws pass, and mistakes have names."""

from __future__ import annotations

import math
import re
import sys
import time

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.stats import kstest

import tests.gate_answers_discrete  # noqa: F401 (adds its answers to the others)
from tests.gate_answers import ANSWERS
from vaekit import gates, gumbel_softmax
from vaekit.gates import gumbels
from vaekit.gates.gate import judge
from vaekit.gates.gumbels import FORMULAS, LAWS, Relaxed
from vaekit.gates.pathwise import softmax_slope

task = gates.gumbel_softmax.task
ROWS = {  # of the table of misconceptions
    17: "noise-shared-by-the-batch",
    19: "constant-noise",
    20: "no-noise",
    21: "detached",
    45: "probabilities-as-logits",
    46: "gumbel-sign",
}


def relaxed(logits, noise, tau):
    return ((logits + noise) / tau).softmax(-1)


def noise(logits):
    return -torch.empty_like(logits).exponential_().log()


def samples(tau, rows=20_000):
    torch.manual_seed(0)
    logits = torch.randn(rows, 4, dtype=torch.float64)
    return Relaxed(logits, tau, torch.stack([task.solution(logits, tau) for _ in range(2)]))


def test_the_bank_covers_the_rows_of_the_table_and_names_every_formula_and_law():
    slugs = {mutant.slug for mutant in task.bank}
    assert {*ROWS.values(), "uniform-noise"} | FORMULAS.keys() | LAWS.keys() <= slugs


@pytest.mark.parametrize("tau", [0.4, 1.0, 3.0])
def test_noise_that_is_got_back_from_a_fair_draw_is_gumbel_at_every_temperature(tau):
    found = samples(tau)
    gaps = found.noise[0, :, 1] - found.noise[0, :, 0]
    assert kstest(gaps.numpy(), "logistic").pvalue > 1e-5
    normal = gumbels.gumbel(found.noise)
    assert normal.shape == (2, 20_000, 3)
    assert all(kstest(normal[0, :, column].numpy(), "norm").pvalue > 1e-5 for column in range(3))
    won, wanted = (found.y[0].argmax(-1) == 0).double(), found.logits.softmax(-1)[:, 0]
    error = (wanted * (1 - wanted)).mean().div(len(wanted)).sqrt()
    assert (won - wanted).mean().abs() < 4.5 * error


def test_every_other_law_makes_normal_numbers_of_its_own_noise_alone():
    torch.manual_seed(1)
    u = torch.rand(2, 20_000, 4, dtype=torch.float64)
    drawn = {
        gumbels.gumbel: -(-u.log()).log(),
        gumbels.exponential: -u.log(),
        gumbels.gaussian: 1.7 * torch.special.ndtri(u),
        gumbels.any_width: -0.3 * (-u.log()).log(),
    }
    for law in drawn:
        for own, values in drawn.items():
            pvalue = kstest(
                law(values + torch.randn(20_000, 1, dtype=torch.float64))[1].flatten().numpy(), "norm"
            ).pvalue
            same = law is own or (law is gumbels.any_width and own is gumbels.gumbel)
            assert (pvalue > 1e-5) == same, (law.__name__, own.__name__)


def test_the_slope_is_that_of_the_formula_with_the_noise_held_fixed():
    logits, g, weights = torch.randn(3, 5, 4, dtype=torch.float64)
    slope = torch.func.grad(lambda a: (weights * relaxed(a, g, 0.3)).sum())(logits)
    torch.testing.assert_close(softmax_slope(relaxed(logits, g, 0.3), weights) / 0.3, slope)


def test_the_solution_agrees_in_law_with_the_package():
    q = torch.distributions.OneHotCategorical(logits=torch.randn(4000, 5, dtype=torch.float64))
    torch.manual_seed(2)
    ours, theirs = task.solution(q.logits, 0.7), gumbel_softmax(0.7)(q, torch.Size())
    for power in (1, 2):
        difference = ours.pow(power) - theirs.pow(power)
        assert (difference.mean(0).abs() < 4.5 * difference.std(0) / math.sqrt(4000)).all()


def test_fair_draws_are_never_rejected_in_hundreds_of_runs():
    fast = [answer for answer in ANSWERS[task.name] if "loop" not in answer.__name__]
    assert all(judge(task, fast[seed % len(fast)], seed).status == "passed" for seed in range(300))


def test_useless_functions_fail_with_a_message_that_says_what_they_are():
    def changed(change):
        return lambda *inputs: change(task.solution(*inputs))

    cases = {
        "zeros": changed(torch.zeros_like),
        "NaN": changed(lambda result: result * float("nan")),
        "infinity": changed(lambda result: result / 0),
        "shape": changed(lambda result: result[None, None]),
        "ZeroDivisionError.* There, tau = ": lambda *inputs: 1 / 0,
        "SystemExit": lambda *inputs: sys.exit(),
        "KeyboardInterrupt": lambda *inputs: (_ for _ in ()).throw(KeyboardInterrupt),
        "None; is a `return` missing": lambda *inputs: None,
        "ndarray": changed(lambda result: result.detach().numpy()),
        "a list": changed(lambda result: result.tolist()),
        "a tuple": changed(lambda result: (result,)),
        "complex128": changed(lambda result: result * 1j),
        "sparse": changed(lambda result: result.to_sparse()),
        "float16": changed(lambda result: result.half()),
        "cannot be called": lambda: 1,
        "input logits unchanged": lambda logits, tau: logits,
        "changes its input logits in place": lambda logits, tau: relaxed(logits.mul_(1.5), noise(logits), tau),
    }
    for word, function in cases.items():
        verdict = judge(task, function, 0)
        assert verdict.status == "failed", (word, verdict)
        assert re.search(word, verdict.message), (word, verdict)


def test_a_memorised_answer_fails():
    memory = {}

    def memorised(logits, tau):
        return memory.setdefault((logits.shape, logits.dtype), task.solution(logits, tau))

    assert judge(task, memorised, 1).status == "failed"


def test_a_verdict_comes_within_a_second_of_computing():
    start = time.process_time()
    judge(task, task.solution, 3)
    assert time.process_time() - start < 1


def overwritten(logits, tau):
    y = task.solution(logits, tau)
    return y.mul_(1.0)


UNKNOWN = [
    ("another-law", lambda a, t: relaxed(a, torch.rand_like(a).logit(), t)),
    ("another-law", lambda a, t: relaxed(a.tanh(), noise(a), t)),
    ("noise-scaled", lambda a, t: relaxed(a, 1.3 * noise(a), t)),
    ("gaussian-noise", lambda a, t: relaxed(a, 0.6 + 1.5 * torch.randn_like(a), t)),
    ("uniform-noise", lambda a, t: relaxed(a, torch.rand_like(a) - 0.5, t)),
    ("wrong-tau", lambda a, t: relaxed(a, noise(a), math.exp(t))),
    ("tau-clamped", lambda a, t: relaxed(a, noise(a), max(t, 0.2))),
    ("logits-of-the-batch", lambda a, t: relaxed(a - 0.5 * a.mean(0) + 0.5 * a.detach().mean(0), noise(a), t)),
    ("clamped-logits", lambda a, t: relaxed(a.clamp(-33, 44), noise(a), t)),
    ("noise-reused", lambda a, t: relaxed(a, noise(a[:1].expand(3, -1)).repeat(len(a), 1)[: len(a)], t)),
    (
        "fixed-seed",
        lambda a, t: np.random.seed(7) or relaxed(a, torch.from_numpy(np.random.gumbel(size=a.shape)).to(a), t),
    ),
    ("straight-through", lambda a, t: F.gumbel_softmax(a, t, hard=True) * 1.0),
    ("hard-sample", lambda a, t: F.one_hot((a + noise(a)).argmax(-1), a.shape[1])),
    ("breaks-the-gradient", overwritten),
    ("not-normalised", lambda a, t: task.solution(a, t) * 1.01),
    ("wrong-gradient", lambda a, t: task.solution(a, t).detach() + 0 * a + (a.sin() - a.detach().sin())),
]


@pytest.mark.parametrize(("slug", "function"), UNKNOWN)
def test_what_the_bank_does_not_hold_is_named_by_what_it_does(slug, function):
    for seed in range(3):
        verdict = judge(task, function, seed)
        assert (verdict.status, verdict.misconception) == ("failed", slug), verdict


def test_the_worked_example_is_right():
    space = {"torch": torch}
    exec(task.ladder.worked, space)
    torch.manual_seed(3)
    logit = torch.full((20_000,), 0.8, dtype=torch.float64)
    heads = (space["relaxed_coin"](logit, 0.5) > 0.5).double()
    assert abs(heads.mean() - logit[0].sigmoid()) < 4.5 * heads.std() / math.sqrt(20_000)
