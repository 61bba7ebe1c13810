"""The half-turn of a direction in the plane: every change of order of the projected points, as adjacent swaps.

theta(phi) = (cos phi, sin phi) turns from phi = 0 to pi. Two points x_i, x_k change places once, at the angle where
theta is orthogonal to x_k - x_i: m (m - 1) / 2 events for m points, which take the order at 0+ to its reverse at pi-.

Points come lexicographically sorted and distinct. That *is* their order at phi = 0+ (by x, then by y), without any
rounding, and `i < k` then says that i starts below k.
"""

from __future__ import annotations

import math

import numpy as np

from swref.kernels.policy import compiled


@compiled
def pair_angles(x, angles, first, second):
    """The angle in (0, pi] at which each pair i < k of x [m, 2] changes places, in the order of (i, k).

    The difference of two floats is exact where they are close, so an angle has an error of a few ulp whatever the
    distance of the points and wherever the origin is.
    """
    e = 0
    for i in range(x.shape[0]):
        for k in range(i + 1, x.shape[0]):
            angles[e] = math.atan2(x[k, 0] - x[i, 0], x[i, 1] - x[k, 1])
            first[e] = i
            second[e] = k
            e += 1


@compiled
def adjacent_swaps(events, angles, first, second, m, swap_angle, swap_rank):
    """Write the swaps of neighbouring ranks that carry out `events` (sorted by angle); return how many there are.

    Swap s exchanges the points of ranks swap_rank[s] and swap_rank[s] + 1 at swap_angle[s] (non-decreasing). Events at
    one angle (collinear points, grids), or at angles closer than their rounding, may come in an order that no sequence
    of neighbours allows. So an event only *marks* its pair, and marked pairs are swapped when they are neighbours: at
    once, or as soon as another swap brings them together, which in exact arithmetic is at the same angle. Hence no
    neighbours are ever marked and unswapped; when all pairs are marked, the order can only be the full reverse.
    """
    order = np.arange(m)
    rank = np.arange(m)
    marked = np.zeros(len(angles), np.uint8)
    waiting = np.zeros(m, np.uint8)  # ranks on the stack, each at most once
    stack = np.empty(m, np.int64)
    done = 0
    for event in events:
        marked[event] = 1
        low, top = rank[first[event]], 0
        if rank[second[event]] == low + 1:
            stack[0], top = low, 1
        while top > 0:
            top -= 1
            j = stack[top]
            waiting[j] = 0
            a, b = order[j], order[j + 1]
            if a > b or marked[a * m - a * (a + 1) // 2 + b - a - 1] == 0:
                continue
            order[j], order[j + 1], rank[a], rank[b] = b, a, j + 1, j
            swap_angle[done], swap_rank[done] = angles[event], j
            done += 1
            for near in (j - 1, j + 1):
                if 0 <= near < m - 1 and waiting[near] == 0:
                    waiting[near] = 1
                    stack[top] = near
                    top += 1
    return done


@compiled
def turned(angle, vector_x, vector_y):
    """J(angle) v, with J = int_0^angle theta theta^T the 2 x 2 matrix of elementary integrals."""
    s, c = math.sin(angle), math.cos(angle)
    off = 0.5 * s * s
    return (
        0.5 * (angle + s * c) * vector_x + off * vector_y,
        off * vector_x + 0.5 * (angle - s * c) * vector_y,
    )


@compiled
def ranked(m, reverse):
    """The points of m in their order at phi = 0+, counted from below or, in `reverse`, from above."""
    order = np.arange(m)
    return order[::-1].copy() if reverse else order


@compiled
def lower_rank(rank, m, reverse):
    """The lower of the two ranks, `rank` and the next from below, that a swap exchanges, counted as in `ranked`."""
    return m - 2 - rank if reverse else rank


@compiled
def levels(weights, cap):
    """The cumulative weights [m + 1] of points in this order, from 0 and up to `cap`, at which they stay."""
    c = np.zeros(len(weights) + 1)
    for j in range(len(weights)):
        c[j + 1] = min(c[j] + weights[j], cap)
    c[-1] = cap
    return c


@compiled
def swap_points(order, c, weights, j):
    """Exchange ranks j and j + 1 in `order` and `c`; return the two points (a rises, b falls) and the levels.

    a held the levels [low, middle] and b [middle, high]; now b holds [low, new] and a [new, high].
    """
    a, b = order[j], order[j + 1]
    order[j], order[j + 1] = b, a
    low, middle, high = c[j], c[j + 1], c[j + 2]
    new = middle
    if weights[a] != weights[b]:
        # From the level below, never by adding a difference: the error stays that of one sum however many swaps come.
        new = min(low + weights[b], high)
        if high + weights[a] == high and weights[a] < weights[b]:
            new = high  # a mass that rounding hides here has an empty cell: an ulp of the level might be far more
        c[j + 1] = new
    return a, b, low, middle, high, new


@compiled
def first_cell(c, level):
    """The last j with c[j] <= level: the cell [c[j], c[j + 1]] in which `level` lies, at most the last cell."""
    below, above = 0, len(c) - 1
    while above - below > 1:
        j = (below + above) >> 1
        if c[j] <= level:
            below = j
        else:
            above = j
    return below


@compiled
def overlap(a, b, low, high):
    """The length of [a, b] within [low, high]."""
    return max(0.0, min(b, high) - max(a, low))


@compiled
def gained(a, b, low, middle, high, new):
    """The mass in the cell [a, b] of the other side that the falling point of a swap (swap_points) gains.

    The rising one loses as much: the difference is taken for the lighter of the two, whose mass might vanish in the
    rounding of the other's.
    """
    if new > middle:
        return overlap(a, b, low, middle) - overlap(a, b, new, high)
    return overlap(a, b, low, new) - overlap(a, b, middle, high)


@compiled
def quantile_sweep(z_angle, z_rank, w_angle, w_rank, z, w, wx, wy, cap, reverse, G):
    """Add int_0^pi theta theta^T q_i(theta) dtheta to G[i], q_i the mass-weighted sum of the w that z_i is matched to.

    The matching is the quantile coupling of the two projections (weights wx, wy of one total), of the levels up to
    `cap`, counted from the end that `reverse` says: a small mass far out is to be a difference of small numbers. An
    integral of a piecewise constant q needs its jumps alone: int = J(pi) q(pi) - sum_jumps J(phi) (jump of q at phi).
    A swap of the z-ranks j, j + 1 moves the mass of two points; one of w-ranks changes q only where the two cells of w
    meet those of z. Either costs a binary search and the few cells that overlap.
    """
    order, rows = ranked(len(z), reverse), ranked(len(w), reverse)
    c, e = levels(wx[order], cap), levels(wy[rows], cap)
    s, t = 0, 0
    while s < len(z_angle) or t < len(w_angle):
        if t == len(w_angle) or (s < len(z_angle) and z_angle[s] <= w_angle[t]):
            a, b, low, middle, high, new = swap_points(order, c, wx, lower_rank(z_rank[s], len(z), reverse))
            if low < high:
                x, y, l = 0.0, 0.0, first_cell(e, low)
                while l < len(w) and e[l] < high:
                    moved = gained(e[l], e[l + 1], low, middle, high, new)
                    x += moved * w[rows[l], 0]
                    y += moved * w[rows[l], 1]
                    l += 1
                x, y = turned(z_angle[s], x, y)
                G[b, 0] -= x
                G[b, 1] -= y
                G[a, 0] += x
                G[a, 1] += y
            s += 1
        else:
            a, b, low, middle, high, new = swap_points(rows, e, wy, lower_rank(w_rank[t], len(w), reverse))
            if low < high:
                x, y = turned(w_angle[t], w[b, 0] - w[a, 0], w[b, 1] - w[a, 1])
                j = first_cell(c, low)
                while j < len(z) and c[j] < high:
                    moved = gained(c[j], c[j + 1], low, middle, high, new)
                    G[order[j], 0] -= moved * x
                    G[order[j], 1] -= moved * y
                    j += 1
            t += 1
    for j in range(len(z)):
        l = first_cell(e, c[j])
        while l < len(w) and e[l] < c[j + 1]:
            mass = overlap(e[l], e[l + 1], c[j], c[j + 1])
            for k in range(2):
                G[order[j], k] += 0.5 * math.pi * mass * w[rows[l], k]
            l += 1
