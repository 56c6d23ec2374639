"""The contract of every gate: it never raises, it names what it sees, and it leaves everything as it was."""

from __future__ import annotations

import os
import random
import re
import signal
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch

from vaekit import gates
from vaekit.gates import gate as engine

ALL = pytest.mark.parametrize("gate", gates.tasks(), ids=lambda gate: gate.task.name)
# The tasks whose arguments are all real tensors; what the others do with the same functions is in test_gate_uses.py.
REAL = pytest.mark.parametrize(
    "gate",
    [g for g in gates.tasks() if all(s[0] == "(" and "int64" not in s for s in g.task.shapes.values())],
    ids=lambda gate: gate.task.name,
)
kl = gates.kl_standard_normal
right = kl.task.solution


def stub(*inputs):
    raise NotImplementedError


def test_every_task_has_a_gate_under_its_name():
    assert len(gates.tasks()) == 23
    for gate in gates.tasks():
        assert getattr(gates, gate.task.name) is gate and gate.task.name in gates.__all__


@ALL
def test_the_solution_passes_and_the_stub_is_not_attempted(gate):
    assert gate(gate.task.solution) == gates.Verdict(gate.task.name, "passed", engine.PASSED)
    verdict = gate(stub)
    assert (verdict.status, verdict.misconception) == ("not attempted", None)


@REAL
def test_useless_results_fail_with_a_message_that_says_what_they_are(gate):
    solution = gate.task.solution
    shape = solution(*(torch.zeros(5, 3) if "," in s[:-2] else torch.zeros(5) for s in gate.task.shapes.values())).shape

    def result(value):
        return lambda *inputs: torch.full(shape if len(inputs[0]) == 5 else (1,), value, dtype=inputs[0].dtype)

    cases = {
        "input": lambda *inputs: inputs[0],
        "zeros|gradient": lambda *inputs: 0 * solution(*inputs).detach(),
        "NaN": lambda *inputs: solution(*inputs) * float("nan"),
        "shape": lambda *inputs: solution(*inputs)[None, None],
        "ZeroDivisionError": lambda *inputs: 1 / 0,
        "SystemExit": lambda *inputs: sys.exit(),
        "KeyboardInterrupt": lambda *inputs: (_ for _ in ()).throw(KeyboardInterrupt),
        "None": lambda *inputs: None,
        "ndarray": lambda *inputs: solution(*inputs).detach().numpy(),
        "list": lambda *inputs: solution(*inputs).detach().tolist() if shape else [0.0],
        "complex128": lambda *inputs: solution(*inputs) * 1j,
        "int64": lambda *inputs: solution(*inputs).long(),
        "float32": lambda *inputs: solution(*inputs).float(),
        "cannot be called": lambda: torch.zeros(shape),
    }
    for word, function in cases.items():
        verdict = gate(function)
        assert verdict.status == "failed", (word, verdict)
        assert re.search(word, verdict.message), (word, verdict)


@REAL
def test_edits_of_an_input_fail_with_a_message_that_says_so(gate):
    verdict = gate(lambda *inputs: gate.task.solution(inputs[0].mul_(2), *inputs[1:]))
    assert verdict.misconception == "edits-its-input" and f"input {gate.task.arguments[0]} in place" in verdict.message


@ALL
def test_a_memorised_answer_fails(gate):
    memory = {}

    def memorised(*inputs):
        key = tuple((tuple(tensor.shape), tensor.dtype) for tensor in inputs)
        return memory.setdefault(key, gate.task.solution(*inputs))

    assert engine.judge(gate.task, memorised, 1).status == "failed"


@ALL
def test_equal_seeds_give_equal_verdicts_and_seeds_differ_by_default(gate):
    def noisy(*inputs):
        return gate.task.solution(*inputs) + torch.rand(())

    assert gate(noisy, seed=3) == gate(noisy, seed=3)
    assert gate(gate.task.bank[0].forms[0]).misconception == gate.task.bank[0].slug


@pytest.mark.parametrize("value", [None, 3, "kl", torch.zeros(2)])
def test_what_is_no_function_fails(value):
    verdict = kl(value)
    assert (verdict.status, verdict.misconception) == ("failed", "not-callable")
    assert type(value).__name__ in verdict.message


def test_whatever_kills_the_process_is_survived_and_reported():
    for kill in (lambda: os._exit(0), lambda: os.abort(), lambda: os.kill(os.getpid(), signal.SIGSEGV)):
        verdict = kl(lambda mu, logvar, kill=kill: kill())
        assert (verdict.status, verdict.misconception) == ("failed", "ends-the-process")


def test_an_endless_loop_is_stopped_after_five_seconds():
    def endless(mu, logvar):
        while True:
            pass

    start = time.monotonic()
    verdict = kl(endless)
    assert verdict.misconception == "endless" and "5 s" in verdict.message
    assert 4.9 < time.monotonic() - start < 8


def test_a_call_that_never_returns_is_stopped_with_everything_it_started(monkeypatch, tmp_path):
    monkeypatch.setattr(engine, "LIMIT", 0.5)

    def endless(mu, logvar):
        if os.fork() == 0:
            (tmp_path / "pid").write_text(str(os.getpid()))
            time.sleep(600)
        time.sleep(600)

    assert kl(endless).misconception == "endless"
    time.sleep(0.2)
    stat = Path("/proc") / (tmp_path / "pid").read_text() / "stat"
    state = stat.read_text().split()[2] if stat.exists() else "gone"
    assert state in ("gone", "Z")


def rude(mu, logvar):
    """Right, and it changes whatever it can."""
    torch.manual_seed(0)
    random.seed(0)
    np.random.seed(0)
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(2)
    torch.set_grad_enabled(False)
    torch.use_deterministic_algorithms(True)
    torch.autograd.set_detect_anomaly(True)
    print("noise")
    print("noise", file=sys.stderr)
    warnings.warn("noise", stacklevel=1)
    with torch.enable_grad():
        return right(mu, logvar)


def state():
    randomness = torch.get_rng_state().tolist(), random.getstate(), str(np.random.get_state())
    settings = torch.get_default_dtype(), torch.get_num_threads(), torch.is_grad_enabled()
    return randomness, settings, torch.are_deterministic_algorithms_enabled(), torch.is_anomaly_enabled()


@pytest.mark.parametrize("forked", [True, False])
def test_a_rude_but_right_function_passes_and_leaves_no_trace(forked, monkeypatch, capfd):
    if not forked:
        monkeypatch.delattr(os, "fork")
    before = state()
    assert kl(rude).status == "passed"
    assert state() == before
    assert capfd.readouterr() == ("", "")


def test_settings_of_the_caller_change_no_verdict():
    torch.set_default_dtype(torch.float64)
    try:
        with torch.inference_mode():
            assert kl(right).status == "passed"
        with torch.no_grad():
            assert gates.reparameterize(gates.reparameterize.task.solution).status == "passed"
    finally:
        torch.set_default_dtype(torch.float32)
