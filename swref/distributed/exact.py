"""The exact tier: some directions of both clouds at a time, sorted, and summed in the order of the in-memory kernels.

So the value is theirs to the bit below 32 dimensions (from there on they leave products to the BLAS, whose sums have an
order of its own), whatever the files, the blocks and the threads.

Cost. With G directions at a time, L / G passes over both clouds; held are G (n + m) values. Where one direction does
not fit, each takes one pass to count, and one more for each piece of at most memory / 2 bytes of a side.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from swref.distributed.clouds import Cloud
from swref.distributed.kernels.sorted import add_costs, add_stairs
from swref.distributed.rows import Piece, Rows
from swref.distributed.sources import BLOCK_ELEMENTS
from swref.kernels.bodies import exact_offset
from swref.kernels.threads import get_num_threads, run_parallel

Streams = tuple[Iterator[Piece], Iterator[Piece]]  # of both sides


def exact(x: Cloud, y: Cloud, theta: np.ndarray, p: float, memory: int) -> np.ndarray:
    """W_p^p on every direction theta [L, d], in about `memory` bytes. Raises InputError where those are too few."""
    return exact_of(*prepared(x, y, get_num_threads()), theta, p, memory)


def exact_of(one: Rows, other: Rows, theta: np.ndarray, p: float, memory: int) -> np.ndarray:
    """The same of clouds that are prepared."""
    theta = np.ascontiguousarray(theta, one.dtype)
    losses = np.empty(len(theta))
    group = memory // (one.cloud.rows * one.value_bytes + other.cloud.rows * other.value_bytes)
    if group == 0:
        for l in range(len(theta)):
            losses[l] = in_pieces(one, other, theta[l : l + 1], p, memory)
        return losses
    for first in range(0, len(theta), group):
        losses[first : first + group] = _at_once(one, other, theta[first : first + group], p)
    return losses


def _at_once(one: Rows, other: Rows, theta: np.ndarray, p: float) -> np.ndarray:
    """W_p^p on directions theta [G, d] whose projections fit into memory together."""
    losses, (px, py) = np.empty(len(theta)), (side.projected(theta) for side in (one, other))
    rows = [row for both, side in ((px, one), (py, other)) if side.cloud.weights is None for row in both]

    def sort(start: int, stop: int) -> None:
        for row in rows[start:stop]:
            row.sort()

    def add(start: int, stop: int) -> None:
        for g in range(start, stop):
            losses[g] = _whole(one, other, px[g], py[g], p)

    run_parallel(sort, len(rows), one.threads)  # those of both sides: one direction has work for two threads
    run_parallel(add, len(theta), one.threads)
    return losses


def loss_of_projections(one: Rows, other: Rows, xs: list[np.ndarray], ys: list[np.ndarray], p: float) -> float:
    """W_p^p of the projections on one direction, [1, k] of each part of a cloud."""
    px, py = np.concatenate(xs, axis=1), np.concatenate(ys, axis=1)
    for row, side in ((px, one), (py, other)):
        if side.cloud.weights is None:
            row.sort()
    return _whole(one, other, px[0], py[0], p)


def _whole(one: Rows, other: Rows, px: np.ndarray, py: np.ndarray, p: float) -> float:
    both = list(one.whole(px)), list(other.whole(py))
    return _loss(one, other, lambda descending: (iter(both[0]), iter(both[1])), p)


def prepared(x: Cloud, y: Cloud, threads: int) -> tuple[Rows, Rows]:
    """Both sides as the in-memory kernels take them: one dtype, a common offset, weights of sum 1."""
    kinds = x.points.dtype, y.points.dtype
    dtype = kinds[0] if kinds[0] == kinds[1] else np.dtype(np.float64)
    offset = common_offset((x, y), dtype)
    return Rows(x, offset, dtype, total_weight(x), threads), Rows(y, offset, dtype, total_weight(y), threads)


def common_offset(clouds: tuple[Cloud, Cloud], dtype: np.dtype) -> np.ndarray:
    """swref.kernels.cpu.rows.common_offset of points in blocks; most clouds show in the first that they have none."""
    low, high = np.full(clouds[0].points.dim, np.inf, dtype), np.full(clouds[0].points.dim, -np.inf, dtype)
    for cloud in clouds:
        for start, stop in cloud.points.blocks():
            x = cloud.points.read(start, stop).astype(dtype, copy=False)
            low, high = np.minimum(low, x.min(axis=0)), np.maximum(high, x.max(axis=0))
            if not any(exact_offset(a, b) for a, b in zip(low, high, strict=True)):
                return np.empty(0, dtype)
    return np.array([exact_offset(a, b) for a, b in zip(low, high, strict=True)], dtype)


def total_weight(cloud: Cloud) -> float:
    """The sum of the weights, to the bits of NumPy's sum of all of them: that is one of halves, down to 128 numbers."""

    def total(start: int, stop: int) -> float:
        if stop - start <= BLOCK_ELEMENTS:
            w = cloud.weights_of(start, stop)
            return 1.0 if w is None else float(w.sum())
        middle = start + (stop - start) // 2 // 8 * 8
        return total(start, middle) + total(middle, stop)

    if cloud.weights is None:
        return 1.0
    found = total(0, cloud.rows)
    cloud.check_total(found)
    return found


def in_pieces(one: Rows, other: Rows, theta: np.ndarray, p: float, memory: int) -> float:
    """W_p^p on one direction theta [1, d] whose projections do not fit into memory."""

    def streams(descending: bool) -> Streams:
        xs, ys = (side.pieces(theta, memory // 2 // side.value_bytes, descending) for side in (one, other))
        return xs, ys

    return _loss(one, other, streams, p)


def _loss(one: Rows, other: Rows, streams: Callable[[bool], Streams], p: float) -> float:
    """W_p^p of the pieces of both sides, in the order of sums of kernels.cpu.rows or of kernels.cpu.coupled."""
    n, m = one.cloud.rows, other.cloud.rows
    uniform = one.cloud.weights is None and other.cloud.weights is None
    if uniform and n == m:
        return _equal(streams(False), n, p)
    half, unit, x_mass, y_mass = (1.0 * n * m, 0.5 / (n * m), 2.0 * m, 2.0 * n) if uniform else (0.5, 1.0, 1 / n, 1 / m)
    lower, upper = (
        _staircase(streams(descending), x_mass, y_mass, half, unit, p, -1 if descending else 1)
        for descending in (False, True)
    )
    return lower + upper


def _equal(streams: Streams, n: int, p: float) -> float:
    """The mean of |x - y|^p of pairs of equal ranks."""
    xs, ys = streams
    lanes, done = np.zeros(4), 0
    x = y = np.empty(0)
    while done < n:
        x, y = (x if x.size else next(xs)[0]), (y if y.size else next(ys)[0])
        k = min(x.size, y.size)
        add_costs(x[:k], y[:k], p, done, n, lanes)
        x, y, done = x[k:], y[k:], done + k
    return ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) / n


def _staircase(streams: Streams, x_mass: float, y_mass: float, half: float, unit: float, p: float, step: int) -> float:
    """What half the mass adds, from the lower end (step 1) or the upper one (step -1)."""
    xs, ys = streams
    state = np.array([0.0, 0.0, 0.0, 0.0, 1.0, 1.0])
    (x, wx), (y, wy), i, j = next(xs), next(ys), 0, 0
    while True:
        i, j = add_stairs(x[::step], wx[::step], x_mass, i, y[::step], wy[::step], y_mass, j, half, unit, p, state)
        if state[0] >= half:
            return float(state[1])
        if i == len(x):
            (x, wx), i = next(xs), 0
        if j == len(y):
            (y, wy), j = next(ys), 0
