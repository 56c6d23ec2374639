"""A child process that can be killed: the one place where a call that never returns can be stopped.

The child is forked, so that it sees the learner's function as it is, closures and all. Where there is no `fork`
(Windows), or where torch cannot work after one (a GPU whose threads have already computed gradients), the work runs in
a thread: there an endless Python loop is stopped as well, but a C call that never returns is only abandoned, and a
function that ends the process ends the notebook's.
"""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import gc
import json
import os
import select
import signal
import threading
import time
import warnings
from collections.abc import Callable
from typing import NoReturn

import torch

Answer = dict[str, str | None]
Work = Callable[[], Answer]
# Seconds that a child gets for its first gradient, which takes a healthy one a few milliseconds. A fork while another
# thread draws random numbers copies a locked generator, so one failure is not the last word.
ATTEMPTS = (0.3, 0.6, 1.2)
_TURN = threading.Lock()  # gates take turns: in threads they would share the random state


class Ended(Exception):
    """The child ended before it answered; the argument says how."""


class _Unfit(Exception):
    """Torch does not work in a forked child of this process."""


def run(work: Work, seconds: float) -> Answer:
    """What `work` returns, computed apart from this process.

    Args:
        work: returns strings (or None) by name; it must not raise.
        seconds: after which it is stopped.

    Returns:
        The answer.

    Raises:
        TimeoutError: if it was stopped.
        Ended: if it ended its process.
    """
    with _TURN:
        for patience in ATTEMPTS if hasattr(os, "fork") else ():
            with contextlib.suppress(_Unfit):
                return _in_child(work, seconds, patience)
        return _in_thread(work, seconds)


def _in_child(work: Work, seconds: float, patience: float) -> Answer:
    reader, writer = os.pipe()
    with warnings.catch_warnings():
        # Python warns of a fork beside other threads: the child uses one thread and no lock of theirs.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        _be_the_child(work, writer)
    os.close(writer)
    try:
        with contextlib.suppress(OSError):  # so that what the child starts can be ended with it
            os.setpgid(child, child)
        lines = _Lines(reader)
        try:
            lines.read(patience)
        except (TimeoutError, EOFError):
            raise _Unfit from None
        try:
            return json.loads(lines.read(seconds))
        except EOFError:
            raise Ended(_how(_end(child))) from None
    finally:
        os.close(reader)
        _end(child)


class _Lines:
    """Lines from a pipe, each within a limit of time."""

    def __init__(self, pipe: int) -> None:
        self.pipe = pipe
        self.buffer = b""

    def read(self, seconds: float) -> bytes:
        deadline = time.monotonic() + seconds
        poll = select.poll()
        poll.register(self.pipe, select.POLLIN | select.POLLHUP)
        while b"\n" not in self.buffer:
            left = deadline - time.monotonic()
            if left <= 0 or not poll.poll(1000 * left):
                raise TimeoutError
            chunk = os.read(self.pipe, 65536)
            if not chunk:
                raise EOFError
            self.buffer += chunk
        line, _, self.buffer = self.buffer.partition(b"\n")
        return line


def _end(child: int) -> int | None:
    """Kill a child and what it started; its exit status, unless somebody else has collected it."""
    status = None
    with contextlib.suppress(ChildProcessError):
        finished, status = os.waitpid(child, os.WNOHANG)
        if not finished:
            time.sleep(0.02)  # a child that has just closed its pipe is given the time to say how it ended
            finished, status = os.waitpid(child, os.WNOHANG)
        for kill in (os.killpg, os.kill) if not finished else (os.killpg,):
            with contextlib.suppress(OSError):
                kill(child, signal.SIGKILL)
        if not finished:
            _, status = os.waitpid(child, 0)
    return status


def _how(status: int | None) -> str:
    if status is not None and os.WIFSIGNALED(status):
        return f"signal {os.WTERMSIG(status)}"
    return "an exit" if status is None else f"exit status {os.WEXITSTATUS(status)}"


def _be_the_child(work: Work, writer: int) -> NoReturn:
    """Answer and end; never return into the code of the parent."""
    try:
        with contextlib.suppress(OSError):
            os.setpgid(0, 0)
        gc.disable()  # the parent's objects are not the child's to finalise
        faulthandler.disable()
        silence = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(silence, stream)
        torch.set_num_threads(1)  # the parent's pool of threads did not come along
        weight = torch.rand(2, 2, device="cpu", requires_grad=True)
        (weight @ weight).sum().backward()
        os.write(writer, b"\n")
        os.write(writer, json.dumps(work()).encode() + b"\n")
    except BaseException:
        os._exit(1)
    finally:
        os._exit(0)


def _in_thread(work: Work, seconds: float) -> Answer:
    answers: list[Answer] = []
    thread = threading.Thread(target=lambda: answers.append(work()), daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident or 0), ctypes.py_object(SystemExit))
        thread.join(0.5)
        raise TimeoutError
    if not answers:
        raise Ended("an exit of its thread")
    return answers[0]
