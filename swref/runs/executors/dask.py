"""Calls on Dask distributed: on a scheduler that runs already, or on a cluster of dask-jobqueue that a file describes.

class = "SLURMCluster"      # of dask_jobqueue
jobs = 20                   # that it asks the queue for
[arguments]                 # of the class, by name
cores = 8
memory = "16GB"
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Final, ParamSpec, TypeVar

from swref import checks
from swref.errors import BackendError, DataError, InputError, RunError, SwrefError
from swref.messages import one_line
from swref.runs.executors.workers import WorkerLostError, Workers
from swref.runs.fields import merged, read_toml

P = ParamSpec("P")
T = TypeVar("T")
SECONDS: Final = 10.0  # in which a scheduler answers
KEYS: Final = ("class", "jobs", "arguments")


class OnDask(Workers):
    """The executor of a client. A worker that is lost is Dask's own to replace; a call that lost several raises
    WorkerLostError, and every call RunError where the scheduler goes away."""

    def __init__(self, client: Any, where: str):
        self.client, self.where = client, where
        self._executor = client.get_executor(pure=False)

    @property
    def slots(self) -> int:
        """Calls that are computed at a time: workers come and go."""
        with self._while_it_is_there():
            return sum(self.client.nthreads().values())

    def shared(self, value: bytes) -> Any:
        """`value` as an argument of many calls, on every worker from now on."""
        with self._while_it_is_there():
            return self.client.scatter(value, broadcast=True)

    def submit(self, function: Callable[P, T], /, *arguments: P.args, **named: P.kwargs) -> Future[T]:
        """The call, to be."""
        future: Future[T] = Future()
        with self._while_it_is_there():
            inner = self._executor.submit(function, *arguments, **named)
        inner.add_done_callback(lambda done: self._pass_on(done, future))
        return future

    def _pass_on(self, done: Future[T], future: Future[T]) -> None:
        try:
            future.set_result(done.result())
        except CancelledError:
            future.set_exception(RunError(self._gone()))
        except Exception as error:
            lost = type(error).__name__ == "KilledWorker"
            future.set_exception(WorkerLostError("several workers ended while they computed it") if lost else error)

    @contextmanager
    def _while_it_is_there(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            raise RunError(f"{self._gone()} ({one_line(str(error))})") from None

    def _gone(self) -> str:
        return f"the scheduler {self.where} went away"


@contextmanager
def on_dask(scheduler: str | None, cluster: Path | None) -> Iterator[OnDask]:
    """An executor on the scheduler at an address, or on the cluster of a file, for the length of a `with`.

    tls:// takes certificates from Dask's own configuration. Raises RunError for a scheduler that does not answer in
    SECONDS or a cluster that does not start, DataError or InputError for a bad file, BackendError without Dask.
    """
    kind, where = _distributed().Client, scheduler or f"of {cluster}"
    with ExitStack() as stack:
        stack.enter_context(_silent(logging.getLogger("distributed")))
        started = scheduler if cluster is None else stack.enter_context(_started(cluster))
        client = kind.__new__(kind)
        try:
            client.__init__(started, timeout=SECONDS, set_as_default=False)
        except Exception as error:
            client._Client__loop = None  # half made, it would try to say good-bye, and fail aloud
            raise _refusal(where, error) from None
        stack.callback(_closed, client)
        yield OnDask(client, where)


def _distributed() -> Any:
    try:
        import distributed
    except ImportError:
        raise BackendError('this needs Dask: pip install "distributed>=2025.1"') from None
    return distributed


def _jobqueue() -> Any:
    try:
        import dask_jobqueue
    except ImportError:
        raise BackendError("a cluster needs dask-jobqueue: pip install dask-jobqueue") from None
    return dask_jobqueue


def _refusal(scheduler: str, error: Exception) -> SwrefError:
    if isinstance(error, OSError):
        return RunError(f"the scheduler {scheduler} does not answer within {SECONDS:g} s")
    shown = f"{checks.shown(scheduler)} ({one_line(str(error))})"
    return InputError(f"scheduler must be an address as tcp://HOST:PORT, got {shown}")


def _closed(client: Any) -> None:
    with suppress(Exception):  # of a scheduler that went away
        client.close(timeout=2)


@contextmanager
def _silent(logger: logging.Logger) -> Iterator[None]:
    """What goes wrong is raised; Dask's log says it again, at length."""
    before = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(before)


@contextmanager
def _started(path: Path) -> Iterator[Any]:
    """The cluster that a file describes, asked for its jobs."""
    library = _jobqueue()
    values = merged(KEYS, read_toml(path))
    classes = {
        name: kind
        for name, kind in vars(library).items()
        if isinstance(kind, type) and issubclass(kind, library.JobQueueCluster)
    }
    kind = classes[checks.one_of(f"{path}: class", values.get("class", ""), sorted(classes))]
    jobs = checks.integer(f"{path}: jobs", values.get("jobs", 1), minimum=1)
    arguments = values.get("arguments", {})
    if not isinstance(arguments, dict):
        raise DataError(f"{path}: arguments must be a table, got {checks.shown(arguments)}")
    try:
        cluster = kind(**arguments)
        cluster.scale(jobs=jobs)
    except Exception as error:  # of a keyword, of the queue's own commands
        raise RunError(f"{path}: the cluster does not start ({one_line(str(error))})") from None
    try:
        yield cluster
    finally:
        cluster.close()
