"""`python -m bench check`: what became much slower than the committed table says, told on a busy machine too.

One thread, its CPU time, the least of many turns, NumPy's beside swref's in each: neither other work on the machine nor
another processor moves that ratio far. The table's times are those of several threads, which the work of one takes no
longer than together. It is the table of the processor on which swref gains least.
"""

from __future__ import annotations

import math
import time
from typing import Any

from threadpoolctl import threadpool_limits

from bench.compare import OWN, Change, changes
from bench.contenders import Prepare, numpy_vectorised, swref_cpu
from bench.works import Work
from swref import get_num_threads, set_num_threads
from swref.kernels.cpu.groups import for_one_thread

LIMIT = 1.5  # times as long as in the table: kernels in plain NumPy would take 2.5 to 3
TURNS = 15
WORKS = (Work(1000, 2, 500), Work(1000, 2, 500, "float32"), Work(10_000, 3, 200), Work(256, 2, 50))


def much_slower(
    table: dict[str, Any], works: tuple[Work, ...] = WORKS, turns: int = TURNS, own: Prepare = swref_cpu
) -> tuple[list[Change], list[Change]]:
    """The change of every work against the figures of `python -m bench`, and those beyond LIMIT."""
    threads, before = table["environment"]["swref_threads"], get_num_threads()
    rows = []
    set_num_threads(1)
    try:
        with threadpool_limits(1, "blas"):
            for work in works:
                seconds = _least({OWN: own, "NumPy": numpy_vectorised}, work, turns)
                seconds[OWN] /= 1 if for_one_thread(work.n * work.L) else threads
                same = {name: dict.fromkeys(("median", "low", "high"), least) for name, least in seconds.items()}
                rows.append({"work": work.name, "seconds": same})
    finally:
        set_num_threads(before)
    found = changes(table, {"works": rows})
    return found, [change for change in found if change.low > LIMIT]


def _least(contenders: dict[str, Prepare], work: Work, turns: int) -> dict[str, float]:
    """CPU seconds of a call by each, the least of the turns."""
    calls = {name: prepare(*work.arrays()) for name, prepare in contenders.items()}
    least = dict.fromkeys(calls, math.inf)
    for turn in range(turns + 1):
        for name, call in calls.items():
            began = time.thread_time()
            call()
            if turn > 0:  # the first compiles, or loads what is compiled
                least[name] = min(least[name], time.thread_time() - began)
    return least
