"""One pool of Python threads for kernels that release the GIL.

Why not `prange`: Numba's threading layers hang in forked children (omp) or die on concurrent calls (workqueue). Plain
threads do neither, and let NumPy's SIMD sort, which releases the GIL too, run beside Numba code.
"""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from swref.checks import integer
from swref.errors import InputError

_lock = threading.Lock()
_pool: ThreadPoolExecutor | None = None
_count: int | None = None


def _default_count() -> int:
    text = os.environ.get("SWREF_NUM_THREADS")
    if text is None:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if not text.isdigit() or int(text) < 1:
        raise InputError(f"SWREF_NUM_THREADS must be a whole number >= 1, got {text!r}")
    return int(text)


def get_num_threads() -> int:
    """The number of threads that the "cpu" backend uses: SWREF_NUM_THREADS, else the cores this process may use.

    >>> get_num_threads() >= 1
    True
    """
    global _count
    if _count is None:
        _count = _default_count()
    return _count


def set_num_threads(count: int) -> None:
    """Use `count` >= 1 threads from now on. Results have the same bits for any count.

    >>> before = get_num_threads()
    >>> set_num_threads(1)
    >>> get_num_threads()
    1
    >>> set_num_threads(before)
    """
    global _count, _pool
    count = integer("count", count, minimum=1)
    with _lock:
        # A pool that is in use finishes its work; its threads end when the last reference goes.
        _count, _pool = count, None


def _forget_pool() -> None:
    """In a forked child the parent's threads do not exist: start a new pool at the first use."""
    global _lock, _pool
    _lock, _pool = threading.Lock(), None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_pool)


def run_parallel(task: Callable[[int, int], None], size: int, parts: int) -> None:
    """Call task(start, stop) over `parts` even cuts of range(size), on the pool's threads and this one."""
    bounds = [size * k // parts for k in range(parts + 1)]
    cuts = [(a, b) for a, b in itertools.pairwise(bounds) if a < b]
    if len(cuts) == 1:
        task(*cuts[0])
        return
    global _pool
    with _lock:
        if _pool is None:
            _pool = ThreadPoolExecutor(max(1, get_num_threads() - 1), thread_name_prefix="swref")
        futures = [_pool.submit(task, *cut) for cut in cuts[1:]]
    error = None
    try:
        task(*cuts[0])
    finally:
        # The tasks write into arrays of the caller: none may outlive this call, whatever happened above.
        for future in futures:
            error = future.exception() or error
    if error is not None:
        raise error
