"""The scalar arithmetic of the CUDA kernels that the CPU does otherwise: rounding, keys, comparisons, matching.

Costs and slopes are those of bodies.py. Here stand the pieces that follow from one thread owning one element: what a
thread compares, where it looks and what it adds. Nothing in this module knows of threads or blocks.

An `overload` below chooses by type while a kernel is compiled, so that in a float32 kernel no number of the data is
widened; the plain function beside it says the same in Python and is what the simulator runs. Levels alone are float64
whatever the data: in float32 a mass below 6e-8 of those counted before it vanishes, and far out it may carry the loss.
"""

from __future__ import annotations

import math

import numpy as np
from numba import types
from numba.cuda import libdevice
from numba.extending import overload

from swref.kernels.bodies import INT64_MAX, power_cost, power_slope, sort_key
from swref.kernels.policy import body


def rounded_product(a, b):
    """a b, rounded: the compiler may not contract it with an addition that follows into one fused rounding."""
    return a * b


@overload(rounded_product, target="cuda")
def _rounded_product(a, b):
    if a == types.float32:
        return lambda a, b: libdevice.fmul_rn(a, b)
    return lambda a, b: libdevice.dmul_rn(a, b)


def leading_bits(value):
    """The bits of a float32 or float64 as an int64 that has them at its top."""
    return np.int64(value.view(np.int32)) << 32 if isinstance(value, np.float32) else value.view(np.int64)


@overload(leading_bits, target="cuda")
def _leading_bits(value):
    if value == types.float32:
        return lambda value: np.int64(value.view(np.int32)) << 32
    return lambda value: value.view(np.int64)


def precedes(a, b, index_mask, values):
    """Whether a comes before b: two values, two whole keys, or two keys whose index hides low bits of the value."""
    whole = not isinstance(a, np.int64) or values.dtype == np.float32
    return a < b if whole else key_precedes(a, b, index_mask, values)


@overload(precedes, target="cuda")
def _precedes(a, b, index_mask, values):
    if isinstance(a, types.Float) or values.dtype == types.float32:
        return lambda a, b, index_mask, values: a < b
    return lambda a, b, index_mask, values: key_precedes(a, b, index_mask, values)


@body
def key_precedes(a, b, index_mask, values):
    """The order of (value, index) of two float64 keys: the values are looked up where their leading bits are equal."""
    if a == b or (a ^ b) & ~index_mask != 0:
        return a < b
    s, t = values[a & index_mask], values[b & index_mask]
    if s < t:
        return True
    if t < s:
        return False
    return a < b


@body
def widened(low, high, value):
    """The range (low, high) with one value more."""
    return (value if value < low else low), (value if value > high else high)


@body
def common_offset(low, high):
    """What to subtract from a coordinate with this range: its end nearest to 0 where that is exact (spec.centred)."""
    if low > 0 and high - low <= low:
        return low
    if high < 0 and high - low <= -high:
        return high
    return type(low)(0)


@body
def projection(x, origin, theta, i, l):
    """theta[l] . (x[i] - origin), the terms rounded and added in the order of the coordinates, as spec.project does."""
    total = type(x[i, 0])(0)
    for k in range(x.shape[1]):
        total += rounded_product(theta[l, k], x[i, k] - origin[k])
    return total


@body
def point_key(value, i, index_mask):
    """The sort key of point i with this projection."""
    return sort_key(leading_bits(value), np.int64(i), index_mask)


@body
def last_key(n, index_mask):
    """The padding behind n keys: above every key of a number, and its index is one that may be looked up."""
    return (INT64_MAX & ~index_mask) | np.int64(n - 1)


@body
def infinity(like):
    """The padding behind sorted values."""
    return type(like)(math.inf)


@body
def in_order(a, b, up, index_mask, values):
    """(a, b) or (b, a): ascending where `up`, else descending."""
    if precedes(b, a, index_mask, values) == up:
        return b, a
    return a, b


@body
def sort_quad(row, base, index_mask, values):
    """The first two rounds of the bitonic network on row[base : base + 4]: sorted up or down in turn."""
    a, b, c, d = row[base], row[base + 1], row[base + 2], row[base + 3]
    a, b = in_order(a, b, True, index_mask, values)
    c, d = in_order(c, d, False, index_mask, values)
    row[base], row[base + 1], row[base + 2], row[base + 3] = halve_twice(a, b, c, d, base & 4 == 0, index_mask, values)


@body
def halve_twice(a, b, c, d, up, index_mask, values):
    """Two stages of the network, at strides 2 s and s, on four elements s apart."""
    a, c = in_order(a, c, up, index_mask, values)
    b, d = in_order(b, d, up, index_mask, values)
    a, b = in_order(a, b, up, index_mask, values)
    c, d = in_order(c, d, up, index_mask, values)
    return a, b, c, d


@body
def merge_quad(row, q, stride, size, index_mask, values):
    """Stages `stride` and `stride` / 2 of the round of `size`, on the q-th four elements, in registers."""
    half = stride >> 1
    low = q & (half - 1)
    i = ((q - low) << 2) | low
    up = i & size == 0
    a, b, c, d = row[i], row[i + half], row[i + stride], row[i + stride + half]
    a, b, c, d = halve_twice(a, b, c, d, up, index_mask, values)
    row[i], row[i + half], row[i + stride], row[i + stride + half] = a, b, c, d


@body
def merge_pair(row, q, stride, size, index_mask, values):
    """Stage `stride` of the round of `size`, on the q-th pair."""
    low = q & (stride - 1)
    i = ((q - low) << 1) | low
    row[i], row[i + stride] = in_order(row[i], row[i + stride], i & size == 0, index_mask, values)


@body
def merged_place(row, k, run, index_mask, values):
    """Where row[k] goes when sorted runs are merged two by two: as many as precede it in its run and in the other.

    Keys are distinct, so the places are.
    """
    n, first = row.shape[0], k - (k & (2 * run - 1))
    other = first + run if k < first + run else first
    low, high = min(other, n), min(other + run, n)
    while low < high:
        middle = (low + high) >> 1
        if precedes(row[middle], row[k], index_mask, values):
            low = middle + 1
        else:
            high = middle
    return k + low - min(other, n) if other > first else k - run + low - first


@body
def match_pair(i, target, values, p, scale):
    """The cost of matching values[i] with its target; values[i] becomes the slope, times scale."""
    D = values[i] - target
    values[i] = power_slope(D, p) * scale
    return power_cost(D, p)


@body
def place(k, n, reverse):
    """Where the k-th of n sorted points stands, counted from below or, in `reverse`, from above."""
    return n - 1 - k if reverse else k


@body
def first_above(levels, level, reaching):
    """The first j with levels[j] > level, or >= where `reaching`, and m where there is none; levels [m] ascend."""
    low, high = 0, levels.shape[0]
    while low < high:
        middle = (low + high) >> 1
        if levels[middle] > level or (reaching and levels[middle] == level):
            high = middle
        else:
            low = middle + 1
    return low


@body
def quantile_match(value, low, high, y_keys, y_mask, py, b, reverse, p, unit):
    """(cost, slope) of a point that holds the levels (low, high]: the sum over the cells of y that meet them.

        cost = sum_j mass_j |D_j|^p,   slope = sum_j mass_j p sign(D_j) |D_j|^(p-1),   D_j = value - y_(j)

    Levels are counted in `unit` = 1 / total, from the end that `reverse` says.
    """
    T, m = type(value), b.shape[0]
    cost, slope = T(0), T(0)
    if low >= high:
        return cost, slope
    j, level = first_above(b, low, False), low
    while level < high:
        end = min(high, b[j])
        mass = T(end - level) * unit
        D = value - py[y_keys[place(j, m, reverse)] & y_mask]
        cost += mass * power_cost(D, p)
        slope += mass * power_slope(D, p)
        level, j = end, j + 1
    return cost, slope


@body
def potential_step(before, after, level, y_keys, y_mask, py, b, reverse, rounding, p):
    """f_(k+1) - f_k of the Kantorovich potential at the `level` between the points `before` and `after`.

    The mean of the two extreme steps where the level is one of y too, to `rounding`, relatively (spec.potential).
    """
    T, m = type(after), b.shape[0]
    above = min(first_above(b, level + rounding * level, False), m - 1)
    below = above if level <= 0 else min(first_above(b, level - rounding * level, True), m - 1)
    s, t = py[y_keys[place(below, m, reverse)] & y_mask], py[y_keys[place(above, m, reverse)] & y_mask]
    down = power_cost(after - s, p) - power_cost(before - s, p)
    up = power_cost(after - t, p) - power_cost(before - t, p)
    return (down + up) * T(0.5)
