"""The population loss in the plane, exact for every order p: the compiled sweeps over the half-turn of theta."""

from __future__ import annotations

import numpy as np

from swref.errors import SwrefError
from swref.kernels.threads import get_num_threads, run_parallel
from swref.theory.population.atoms import Atoms, centred


def half_turn(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Every change of order of points [m, 2], sorted and distinct: (angles [E], ranks [E]), E = m (m - 1) / 2.

    At angles[s] in ]0, pi] the points of ranks ranks[s] and ranks[s] + 1 change places. Takes 12 bytes an event, and
    while it runs 37.

    >>> angles, ranks = half_turn(np.array([[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]]))
    >>> (angles / np.pi).tolist(), sorted(ranks.tolist()) in ([0, 0, 1], [0, 1, 1])
    ([0.5, 0.5, 0.5], True)
    """
    from swref.theory.population.kernels import sweep

    m = len(points)
    E = m * (m - 1) // 2
    angles, first, second = np.empty(E), np.empty(E, np.int32), np.empty(E, np.int32)
    sweep.pair_angles(points, angles, first, second)
    swap_angle, swap_rank = np.empty(E), np.empty(E, np.int32)
    done = sweep.adjacent_swaps(np.argsort(angles), angles, first, second, m, swap_angle, swap_rank)
    if done != E:
        raise SwrefError(f"the half-turn of {m} points made {done} of its {E} changes of order")
    return swap_angle, swap_rank


def half_turns(z: Atoms, w: Atoms) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """`half_turn` of z, then of w: four arrays; side by side on two threads where there are two."""
    turns: dict[int, tuple[np.ndarray, np.ndarray]] = {}

    def task(start: int, stop: int) -> None:
        for side in range(start, stop):
            turns[side] = half_turn((z, w)[side].points)

    run_parallel(task, 2, min(2, get_num_threads()))
    return *turns[0], *turns[1]


def share_tables(z: Atoms, w: Atoms, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Phi_z [k + 1, n], A [k, r], Phi_w [kt + 1, n], B [kt, r] of kernels.batch_sweep; r = n, or kt where that is less.

    With equal weights the levels never change, and only the product of A and B matters: B may then become the unit
    matrix, so that the batch size need not be paid for.
    """
    from swref.theory.population.kernels.batch_sweep import both_levels
    from swref.theory.population.kernels.tails import shares, tail_table

    (z_below, z_above), (w_below, w_above) = both_levels(z.weights), both_levels(w.weights)
    Phi_z, Phi_w = tail_table(z_below, z_above, n), tail_table(w_below, w_above, n)
    A, B, kt = shares(Phi_z), shares(Phi_w), len(w.weights)
    if n > kt and z.even and w.even:
        A, B = kt / n * (A @ B.T), np.eye(kt)
    return Phi_z, A, Phi_w, B


def planar_sw(z: Atoms, w: Atoms, n: int | None, p: float) -> tuple[float, np.ndarray]:
    """(value, gradient [k, 2] in z's atoms) of the population loss, batches of n or, with n None, the full measures.

        p = 2:  F = |mean z - mean w|^2 / 2 + (V_z + V_w) / 2 - (2/pi) sum_i (z_i - mean z) . G_i
                dz_i = wx_i (z_i - mean w) - (2/pi) G_i
        p != 2: F = (1/pi) int_0^pi E w_theta dphi, pair by pair

    with V the weighted sums of squares about the means, and G_i = int_0^pi theta theta^T q_i dphi, q_i the weighted
    sum of the centred w that z_i is matched to. Rounding errors are relative to V_z + V_w + |mean z - mean w|^2,
    wherever the clouds lie and whatever the weights: each half of the levels is counted from its own end, and what a
    swap moves by the lighter of its points. The error found is at most 2e-14 of that sum (for p != 2: of the scale),
    with up to 1000 points a side and masses down to 1e-30, as far out as then matters. A mass below eps has no
    share while its point passes the middle of the order, where theta . z_i is small.

    Time: a sort of the (m^2 + mt^2)/2 changes of order, and for each of them O(1) without batches (where neither cloud
    is much the larger) and O(n) with, O(min(n, mt)) where all weights are equal; for p != 2 with batches O(m + mt),
    times n where the weights differ.
    """
    from swref.theory.population.kernels.batch_sweep import batch_sweep
    from swref.theory.population.kernels.power_sweep import batch_power_sweep, power_sweep
    from swref.theory.population.kernels.sweep import quantile_sweep

    turns, weights = half_turns(z, w), (z.weights, w.weights)
    G = np.zeros(z.points.shape)
    if p != 2:
        arguments = (*turns, z.points, w.points, *weights)
        if n is None:
            value = sum(power_sweep(*arguments, z.total, *half, p, G) for half in _halves(z, w))
        else:
            value = batch_power_sweep(*arguments, *share_tables(z, w, n), p, G)
        return value / np.pi, G / np.pi
    zc, wc, shift = centred(z, w)
    if n is None:
        for cap, reverse in _halves(z, w):
            quantile_sweep(*turns, zc, wc, *weights, cap, reverse, G)
        G /= z.total
    else:
        tables = share_tables(z, w, n)
        batch_sweep(*turns, zc, wc, *weights, *tables, G)
        G /= tables[1].shape[1]
    wx, wy = z.probabilities, w.probabilities
    squares = wx @ np.sum(zc * zc, axis=1) + wy @ np.sum(wc * wc, axis=1) + shift @ shift
    value = squares / 2 - 2 / np.pi * np.sum(zc * G)
    return value, wx[:, None] * (zc + shift) - 2 / np.pi * G


def _halves(z: Atoms, w: Atoms) -> tuple[tuple[float, bool], ...]:
    """(cap, reverse) of each sweep over the levels: one over all of them where levels are whole numbers, so exact."""
    return ((z.total, False),) if z.whole and w.whole else ((z.total / 2, False), (z.total / 2, True))
