"""Loops over rows: one row is one direction. Unchecked, GIL released; every reduction runs in a fixed order.

Letters: xT [d, n] points, coordinates first, so that the inner loops run along contiguous points; px [G, n] and
py [G, m] projections on the G directions theta [G, d]; keys [G, n] the int64 sort keys of bodies.sort_key.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from swref.kernels.bodies import power_cost, power_slope, sort_key

TILE = 1024  # points whose partial sums stay in the first-level cache while the coordinates pass

compiled = njit(nogil=True, cache=True)


@compiled
def project(xT, theta, px):
    """px[g, i] = sum_k theta[g, k] x[i, k], the products added in the order of k (as spec.project does)."""
    d, n = xT.shape
    zero = px.dtype.type(0)
    for g in range(theta.shape[0]):
        for start in range(0, n, TILE):
            stop = min(start + TILE, n)
            for i in range(start, stop):
                px[g, i] = zero + theta[g, 0] * xT[0, i]
            for k in range(1, d):
                for i in range(start, stop):
                    px[g, i] += theta[g, k] * xT[k, i]


@compiled
def make_keys(bits, shift, index_mask, keys):
    """keys[g, i]: the sort key of the projection whose bits are bits[g, i] << shift."""
    for g in range(bits.shape[0]):
        for i in range(bits.shape[1]):
            keys[g, i] = sort_key(np.int64(bits[g, i]) << shift, np.int64(i), index_mask)


@compiled
def settle(keys, px, index_mask, unsettled):
    """Put sorted keys into the order of (value, index), where the bits that the index replaced hid the value's.

    Only neighbours with equal leading bits can be out of order: an insertion pass on the true values moves those. A
    row that needs more than 8 n moves (data at a large offset have few distinct keys) is marked for a full sort.
    """
    n = keys.shape[1]
    for g in range(keys.shape[0]):
        moves = 0
        for k in range(1, n):
            key = keys[g, k]
            if (key ^ keys[g, k - 1]) & ~index_mask != 0:
                continue
            value = px[g, key & index_mask]
            j = k
            while j > 0 and (key ^ keys[g, j - 1]) & ~index_mask == 0 and px[g, keys[g, j - 1] & index_mask] > value:
                keys[g, j] = keys[g, j - 1]
                j -= 1
            keys[g, j] = key
            moves += k - j
            if moves > 8 * n:
                unsettled[g] = True
                break


@compiled
def match_equal(keys, index_mask, px, py, p, losses):
    """Equal sizes, uniform weights: px becomes dW_p^p/dpx, losses[g] the value. py is sorted, keys order px."""
    n = px.shape[1]
    for g in range(px.shape[0]):
        loss = 0.0
        for k in range(n):
            i = keys[g, k] & index_mask
            D = px[g, i] - py[g, k]
            loss += power_cost(D, p)
            px[g, i] = power_slope(D, p) / n
        losses[g] = loss / n


@compiled
def levels(order, index_mask, weights, c):
    """c: the cumulative weights of the points in sorted order; without weights (length 0) c is left as it came."""
    if weights.shape[0] == 0:
        return
    total = 0.0
    for k in range(c.shape[0]):
        total += weights[order[k] & index_mask]
        c[k] = total
    for k in range(c.shape[0]):
        c[k] = min(c[k] / total, 1.0)


@compiled
def match_coupled(x_keys, x_mask, px, wx, a, y_keys, y_mask, py, wy, b, p, rounding, losses, f, g):
    """Any sizes and weights: px, py become dW_p^p/dpx, dW_p^p/dpy, f and g the potentials where they have rows.

    a [n], b [m] are scratch for the cumulative weights; they come filled where the weights are uniform.
    """
    n, m = px.shape[1], py.shape[1]
    xs, ys = np.empty(n, px.dtype), np.empty(m, py.dtype)
    for r in range(px.shape[0]):
        levels(x_keys[r], x_mask, wx, a)
        levels(y_keys[r], y_mask, wy, b)
        for k in range(n):
            i = x_keys[r, k] & x_mask
            xs[k] = px[r, i]
            px[r, i] = 0
        for k in range(m):
            j = y_keys[r, k] & y_mask
            ys[k] = py[r, j]
            py[r, j] = 0
        if f.shape[0] > 0:
            potential(xs, ys, a, b, p, rounding, x_keys[r], x_mask, wx, f[r])
        if g.shape[0] > 0:
            potential(ys, xs, b, a, p, rounding, y_keys[r], y_mask, wy, g[r])
        loss, level, i, j = 0.0, 0.0, 0, 0
        while i < n and j < m:
            end = min(a[i], b[j])
            mass = (end - level) / a[n - 1]
            if mass > 0:
                D = xs[i] - ys[j]
                slope = mass * power_slope(D, p)
                loss += mass * power_cost(D, p)
                px[r, x_keys[r, i] & x_mask] += slope
                py[r, y_keys[r, j] & y_mask] -= slope
            level = end
            # Both advance where the levels coincide: the pair between them would carry no mass.
            i, j = i + (a[i] <= end), j + (b[j] <= end)
        losses[r] = loss


@compiled
def potential(xs, ys, a, b, p, rounding, order, index_mask, wx, f):
    """f: the centred Kantorovich potential of x (spec.potential, the same steps with moving pointers)."""
    n, m = xs.shape[0], ys.shape[0]
    value, mean = 0.0, 0.0
    left, right = 0, 0
    for k in range(n):
        i = order[k] & index_mask
        if k > 0:
            level = a[k - 1]
            while left < m - 1 and b[left] < level - rounding:
                left += 1
            while right < m - 1 and b[right] <= level + rounding:
                right += 1
            below = right if level <= 0 else left
            above = left if level + rounding >= b[m - 1] else right
            up = power_cost(xs[k] - ys[below], p) - power_cost(xs[k - 1] - ys[below], p)
            down = power_cost(xs[k] - ys[above], p) - power_cost(xs[k - 1] - ys[above], p)
            value += (up + down) / 2
        f[i] = value
        mean += value / n if wx.shape[0] == 0 else value * wx[i]
    for i in range(n):
        f[i] -= mean


@compiled
def accumulate(coefficients, theta, start, stop, dxT):
    """dxT[k, i] += sum_g coefficients[g, i] theta[g, k] for i in [start, stop), g ascending."""
    for tile in range(start, stop, TILE):
        end = min(tile + TILE, stop)
        for g in range(theta.shape[0]):
            for k in range(theta.shape[1]):
                for i in range(tile, end):
                    dxT[k, i] += coefficients[g, i] * theta[g, k]


@compiled
def direction_gradient(coefficients, xT, dtheta):
    """dtheta[g, k] += sum_i coefficients[g, i] x[i, k], i ascending."""
    for g in range(coefficients.shape[0]):
        for k in range(xT.shape[0]):
            total = 0.0
            for i in range(xT.shape[1]):
                total += coefficients[g, i] * xT[k, i]
            dtheta[g, k] += total
