"""Matrix products whose bits do not depend on the number of threads: fixed blocks, each on one thread of the BLAS."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from numba.core.compiler_lock import global_compiler_lock
from threadpoolctl import ThreadpoolController

_idle = threading.Condition()  # guards what follows
_users = 0
_forking = False
_controller: ThreadpoolController | None = None
_limiter = None


@contextmanager
def one_thread_each() -> Iterator[None]:
    """Inside, every BLAS call runs on its caller's thread. Calls of several threads overlap; the last one restores."""
    global _users, _controller, _limiter
    with _idle:
        _idle.wait_for(lambda: not _forking)
        if _users == 0:
            _controller = _controller or ThreadpoolController()  # looks through the loaded libraries: milliseconds
            _limiter = _controller.limit(limits=1, user_api="blas")
        _users += 1
    try:
        yield
    finally:
        with _idle:
            _users -= 1
            if _users == 0:
                if _limiter is not None:
                    _limiter.restore_original_limits()
                _idle.notify_all()


def _before_fork() -> None:
    """A child must inherit neither a BLAS in the middle of a product nor Numba's lock in another thread's hands."""
    global _forking
    global_compiler_lock.acquire()
    _idle.acquire()
    _forking = True
    _idle.wait_for(lambda: _users == 0)


def _after_fork_in_parent() -> None:
    global _forking
    _forking = False
    _idle.notify_all()
    _idle.release()
    global_compiler_lock.release()


def _after_fork_in_child() -> None:
    global _idle, _forking
    _idle, _forking = threading.Condition(), False
    global_compiler_lock.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork_in_child)
