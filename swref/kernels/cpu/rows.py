"""Compiled loops over rows, a row being one direction. Unchecked, GIL released; every sum runs in a fixed order.

Letters: xT [d, n] points, coordinates first, so that the inner loops run along contiguous points; px [G, n] and
py [G, n] projections on the G directions theta [G, d]; keys [G, n] what px is sorted by
(keys.py).

Inner loops run over slices from 0: on `for i in range(start, stop)` Numba keeps the test for negative indices, and the
loop stays scalar (measured: 1.4 ns an element instead of 0.2).
"""

from __future__ import annotations

import numpy as np

from swref.kernels.bodies import exact_offset, power_cost_and_slope
from swref.kernels.cpu.keys import bits_of, make_keys, settle
from swref.kernels.policy import compiled

TILE = 1024  # points whose partial sums stay in the first-level cache while the terms pass


@compiled
def add_product(A, B, C, start, stop):
    """C[r, i] += sum_s A[r, s] B[s, i] for i in [start, stop), the terms added one by one in the order of s.

    That order defines the projections to the last bit (spec.project), so no library's product will do. Four terms a
    pass: C is loaded and stored once for four products.
    """
    S = B.shape[0]
    for low in range(start, stop, TILE):
        high = min(low + TILE, stop)
        for r in range(A.shape[0]):
            c, s = C[r][low:high], 0
            while s + 4 <= S:
                a0, a1, a2, a3 = A[r, s], A[r, s + 1], A[r, s + 2], A[r, s + 3]
                b0, b1 = B[s][low:high], B[s + 1][low:high]
                b2, b3 = B[s + 2][low:high], B[s + 3][low:high]
                for i in range(c.size):
                    c[i] = c[i] + a0 * b0[i] + a1 * b1[i] + a2 * b2[i] + a3 * b3[i]
                s += 4
            if s + 2 <= S:
                a0, a1, b0, b1 = A[r, s], A[r, s + 1], B[s][low:high], B[s + 1][low:high]
                for i in range(c.size):
                    c[i] = c[i] + a0 * b0[i] + a1 * b1[i]
                s += 2
            if s < S:
                a0, b0 = A[r, s], B[s][low:high]
                for i in range(c.size):
                    c[i] = c[i] + a0 * b0[i]


@compiled
def add_moments(slopes, theta, before, mean, squares, start, stop):
    """Take slopes[g, i] theta[g, k] into mean [d, n] and squared deviations [d, n], `before` terms being in already.

    For i in [start, stop), g ascending: Welford's update, in which no digit cancels, however small the spread.
    """
    for low in range(start, stop, TILE):
        high = min(low + TILE, stop)
        for g in range(slopes.shape[0]):
            c, share = slopes[g][low:high], 1.0 / (before + g + 1)
            for k in range(theta.shape[1]):
                t, m, s = np.float64(theta[g, k]), mean[k][low:high], squares[k][low:high]
                for i in range(c.size):
                    term = np.float64(c[i]) * t
                    deviation = term - m[i]
                    m[i] += deviation * share
                    s[i] += deviation * (term - m[i])


@compiled
def common_offset(x, y):
    """[d]: the exact_offset of each coordinate of x [n, d] and y [m, d] together; empty where all are 0.

    A coordinate is followed only as long as it may have one: of ordinary clouds a few points are read.
    """
    d, following = x.shape[1], False
    for k in range(d):
        one, other = x[0, k], y[0, k]
        following |= exact_offset(min(one, other), max(one, other)) != 0
    if not following:
        return x[0, :0]
    low, high = x[0].copy(), x[0].copy()
    followed, count = np.arange(d), d
    for cloud in range(2):
        points = x if cloud == 0 else y
        for i in range(points.shape[0]):
            row, kept = points[i], 0
            for place in range(count):
                k = followed[place]
                low[k], high[k] = min(low[k], row[k]), max(high[k], row[k])
                followed[kept] = k
                kept += exact_offset(low[k], high[k]) != 0
            count = kept
            if count == 0:
                return low[:0]
    offset = np.zeros_like(low)
    for place in range(count):
        k = followed[place]
        offset[k] = exact_offset(low[k], high[k])
    return offset


@compiled
def project(xT, theta, px):
    """px[g, i] = theta[g] . x[i], coordinates added in order, starting from 0 (so that no -0 comes out)."""
    zero = px.dtype.type(0)
    d, n = xT.shape
    for low in range(0, n, TILE):
        high = min(low + TILE, n)
        b0, b1 = xT[0][low:high], xT[min(1, d - 1)][low:high]  # here: of a short row, taking slices is half the time
        for g in range(px.shape[0]):
            row, a0 = px[g][low:high], theta[g, 0]
            if d == 1:
                for i in range(row.size):
                    row[i] = zero + a0 * b0[i]
            else:  # two terms at once: with a pass that fills in zeros first, the plane took half as long again
                a1 = theta[g, 1]
                for i in range(row.size):
                    row[i] = zero + a0 * b0[i] + a1 * b1[i]
        if d > 2:
            add_product(theta[:, 2:], xT[2:], px, low, high)


@compiled
def match_equal(keys, index_mask, px, py, p, losses):
    """Equal sizes, uniform weights: px becomes dW_p^p/dpx, losses[g] the value. py is sorted, settled keys order px.

    The slope goes where the projection was read: one cache line serves both, and no inverse permutation is needed. The
    loss is summed in four lanes, because a single sum waits for its last addition (1.2 ns an element instead of 0.8).
    """
    n, integers = px.shape[1], bits_of(keys)
    scale = 1.0 / n
    for g in range(px.shape[0]):  # the others may have more rows
        row, values, targets = integers[g], px[g], py[g]
        lane0, lane1, lane2, lane3 = 0.0, 0.0, 0.0, 0.0
        for quad in range(n // 4):
            k = 4 * quad
            lane0 += match_pair(row[k] & index_mask, targets[k], values, p, scale)
            lane1 += match_pair(row[k + 1] & index_mask, targets[k + 1], values, p, scale)
            lane2 += match_pair(row[k + 2] & index_mask, targets[k + 2], values, p, scale)
            lane3 += match_pair(row[k + 3] & index_mask, targets[k + 3], values, p, scale)
        for k in range(n - n % 4, n):
            lane0 += match_pair(row[k] & index_mask, targets[k], values, p, scale)
        losses[g] = ((lane0 + lane1) + (lane2 + lane3)) / n


@compiled
def match_sorted(px, py, p, losses):
    """Equal sizes, uniform weights: losses[g] of sorted px and py."""
    for g in range(px.shape[0]):
        losses[g] = sorted_cost(px[g], py[g], p)


@compiled
def sorted_cost(values, targets, p):
    """W_p^p of sorted values [n] and targets [n], to the bits of match_equal: in its lanes, by its powers."""
    n = values.size
    lane0, lane1, lane2, lane3 = 0.0, 0.0, 0.0, 0.0
    for quad in range(n // 4):
        k = 4 * quad
        lane0 += pair_cost(values[k], targets[k], p)
        lane1 += pair_cost(values[k + 1], targets[k + 1], p)
        lane2 += pair_cost(values[k + 2], targets[k + 2], p)
        lane3 += pair_cost(values[k + 3], targets[k + 3], p)
    for k in range(n - n % 4, n):
        lane0 += pair_cost(values[k], targets[k], p)
    return ((lane0 + lane1) + (lane2 + lane3)) / n


@compiled
def pair_cost(value, target, p):
    """The cost of a value and its target, as match_pair has it."""
    return power_cost_and_slope(np.float64(value - target), p)[0]


@compiled
def match_pair(i, target, values, p, scale):
    """The cost of matching values[i] with its target; values[i] becomes the slope, times scale.

    Powers are float64 whatever the dtype of the values: |D|^p leaves the range of a float32 early.
    """
    i = np.uint64(i)  # an index that cannot be negative needs no test for it
    cost, slope = power_cost_and_slope(np.float64(values[i] - target), p)
    values[i] = slope * scale
    return cost


@compiled
def transposed(x):
    """A contiguous x.T."""
    n, d = x.shape
    xT = np.empty((d, n), x.dtype)
    for k in range(d):
        row = xT[k]
        for i in range(row.size):
            row[i] = x[i, k]
    return xT


@compiled
def project_both(xT, yT, theta, px, py):
    """The projections of both clouds, in one call."""
    project(xT, theta, px)
    project(yT, theta, py)


@compiled
def prepare(xT, yT, theta, py, px, index_bits, keys, crowded):
    """Before the sorts, in one call: the projections, and the keys of px. Returns how many rows are crowded."""
    project(yT, theta, py)
    project(xT, theta, px)
    return make_keys(px, index_bits, keys, crowded)


@compiled
def settle_and_match(keys, index_mask, px, py, p, losses, unsettled):
    """After the sorts, in one call; stops before the matching, and returns True, if a row needs a full sort.

    Calls are few because each gives the GIL away and has to get it back: with two threads that can take longer than
    the work of a small chunk.
    """
    if settle(keys, index_mask, px, unsettled) > 0:
        return True
    match_equal(keys, index_mask, px, py, p, losses)
    return False


@compiled
def prepare_small(x, y, theta, index_bits, px, keys, py, unit_tolerance):
    """`prepare` for points [n, d] as they come; -1 unless every row of theta has length 1."""
    xT, yT, offset = transposed(x), transposed(y), common_offset(x, y)
    if offset.size > 0:
        xT -= offset.reshape(-1, 1)
        yT -= offset.reshape(-1, 1)
    crowded = prepare(xT, yT, theta, py, px, index_bits, keys, np.empty(theta.shape[0], np.bool_))
    for l in range(theta.shape[0]):
        square = theta.dtype.type(0)
        for k in range(theta.shape[1]):
            square += theta[l, k] * theta[l, k]
        if not abs(square - 1) <= unit_tolerance:  # so where it is NaN
            return -1
    return crowded


@compiled
def conclude_small(keys, index_mask, px, py, p, theta, losses, dx):
    """`settle_and_match`, then the gradient dx [n, d] of the mean; False, without it, if a row needs a full sort."""
    if settle_and_match(keys, index_mask, px, py, p, losses, np.zeros(px.shape[0], np.bool_)):
        return False
    gradient_small(px, theta, dx)
    return True


@compiled
def gradient_small(slopes, theta, dx):
    """dx [n, d]: the gradient of the mean over the directions, of the slopes [L, n] on each."""
    L = slopes.dtype.type(theta.shape[0])
    dxT = np.zeros((theta.shape[1], slopes.shape[1]), slopes.dtype)
    add_product(theta.T, slopes, dxT, 0, slopes.shape[1])
    for k in range(dx.shape[1]):
        row = dxT[k]
        for i in range(row.size):
            row[i] = row[i] / L
        for i in range(row.size):
            dx[i, k] = row[i]
