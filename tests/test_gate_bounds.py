"""The gate of the importance-weighted bound: its bank, its properties, and names that only gradients can choose."""

from __future__ import annotations

import math

import pytest
import torch

from tests.zoo import D, bernoulli_vae
from vaekit import gates, iwae
from vaekit.gates.gate import judge

task = gates.iwae_bound.task
ROWS = {  # of the table of misconceptions
    14: {"sign-flipped"},
    41: {"mean-of-logs"},
    42: {"weights-from-the-loss"},
    43: {"log-k-missing", "self-normalised"},
    44: {"no-logsumexp"},
}


def like(value, source):
    """A number with the gradient of another."""
    return value.detach() + source - source.detach()


def test_the_bank_covers_the_rows_of_the_table_of_misconceptions():
    assert set().union(*ROWS.values()) <= {mutant.slug for mutant in task.bank}


def test_the_solution_agrees_with_the_package():
    torch.manual_seed(0)
    model, x = bernoulli_vae(), torch.bernoulli(torch.rand(7, D))
    torch.manual_seed(1)
    bound = iwae(model, x, 5)
    torch.manual_seed(1)
    torch.testing.assert_close(task.solution(model(x, 5).log_w), bound)


def test_the_bound_lies_between_the_elbo_and_the_self_normalised_sum():
    log_w = torch.randn(6, 50, dtype=torch.float64)
    forms = {mutant.slug: mutant.forms[0] for mutant in task.bank}
    bound = task.solution(log_w)
    assert (forms["mean-of-logs"](log_w) < bound).all() and (bound < forms["self-normalised"](log_w)).all()
    assert (forms["harmonic-mean"](log_w) < bound).all() and (bound < forms["best-draw-only"](log_w)).all()


UNKNOWN = [
    ("weights-clamped", lambda w: task.solution(w.clamp(-37, 61))),
    ("constant-inside-the-log", lambda w: (w.exp().mean(0) + 1e-12).log()),
    ("wrong-factor", lambda w: 1.7 * task.solution(w)),
    ("wrong-constant", lambda w: task.solution(w) + 1.3),
    ("wrong-shape", lambda w: task.solution(w)[:, None].expand(-1, 2)),
    ("not-finite", lambda w: task.solution(w) * math.inf),
    ("detached", lambda w: torch.from_numpy(task.solution(w).detach().numpy())),
    ("wrong-factor", lambda w: like(task.solution(w), 1.7 * task.solution(w))),
    ("random-result", lambda w: task.solution(w[torch.randint(len(w), (len(w),))])),
    (None, lambda w: task.solution(w) + 0.1 * w[0].sin()),
    (None, lambda w: like(task.solution(w), task.solution(0.5 * w))),
]


@pytest.mark.parametrize(("slug", "function"), UNKNOWN)
def test_what_the_bank_does_not_hold_is_described_by_its_properties(slug, function):
    for seed in range(3):
        verdict = judge(task, function, seed)
        assert (verdict.status, verdict.misconception) == ("failed", slug), verdict


def test_of_forms_with_the_same_values_the_gradient_chooses():
    vq = gates.vq_loss.task
    same_value = {
        "commitment-missing": lambda z, e, b: (z.detach() - e).square().mean(),
        "codebook-term-missing": lambda z, e, b: (z - e.detach()).square().mean(),
        "one-square-for-both": lambda z, e, b: (z - e).square().mean(),
        "weights-sum-to-one": lambda z, e, b: vq.solution(z, e, b / (1 - b)) * (1 - b),
    }
    for slug, function in same_value.items():
        assert judge(vq, function, 0).misconception == slug
    assert judge(task, lambda w: w.detach().mean(0), 0).misconception == "mean-of-logs"  # none has that gradient


def test_worked_examples_are_right():
    space = {"torch": torch}
    exec(task.ladder.worked, space)
    ohm = torch.tensor([[2.0, 10.0], [2.0, 30.0]])
    torch.testing.assert_close(space["log_parallel"](ohm.log()).exp(), torch.tensor([1.0, 7.5]))
