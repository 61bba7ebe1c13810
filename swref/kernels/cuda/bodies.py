"""The scalar arithmetic of the CUDA kernels that the CPU does otherwise: rounding, keys, comparisons, matching.

Costs and slopes are those of bodies.py. Here stand the pieces that follow from one thread owning one element: what a
thread compares, where it looks and what it adds. Nothing in this module knows of threads or blocks.

An `overload` below chooses by type while a kernel is compiled, so that in a float32 kernel no number of the data is
widened; the plain function beside it says the same in Python and is what the simulator runs. Levels alone are float64
whatever the data: in float32 a mass below 6e-8 of those counted before it vanishes, and far out it may carry the loss.
"""

from __future__ import annotations

import numpy as np
from numba import int32, types, uint32
from numba.cuda import libdevice
from numba.extending import overload

from swref.kernels.bodies import INT64_MAX, power_cost, power_slope, sort_key
from swref.kernels.policy import body

# The least comparisons that sort nine keys (Knuth, The Art of Computer Programming, volume 3, section 5.3.4).
LAYERS = (
    ((0, 3), (1, 7), (2, 5), (4, 8)),
    ((0, 7), (2, 4), (3, 8), (5, 6)),
    ((0, 2), (1, 3), (4, 5), (7, 8)),
    ((1, 4), (3, 6), (5, 7)),
    ((0, 1), (2, 4), (3, 5), (6, 8)),
    ((2, 3), (4, 5), (6, 7)),
    ((1, 2), (3, 4), (5, 6)),
)
INT32_MAX = INT64_MAX >> 32
NETWORK = tuple(pair for layer in LAYERS for pair in layer)


def rounded_product(a, b):
    """a b, rounded: the compiler may not contract it with an addition that follows into one fused rounding."""
    return a * b


@overload(rounded_product, target="cuda")
def _rounded_product(a, b):
    if a == types.float32:
        return lambda a, b: libdevice.fmul_rn(a, b)
    return lambda a, b: libdevice.dmul_rn(a, b)


def bits_of(value):
    """The bits of a float32 or float64, as an int32 or int64."""
    return value.view(np.int32 if isinstance(value, np.float32) else np.int64)


@overload(bits_of, target="cuda")
def _bits_of(value):
    if value == types.float32:
        return lambda value: value.view(np.int32)
    return lambda value: value.view(np.int64)


def leading_bits(value):
    """The same as an int64 that has them at its top."""
    return np.int64(bits_of(value)) << (32 if isinstance(value, np.float32) else 0)


@overload(leading_bits, target="cuda")
def _leading_bits(value):
    shift = 32 if value == types.float32 else 0
    return lambda value: np.int64(bits_of(value)) << shift


def value_of(bits):
    """The float of these bits."""
    return bits.view(np.float32 if isinstance(bits, np.int32) else np.float64)


@overload(value_of, target="cuda")
def _value_of(bits):
    if bits == types.int32:
        return lambda bits: bits.view(np.float32)
    return lambda bits: bits.view(np.float64)


def value_key(bits):
    """An integer that orders like the float of these bits, a NaN at one end; of such an integer, the bits again."""
    return bits ^ ((bits >> 63) & (INT32_MAX if isinstance(bits, np.int32) else INT64_MAX))


@overload(value_key, target="cuda")
def _value_key(bits):
    mask = INT32_MAX if bits == types.int32 else INT64_MAX
    return lambda bits: type(bits)(bits ^ ((bits >> 63) & mask))  # Numba widens what it computes with


def value_in(key, index_mask, values):
    """The value of a point's key: a float32 is in it, a float64 is looked up."""
    return values[key & index_mask] if values.dtype == np.float64 else value_of(value_key(np.int32(key >> 32)))


@overload(value_in, target="cuda")
def _value_in(key, index_mask, values):
    if values.dtype == types.float64:
        return lambda key, index_mask, values: values[key & index_mask]
    return lambda key, index_mask, values: value_of(value_key(np.int32(key >> 32)))


def tile_key(value, i, index_mask):
    """The key of one of the floats that point i has, or of the bits of one, which then is all that is sorted."""
    return point_key(value, i, index_mask) if isinstance(value, np.floating) else value_key(value)


@overload(tile_key, target="cuda")
def _tile_key(value, i, index_mask):
    if isinstance(value, types.Float):
        return lambda value, i, index_mask: point_key(value, i, index_mask)
    return lambda value, i, index_mask: value_key(value)


def precedes(a, b, index_mask, values):
    """Whether key a comes before b. Where the index hides low bits of values, those of float64, they are looked up."""
    return key_precedes(a, b, index_mask, values) if values.dtype == np.float64 else a < b


@overload(precedes, target="cuda")
def _precedes(a, b, index_mask, values):
    if values.dtype == types.float64:
        return lambda a, b, index_mask, values: key_precedes(a, b, index_mask, values)
    return lambda a, b, index_mask, values: a < b


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
    """The padding behind n keys: above every key of a number, and its index is one that may be looked up.

    With a mask of 0, for keys that hold no index, the greatest int64; the top half of that is the greatest int32.
    """
    return (INT64_MAX & ~index_mask) | np.int64(n - 1)


@body
def sort_few(held, index_mask, values):
    """Sort a few keys in registers, by the network of their number."""
    for c in range(len(NETWORK)):
        i, j = NETWORK[c]
        a, b = held[i], held[j]
        if precedes(b, a, index_mask, values):
            held[i], held[j] = b, a


@body
def merge_split(row, a, b, end, diagonal, index_mask, values):
    """How many of the first `diagonal` keys of two runs merged are of the first: row[a:b] with row[b:end], sorted.

    The search of a merge path (Green, McColl and Bader, 2012).
    """
    low, high = int32(max(0, diagonal - (end - b))), int32(min(diagonal, b - a))
    while low < high:
        middle = int32(low + (int32(high - low) >> 1))
        if precedes(row[uint32(b + diagonal - 1 - middle)], row[uint32(a + middle)], index_mask, values):
            high = middle
        else:
            low = int32(middle + 1)
    return low


@body
def merge_few(row, a, b, end, diagonal, held, index_mask, values):
    """The keys from `diagonal` on of the same, merged, to registers; may look at row[end]."""
    i = int32(a + merge_split(row, a, b, end, diagonal, index_mask, values))
    j = int32(b + diagonal - (i - a))
    p, q = row[uint32(i)], row[uint32(j)]
    for r in range(len(held)):
        ahead = j >= end or (i < b and not precedes(q, p, index_mask, values))
        held[r] = p if ahead else q
        i, j = int32(i + ahead), int32(j + (not ahead))
        key = row[uint32(i if ahead else j)]
        p, q = key if ahead else p, q if ahead else key


@body
def match_pair(key, index_mask, target, values, p, scale):
    """The cost of matching the point of this key with its target; its place in values gets the slope, times scale."""
    D = value_in(key, index_mask, values) - target
    values[key & index_mask] = power_slope(D, p) * scale
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
