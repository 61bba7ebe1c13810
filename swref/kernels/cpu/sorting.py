"""Many short rows sorted at once: a sorting network whose every exchange compares a vector of rows.

A strip of W rows is turned into columns [N, W], W values filling 64 bytes, N a power of two: to exchange entries i and
j of all W rows takes one minimum and one maximum of vectors. Runs of 16 are sorted by a network of 60 exchanges, then
merged in pairs by bitonic mergers. Sixteen vectors at a time stay in registers for up to four levels of a network.

NumPy's sort works within a row. From 40 to LARGEST values the network takes 0.6 to 1.0 of its time with AVX-512, 0.3 to
0.7 with AVX2.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from llvmlite import binding
from numba import config, types
from numba.extending import intrinsic

from swref.kernels.cpu.vectors import VECTOR, Memory, transpose_tile
from swref.kernels.policy import compiled

LARGEST: Final = 4096  # values of a row up to which this is used; up to 65,536 it is quicker, but in strips of W rows
LARGEST_INT32: Final = 2**31 - 1
BLOCK: Final = 512  # rows of columns that stay in the first cache while they are merged
QUICK: Final = not config.DISABLE_JIT and bool(binding.get_host_cpu_features().get("avx2"))  # measured nowhere else

Exchanges = list[tuple[int, int]]  # (i, j): the lesser to row i, the larger to row j


def half_cleaners(distances: tuple[int, ...]) -> Exchanges:
    """Of eight rows, levels that compare rows at these distances."""
    return [(i, i + distance) for distance in distances for i in range(8) if not i & distance]


def twice(exchanges: Exchanges, mirrored: bool = False) -> Exchanges:
    """The same among rows 0 to 7 and among 8 to 15, which come in falling order where mirrored."""
    return exchanges + [(8 + j, 8 + i) if mirrored else (8 + i, 8 + j) for i, j in exchanges]


# M. W. Green's network; its test goes by the 0-1 principle.
# fmt: off
SORT_16: Final[Exchanges] = [
    (0, 13), (1, 12), (2, 15), (3, 14), (4, 8), (5, 6), (7, 11), (9, 10),
    (0, 5), (1, 7), (2, 9), (3, 4), (6, 13), (8, 14), (10, 15), (11, 12),
    (0, 1), (2, 3), (4, 5), (6, 8), (7, 9), (10, 11), (12, 13), (14, 15),
    (0, 2), (1, 3), (4, 10), (5, 11), (6, 7), (8, 9), (12, 14), (13, 15),
    (1, 2), (3, 12), (4, 6), (5, 7), (8, 10), (9, 11), (13, 14),
    (1, 4), (2, 6), (5, 8), (7, 10), (9, 13), (11, 14),
    (2, 4), (3, 6), (9, 12), (11, 13),
    (3, 5), (6, 8), (7, 9), (10, 12),
    (3, 4), (5, 6), (7, 8), (9, 10), (11, 12),
    (6, 7), (8, 9),
]
# fmt: on
MERGE: Final = [(i, 8 + i) for i in range(8)] + twice(half_cleaners((4, 2, 1)), mirrored=True)


def _exchange(exchanges: Exchanges) -> Callable[..., None]:
    """Compiled (columns, low, low_step, high, high_step): exchanges of the rows low + t low_step and high + t high_step
    of columns [N, W], t = 0 to 7, numbered in this order."""

    @intrinsic
    def exchange(typing: Any, columns: Any, low: Any, low_step: Any, high: Any, high_step: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            memory = Memory(context, builder, columns, arguments[0])
            low, low_step, high, high_step = (builder.mul(k, k.type(memory.vector.count)) for k in arguments[1:])
            pointers = memory.pointers(low, low_step, 8) + memory.pointers(high, high_step, 8)
            rows = memory.load(pointers)
            less = builder.icmp_signed if isinstance(columns.dtype, types.Integer) else builder.fcmp_ordered
            for i, j in exchanges:  # an instruction for each choice, and what is there stays there, a NaN anywhere
                a, b = rows[i], rows[j]
                ordered = less("<", a, b)
                rows[i], rows[j] = builder.select(ordered, a, b), builder.select(ordered, b, a)
            memory.store(rows, pointers)
            return context.get_dummy_value()

        return types.void(columns, *(types.intp,) * 4), generate

    return exchange


_sort_16 = _exchange(SORT_16)
_merge = _exchange(MERGE)
_levels_421 = _exchange(twice(half_cleaners((4, 2, 1))))
_levels_21 = _exchange(twice(half_cleaners((2, 1))))
_levels_1 = _exchange(twice(half_cleaners((1,))))


@compiled
def sort_columns(columns, n):
    """Sort the first n entries of every column of columns [N, W], N = 16, 32, 64, ...; the others are the largest.

    Blocks of entries first, which stay in the first cache, then all. Every exchange leaves the lesser value above: what
    only meets those others need not be gone through.
    """
    blocks = -(-n // BLOCK)
    for block in range(blocks + 1):
        low, high, m, end = 0, n, BLOCK, n
        if block < blocks:
            low, m = block * BLOCK, 16
            high = min(low + BLOCK, n)
            end = min(high - low, BLOCK)
            for b in range(low, high, 16):
                _sort_16(columns, b, 1, b + 8, 1)
        while m < end:  # merge runs of m: the first level compares entries from both ends, both halves are then bitonic
            s = m // 8
            for b in range(low, high - m, 2 * m):
                for r in range(b, b + s):
                    _merge(columns, r, s, 2 * (b + m) - 1 - r, -s)
            piece = s if s >= 16 else high - low
            for b in range(low, high, piece):  # entries less than s apart are not compared yet
                left = s
                while left >= 16:
                    step = left // 8
                    for c in range(b, b + s, left):
                        for r in range(c, c + step, 2):
                            _levels_421(columns, r, step, r + 1, step)
                    left = step
                for c in range(b, b + piece, 16):
                    if left == 8:
                        _levels_421(columns, c, 1, c + 8, 1)
                    elif left == 4:
                        _levels_21(columns, c, 1, c + 8, 1)
                    elif left == 2:
                        _levels_1(columns, c, 1, c + 8, 1)
            m *= 2


@compiled
def sort_strips(rows, largest):
    """Sort every row of rows [G, n], by strips of as many as a vector holds."""
    (count, n), width, size = rows.shape, VECTOR // rows.itemsize, 16
    while size < n:
        size *= 2
    space = np.empty((size + 1) * width, rows.dtype)
    start = (VECTOR - space.ctypes.data % VECTOR) // rows.itemsize  # so that no vector crosses lines of the cache
    columns, largest = space[start : start + size * width].reshape(size, width), rows.dtype.type(largest)
    whole = n - n % width if count >= width else 0  # what goes by tiles of W x W
    lanes = min(width, count)
    columns[n:] = largest
    for g in range(0, count, width):
        start = max(0, min(g, count - width))  # the last strip takes rows again that are sorted already
        for i in range(0, whole, width):
            transpose_tile(rows, start * n + i, n, columns, i * width, width)
        for i in range(whole, n):
            for lane in range(lanes):
                columns[i, lane] = rows[start + lane, i]
        sort_columns(columns, n)
        bring_back(columns[n:], columns[n - 1], largest)
        for i in range(0, whole, width):
            transpose_tile(columns, i * width, width, rows, start * n + i, n)
        for i in range(whole, n):
            for lane in range(lanes):
                rows[start + lane, i] = columns[i, lane]


@compiled
def bring_back(beyond, last, largest):
    """The largest goes back beyond the last row. A column in which it moved has a NaN: now in its last row."""
    values, strange = beyond.ravel(), False
    for k in range(values.size):
        strange |= values[k] != largest
    if strange:
        for i in range(beyond.shape[0]):
            for lane in range(beyond.shape[1]):
                if beyond[i, lane] != largest:  # the NaN, or what changed places with it
                    last[lane], beyond[i, lane] = largest - largest, largest


def sort_rows(rows: np.ndarray) -> None:
    """Sort every row of rows [G, n] in place: C order; int32, float32 or float64. A row keeps a NaN, anywhere."""
    if len(rows) == 1:  # as in a step of SGD, which takes a few microseconds in all
        rows.sort(axis=1)
        return
    count, n = rows.shape
    width = VECTOR // rows.itemsize
    if not QUICK or n > LARGEST or 4 * count <= 3 * width:
        rows.sort(axis=1)
        return
    whole = count - count % width
    if 4 * (count - whole) > 3 * width:  # a strip that is not full takes the time of one that is
        whole = count
    else:
        rows[whole:].sort(axis=1)
    sort_strips(rows if whole == count else rows[:whole], np.inf if rows.dtype.kind == "f" else LARGEST_INT32)
