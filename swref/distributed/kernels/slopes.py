"""Compiled: dW_p^p/dv of each projection between bounds, from where its bin's ranks lie on the other side.

A point in bin b of x has a rank between those of the bin's ends, so it is matched with values of y between those at
these ranks, [low[b], high[b]], and the slope of |v - target|^p, which grows with v - target, lies between those of the
ends. Rounding may have put a point across an edge of its bin: within `edge` of one, the next bin's end holds.
"""

from __future__ import annotations

import numpy as np

from swref.distributed.kernels.bins import lay_out, place
from swref.kernels.bodies import power_slope
from swref.kernels.cpu.rows import project
from swref.kernels.policy import compiled


@compiled
def add_slopes(x, centre, theta, centres, units, shift, first, edge, away, low, high, near, rise, p, factor, dx, bound):
    """dx, bound [n, d] += the part of the directions theta [G, d] in the gradient, and its bound, for x [n, d].

    low, high, near, rise [G, slots]: the ends of the targets, a target at r = 0 and its rise per unit of r, of the bins
    from first[g] on, in slots from 2 on; all below are in slot 1, all above in the last but one. away [G]: how far
    rounding may have moved a projection, in units. factor [n] times the slope is the derivative.
    """
    n, d = x.shape
    xT, v, w = np.empty((d, n)), np.empty((1, n)), np.empty(n, np.float32)
    index, rest = np.empty(n, np.int32), np.empty(n, np.int32)
    lay_out(x, centre, xT, np.zeros(d))
    last, rounding = (1 << shift) - 1, (theta.shape[0] + 64 + 16 * p) * 2.0**-52
    for g in range(theta.shape[0]):
        project(xT, theta[g : g + 1], v)
        z, slots, scale = v[0], low.shape[1], units[g] ** (p - 1.0)
        place(z, centres[g], 1.0 / units[g], shift, w, index, rest)
        for i in range(n):
            b, r = np.int64(index[i]) - first[g] + 2, rest[i]
            b = min(max(b, 1), slots - 2)
            inner, outer = (b - 1, b + 1) if z[i] >= 0 else (b + 1, b - 1)
            from_low, to_high = b, b
            if r < edge[g]:
                from_low, to_high = min(from_low, inner), max(to_high, inner)
            if r > last - edge[g]:
                from_low, to_high = min(from_low, outer), max(to_high, outer)
            target = min(max(near[g, b] + rise[g, b] * r, low[g, from_low]), high[g, to_high])
            slope = power_slope(z[i] - target, p)
            least = power_slope(z[i] - high[g, to_high] - away[g], p)
            most = power_slope(z[i] - low[g, from_low] + away[g], p)
            wrong = max(most - slope, slope - least) + rounding * max(abs(least), abs(most))
            slope, wrong = slope * scale * factor[i], wrong * scale * factor[i]
            for k in range(d):
                dx[i, k] += theta[g, k] * slope
                bound[i, k] += abs(theta[g, k]) * wrong
