"""What the gates about diffusion say of functions that their banks do not hold, or hold in another style."""

from __future__ import annotations

import re

import pytest
import torch
import torch.nn.functional as F

from vaekit import gates
from vaekit.gates.gate import judge

state, before, loss = gates.diffuse.task, gates.ddpm_posterior_mean.task, gates.ddpm_loss.task
UNKNOWN = [
    (state, "noise-scaled", lambda x, t, a, e: state.solution(x, t, a, 0.83 * e)),
    (state, "noise-scaled", lambda x, t, a, e: a[t][:, None].sqrt() * x + (1 - a[t][:, None]) ** 0.7 * e),
    (state, "signal-scaled", lambda x, t, a, e: a[t][:, None] ** 0.7 * x + (1 - a[t][:, None]).sqrt() * e),
    (state, "signal-ignored", lambda x, t, a, e: (1 - a[t][:, None]) ** 2 * e),
    (state, "schedule-ignored", lambda x, t, a, e: state.solution(x, t, torch.linspace(0.9, 0.1, len(a)).to(a), e)),
    (state, "alpha-bar-clamped", lambda x, t, a, e: state.solution(x, t, a.clamp(7e-4, 1 - 7e-4), e)),
    (
        state,
        "one-step-for-the-batch",
        lambda x, t, a, e: state.solution(x, t[1:2].expand_as(t) if len(t) > 1 else t, a, e),
    ),
    (state, "wrong-axis", lambda x, t, a, e: a[t] ** 0.5 * x + torch.sqrt(1 - a[t]) * e),
    (
        state,
        "too-many-axes",
        lambda x, t, a, e: a[t].sqrt().reshape(-1, 1, 1, 1) * x + (1 - a[t]).sqrt().reshape(-1, 1, 1, 1) * e,
    ),
    (state, "one-step-late", lambda x, t, a, e: state.solution(x, t + 1, a, e)),
    (state, "clipped", lambda x, t, a, e: state.solution(x, t, a, e).clamp(-30, 30)),
    (state, "another-share", lambda x, t, a, e: state.solution(x, t, a**1.3, e)),
    (state, None, lambda x, t, a, e: state.solution(x, t, a, e - e.mean())),
    (state, None, lambda x, t, a, e: state.solution(x, t, a, e) + 0.1 * x.sin()),
    (before, "weight-of-x-zero", lambda x, y, t, al, ab: before.solution(x * (1.3 if t else 1), y, t, al, ab)),
    (before, "weight-of-xt", lambda x, y, t, al, ab: before.solution(x, 0.9 * y, t, al, ab)),
    (before, "first-step-changed", lambda x, y, t, al, ab: before.solution(x, y, t, al, ab) + 0.1 * y * (t == 0)),
    (
        before,
        "divides-by-zero",
        lambda x, y, t, al, ab: before.solution(x, y, t, al, ab) * t / t + 0 * x / torch.tensor(t),
    ),
    (before, "one-step-late", lambda x, y, t, al, ab: before.solution(x, y, t + 1, al, ab)),
    (before, "clipped", lambda x, y, t, al, ab: before.solution(x.clamp(-9, 9), y, t, al, ab)),
    (before, None, lambda x, y, t, al, ab: before.solution(x, y, t, al, ab) + 0.1 * x * y),
    (loss, "mean-over-everything", lambda h, e: 0.8 * F.mse_loss(h, e)),
    (loss, "summed-over-everything", lambda h, e: 0.8 * F.mse_loss(h, e, reduction="sum")),
    (loss, "root-of-the-square", lambda h, e: 0.3 * (h - e).norm()),
    (loss, "not-squared", lambda h, e: 0.3 * (h - e).abs().sum()),
    (loss, "not-squared", lambda h, e: (h - e).cosh().log().sum(-1).mean()),
    (loss, "prediction-detached", lambda h, e: loss.solution(torch.tensor(h.tolist(), dtype=h.dtype), e)),
    (loss, "wrong-factor", lambda h, e: 1.7 * loss.solution(h, e)),
    (loss, None, lambda h, e: loss.solution(h, e) + 0.1 * h.sin().sum()),
]


@pytest.mark.parametrize(("task", "slug", "function"), UNKNOWN)
def test_what_the_banks_do_not_hold_is_described_by_its_properties(task, slug, function):
    for seed in range(3):
        verdict = judge(task, function, seed)
        assert (verdict.status, verdict.misconception) == ("failed", slug), verdict


def test_an_index_beyond_the_schedule_is_told_with_its_number():
    def no_last_step(x0, xt, t, alphas, alpha_bar):
        after = alphas[t + 1]
        return before.solution(x0, xt, t, alphas, alpha_bar) + 0 * after

    verdict = judge(before, no_last_step, 0)
    assert verdict.misconception == "raises" and re.search(r"out of bounds.*There, t = 5\.", verdict.message)
