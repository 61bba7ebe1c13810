"""The half-turn for minibatches of size n: expected order statistics instead of a quantile coupling.

With Phi_k(c) = P(Bin(n, c) >= k), the probability that the k-th smallest of n draws has a level <= c, the k-th smallest
projection of a minibatch of w is y_k = sum_l (Phi_k(e_l) - Phi_k(e_{l-1})) w_(l) on average, and a point of levels
[c_{j-1}, c_j] is matched to q_j = (1/n) sum_k (Phi_k(c_j) - Phi_k(c_{j-1})) y_k.
"""

from __future__ import annotations

import math

import numpy as np

from swref.kernels.policy import compiled
from swref.theory.population.kernels.sweep import levels, swap_points, turned


@compiled
def binomial_tail(c, out):
    """out[k - 1] = P(Bin(n, c) >= k), k = 1..n = len(out): the regularised incomplete beta function I_c(k, n-k+1).

    All k at once by the ratio of neighbouring probabilities, outwards from the largest, then summed from the small
    end: O(n), where n separate incomplete beta functions take hundreds of times as long.
    """
    n = len(out)
    if c <= 0.0 or c >= 1.0:
        out[:] = 1.0 if c >= 1.0 else 0.0
        return
    mode = min(n, int((n + 1) * c))
    out[:] = 0.0
    total, r = 1.0, 1.0
    if mode > 0:
        out[mode - 1] = 1.0
    for k in range(mode, n):
        r *= (n - k) / (k + 1.0) * (c / (1.0 - c))
        if r < 1e-290:  # what follows is 0 to rounding; subnormal numbers would be slow
            break
        out[k] = r
        total += r
    r = 1.0
    for k in range(mode, 0, -1):
        r *= k / (n - k + 1.0) * ((1.0 - c) / c)
        if r < 1e-290:
            break
        if k > 1:
            out[k - 2] = r
        total += r
    tail = 0.0
    for k in range(n - 1, -1, -1):
        tail += out[k]
        out[k] = min(tail / total, 1.0)


@compiled
def tail_table(c, total, n):
    """Phi [len(c), n]: one binomial tail for each level."""
    Phi = np.empty((len(c), n))
    for j in range(len(c)):
        binomial_tail(c[j] / total, Phi[j])
    return Phi


@compiled
def moved_weights(Phi, j, level, moved):
    """moved [n]: what the falling point of a swap at ranks j, j + 1 gains in each order statistic.

    Phi[j + 1] is renewed where the level between the two changed; `level` is negative where it did not.
    """
    for k in range(Phi.shape[1]):
        moved[k] = Phi[j + 1, k] - Phi[j + 2, k] - Phi[j, k]
    if level >= 0.0:
        binomial_tail(level, Phi[j + 1])
    for k in range(Phi.shape[1]):
        moved[k] += Phi[j + 1, k]


@compiled
def batch_sweep(z_angle, z_rank, w_angle, w_rank, z, w, wx, wy, total, Phi_z, Phi_w, G):
    """G[i] = n int_0^pi theta theta^T q_i(theta) dtheta for minibatches of size n; each swap costs O(n).

    Y_k(phi) = int_0^phi theta theta^T y_k = J(phi) y_k - K_k, where K_k collects J(phi_s) (jump of y_k at phi_s).
    A point that stays at one rank over [phi_1, phi_2] adds sum_k A_k (Y_k(phi_2) - Y_k(phi_1)) to G; so every z-swap
    adds the difference of the old and the new A, times Y(phi), to its two points. Phi_z [m + 1, n], Phi_w [mt + 1, n]
    are the tails at the levels (any two tables with the product Phi_z Phi_w^T, where all weights are equal).
    """
    n = Phi_z.shape[1]
    order, rows = np.arange(len(z)), np.arange(len(w))
    c, e = levels(wx, total), levels(wy, total)
    y, K, moved = np.zeros((2, n)), np.zeros((2, n)), np.empty(n)
    for l in range(len(w)):
        for k in range(n):
            share = Phi_w[l + 1, k] - Phi_w[l, k]
            y[0, k] += share * w[l, 0]
            y[1, k] += share * w[l, 1]
    s, t = 0, 0
    while s < len(z_angle) or t < len(w_angle):
        if t == len(w_angle) or (s < len(z_angle) and z_angle[s] <= w_angle[t]):
            a, b, _, middle, _, new = swap_points(order, c, wx, z_rank[s])
            moved_weights(Phi_z, z_rank[s], new / total if new != middle else -1.0, moved)
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
            a, b, _, middle, _, new = swap_points(rows, e, wy, w_rank[t])
            moved_weights(Phi_w, w_rank[t], new / total if new != middle else -1.0, moved)
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
            share = Phi_z[j + 1, k] - Phi_z[j, k]
            G[order[j], 0] += share * (0.5 * math.pi * y[0, k] - K[0, k])
            G[order[j], 1] += share * (0.5 * math.pi * y[1, k] - K[1, k])
