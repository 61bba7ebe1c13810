"""Compiled loops for any sizes and weights: the quantile coupling walked as a staircase, and the dual potentials.

Unchecked, GIL released; letters as in rows.py, with py [G, m], cumulative weights a [n] of x and b [m] of y.
"""

from __future__ import annotations

import numpy as np

from swref.kernels.bodies import power_cost, power_slope
from swref.kernels.policy import compiled


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
def take_sorted(keys, index_mask, values, out):
    """out: the values in the order of the keys; the values themselves become 0, ready to receive slopes."""
    for k in range(out.shape[0]):
        i = keys[k] & index_mask
        out[k] = values[i]
        values[i] = 0


@compiled
def match_coupled(x_keys, x_mask, px, wx, a, y_keys, y_mask, py, wy, b, p, rounding, losses, f, g):
    """px, py become dW_p^p/dpx, dW_p^p/dpy, losses[r] the value, f and g the potentials where they have rows.

    a [n], b [m] are scratch for the cumulative weights; they come filled where the weights are uniform.
    """
    xs, ys = np.empty(px.shape[1], px.dtype), np.empty(py.shape[1], py.dtype)
    for r in range(px.shape[0]):
        levels(x_keys[r], x_mask, wx, a)
        levels(y_keys[r], y_mask, wy, b)
        take_sorted(x_keys[r], x_mask, px[r], xs)
        take_sorted(y_keys[r], y_mask, py[r], ys)
        if f.shape[0] > 0:
            potential(xs, ys, a, b, p, rounding, x_keys[r], x_mask, wx, f[r])
        if g.shape[0] > 0:
            potential(ys, xs, b, a, p, rounding, y_keys[r], y_mask, wy, g[r])
        losses[r] = staircase(xs, ys, a, b, p, x_keys[r], x_mask, px[r], y_keys[r], y_mask, py[r])


@compiled
def staircase(xs, ys, a, b, p, x_keys, x_mask, dpx, y_keys, y_mask, dpy):
    """W_p^p of the sorted xs [n], ys [m]; the slopes are added to dpx and dpy at the points' own places."""
    n, m = xs.shape[0], ys.shape[0]
    loss, level, i, j = 0.0, 0.0, 0, 0
    while i < n and j < m:
        end = min(a[i], b[j])
        mass = (end - level) / a[n - 1]
        if mass > 0:
            D = xs[i] - ys[j]
            slope = mass * power_slope(D, p)
            loss += mass * power_cost(D, p)
            dpx[x_keys[i] & x_mask] += slope
            dpy[y_keys[j] & y_mask] -= slope
        level = end
        # Both advance where the levels coincide: the pair between them would carry no mass.
        i, j = i + (a[i] <= end), j + (b[j] <= end)
    return loss


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
def direction_gradient(slopes, xT, dtheta):
    """dtheta[g, k] += sum_i slopes[g, i] x[i, k], i ascending."""
    for g in range(slopes.shape[0]):
        for k in range(xT.shape[0]):
            total = 0.0
            for i in range(xT.shape[1]):
                total += slopes[g, i] * xT[k, i]
            dtheta[g, k] += total
