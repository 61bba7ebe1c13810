"""The half-turn for minibatches of size n: expected order statistics instead of a quantile coupling.

The k-th smallest projection of a minibatch of w is y_k = sum_l B_lk w_(l) on average, with B_lk the share of the l-th
point (tails.py), and a point with the shares A_jk is matched to q_j = (1/n) sum_k A_jk y_k.
"""

from __future__ import annotations

import math

import numpy as np

from swref.kernels.policy import compiled
from swref.theory.population.kernels.sweep import turned
from swref.theory.population.kernels.tails import binomial_tail, gain


@compiled
def both_levels(weights):
    """The masses [m + 1] below and above each level between points in this order: each summed from its own end.

    A mass that rounding hides at its level, on the side that has less, is hidden on the other side too: what rounding
    leaves there might be far more than the mass.
    """
    m = len(weights)
    below, above = np.zeros(m + 1), np.zeros(m + 1)
    for j in range(m):
        below[j + 1] = below[j] + weights[j]
    for j in range(m - 1, -1, -1):
        above[j] = above[j + 1] + weights[j]
    for j in range(m):
        if below[j] <= above[j] and below[j + 1] == below[j]:
            above[j + 1] = above[j]
    for j in range(m - 1, -1, -1):
        if above[j + 1] <= below[j + 1] and above[j] == above[j + 1]:
            below[j] = below[j + 1]
    return below, above


@compiled
def renew_level(below, above, j, lower, upper):
    """Level j between points of masses `lower` and `upper`, from the levels next to it; hidden as in both_levels."""
    below[j], above[j] = below[j - 1] + lower, above[j + 1] + upper
    next_level = j - 1 if lower < upper else j + 1
    less = min(below[next_level], above[next_level])
    if less + min(lower, upper) == less:
        below[j], above[j] = below[next_level], above[next_level]


@compiled
def swap_shares(order, below, above, weights, j, Phi, A, moved):
    """Exchange ranks j and j + 1: return the points (a rises, b falls) and whether the level between them changed.

    Its masses then come from those of the next levels, and its tails Phi [m + 1, n] and both shares A [m, n] from them.
    moved [n] becomes what b gains from a in each order statistic. a loses as much: the difference is taken for the
    lighter of the two, whose shares might vanish in the rounding of the other's.
    """
    a, b = order[j], order[j + 1]
    order[j], order[j + 1] = b, a
    falling, changed = weights[b] < weights[a], weights[b] != weights[a]
    n = len(moved)
    for k in range(n):
        moved[k] = A[j + 1, k] if falling else A[j, k]
    if changed:
        renew_level(below, above, j + 1, weights[b], weights[a])
        binomial_tail(below[j + 1], above[j + 1], Phi[j + 1])
        for k in range(n):
            A[j, k] = gain(Phi[j + 1, k], Phi[j, k])
            A[j + 1, k] = gain(Phi[j + 2, k], Phi[j + 1, k])
    for k in range(n):
        moved[k] = A[j, k] - moved[k] if falling else moved[k] - A[j + 1, k]
    return a, b, changed


@compiled
def batch_sweep(z_angle, z_rank, w_angle, w_rank, z, w, wx, wy, Phi_z, A, Phi_w, B, G):
    """G[i] = n int_0^pi theta theta^T q_i(theta) dtheta for minibatches of size n; each swap costs O(n).

    Y_k(phi) = int_0^phi theta theta^T y_k = J(phi) y_k - K_k, where K_k collects J(phi_s) (jump of y_k at phi_s).
    A point that stays at one rank over [phi_1, phi_2] adds sum_k A_k (Y_k(phi_2) - Y_k(phi_1)) to G; so every z-swap
    adds the difference of the old and the new A, times Y(phi), to its two points. A [m, n] and B [mt, n] are the shares
    and Phi_z [m + 1, n], Phi_w [mt + 1, n] the tails that they come from. (Where all weights are equal any two tables
    with the product A B^T will do, and no tails are needed.)
    """
    n = A.shape[1]
    order, rows = np.arange(len(z)), np.arange(len(w))
    z_below, z_above = both_levels(wx)
    w_below, w_above = both_levels(wy)
    y, K, moved = np.zeros((2, n)), np.zeros((2, n)), np.empty(n)
    for l in range(len(w)):
        for k in range(n):
            y[0, k] += B[l, k] * w[l, 0]
            y[1, k] += B[l, k] * w[l, 1]
    s, t = 0, 0
    while s < len(z_angle) or t < len(w_angle):
        if t == len(w_angle) or (s < len(z_angle) and z_angle[s] <= w_angle[t]):
            a, b, _ = swap_shares(order, z_below, z_above, wx, z_rank[s], Phi_z, A, moved)
            x0, x1, k0, k1 = 0.0, 0.0, 0.0, 0.0
            for k in range(n):
                x0 += moved[k] * y[0, k]
                x1 += moved[k] * y[1, k]
                k0 += moved[k] * K[0, k]
                k1 += moved[k] * K[1, k]
            x0, x1 = turned(z_angle[s], x0, x1)
            G[b, 0] -= x0 - k0
            G[b, 1] -= x1 - k1
            G[a, 0] += x0 - k0
            G[a, 1] += x1 - k1
            s += 1
        else:
            a, b, _ = swap_shares(rows, w_below, w_above, wy, w_rank[t], Phi_w, B, moved)
            v0, v1 = w[b, 0] - w[a, 0], w[b, 1] - w[a, 1]
            x0, x1 = turned(w_angle[t], v0, v1)
            for k in range(n):
                y[0, k] += moved[k] * v0
                y[1, k] += moved[k] * v1
                K[0, k] += moved[k] * x0
                K[1, k] += moved[k] * x1
            t += 1
    for j in range(len(z)):
        for k in range(n):
            G[order[j], 0] += A[j, k] * (0.5 * math.pi * y[0, k] - K[0, k])
            G[order[j], 1] += A[j, k] * (0.5 * math.pi * y[1, k] - K[1, k])
