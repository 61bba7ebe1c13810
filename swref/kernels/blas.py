"""How many threads the BLAS uses: set by its own function, read back, and given back by the last who asked.

The bits of a matrix product follow from that number. It is one for the process (OpenBLAS on POSIX threads, MKL) or one
a thread (OpenMP, BLIS). threadpoolctl finds the libraries, but setting is not left to it: from 3.8 on only the first
thread that set a limit can change OpenBLAS, and the limits of all others do nothing, silently.

What is limited is what is loaded, NumPy's BLAS in any case. A BLAS that threadpoolctl does not know (Apple's
Accelerate) stays as it is.
"""

from __future__ import annotations

import os
import sys
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from threadpoolctl import ThreadpoolController

from swref.errors import BackendError

AFFIXES: Final = [(prefix, suffix) for prefix in ("", "scipy_") for suffix in ("", "64_", "_64")]  # OpenBLAS's builds

_turn = threading.Condition()  # guards what follows
_queue: deque[object] = deque()  # who waits to come in: first come, first served
_users, _count = 0, 0  # threads inside a limit, and which: all of one, for the number is the process's
_before: dict[str, tuple[_Library, int]] = {}  # by name, what the libraries had before the first of them
_products, _forking = 0, False
_compiler: Any = None  # Numba's lock, held while a fork goes on
_found: tuple[int, list[_Library]] = (0, [])  # guarded by nothing: found twice at worst


class _Mine(threading.local):
    """What this thread is inside of."""

    count = 0  # 0: no limit
    before: tuple[tuple[_Library, int], ...] = ()  # of the libraries with a number a thread


_mine = _Mine()


class _Library:
    """A loaded BLAS and its own functions that tell and set the number of threads."""

    def __init__(self, controller: Any):
        self.name = f"{controller.internal_api} of {controller.filepath}"
        self.get, self.set = controller.get_num_threads, controller.set_num_threads
        openmp = getattr(controller, "threading_layer", "") == "openmp"
        self.a_thread_each = controller.internal_api == "blis" or (controller.internal_api == "openblas" and openmp)
        if controller.internal_api == "openblas":
            pairs = [(f"{a}openblas_get_num_threads{b}", f"{a}openblas_set_num_threads{b}") for a, b in AFFIXES]
            for get, set_ in [("omp_get_max_threads", "omp_set_num_threads")] if openmp else pairs:
                if hasattr(controller.dynlib, set_):
                    self.get, self.set = getattr(controller.dynlib, get), getattr(controller.dynlib, set_)
                    break


def _libraries() -> list[_Library]:
    """Every BLAS that is loaded; looked for anew, which takes milliseconds, where something was imported since."""
    global _found
    imported = len(sys.modules)
    if _found[0] != imported:
        controllers = ThreadpoolController().lib_controllers
        _found = imported, [_Library(controller) for controller in controllers if controller.user_api == "blas"]
    return _found[1]


@contextmanager
def limited(count: int) -> Iterator[None]:
    """Inside, the BLAS uses `count` threads for every call, whichever thread of Python this is.

    Limits nest, the inner one holds. Threads that ask for the same number are inside together; who asks for another one
    waits until they have left, a thread's own outer limit being suspended meanwhile. Raises BackendError where a
    library does not take the number.

    >>> with limited(1):
    ...     pass
    """
    outer = _mine.count
    if outer == count:
        yield
        return
    _leave()
    try:
        _enter(count)
        yield
    finally:
        _leave()
        if outer:
            _enter(outer)


@contextmanager
def one_thread_each() -> Iterator[None]:
    """Inside, every BLAS call runs on its caller's thread, and no fork is in between: for products alone, not for long.

    Other threads that take part in them call `hold(1)` first.
    """
    global _products
    with limited(1):
        with _turn:
            _turn.wait_for(lambda: not _forking)
            _products += 1
        try:
            yield
        finally:
            with _turn:
                _products -= 1
                if _forking:
                    _turn.notify_all()


def own() -> int:
    """The count of the limit that this thread is inside of; 0: of none.

    >>> with limited(2):
    ...     own()
    2
    """
    return _mine.count


@contextmanager
def joined(count: int) -> Iterator[bool]:
    """Inside the limit that others are inside of, if it has that count at this moment: for a thread they wait for.

    It takes no turn, and does not wait: who waits while others wait for it would wait for ever. A count of 0 is none.
    """
    with _turn:
        inside = count == 0 or (_users > 0 and _count == count)
        if inside and count:
            _come_in(count)
    try:
        yield inside
    finally:
        _leave()


def hold(count: int) -> None:
    """Set and read back, in the thread that is to compute; it costs next to nothing where the number is right."""
    for library in _libraries():
        if library.get() == count:
            continue
        library.set(count)
        found = library.get()
        if found != count:
            raise BackendError(
                f"the BLAS must use {count} threads, for the bits follow from that, and keeps {found} ({library.name});"
                " set its number by its environment variable, as OPENBLAS_NUM_THREADS, before Python starts"
            )


def _enter(count: int) -> None:
    ticket = object()
    with _turn:
        _queue.append(ticket)
        try:
            _turn.wait_for(lambda: _queue[0] is ticket and (_users == 0 or _count == count))
            _come_in(count)
        finally:
            _queue.remove(ticket)
            if _queue:
                _turn.notify_all()


def _come_in(count: int) -> None:
    global _users, _count
    now = [(library, library.get()) for library in _libraries()]
    _mine.before = tuple(pair for pair in now if pair[0].a_thread_each)
    for library, threads in now:
        if not library.a_thread_each:
            _before.setdefault(library.name, (library, threads))
    _users, _count, _mine.count = _users + 1, count, count
    try:
        hold(count)
    except BaseException:
        _leave_locked()
        raise


def _leave() -> None:
    if _mine.count:
        with _turn:
            _leave_locked()


def _leave_locked() -> None:
    global _users
    _users, _mine.count = _users - 1, 0
    for library, threads in _mine.before:
        library.set(threads)
    if _users == 0:
        for library, threads in _before.values():
            library.set(threads)
        _before.clear()
    if _queue:
        _turn.notify_all()


def _before_fork() -> None:
    """A child must inherit neither a BLAS in the middle of a product nor Numba's lock in another thread's hands."""
    global _forking, _compiler
    _turn.acquire()
    _forking, _compiler = True, None
    _turn.wait_for(lambda: _products == 0)
    # After the products: who is at one may have to compile for it. Where Numba is loaded, for "numpy" does without.
    _compiler = getattr(sys.modules.get("numba.core.compiler_lock"), "global_compiler_lock", None)
    if _compiler is not None:
        _compiler.acquire()


def _after_fork_in_parent() -> None:
    global _forking
    _forking, lock = False, _compiler
    _turn.notify_all()
    _turn.release()
    if lock is not None:
        lock.release()


def _after_fork_in_child() -> None:
    """Of the threads only this one is here: it keeps its limit, those of the others have ended."""
    global _turn, _forking, _users
    _turn, _forking = threading.Condition(), False
    _queue.clear()
    if _users and not _mine.count:
        _users, _mine.count = 1, _count
        _leave()
    _users = int(_mine.count > 0)
    if _compiler is not None:
        _compiler.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork_in_child)
