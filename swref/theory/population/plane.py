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


def tail_tables(z: Atoms, w: Atoms, n: int | None) -> tuple[np.ndarray, np.ndarray]:
    """Phi_z [k + 1, r], Phi_w [kt + 1, r] of kernels.batch_sweep: r = n, or r = kt where that is less and will do.

    With equal weights the levels never change, only the product of the tables matters, and the batch size need not be
    paid for: Phi_w becomes a table of steps, which says which of the kt sorted atoms lie below a level.
    """
    from swref.theory.population.kernels.batch_sweep import tail_table
    from swref.theory.population.kernels.sweep import levels

    if n is None:
        return np.empty((0, 0)), np.empty((0, 0))
    Phi_z, Phi_w = (tail_table(levels(a.weights, a.total), a.total, n) for a in (z, w))
    kt = len(w.weights)
    if n > kt and all(np.all(a.weights == a.weights[0]) for a in (z, w)):
        return Phi_z @ np.diff(Phi_w, axis=0).T * (kt / n), np.tri(kt + 1, kt, -1)
    return Phi_z, Phi_w


def planar_sw(z: Atoms, w: Atoms, n: int | None, p: float) -> tuple[float, np.ndarray]:
    """(value, gradient [k, 2] in z's atoms) of the population loss, batches of n or, with n None, the full measures.

        p = 2:  F = |mean z - mean w|^2 / 2 + (V_z + V_w) / 2 - (2/pi) sum_i (z_i - mean z) . G_i
                dz_i = wx_i (z_i - mean w) - (2/pi) G_i
        p != 2: F = (1/pi) int_0^pi E w_theta dphi, pair by pair

    with V the weighted sums of squares about the means, and G_i = int_0^pi theta theta^T q_i dphi, q_i the weighted
    sum of the centred w that z_i is matched to. Rounding errors are relative to V_z + V_w + |mean z - mean w|^2,
    wherever the clouds lie. Time: a sort of the (m^2 + mt^2)/2 changes of order, and for each of them O(1) without
    batches (where neither cloud is much the larger) and O(n) with, O(min(n, mt)) where all weights are equal; for
    p != 2 with batches O(m + mt), times n where the weights differ.
    """
    from swref.theory.population.kernels.batch_sweep import batch_sweep
    from swref.theory.population.kernels.power_sweep import power_sweep
    from swref.theory.population.kernels.sweep import quantile_sweep

    turns = half_turns(z, w)
    Phi_z, Phi_w = tail_tables(z, w, n)
    G = np.zeros(z.points.shape)
    if p != 2:
        weighted = (z.points, w.points, z.weights, w.weights, z.total)
        value = power_sweep(*turns, *weighted, Phi_z, Phi_w, p, G)
        return value / np.pi, G / np.pi
    zc, wc, shift = centred(z, w)
    weighted = (zc, wc, z.weights, w.weights, z.total)
    if n is None:
        quantile_sweep(*turns, *weighted, G)
        G /= z.total
    else:
        batch_sweep(*turns, *weighted, Phi_z, Phi_w, G)
        G /= Phi_z.shape[1]
    wx, wy = z.probabilities, w.probabilities
    squares = wx @ np.sum(zc * zc, axis=1) + wy @ np.sum(wc * wc, axis=1) + shift @ shift
    value = squares / 2 - 2 / np.pi * np.sum(zc * G)
    return value, wx[:, None] * (zc + shift) - 2 / np.pi * G
