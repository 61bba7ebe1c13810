"""The half-turn for the cost |D|^p of any order p >= 1: exact as well, for int |cos|^p has a closed form.

On an arc of constant coupling a pair (z_i, w_l) with d = z_i - w_l adds its mass times int |theta . d|^p dphi. With psi
the angle from d to theta and e = d/|d|, e' = e turned by a right angle, the gradient of that integral in z_i is

    p |d|^(p-1) (e I(psi) - e' |cos psi|^p / p),        I(psi) = int_0^psi |cos t|^p dt,

and its product with d/p is the integral itself. So the sweep needs no quadrature, only the mass that each swap moves.
"""

from __future__ import annotations

import math

import numpy as np

from swref.kernels.policy import compiled
from swref.theory.population.kernels.batch_sweep import binomial_tail
from swref.theory.population.kernels.sweep import first_cell, levels, overlap, swap_points


@compiled
def cosine_series(p):
    """The coefficients [2, K] of cosine_integral's two power series, and int_0^(pi/2) cos^p.

    All terms are positive: nothing cancels, whatever p. K leaves a remainder below rounding at the argument 1/2.
    """
    K = int(56 + 3 * p)
    series = np.ones((2, K))
    for k in range(1, K):
        rise = 0.5 * p + k
        series[0, k] = series[0, k - 1] * rise / (k + 0.5)
        series[1, k] = series[1, k - 1] * rise / (0.5 * (p + 1.0) + k)
    half = 0.5 * math.sqrt(math.pi) * math.exp(math.lgamma(0.5 * (p + 1.0)) - math.lgamma(0.5 * p + 1.0))
    return series, half


@compiled
def cosine_integral(psi, p, series, half):
    """int_0^psi |cos t|^p dt for any real psi; `half` is the integral from 0 to pi/2.

    On [0, pi/2] it is half the incomplete beta function B_x(1/2, (p + 1)/2), x = sin^2 psi, by its series in x up to
    x = 1/2, and beyond from the other end, by the series of B_y((p + 1)/2, 1/2) in y = cos^2 psi.
    """
    turns = math.floor(psi / math.pi + 0.5)
    rest = psi - turns * math.pi
    s, c = math.sin(abs(rest)), abs(math.cos(rest))
    near = s * s <= 0.5
    x = s * s if near else c * c
    row = 0 if near else 1
    total = 0.0
    for k in range(series.shape[1] - 1, -1, -1):
        total = total * x + series[row, k]
    total *= s * c ** (p + 1.0)
    quarter = total if near else half - total / (p + 1.0)
    return 2.0 * half * turns + math.copysign(quarter, rest)


@compiled
def add_pair(z, w, angle, mass, p, series, half, grad):
    """Add mass times the gradient antiderivative of one pair, at `angle`, to grad [2]; return the value's."""
    d0, d1 = z[0] - w[0], z[1] - w[1]
    length = math.hypot(d0, d1)
    if length == 0.0 or mass == 0.0:
        return 0.0
    e0, e1 = d0 / length, d1 / length
    psi = angle - math.atan2(d1, d0)
    factor = mass * length ** (p - 1.0)
    along = p * factor * cosine_integral(psi, p, series, half)
    across = factor * abs(math.cos(psi)) ** p
    grad[0] += along * e0 + across * e1
    grad[1] += along * e1 - across * e0
    return along * length / p


@compiled
def joint(Phi_z, Phi_w):
    """H [m + 1, mt + 1]: the mass of the coupling below each pair of levels, (1/n) Phi_z Phi_w^T."""
    H = np.zeros((len(Phi_z), len(Phi_w)))
    for j in range(len(Phi_z)):
        renew_row(H, j, Phi_z[j], Phi_w)
    return H


@compiled
def renew_row(H, j, tail, Phi_w):
    """Row j of `joint`, for the level whose tail [n] is given."""
    for l in range(H.shape[1]):
        mass = 0.0
        for k in range(len(tail)):
            mass += tail[k] * Phi_w[l, k]
        H[j, l] = mass / len(tail)


@compiled
def swap_masses(order, c, weights, j, e, Phi, Phi_other, H, moved):
    """Exchange the ranks j, j + 1; moved[l] becomes the mass that b gains from a in cell l of the other side.

    Returns a, b and the range of cells concerned. Without batches (Phi empty) those are the few that overlap the two
    points' levels; with them, all.
    """
    a, b, low, middle, high, new = swap_points(order, c, weights, j)
    cells = len(e) - 1
    if len(Phi) == 0:
        start = first_cell(e, low)
        l = start
        while l < cells and e[l] < high:
            moved[l] = overlap(e[l], e[l + 1], low, new) - overlap(e[l], e[l + 1], middle, high)
            l += 1
        return a, b, start, l
    for l in range(cells):
        moved[l] = H[j + 1, l + 1] - H[j + 1, l] - H[j, l + 1] + H[j, l] - H[j + 2, l + 1] + H[j + 2, l]
    if new != middle:
        binomial_tail(new / c[-1], Phi[j + 1])
        renew_row(H, j + 1, Phi[j + 1], Phi_other)
    for l in range(cells):
        moved[l] += H[j + 1, l + 1] - H[j + 1, l]
    return a, b, 0, cells


@compiled
def power_sweep(z_angle, z_rank, w_angle, w_rank, z, w, wx, wy, total, Phi_z, Phi_w, p, G):
    """Return int_0^pi E w_theta dphi for the order p, and write its gradient in z to G [m, 2].

    Phi_z, Phi_w are the tables of batch_sweep, or empty for the full measures. A swap costs one closed form for each
    pair whose mass it moves.
    """
    order, rows = np.arange(len(z)), np.arange(len(w))
    c, e = levels(wx, total), levels(wy, total)
    H = joint(Phi_z, Phi_w)
    Ht = H.T
    moved = np.empty(max(len(z), len(w)))
    series, half = cosine_series(p)
    value = add_all(order, rows, c, e, z, w, total, H, 0.0, -1.0, p, series, half, G)
    unit = total if len(Phi_z) == 0 else 1.0
    s, t = 0, 0
    while s < len(z_angle) or t < len(w_angle):
        if t == len(w_angle) or (s < len(z_angle) and z_angle[s] <= w_angle[t]):
            a, b, start, stop = swap_masses(order, c, wx, z_rank[s], e, Phi_z, Phi_w, H, moved)
            for l in range(start, stop):
                mass, point = moved[l] / unit, w[rows[l]]
                value += add_pair(z[b], point, z_angle[s], -mass, p, series, half, G[b])
                value += add_pair(z[a], point, z_angle[s], mass, p, series, half, G[a])
            s += 1
        else:
            a, b, start, stop = swap_masses(rows, e, wy, w_rank[t], c, Phi_w, Phi_z, Ht, moved)
            for j in range(start, stop):
                mass, i = moved[j] / unit, order[j]
                value += add_pair(z[i], w[b], w_angle[t], -mass, p, series, half, G[i])
                value += add_pair(z[i], w[a], w_angle[t], mass, p, series, half, G[i])
            t += 1
    return value + add_all(order, rows, c, e, z, w, total, H, math.pi, 1.0, p, series, half, G)


@compiled
def add_all(order, rows, c, e, z, w, total, H, angle, sign, p, series, half, G):
    """Add every pair of the present coupling at `angle`: the two ends of the half-turn."""
    value = 0.0
    for j in range(len(z)):
        i = order[j]
        start, stop = 0, len(w)
        if len(H) == 0:
            start = first_cell(e, c[j])
        for l in range(start, stop):
            if len(H) > 0:
                mass = H[j + 1, l + 1] - H[j + 1, l] - H[j, l + 1] + H[j, l]
            elif e[l] < c[j + 1]:
                mass = overlap(e[l], e[l + 1], c[j], c[j + 1]) / total
            else:
                break
            value += add_pair(z[i], w[rows[l]], angle, sign * mass, p, series, half, G[i])
    return value
