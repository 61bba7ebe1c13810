"""Binomial tails, the laws of order statistics: which share of each has a point of given levels.

Phi_k(c) = P(Bin(n, c) >= k) is the probability that the k-th smallest of n draws has a level <= c, and the share of a
point of levels [c_low, c_high] in it is Phi_k(c_high) - Phi_k(c_low). Near 1 that difference would lose small shares: a
table holds Phi where it is at most 1/2, and beyond it -(1 - Phi), counted from the other end; `gain` subtracts the two.
So a share is known to rounding of its distance from the nearer end.
"""

from __future__ import annotations

import numpy as np

from swref.kernels.policy import compiled

NIL = 1e-300  # stands for 1 - Phi = 0, where the sign is to tell 1 from 0


@compiled
def gain(high, low):
    """Phi_high - Phi_low, of two entries as a table holds them."""
    return (high - low) + ((1.0 if high < 0.0 else 0.0) - (1.0 if low < 0.0 else 0.0))


@compiled
def binomial_tail(below, above, out):
    """out[k - 1] = P(Bin(n, c) >= k) as a table holds it, k = 1..n = len(out), c = below / (below + above).

    The regularised incomplete beta function I_c(k, n-k+1). All k at once by the ratio of neighbouring probabilities,
    outwards from the largest, then summed from either end up to the middle: O(n), where n separate incomplete beta
    functions take hundreds of times as long. A level comes as the masses on both of its sides, neither a difference.
    """
    n = len(out)
    if below <= 0.0 or above <= 0.0:
        out[:] = 0.0 if below <= 0.0 else -NIL
        return
    mode = min(n, int((n + 1) * (below / (below + above))))
    out[:] = 0.0
    total, r, none = 1.0, 1.0, 1.0 if mode == 0 else 0.0  # none: of k = 0
    if mode > 0:
        out[mode - 1] = 1.0
    for k in range(mode, n):
        r *= (n - k) / (k + 1.0) * (below / above)
        if r < 1e-290:  # what follows is 0 to rounding; subnormal numbers would be slow
            break
        out[k] = r
        total += r
    r = 1.0
    for k in range(mode, 0, -1):
        r *= k / (n - k + 1.0) * (above / below)
        if r < 1e-290:
            break
        if k > 1:
            out[k - 2] = r
        else:
            none = r
        total += r
    k, tail = n, 0.0
    while k > 0 and tail + out[k - 1] <= 0.5 * total:
        tail += out[k - 1]
        out[k - 1] = tail / total
        k -= 1
    fewer = none
    for i in range(k):
        probability = out[i]
        out[i] = -max(fewer / total, NIL)
        fewer += probability


@compiled
def tail_table(below, above, n):
    """Phi [len(below), n]: one binomial tail for each level, which has these masses below and above it."""
    Phi = np.empty((len(below), n))
    for j in range(len(below)):
        binomial_tail(below[j], above[j], Phi[j])
    return Phi


@compiled
def shares(Phi):
    """A [m, n], from Phi [m + 1, n]: the share of the j-th point in each order statistic."""
    A = np.empty((len(Phi) - 1, Phi.shape[1]))
    for j in range(len(A)):
        for k in range(A.shape[1]):
            share = gain(Phi[j + 1, k], Phi[j, k])
            A[j, k] = share if share > 1e-150 else 0.0  # products of two are to be no subnormal numbers: those are slow
    return A


@compiled
def masses(A, B):
    """Pi [m, mt] = (1/n) A B^T, the mass of each pair of points."""
    Pi = np.zeros((len(A), len(B)))
    n = A.shape[1]
    for j in range(len(A)):
        for l in range(len(B)):
            mass = 0.0
            for k in range(n):
                mass += A[j, k] * B[l, k]
            Pi[j, l] = mass / n
    return Pi
