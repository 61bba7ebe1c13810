"""Where the command line runs: streams closed, full, of another encoding; settings that nothing can be done with."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys

import pytest

from swref.commands import LazyGroup
from tests.commands.support import CLI, TINY, invoke

SHELL = pytest.mark.skipif(os.name != "posix", reason="closes descriptors by a POSIX shell")
INFO = f'"{sys.executable}" {CLI[1]} info'
TRAIN = f'"{sys.executable}" {CLI[1]} train moons {" ".join(TINY)}'
CSV = f'"{sys.executable}" {CLI[1]} runs . --csv'
BACK = f'"{sys.executable}" {CLI[1]} runs none'


def shell(line: str, **environment: str) -> subprocess.CompletedProcess[str]:
    usual = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return subprocess.run(
        ["sh", "-c", line], env={**usual, **environment}, capture_output=True, encoding="utf-8", timeout=60
    )


@SHELL
@pytest.mark.slow
@pytest.mark.parametrize(
    ("line", "code", "error"),
    [
        (f"{INFO} 2>&-", 0, ""),
        (f"{INFO} >&-", 1, "Error: standard output is closed: what came could not be shown\n"),
        (f"{INFO} <&- >&- 2>&-", 1, ""),
        (f"{BACK} 2>&-", 2, ""),
        (f"{INFO} >/dev/full", 1, "Error: the output cannot be used (No space left on device)\n"),
        (f"{INFO} --help >/dev/full", 1, "Error: the output cannot be used (No space left on device)\n"),
        (f"{INFO} >/dev/full 2>/dev/full", 1, ""),
        (f"{INFO} | head -n 1", 0, ""),
        (f"{TRAIN} 2>&-", 0, ""),
        (f"{TRAIN} 2>/dev/full", 0, ""),
        (f"{TRAIN} >/dev/full", 1, "Error: the output cannot be used (No space left on device)\n"),
        (
            f"mkdir gone; cd gone; rmdir ../gone; {INFO}",
            2,
            "Error: the working directory cannot be used (No such file or directory)\n",
        ),
        (f"{CSV} >&-", 1, "Error: standard output is closed: what came could not be shown\n"),
        (f"NUMBA_NUM_THREADS=0 {INFO}", 2, "Error: NUMBA_NUM_THREADS must be a whole number >= 1, got '0'\n"),
        (f"SWREF_NUM_THREADS=1000000 {INFO}", 2, "Error: SWREF_NUM_THREADS must be at most 2^12, got 1000000\n"),
    ],
)
def test_streams_and_settings(line, code, error):
    """Oracle: the exit codes of the documentation: 1 where something could not be written, 2 for bad input."""
    result = shell(line)
    assert (result.returncode, result.stderr) == (code, error)


def test_letters_that_the_output_lacks_are_escaped():
    result = shell(f"{BACK}-大", PYTHONIOENCODING="latin-1", PYTHONUTF8="0")
    assert (result.returncode, result.stderr) == (2, "Error: none-\\u5927 is no folder\n")


@pytest.mark.parametrize(
    ("failure", "code", "line"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), 1, "the output cannot be used (No space left on device)"),
        (OSError(errno.EACCES, "Permission denied", "a"), 2, "'a' cannot be used (Permission denied)"),
        (OSError(errno.ENOENT, "No such file or directory"), 2, "the working directory cannot be used (No such file"),
        (OSError(errno.EAGAIN, "Resource temporarily unavailable"), 1, "the system cannot be used (Resource temp"),
        (OSError(errno.EIO, "Input/output error", "a"), 1, "'a' cannot be used (Input/output error)"),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"), 1, "UnicodeDecodeError: 'utf-8' codec"),
        (OverflowError("too large"), 1, "OverflowError: too large"),
        (RecursionError("too deep"), 1, "RecursionError: too deep"),
        (MemoryError("8 GiB"), 1, "not enough memory: 8 GiB"),
    ],
)
def test_what_nobody_foresaw_is_one_line(monkeypatch, failure, code, line):
    def fail(*_: object) -> None:
        raise failure

    monkeypatch.setattr(LazyGroup, "get_command", fail)
    result = invoke("info")
    assert (result.exit_code, result.stdout) == (code, "")
    assert result.stderr.startswith(f"Error: {line}")
    assert result.stderr.count("\n") == 1


@SHELL
def test_ctrl_c_while_a_library_is_imported(tmp_path):
    """Which takes the interrupt for a failure of its own, as NumPy does. Oracle: the exit code, and the one line."""
    (tmp_path / "numpy.py").write_text(
        "import signal\n"
        "try:\n"
        "    signal.raise_signal(signal.SIGINT)\n"
        "except BaseException:\n"
        "    raise ImportError('broken')\n"
    )
    result = subprocess.run(
        [*CLI, "info"],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a nohup would be inherited
        capture_output=True, encoding="utf-8", timeout=60,
    )  # fmt: skip
    assert (result.returncode, result.stdout, result.stderr) == (130, "", "Error: interrupted\n")
