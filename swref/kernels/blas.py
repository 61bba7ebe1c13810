"""Matrix products whose bits do not depend on the number of threads: fixed blocks, each on one thread of the BLAS."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from threadpoolctl import ThreadpoolController

_lock = threading.Lock()
_users = 0
_controller: ThreadpoolController | None = None
_limiter = None


@contextmanager
def one_thread_each() -> Iterator[None]:
    """Inside, every BLAS call runs on its caller's thread. Calls nest and overlap between threads."""
    global _users, _controller, _limiter
    with _lock:
        if _users == 0:
            _controller = _controller or ThreadpoolController()  # looks through the loaded libraries: milliseconds
            _limiter = _controller.limit(limits=1, user_api="blas")
        _users += 1
    try:
        yield
    finally:
        with _lock:
            _users -= 1
            if _users == 0:
                _limiter.restore_original_limits()
