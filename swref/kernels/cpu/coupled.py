"""Compiled loops for any sizes and weights: the quantile coupling walked as a staircase, and the dual potentials.

Unchecked, GIL released; letters as in rows.py, with py [G, m]. Sorted values, their masses a [n], b [m], slopes and
potentials are float64. Each half of the levels is walked from its own end, up (step 1) or down (step -1), so that no
small mass far out is lost (spec.pairs).
"""

from __future__ import annotations

import numpy as np

from swref.kernels.bodies import power_cost, power_cost_and_slope
from swref.kernels.policy import compiled


@compiled
def take_sorted(keys, index_mask, values, out):
    """out: the values in the order of the keys."""
    for k in range(out.shape[0]):
        out[k] = values[keys[k] & index_mask]


@compiled
def put_back(keys, index_mask, values, out):
    """The inverse of take_sorted."""
    for k in range(values.shape[0]):
        out[keys[k] & index_mask] = values[k]


@compiled
def add_up(masses, step, limit, c):
    """c: the sums of masses [n] from the low end (step 1) or the high end (step -1), to the first above `limit`."""
    level, i = 0.0, 0 if step > 0 else masses.shape[0] - 1
    for _ in range(masses.shape[0]):
        level += masses[i]
        c[i] = level
        if level > limit:
            break
        i += step


@compiled
def match_coupled(x_keys, x_mask, px, wx, y_keys, y_mask, py, wy, p, losses, f, g):
    """px, py become dW_p^p/dpx, dW_p^p/dpy, losses[r] the value, f and g the potentials where they have rows.

    wx and wy are [n] and [m], or empty where uniform. If both are, masses are whole numbers (spec.masses).
    """
    n, m = px.shape[1], py.shape[1]
    xs, dx, a, low_a, high_a = np.empty(n), np.empty(n), np.empty(n), np.empty(n), np.empty(n)
    ys, dy, b, low_b, high_b = np.empty(m), np.empty(m), np.empty(m), np.empty(m), np.empty(m)
    half, unit, rounding = 0.5, 1.0, (n + m) * np.finfo(np.float64).eps
    a[:], b[:] = 1.0 / n, 1.0 / m
    if wx.shape[0] == 0 and wy.shape[0] == 0:
        half, unit, rounding = 1.0 * n * m, 0.5 / (n * m), 0.0
        a[:], b[:] = 2.0 * m, 2.0 * n
    limit = half if f.shape[0] == 0 and g.shape[0] == 0 else 2.0 * half
    for r in range(px.shape[0]):
        take_sorted(x_keys[r], x_mask, px[r], xs)
        take_sorted(y_keys[r], y_mask, py[r], ys)
        if wx.shape[0] > 0:
            take_sorted(x_keys[r], x_mask, wx, a)
        if wy.shape[0] > 0:
            take_sorted(y_keys[r], y_mask, wy, b)
        if r == 0 or wx.shape[0] > 0:
            add_up(a, 1, limit, low_a)
            add_up(a, -1, limit, high_a)
        if r == 0 or wy.shape[0] > 0:
            add_up(b, 1, limit, low_b)
            add_up(b, -1, limit, high_b)
        if f.shape[0] > 0:
            potential(xs, ys, a, low_a, high_a, low_b, high_b, half, unit, rounding, p, dx)
            put_back(x_keys[r], x_mask, dx, f[r])
        if g.shape[0] > 0:
            potential(ys, xs, b, low_b, high_b, low_a, high_a, half, unit, rounding, p, dy)
            put_back(y_keys[r], y_mask, dy, g[r])
        dx[:], dy[:] = 0.0, 0.0
        lower = staircase(xs, ys, low_a, low_b, 1, half, unit, p, dx, dy)
        losses[r] = lower + staircase(xs, ys, high_a, high_b, -1, half, unit, p, dx, dy)
        put_back(x_keys[r], x_mask, dx, px[r])
        put_back(y_keys[r], y_mask, dy, py[r])


@compiled
def staircase(xs, ys, a, b, step, half, unit, p, dx, dy):
    """What half the mass adds to W_p^p of sorted xs [n], ys [m] of levels a, b; slopes are added to dx and dy."""
    i, j = (0, 0) if step > 0 else (xs.shape[0] - 1, ys.shape[0] - 1)
    loss, level = 0.0, 0.0
    while level < half:
        end = min(min(a[i], b[j]), half)
        mass = (end - level) * unit
        if mass > 0:
            cost, slope = power_cost_and_slope(xs[i] - ys[j], p)
            loss += mass * cost
            dx[i] += mass * slope
            dy[j] -= mass * slope
        level = end
        # Both advance where the levels coincide: the pair between them would carry no mass. No branch could be guessed.
        i, j = i + step * (a[i] <= end), j + step * (b[j] <= end)
    return loss


@compiled
def potential(xs, ys, a, low_a, high_a, low_b, high_b, half, unit, rounding, p, f):
    """f [n]: the centred Kantorovich potential of x in sorted order (spec.potential); a [n] are its masses."""
    n = xs.shape[0]
    below = potential_rises(xs, ys, low_a, low_b, 1, n - 1, half, rounding, p, f)
    potential_rises(xs, ys, high_a, high_b, -1, n - 1 - below, 2.0 * half, rounding, p, f)
    f[0], mean = 0.0, 0.0
    for k in range(1, n):
        f[k] += f[k - 1]
        mean += f[k] * (a[k] * unit)
    for k in range(n):
        f[k] -= mean


@compiled
def potential_rises(xs, ys, a, b, step, count, limit, rounding, p, f):
    """f[k] = rise of the potential from x_(k-1) to x_k at the first `count` levels up to `limit`; returns how many.

    The mean of the two extreme rises where the level is one of y too, to `rounding` (spec.quantiles_at_levels).
    """
    i, j, last = (0, 0, ys.shape[0] - 1) if step > 0 else (xs.shape[0] - 1, ys.shape[0] - 1, 0)
    left, right = j, j
    for done in range(count):
        level = a[i]
        if level > limit:
            return done
        while left != last and b[left] < level - rounding * level:
            left += step
        while right != last and b[right] <= level + rounding * level:
            right += step
        near, far = ys[right if level <= 0 else left], ys[right]
        k = max(i, i + step)
        one = power_cost(xs[k] - near, p) - power_cost(xs[k - 1] - near, p)
        other = power_cost(xs[k] - far, p) - power_cost(xs[k - 1] - far, p)
        f[k] = (one + other) / 2
        i += step
    return count


@compiled
def direction_gradient(slopes, xT, dtheta):
    """dtheta[g, k] += sum_i slopes[g, i] x[i, k], i ascending."""
    for g in range(slopes.shape[0]):
        for k in range(xT.shape[0]):
            total = 0.0
            for i in range(xT.shape[1]):
                total += slopes[g, i] * xT[k, i]
            dtheta[g, k] += total
