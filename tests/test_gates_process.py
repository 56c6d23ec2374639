"""The process that a gate judges in: beside threads, inside threads, without fork, and in a notebook's kernel."""

from __future__ import annotations

import os
import sys
import threading
import time

import pytest
import torch
from jupyter_client.manager import start_new_kernel

from vaekit import gates
from vaekit.gates import gate as engine
from vaekit.gates import process

kl = gates.kl_standard_normal
right = kl.task.solution


def test_a_verdict_takes_less_than_a_second():
    for gate in gates.tasks():
        times = []
        for _ in range(3):
            start = time.monotonic()
            gate(gate.task.solution)
            times.append(time.monotonic() - start)
        assert min(times) < 1, (gate.task.name, times)


def test_gates_work_after_the_parent_has_computed_on_several_threads():
    torch.set_num_threads(2)
    try:
        weight = torch.randn(600, 600, requires_grad=True)
        (weight @ weight).square().sum().backward()
        assert kl(right).status == "passed"
        assert gates.reparameterize(gates.reparameterize.task.solution).status == "passed"
    finally:
        torch.set_num_threads(1)


def test_gates_work_in_other_threads_beside_busy_ones():
    stop = threading.Event()
    verdicts = []

    def busy():
        while not stop.is_set():
            weight = torch.randn(20, 20)
            for _ in range(20):
                weight @ weight

    threads = [threading.Thread(target=busy)]
    threads += [threading.Thread(target=lambda: verdicts.append(kl(right))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads[1:]:
        thread.join()
    stop.set()
    threads[0].join()
    assert [verdict.status for verdict in verdicts] == ["passed"] * 3


def test_no_child_and_no_descriptor_is_left_behind():
    count = len(os.listdir("/proc/self/fd"))
    for function in (right, lambda *inputs: None, lambda *inputs: os._exit(1)):
        kl(function)
    assert len(os.listdir("/proc/self/fd")) == count
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def without_fork(monkeypatch):
    monkeypatch.delattr(os, "fork")


def with_a_child_that_cannot_compute(monkeypatch):
    monkeypatch.setattr(process, "_be_the_child", lambda work, writer: os._exit(1))


@pytest.mark.parametrize("handicap", [without_fork, with_a_child_that_cannot_compute])
def test_without_a_useful_child_the_same_verdicts_come_from_a_thread(handicap, monkeypatch):
    handicap(monkeypatch)
    assert kl(right).status == "passed"
    for mutant in kl.task.bank[:3]:
        assert kl(mutant.forms[0]).misconception == mutant.slug
    assert kl(lambda mu, logvar: sys.exit()).misconception == "raises"


def test_without_fork_an_endless_loop_in_python_is_stopped(monkeypatch):
    without_fork(monkeypatch)
    monkeypatch.setattr(engine, "LIMIT", 0.5)

    def endless(mu, logvar):
        while True:
            pass

    before = threading.active_count()
    assert kl(endless).misconception == "endless"
    assert threading.active_count() == before


def test_gates_work_in_a_kernel():
    manager, client = start_new_kernel()
    code = """
import torch
torch.set_num_threads(2)
_ = torch.randn(600, 600) @ torch.randn(600, 600)
from vaekit import gates
def f(mu, logvar):
    print("noise"); input()
verdicts = [gates.kl_standard_normal(g) for g in (gates.kl_standard_normal.task.solution, f, lambda m, s: exit())]
print([verdict.status for verdict in verdicts])
"""
    try:
        outputs = []
        reply = client.execute_interactive(code, timeout=60, output_hook=outputs.append)
        assert reply["content"]["status"] == "ok", reply["content"]
        text = "".join(message["content"].get("text", "") for message in outputs if message["msg_type"] == "stream")
        assert text == "['passed', 'failed', 'failed']\n"
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
