"""How anything is timed: every contender warmed up, then all in turn, round after round; medians and spread."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

SLICE_SECONDS = 0.1  # the least time that one contender is measured for in one round
SLOW_SECONDS = 0.5  # a call that takes longer needs no warming up in every round
PAUSE_SECONDS = (
    0.15  # before each turn: threads of a BLAS or of OpenMP spin on a core for a while after their last work
)


@dataclass(frozen=True)
class Timing:
    """Seconds a call: the median over the rounds, and the quartiles."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, seconds: list[float]) -> Timing:
        """Of the seconds a call measured in each round."""
        low, median, high = statistics.quantiles(seconds, n=4) if len(seconds) > 1 else [seconds[0]] * 3
        return cls(median, low, high)


def in_turn(calls: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, Timing]:
    """Time every call in turn, `rounds` times over: a slow spell of the machine hits all alike."""
    repeats, slow = {}, set()
    for name, call in calls.items():
        call()
        began = time.perf_counter()
        call()
        once = time.perf_counter() - began
        repeats[name] = max(1, int(SLICE_SECONDS / max(once, 1e-7)))
        if once > SLOW_SECONDS:
            slow.add(name)
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            time.sleep(PAUSE_SECONDS)
            if name not in slow:
                for _ in range(repeats[name]):  # wakes the cores and refills the caches
                    call()
            began = time.perf_counter()
            for _ in range(repeats[name]):
                call()
            seconds[name].append((time.perf_counter() - began) / repeats[name])
    return {name: Timing.of(values) for name, values in seconds.items()}


def sorting_floor(x: np.ndarray, y: np.ndarray, theta: np.ndarray, threads: int) -> Callable[[], None]:
    """Only sort the two projected arrays with NumPy's SIMD sort, rows shared between `threads` threads.

    The unsorted rows are copied in before each sort, inside the timing: a few percent, in the floor's disfavour.
    """
    px, py = theta @ x.T, theta @ y.T  # [L, n]
    scratch_x, scratch_y = px.copy(), py.copy()
    L = len(theta)
    parts = min(threads, L) if px.size > 1 << 14 else 1
    cuts = [slice(L * k // parts, L * (k + 1) // parts) for k in range(parts)]
    pool = ThreadPoolExecutor(max(1, parts - 1))

    def sort_rows(rows: slice) -> None:
        for scratch, source in ((scratch_x, px), (scratch_y, py)):
            scratch[rows] = source[rows]
            scratch[rows].sort(axis=1)

    def call() -> None:
        futures = [pool.submit(sort_rows, rows) for rows in cuts[1:]]
        sort_rows(cuts[0])
        for future in futures:
            future.result()

    return call
