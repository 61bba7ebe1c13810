"""Signals: caught while asked, and a run that is stopped by one says how to resume."""

from __future__ import annotations

import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from swref.commands.signals import as_interrupts, until_caught
from swref.runs import RunFolder
from tests.commands.support import CLI


def test_signals_are_caught_only_while_asked_and_never_where_they_are_ignored():
    """Oracle: the handlers of the process, before, inside and after."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with as_interrupts() as caught:
            signal.raise_signal(signal.SIGHUP)
            assert caught == []
            assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_that_comes_during_a_finalizer_is_not_lost(number):
    """Oracle: Python prints what a finalizer raises, and goes on; the loop ends at the next item all the same."""

    class Finalized:
        def __del__(self):
            signal.raise_signal(number)
            time.sleep(0)  # the handler runs here at the latest

    seen, before = [], signal.getsignal(number)

    def loop(caught):
        for item in until_caught(caught, range(5)):
            seen.append(item)
            if item == 1:
                Finalized()

    with as_interrupts() as caught, pytest.raises(KeyboardInterrupt):
        loop(caught)
    assert (seen, caught) == ([0, 1], [number])
    assert signal.getsignal(number) is before


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (signal.SIGINT, 130),
        *(pytest.param(n, 128 + n, marks=pytest.mark.slow) for n in (signal.SIGTERM, signal.SIGHUP)),
    ],
    ids=str,
)
def test_a_signal_saves_and_says_how_to_resume(number, code):
    child = subprocess.Popen(
        [*CLI, "train", "--no-figures", "--out", "run"],
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),  # under nohup a child would inherit the neglect
    )
    while not Path("run/checkpoint.npz").exists():
        assert child.poll() is None
        time.sleep(0.01)
    time.sleep(0.5)
    child.send_signal(number)
    _, stderr = child.communicate(timeout=60)
    assert child.returncode == code
    match = re.search(r"^Interrupted: (\d+) steps are saved in run\. Continue with: (.+)$", stderr, flags=re.MULTILINE)
    assert match[2] == "python cli.py train --resume run"
    assert len(RunFolder(Path("run")).history()["step"]) == int(match[1])
    assert "Traceback" not in stderr
