"""Processes that compute calls. Oracle: what the calls return here, and which processes live."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import as_completed

import pytest

from swref.errors import SwrefError
from swref.runs.executors import Place, WorkerLostError, opened
from tests.support import ROOT


def test_a_killed_process_fails_its_own_call_alone():
    with opened(Place(2)) as executor:
        lost = executor.submit(os._exit, 1)
        futures = {executor.submit(divmod, k, 3): k for k in range(20)}
        assert {futures[f]: f.result() for f in as_completed(futures)} == {k: divmod(k, 3) for k in range(20)}
        with pytest.raises(WorkerLostError, match="killed"):
            lost.result()
        assert executor.slots == 2
    assert not multiprocessing.active_children()


class Stubborn(Exception):
    """Does not survive pickling: it takes two arguments and keeps one."""

    def __init__(self, a: str, b: str):
        super().__init__(a + b)


def stubborn() -> None:
    raise Stubborn("no ", "way")


def interrupted() -> None:
    with opened(Place(2)) as executor:
        for _ in range(4):
            executor.submit(time.sleep, 60)
        while len(multiprocessing.active_children()) < 2:
            time.sleep(0.01)
        raise KeyboardInterrupt


def test_what_a_call_raises_comes_back_and_an_exception_here_ends_what_is_computed():
    with opened(Place(2)) as executor, pytest.raises(SwrefError, match="Stubborn: no way"):
        executor.submit(stubborn).result()
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        interrupted()
    for child in multiprocessing.active_children():
        child.join(20)
    assert not multiprocessing.active_children()
    assert time.monotonic() - began < 30


CHILD = """
import os, sys, time
from swref.runs.executors import Place, opened
def told(seconds):
    print(os.getpid(), flush=True)
    time.sleep(seconds)
if __name__ == "__main__":
    with opened(Place(2)) as executor:
        executor.submit(told, 60).result()
"""


@pytest.mark.slow
@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="looks for processes there")
def test_no_process_outlives_a_killed_parent(tmp_path):
    """Oracle: /proc."""
    script = tmp_path / "child.py"
    script.write_text(CHILD)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True, env=environment) as parent:
        pid = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)
        deadline = time.monotonic() + 20
        while os.path.exists(f"/proc/{pid}") and time.monotonic() < deadline:
            time.sleep(0.05)
    assert not os.path.exists(f"/proc/{pid}")
