"""Calls in processes of this machine: one that is killed fails its own call alone, and the next call gets a new one."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any, ParamSpec, TypeVar

from swref.runs.executors.workers import WorkerLostError, Workers, sendable

P = ParamSpec("P")
T = TypeVar("T")
SPAWN = multiprocessing.get_context("spawn")  # fork would copy locks that other threads hold


class Processes(Workers):
    """`workers` processes, started when they are needed. concurrent.futures' own pool breaks as a whole where one of
    its processes is killed; here each has a thread that waits for it."""

    def __init__(self, workers: int):
        self.workers = workers
        self._threads = ThreadPoolExecutor(workers)
        self._mine = threading.local()  # the worker of a thread
        self._started: list[_Worker] = []
        self._abandoned = False
        self._turn = threading.Lock()  # guards the two above

    @property
    def slots(self) -> int:
        """A call a process."""
        return self.workers

    def submit(self, function: Callable[P, T], /, *arguments: P.args, **named: P.kwargs) -> Future[T]:
        """The call, to be; WorkerLostError is its exception where its process is killed."""
        return self._threads.submit(self._call, function, arguments, named)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """As that of concurrent.futures."""
        self._threads.shutdown(wait, cancel_futures=cancel_futures)
        if wait:
            for worker in self._started:
                worker.end()

    def abandon(self) -> None:
        """End now: nobody waits for what is computed."""
        with self._turn:
            self._abandoned = True
            self._threads.shutdown(wait=False, cancel_futures=True)
            for worker in self._started:
                worker.process.terminate()

    def _call(self, function: Callable[..., T], arguments: tuple[Any, ...], named: dict[str, Any]) -> T:
        try:
            return self._worker().call(function, arguments, named)
        except (EOFError, ConnectionError):
            self._mine.worker = None
            raise WorkerLostError("a worker process was killed (out of memory?)") from None

    def _worker(self) -> _Worker:
        found: _Worker | None = getattr(self._mine, "worker", None)
        if found is None:
            with self._turn:
                if self._abandoned:
                    raise WorkerLostError("the workers were ended")
                found = self._mine.worker = _Worker()
                self._started.append(found)
        return found


class _Worker:
    """A process that computes one call after the other."""

    def __init__(self) -> None:
        self.connection, theirs = SPAWN.Pipe()
        self.process = SPAWN.Process(target=_serve, args=(theirs,), daemon=True)
        self.process.start()
        theirs.close()

    def call(self, function: Callable[..., Any], arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
        """Its answer, or what it raises; EOFError or ConnectionError where the process ends before."""
        self.connection.send((function, arguments, named))
        answer, error = self.connection.recv()
        if error is not None:
            raise error
        return answer

    def end(self) -> None:
        """Let an idle one go."""
        self.connection.close()
        self.process.join()


def _serve(connection: Connection) -> None:
    """Compute what comes, in a worker. Ctrl-C is the parent's to handle; and no life without a parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with suppress(EOFError, ConnectionError):
        while True:
            function, arguments, named = connection.recv()
            try:
                answer: tuple[Any, BaseException | None] = (function(*arguments, **named), None)
            except Exception as error:
                answer = (None, sendable(error))
            connection.send(answer)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
