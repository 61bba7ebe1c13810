"""Running a target in a process of its own, with a time limit: it may raise, hang, print or die, and the suite goes on.

What the limit guarantees: from the moment a case is sent, the answer is waited for `seconds` by the wall clock
(compilation included), and no longer; then the worker and everything in its process group is killed (SIGKILL; on
Windows the worker alone), on Linux all that it started, too, whatever sessions and parents these have got since: they
carry a mark in their environment. The next case gets a fresh one. On Linux a worker that holds more than `memory` GiB
ends itself. What the target does to files is not bounded.
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
import uuid
from pathlib import Path
from typing import Any, Self

import numpy as np

from swref.crosscheck.answer.convention import Convention
from swref.crosscheck.observation import Observation
from swref.crosscheck.question import Question
from swref.crosscheck.target import Target
from swref.crosscheck.target.worker import FULL, Frame, read_frame, write_frame
from swref.errors import DataError

LOADING_SECONDS = 180.0
MEMORY = 8.0  # GiB
MAX_LOST = 3  # workers lost to hangs or crashes before the target is given up


class UnusableTarget(Exception):
    """The target cannot be loaded: `status` is missing (its library is not installed) or unusable."""

    def __init__(self, status: str, detail: str):
        super().__init__(detail)
        self.status = status


class IsolatedTarget:
    """A target in a worker process. Use it in a `with`; raises UnusableTarget where the target cannot be loaded.

    >>> from swref.crosscheck.catalog import find
    >>> with IsolatedTarget(Target("numpy")) as target:
    ...     float(target.observe(find("one-point-p2").question()).arrays["value"])
    12.5
    """

    def __init__(
        self, target: Target, seconds: float = 20.0, loading_seconds: float = LOADING_SECONDS, memory: float = MEMORY
    ):
        self.target, self.seconds, self.loading_seconds, self.memory = target, seconds, loading_seconds, memory
        self.lost = 0
        self.convention = target.convention
        self.has_gradient = True
        self._worker: _Worker | None = None

    def __enter__(self) -> Self:
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._worker is not None:
            self._worker.end()

    def _start(self) -> _Worker:
        worker = _Worker(self.memory)
        try:
            worker.send(self.target.to_dict())
            header, _ = worker.receive(self.loading_seconds, {"status"})
            if header["status"] != "ready":
                raise UnusableTarget(header["status"], header["detail"])
            self.convention, self.has_gradient = Convention(**header["convention"]), header["has_gradient"]
        except BaseException as error:  # Ctrl-C, too: nobody else knows of the worker yet
            worker.end()
            if isinstance(error, queue.Empty):
                raise UnusableTarget("unusable", f"not loaded within {self.loading_seconds:g} s") from None
            if isinstance(
                error, (EOFError, OSError, DataError, KeyError, TypeError)
            ):  # the last two: no message of ours
                raise UnusableTarget("unusable", f"the process died while loading it ({worker.fate()})") from None
            raise
        self._worker = worker
        return worker

    def observe(self, question: Question) -> Observation:
        """The observation of one case; a hang and a crash are observations too."""
        if self.lost >= MAX_LOST:
            return Observation(status="skip", detail=f"given up: {MAX_LOST} cases hung or crashed")
        try:
            worker = self._worker or self._start()
        except UnusableTarget as error:
            self.lost = MAX_LOST
            return Observation(status="error", detail=f"it could not be loaded again: {error}")
        try:
            worker.send(*question.pack())
            header, arrays = worker.receive(self.seconds, {"status", "detail"})
            return Observation(arrays, **header)
        except queue.Empty:
            status, detail = "timeout", f"no answer within {self.seconds:g} s"
        except (EOFError, OSError, DataError, TypeError):  # TypeError: of fields that an observation has not
            status, detail = "crash", "the process died"
        worker.end()
        self._worker = None
        self.lost += 1
        return Observation(status=status, detail=detail if status == "timeout" else f"{detail} ({worker.fate()})")


class _Worker:
    """The process, and threads that read and write its pipes: these have no time limit on every system, queues have."""

    def __init__(self, memory: float) -> None:
        self.mark, self.memory = uuid.uuid4().hex, memory
        path, most = os.pathsep.join(filter(None, sys.path)), str(memory * 2**30)
        environment = {**os.environ, "PYTHONPATH": path, "SWREF_WORKER": self.mark, "SWREF_WORKER_MEMORY": most}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "swref.crosscheck.target.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,
        )
        if self.process.stdin is None or self.process.stdout is None:  # for the type checker: PIPE opens both
            raise OSError("no pipes")
        self.stdin, self.stdout = self.process.stdin, self.process.stdout
        self.questions: queue.Queue[Frame | None] = queue.Queue()
        self.answers: queue.Queue[Frame | BaseException] = queue.Queue()
        self.threads = [threading.Thread(target=each, daemon=True) for each in (self._read, self._write)]
        for thread in self.threads:
            thread.start()

    def _read(self) -> None:
        while True:
            try:
                self.answers.put(read_frame(self.stdout))
            except Exception as error:  # the target may have written there what it likes
                self.answers.put(error)
                return

    def _write(self) -> None:
        while (frame := self.questions.get()) is not None:
            try:
                write_frame(self.stdin, *frame)
            except (OSError, ValueError):  # the process died, as its answers tell
                return

    def send(self, header: dict[str, Any], arrays: dict[str, np.ndarray] | None = None) -> None:
        """Have one frame written to the process: nobody waits for one that does not read."""
        self.questions.put((header, arrays or {}))

    def receive(self, seconds: float, fields: set[str]) -> Frame:
        """The next answer; queue.Empty after `seconds`, EOFError where the process ended or wrote no frame whose header
        has these fields."""
        answer = self.answers.get(timeout=seconds)
        if isinstance(answer, BaseException) or not isinstance(answer[0], dict) or not fields <= answer[0].keys():
            raise EOFError(str(answer))
        return answer

    def end(self) -> None:
        """Kill the process and all that it started; close its pipes."""
        running = self.process.poll() is None
        _kill(_family(self.mark, {self.process.pid} if running else set()))
        if running and os.name == "posix":
            with contextlib.suppress(ProcessLookupError):  # it ended by itself in between
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.kill()
        self.process.wait()
        _kill(_family(self.mark, set()))  # what was started in between
        self.questions.put(None)
        for thread in self.threads:
            thread.join(timeout=1.0)
        for pipe, thread in zip((self.stdout, self.stdin), self.threads, strict=True):
            if thread.is_alive():  # somebody holds the other end, and closing would wait for them: the pipe is left
                continue
            with contextlib.suppress(BrokenPipeError):  # unsent bytes to a dead process
                pipe.close()

    def fate(self) -> str:
        """How the process ended, in words."""
        code = self.process.returncode
        if code == FULL:
            return f"it took more than {self.memory:g} GiB of memory"
        if code is not None and code < 0:
            return f"signal {signal.Signals(-code).name}"
        return f"exit code {code}"


def _family(mark: str, pids: set[int]) -> set[int]:
    """Those of `pids` that there are, the processes that began with `mark` in their environment, and all children of
    these and theirs; on Linux, nothing elsewhere."""
    parents: dict[int, int] = {}
    marked = set()
    with contextlib.suppress(OSError):
        for pid in map(int, filter(str.isdigit, os.listdir("/proc"))):
            with contextlib.suppress(OSError, ValueError, IndexError):  # it ended in between, or is another user's
                status = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
                parents[pid] = int(status.rpartition(")")[2].split()[1])
                if mark.encode() in Path(f"/proc/{pid}/environ").read_bytes():
                    marked.add(pid)
    found = last = marked | (pids & parents.keys())
    while last := {child for child, parent in parents.items() if parent in last} - found:
        found = found | last
    return found


def _kill(pids: set[int]) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
