"""The losses of many splits of one pooled sample: it is projected and sorted once, a split then only reads in order.

Letters: z [N, d] the pooled points, s [L, N] their sorted projections, order [L, N] the points that these are of,
labels [B, N] of 0 and 1, one row a split. In sorted order the labels part each row of s into two sorted rows, in a
pass without a branch, so that a split costs 0.8 ns a point and direction, a sixth of a sort.
"""

from __future__ import annotations

import numpy as np

from swref.kernels import blas
from swref.kernels.bodies import power_cost
from swref.kernels.cpu import rows
from swref.kernels.cpu.side import BLAS_DIMENSION, Side
from swref.kernels.policy import compiled


class Pooled:
    """Pooled points z [N, d], projected on theta [L, d] and sorted: `losses` of any splits of them."""

    def __init__(self, z: np.ndarray, theta: np.ndarray):
        side, px = Side(z, rows.common_offset(z, z)), np.empty((len(theta), len(z)), z.dtype)
        if side.d < BLAS_DIMENSION:
            side.project(theta, px)
        else:
            with blas.one_thread_each():
                np.matmul(theta, side.points, out=px)
        order = np.argsort(px, axis=1)  # among equal values any order gives the same two rows
        self.sorted = np.take_along_axis(px, order, axis=1).astype(np.float64)
        self.order = order.astype(np.int32)

    def losses(self, labels: np.ndarray, p: float) -> np.ndarray:
        """SW_p^p [B] of each split, labels [B, N] bool; the same bits in every call, and for the parts swapped."""
        out = np.empty(len(labels))
        split_losses(self.order, self.sorted, labels.view(np.uint8), p, out)
        return out


@compiled
def split_losses(order, s, labels, p, losses):
    """losses[b]: the mean over directions of W_p^p between the points with label 1 and those with label 0."""
    L, N = s.shape
    xs, ys = np.empty(N + 1), np.empty(N + 1)  # one more: each value is written to both, and kept in one
    for b in range(labels.shape[0]):
        row, total = labels[b], 0.0
        for l in range(L):
            points, values = order[l], s[l]
            i, j = np.int64(0), np.int64(0)
            for k in range(N):
                one = np.int64(row[points[k]])
                xs[i] = values[k]
                ys[j] = values[k]
                i, j = i + one, j + 1 - one
            total += equal_cost(xs, ys, i, p) if i == j else unequal_cost(xs, ys, i, j, p)
        losses[b] = total / L


@compiled
def equal_cost(xs, ys, n, p):
    """W_p^p between the first n of sorted xs and of sorted ys, in four lanes as in rows.match_equal."""
    lane0, lane1, lane2, lane3 = 0.0, 0.0, 0.0, 0.0
    for quad in range(n // 4):
        k = np.uint64(4 * quad)
        lane0 += power_cost(xs[k] - ys[k], p)
        lane1 += power_cost(xs[k + np.uint64(1)] - ys[k + np.uint64(1)], p)
        lane2 += power_cost(xs[k + np.uint64(2)] - ys[k + np.uint64(2)], p)
        lane3 += power_cost(xs[k + np.uint64(3)] - ys[k + np.uint64(3)], p)
    for last in range(n - n % 4, n):
        lane0 += power_cost(xs[last] - ys[last], p)
    return ((lane0 + lane1) + (lane2 + lane3)) / n


@compiled
def unequal_cost(xs, ys, n, m, p):
    """W_p^p between the first n of sorted xs and the first m of sorted ys; levels are whole numbers, in 1 / (n m)."""
    i, j, level, cost = 0, 0, 0, 0.0
    while level < n * m:
        a, b = (i + 1) * m, (j + 1) * n
        end = min(a, b)
        cost += (end - level) * power_cost(xs[i] - ys[j], p)
        level = end
        i, j = i + (a == end), j + (b == end)
    return cost / (np.float64(n) * m)
