"""One pool of Python threads for kernels that release the GIL.

Why not `prange`: Numba's threading layers hang in forked children (omp) or die on concurrent calls (workqueue). Plain
threads do neither, and let NumPy's SIMD sort, which releases the GIL too, run beside Numba code.
"""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue

from swref import checks
from swref.errors import BackendError, InputError

Task = Callable[[int, int], None]


class _Call:
    """One call of run_parallel, as its jobs see it. They are counted in lists and not by what comes out of a queue:
    Ctrl-C may take that away between its coming and its counting."""

    def __init__(self, task: Task):
        self.task, self.stopped = task, False
        self.begun: list[None] = []
        self.ended: list[BaseException | None] = []
        self.news: SimpleQueue[None] = SimpleQueue()  # one for each end


Job = tuple[_Call, int, int]

_lock = threading.Lock()
_jobs: SimpleQueue[Job | None] | None = None  # what the pool's threads wait on; None: no pool yet
_started = 0  # threads in the pool
_count: int | None = None


def _default_count() -> int:
    text = os.environ.get("SWREF_NUM_THREADS")
    if text is None:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if not (text.isascii() and text.isdigit() and len(text) <= 20 and int(text) >= 1):
        raise InputError(f"SWREF_NUM_THREADS must be a whole number >= 1, got {checks.shown(text)}")
    return checks.integer("SWREF_NUM_THREADS", int(text), minimum=1, maximum=checks.THREADS)


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
    """Use `count` threads from now on, 1 to 4096. Results have the same bits for any count.

    >>> before = get_num_threads()
    >>> set_num_threads(1)
    >>> get_num_threads()
    1
    >>> set_num_threads(before)
    """
    global _count, _jobs
    count = checks.integer("count", count, minimum=1, maximum=checks.THREADS)
    with _lock:
        if _jobs is not None:
            _end(_jobs, _started)
        _count, _jobs = count, None


def _forget_pool() -> None:
    """In a forked child the parent's threads do not exist: start a new pool at the first use."""
    global _lock, _jobs
    _lock, _jobs = threading.Lock(), None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_pool)


def _work(jobs: SimpleQueue[Job | None]) -> None:
    while (job := jobs.get()) is not None:
        call, start, stop = job
        call.begun.append(None)
        failure: BaseException | None = None
        try:
            if not call.stopped:
                call.task(start, stop)
        except BaseException as error:  # handed to the caller, who raises it
            failure = error
        call.ended.append(failure)
        call.news.put(None)
        del job, call, failure  # an idle thread keeps no arrays alive


def run_parallel(task: Task, size: int, parts: int) -> None:
    """Call task(start, stop) over `parts` even cuts of range(size), on the pool's threads and this one.

    A queue, not concurrent.futures: that takes 90 us to wake a thread and hear from it, this 6 us.
    """
    bounds = [size * k // parts for k in range(parts + 1)]
    cuts = [(a, b) for a, b in itertools.pairwise(bounds) if a < b]
    if len(cuts) == 1:
        task(*cuts[0])
        return
    call = _Call(task)
    try:
        _submit([(call, *cut) for cut in cuts[1:]])
        try:
            task(*cuts[0])
        finally:
            while len(call.ended) < len(cuts) - 1:
                call.news.get()
    except BaseException:
        # The tasks write into arrays of the caller: after Ctrl-C, too, what has begun ends first, and nothing begins.
        call.stopped = True
        while len(call.ended) < len(call.begun):
            with suppress(KeyboardInterrupt):
                call.news.get()
        raise
    for error in call.ended:
        if error is not None:
            raise error


def _submit(jobs: list[Job]) -> None:
    global _jobs, _started
    with _lock:
        if _jobs is None:
            queue: SimpleQueue[Job | None] = SimpleQueue()
            threads = [threading.Thread(target=_work, args=(queue,), daemon=True) for _ in range(_pool_size())]
            try:
                for _started, thread in enumerate(threads):
                    thread.start()
            except BaseException as error:  # end those that were, and leave no pool behind
                _end(queue, _started)
                if isinstance(error, RuntimeError):
                    came = f"the system starts {_started} of {len(threads)} threads ({error})"
                    raise BackendError(f"{came}: SWREF_NUM_THREADS or set_num_threads may ask for fewer") from None
                raise
            _jobs, _started = queue, len(threads)
        for job in jobs:
            _jobs.put(job)


def _pool_size() -> int:
    return max(1, get_num_threads() - 1)  # the caller's thread works too


def _end(queue: SimpleQueue[Job | None], threads: int) -> None:
    for _ in range(threads):
        queue.put(None)  # behind the work that was given before
