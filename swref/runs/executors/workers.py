"""What every place of work has in common: an executor of concurrent.futures that says how much it does at a time."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar

from swref.errors import RunError, SwrefError

P = ParamSpec("P")
T = TypeVar("T")


class WorkerLostError(RunError):
    """The process that computed a call has ended before it was done."""


class Workers(Executor):
    """An executor with a number of `slots`, calls that are computed at a time."""

    @property
    def slots(self) -> int:
        """Now: workers of a cluster come and go."""
        raise NotImplementedError

    def shared(self, value: bytes) -> Any:
        """`value` as an argument of many calls, which is sent to a worker once where that can be had."""
        return value


class Here(Workers):
    """Computes a call when it is submitted, in this process.

    >>> Here().submit(divmod, 7, 2).result()
    (3, 1)
    """

    slots = 1

    def submit(self, function: Callable[P, T], /, *arguments: P.args, **named: P.kwargs) -> Future[T]:
        """The call, done."""
        future: Future[T] = Future()
        try:
            future.set_result(function(*arguments, **named))
        except Exception as error:
            future.set_exception(error)
        return future


def sendable(error: Exception) -> Exception:
    """`error`; where it would not survive the way to another process, its text."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return SwrefError(f"{type(error).__name__}: {error}")
    return error


@contextmanager
def one_thread() -> Iterator[None]:
    """Inside, kernels and BLAS use one thread: the bits of the networks' products follow from that number."""
    from swref.kernels.blas import limited
    from swref.kernels.threads import get_num_threads, set_num_threads

    before = get_num_threads()
    set_num_threads(1)
    try:
        with limited(1):
            yield
    finally:
        set_num_threads(before)
