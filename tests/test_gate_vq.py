"""The gate of the two squares of a vector-quantised autoencoder: each tensor gets its own gradient, and no other."""

from __future__ import annotations

import re
import sys
import time
from itertools import combinations

import pytest
import torch
import torch.nn.functional as F

from vaekit import VQVAE, gates, vq_loss
from vaekit.gates.arguments import in_tensors
from vaekit.gates.gate import judge
from vaekit.gates.observe import Probe
from vaekit.gates.probes import Draw

task = gates.vq_loss.task
ROWS = {  # of the table of misconceptions
    5: {"batch-summed", "reduced-differently"},
    38: {"beta-ignored"},
    48: {"beta-on-the-wrong-term", "straight-through-before-the-loss"},
}


def slopes(function, beta=0.25):
    """The gradients at z_e = 2 and e = 1."""
    leaves = [torch.tensor([[value]], requires_grad=True) for value in (2.0, 1.0)]
    found = torch.autograd.grad(function(*leaves, beta), leaves, allow_unused=True)
    return [0.0 if each is None else each.item() for each in found]


def form(slug):
    return next(mutant.forms[0] for mutant in task.bank if mutant.slug == slug)


def test_the_bank_covers_the_rows_of_the_table_of_misconceptions():
    assert set().union(*ROWS.values()) <= {mutant.slug for mutant in task.bank}


def test_gradients_go_where_the_names_say():
    assert slopes(task.solution) == [0.5, -2.0]
    assert slopes(form("beta-on-the-wrong-term")) == [2.0, -0.5]
    assert slopes(form("nothing-detached")) == [2.5, -2.5]
    assert slopes(form("codebook-term-moves-the-encoder")) == [2.5, -2.0]
    assert slopes(form("commitment-moves-the-codebook")) == [0.5, -2.5]
    assert slopes(form("straight-through-before-the-loss")) == [-1.5, 0.0]


def test_to_exchange_the_stop_gradients_is_to_exchange_the_weights():
    def weights_exchanged(z_e, e, beta):
        return beta * F.mse_loss(z_e.detach(), e) + F.mse_loss(z_e, e.detach())

    assert slopes(weights_exchanged) == slopes(form("beta-on-the-wrong-term"))
    assert judge(task, weights_exchanged, 0).misconception == "beta-on-the-wrong-term"


def test_every_two_forms_of_a_bank_are_told_apart():
    plain = in_tensors(task)
    cases = [case for case in plain.settings.cases(Draw(0)) if case.inputs[0].dtype == torch.float64]
    probes = [Probe(case) for case in cases]
    probes += [Probe(case, (True, True, False), torch.ones(())) for case in cases]
    forms = [(mutant.slug, each) for mutant in plain.bank for each in mutant.forms if mutant.slug != "random-result"]
    seen = [[probe.observe(each) for probe in probes] for _, each in forms]
    for (one, left), (other, right) in combinations(zip(forms, seen, strict=True), 2):
        same = all(probe.agree(a, b) for probe, a, b in zip(probes, left, right, strict=True))
        assert not same, f"{one} and {other}"


def test_the_solution_is_that_of_the_package_but_for_the_sum_over_the_code():
    torch.manual_seed(0)
    model = VQVAE(torch.nn.Linear(6, 8), Bernoulli(), positions=2, codes=5, code_dim=4)
    result = model(torch.bernoulli(torch.rand(7, 6)))
    ours = task.solution(result.z_e.flatten(1), result.e.flatten(1), 0.3) * 8
    torch.testing.assert_close(ours, vq_loss(result, beta=0.3) + result.log_px.mean())


class Bernoulli(torch.nn.Module):
    """A decoder."""

    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(8, 6)

    def forward(self, z):
        return torch.distributions.Bernoulli(logits=self.linear(z))


def test_useless_functions_fail_with_a_message_that_says_what_they_are():
    def changed(change):
        return lambda *inputs: change(task.solution(*inputs))

    cases = {
        "returns 0|zeros": changed(lambda result: 0 * result),
        "NaN|nan": changed(lambda result: result * float("nan")),
        r"shape \(1, 1\)|\[\[": changed(lambda result: result[None, None]),
        "ZeroDivisionError.* There, beta = ": lambda *inputs: 1 / 0,
        "SystemExit": lambda *inputs: sys.exit(),
        "KeyboardInterrupt": lambda *inputs: (_ for _ in ()).throw(KeyboardInterrupt),
        "None; is a `return` missing": lambda *inputs: None,
        "a float": changed(float),
        "ndarray": changed(lambda result: result.detach().numpy()),
        "complex": changed(lambda result: result * 1j),
        "int64": changed(lambda result: result.long()),
        "cannot be called": lambda: 1,
        "input z_e unchanged": lambda z_e, e, beta: z_e,
        "changes its input z_e in place": lambda z_e, e, beta: z_e.sub_(e).square().mean() * (1 + beta),
    }
    for word, function in cases.items():
        verdict = judge(task, function, 0)
        assert verdict.status == "failed", (word, verdict)
        assert re.search(word, verdict.message), (word, verdict)


def test_a_memorised_answer_fails():
    memory = {}

    def memorised(z_e, e, beta):
        return memory.setdefault((z_e.shape, z_e.dtype), task.solution(z_e, e, beta))

    assert judge(task, memorised, 1).status == "failed"


def test_a_verdict_comes_within_a_second_of_computing():
    start = time.process_time()
    judge(task, task.solution, 3)
    assert time.process_time() - start < 1


UNKNOWN = [
    ("beta-transformed", lambda z, e, b: task.solution(z, e, 1.7 * b)),
    ("beta-on-both", lambda z, e, b: b * task.solution(z, e, 0.4)),
    ("beta-ignored", lambda z, e, b: task.solution(z, e, 0.37)),
    ("beta-on-the-wrong-term", lambda z, e, b: b * (z.detach() - e).square().mean() + F.mse_loss(z, e.detach())),
    ("straight-through-before-the-loss", lambda z, e, b: task.solution(z, (z + e - z.detach()) - e + e.detach(), b)),
    ("encoder-detached", lambda z, e, b: task.solution(torch.tensor(z.tolist(), dtype=z.dtype), e, b)),
    ("detached", lambda z, e, b: torch.from_numpy(task.solution(z, e, b).detach().numpy())),
    ("wrong-factor", lambda z, e, b: 0.7 * task.solution(z, e, b)),
    ("random-result", lambda z, e, b: task.solution(F.dropout(z, 0.3), e, b)),
    (None, lambda z, e, b: task.solution(z, e, b) + 0.1 * z[0, 0].sin()),
]


@pytest.mark.parametrize(("slug", "function"), UNKNOWN)
def test_what_the_bank_does_not_hold_is_described_by_its_properties(slug, function):
    for seed in range(3):
        verdict = judge(task, function, seed)
        assert (verdict.status, verdict.misconception) == ("failed", slug), verdict


def test_the_worked_example_holds_its_target():
    space = {"torch": torch}
    exec(task.ladder.worked, space)
    value, reward, later = (torch.tensor([number], requires_grad=True) for number in (1.0, 2.0, 10.0))
    loss = space["td_loss"](value, reward, later)
    found = torch.autograd.grad(loss, (value, reward, later), allow_unused=True)
    assert loss.item() == 100.0 and found[0].item() == -20.0 and found[1] is found[2] is None
