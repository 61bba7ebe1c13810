"""The half-turn for the cost |D|^p of any order p >= 1: swap by swap, the pairs whose mass it moves."""

from __future__ import annotations

import math

import numpy as np

from swref.kernels.policy import compiled
from swref.theory.population.kernels.batch_sweep import both_levels, swap_shares
from swref.theory.population.kernels.power_pair import add_pair, cosine_series
from swref.theory.population.kernels.sweep import first_cell, gained, levels, lower_rank, overlap, ranked, swap_points
from swref.theory.population.kernels.tails import masses


@compiled
def moved_levels(order, c, weights, j, e, moved):
    """Exchange the ranks j, j + 1; moved[l] becomes the mass that b gains from a in cell l of levels e of the other.

    Returns a, b and the range of the cells that overlap the levels of the two points.
    """
    a, b, low, middle, high, new = swap_points(order, c, weights, j)
    start = first_cell(e, low)
    stop = start
    while low < high and stop < len(e) - 1 and e[stop] < high:
        moved[stop] = gained(e[stop], e[stop + 1], low, middle, high, new)
        stop += 1
    return a, b, start, stop


@compiled
def power_sweep(z_angle, z_rank, w_angle, w_rank, z, w, wx, wy, total, cap, reverse, p, G):
    """int_0^pi W_p^p dphi of the full measures, of the levels up to `cap` from the end that `reverse` says.

    Its gradient in z is added to G [m, 2]. A swap costs one closed form for each pair whose mass it moves.
    """
    order, rows = ranked(len(z), reverse), ranked(len(w), reverse)
    c, e = levels(wx[order], cap), levels(wy[rows], cap)
    moved = np.empty(max(len(z), len(w)))
    series, half = cosine_series(p)
    value = add_levels(order, rows, c, e, z, w, total, 0.0, -1.0, p, series, half, G)
    s, t = 0, 0
    while s < len(z_angle) or t < len(w_angle):
        if t == len(w_angle) or (s < len(z_angle) and z_angle[s] <= w_angle[t]):
            a, b, start, stop = moved_levels(order, c, wx, lower_rank(z_rank[s], len(z), reverse), e, moved)
            for l in range(start, stop):
                mass, point = moved[l] / total, w[rows[l]]
                value += add_pair(z[b], point, z_angle[s], -mass, p, series, half, G[b])
                value += add_pair(z[a], point, z_angle[s], mass, p, series, half, G[a])
            s += 1
        else:
            a, b, start, stop = moved_levels(rows, e, wy, lower_rank(w_rank[t], len(w), reverse), c, moved)
            for j in range(start, stop):
                mass, i = moved[j] / total, order[j]
                value += add_pair(z[i], w[b], w_angle[t], -mass, p, series, half, G[i])
                value += add_pair(z[i], w[a], w_angle[t], mass, p, series, half, G[i])
            t += 1
    return value + add_levels(order, rows, c, e, z, w, total, math.pi, 1.0, p, series, half, G)


@compiled
def add_levels(order, rows, c, e, z, w, total, angle, sign, p, series, half, G):
    """Add every pair of the present coupling at `angle`: the two ends of the half-turn."""
    value = 0.0
    for j in range(len(z)):
        i, l = order[j], first_cell(e, c[j])
        while l < len(w) and e[l] < c[j + 1]:
            mass = overlap(e[l], e[l + 1], c[j], c[j + 1]) / total
            value += add_pair(z[i], w[rows[l]], angle, sign * mass, p, series, half, G[i])
            l += 1
    return value


@compiled
def moved_masses(order, below, above, weights, j, Phi, A, B, Pi, spare, moved):
    """Exchange the ranks j, j + 1; moved[l] becomes the mass that b gains from a with each point of the other side.

    Rows j and j + 1 of Pi = (1/n) A B^T are those of the new order.
    """
    a, b, changed = swap_shares(order, below, above, weights, j, Phi, A, spare)
    n = len(spare)
    for l in range(len(B)):
        moved[l] = Pi[j, l] - Pi[j + 1, l]
    if changed:
        for l in range(len(B)):
            of_b, of_a, gain_of_b = 0.0, 0.0, 0.0
            for k in range(n):
                of_b += A[j, k] * B[l, k]
                of_a += A[j + 1, k] * B[l, k]
                gain_of_b += spare[k] * B[l, k]
            Pi[j, l], Pi[j + 1, l], moved[l] = of_b / n, of_a / n, gain_of_b / n
    return a, b


@compiled
def batch_power_sweep(z_angle, z_rank, w_angle, w_rank, z, w, wx, wy, Phi_z, A, Phi_w, B, p, G):
    """int_0^pi E w_theta dphi over minibatches, the tables as in batch_sweep. Its gradient in z is added to G."""
    order, rows = np.arange(len(z)), np.arange(len(w))
    z_below, z_above = both_levels(wx)
    w_below, w_above = both_levels(wy)
    Pi = masses(A, B)
    moved, spare = np.empty(max(len(z), len(w))), np.empty(A.shape[1])
    series, half = cosine_series(p)
    value = add_masses(order, rows, z, w, Pi, 0.0, -1.0, p, series, half, G)
    s, t = 0, 0
    while s < len(z_angle) or t < len(w_angle):
        if t == len(w_angle) or (s < len(z_angle) and z_angle[s] <= w_angle[t]):
            a, b = moved_masses(order, z_below, z_above, wx, z_rank[s], Phi_z, A, B, Pi, spare, moved)
            for l in range(len(w)):
                value += add_pair(z[b], w[rows[l]], z_angle[s], -moved[l], p, series, half, G[b])
                value += add_pair(z[a], w[rows[l]], z_angle[s], moved[l], p, series, half, G[a])
            s += 1
        else:
            a, b = moved_masses(rows, w_below, w_above, wy, w_rank[t], Phi_w, B, A, Pi.T, spare, moved)
            for j in range(len(z)):
                i = order[j]
                value += add_pair(z[i], w[b], w_angle[t], -moved[j], p, series, half, G[i])
                value += add_pair(z[i], w[a], w_angle[t], moved[j], p, series, half, G[i])
            t += 1
    return value + add_masses(order, rows, z, w, Pi, math.pi, 1.0, p, series, half, G)


@compiled
def add_masses(order, rows, z, w, Pi, angle, sign, p, series, half, G):
    """Add every pair of the present coupling at `angle`, as add_levels."""
    value = 0.0
    for j in range(len(z)):
        for l in range(len(w)):
            value += add_pair(z[order[j]], w[rows[l]], angle, sign * Pi[j, l], p, series, half, G[order[j]])
    return value
