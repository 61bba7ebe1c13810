"""All pairs of many clouds: every cloud is projected and sorted once, then each pair costs a pass over sorted values.

Letters: K clouds of n_k points; `values` holds the sorted projections of a group of G directions, cloud after cloud,
each [G, n_k], that of cloud k from starts[k] on.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext

import numpy as np

from swref.kernels import blas
from swref.kernels.bodies import power_cost_and_slope
from swref.kernels.cpu.rows import common_offset, sorted_cost
from swref.kernels.cpu.side import BLAS_DIMENSION, Side
from swref.kernels.cpu.sorting import sort_rows
from swref.kernels.policy import compiled
from swref.kernels.threads import get_num_threads, run_parallel

Sorted = tuple[np.ndarray, np.ndarray]  # values, starts
ELEMENTS = 1 << 24  # projections held at a time, at least one direction of all clouds


def pairwise_losses(
    clouds: Sequence[np.ndarray], others: Sequence[np.ndarray] | None, theta: np.ndarray, p: float
) -> np.ndarray:
    """SW_p^p [K, M] (float64) between all of `clouds` and all of `others`; None: the clouds themselves, [K, K]."""
    offset = common_offset(np.concatenate(clouds), np.concatenate(others or clouds[:1]))
    sides, other_sides = ([Side(x, offset) for x in each] for each in (clouds, others or ()))
    losses = np.zeros((len(clouds), len(others or clouds)))
    sizes, other_sizes = ([len(x) for x in each] for each in (clouds, others or ()))
    size = max(1, ELEMENTS // (sum(sizes) + sum(other_sizes)))
    for first in range(0, len(theta), size):
        group = theta[first : first + size]
        here = _sorted(sides, sizes, group)
        there = here if others is None else _sorted(other_sides, other_sizes, group)
        _add_pairs(here, there, len(group), others is None, p, losses)
    losses /= len(theta)
    return losses + losses.T if others is None else losses


def _sorted(sides: Sequence[Side], sizes: Sequence[int], theta: np.ndarray) -> Sorted:
    """The values and starts of clouds on these directions."""
    starts = np.concatenate(([0], np.cumsum(sizes, dtype=np.int64))) * len(theta)
    values = np.empty(starts[-1], theta.dtype)

    def work(start: int, stop: int) -> None:
        blas.hold(1)
        for k in range(start, stop):
            px = values[starts[k] : starts[k + 1]].reshape(len(theta), sizes[k])
            if sides[k].d < BLAS_DIMENSION:
                sides[k].project(theta, px)
            else:
                np.matmul(theta, sides[k].points, out=px)
            sort_rows(px)

    with blas.one_thread_each() if theta.shape[1] >= BLAS_DIMENSION else nullcontext():
        run_parallel(work, len(sides), get_num_threads())
    return values, starts


def _add_pairs(here: Sorted, there: Sorted, G: int, triangle: bool, p: float, losses: np.ndarray) -> None:
    """Every thread takes every threads-th row: in a triangle the first rows are the long ones."""
    threads = get_num_threads()

    def work(start: int, stop: int) -> None:
        for k in range(start, stop):
            pair_sums(here[0], here[1], there[0], there[1], G, triangle, p, losses, k, threads)

    run_parallel(work, threads, threads)


@compiled
def pair_sums(values, starts, other_values, other_starts, G, triangle, p, losses, first, step):
    """losses[i, j] += the sum over the directions of W_p^p, for i = first, first + step, ...; in a triangle j > i."""
    for i in range(first, starts.size - 1, step):
        n = (starts[i + 1] - starts[i]) // G
        for j in range(i + 1 if triangle else 0, other_starts.size - 1):
            m = (other_starts[j + 1] - other_starts[j]) // G
            total = 0.0
            for g in range(G):
                px = values[starts[i] + g * n : starts[i] + (g + 1) * n]
                py = other_values[other_starts[j] + g * m : other_starts[j] + (g + 1) * m]
                total += sorted_cost(px, py, p) if n == m else staircase_cost(px, py, p)
            losses[i, j] += total


@compiled
def staircase_cost(px, py, p):
    """W_p^p of sorted px [n] and py [m] of uniform weights: mass in whole numbers, 1/(n m) each."""
    n, m = px.size, py.size
    i, j, at, total = 0, 0, 0, 0.0
    while i < n and j < m:
        up_x, up_y = (i + 1) * m, (j + 1) * n
        up = min(up_x, up_y)
        total += (up - at) * power_cost_and_slope(np.float64(px[i] - py[j]), p)[0]
        at = up
        i += up_x == up
        j += up_y == up
    return total / (n * m)
