"""The expectation of the sample loss over minibatches of one projection: by enumeration, and by order statistics.

Letters: z [m] and w [mt] are the projected supports, wx [m] and wy [mt] their weights, n the batch size (None:
infinite, the full measures), X ~ z^n and Y ~ w^n i.i.d. minibatches.
"""

from __future__ import annotations

import itertools

import numpy as np

from swref.spec.one_dimension import pairs, stable_order


def expected_loss_by_enumeration(
    z: np.ndarray, w: np.ndarray, wx: np.ndarray, wy: np.ndarray, n: int, p: float = 2.0
) -> float:
    """E w_theta as it is defined: every minibatch X of the m^n and Y of the mt^n, times its probability.

    >>> half = np.array([0.5, 0.5])
    >>> expected_loss_by_enumeration(np.array([0.0, 1.0]), np.array([0.0, 1.0]), half, half, 2)
    0.375
    """
    total = 0.0
    for i in itertools.product(range(len(z)), repeat=n):
        for j in itertools.product(range(len(w)), repeat=n):
            D = np.sort(z[list(i)]) - np.sort(w[list(j)])  # [n]
            total += float(np.prod(wx[list(i)]) * np.prod(wy[list(j)]) * np.mean(np.abs(D) ** p))
    return total


def order_statistic_weights(weights: np.ndarray, n: int) -> np.ndarray:
    """A [n, m]: the probability that the k-th smallest of n i.i.d. draws is the j-th point in sorted order.

        A_kj = I_{c_j} - I_{c_{j-1}},    I_c = sum_{i >= k} C(n, i) c^i (1 - c)^{n - i}

    with c_j the cumulative `weights` [m], which sum to 1: I_c, a regularised incomplete beta function, is the
    probability that at least k of n draws fall on levels up to c. Where it is above 1/2 the difference is taken
    between the complements, which are small there: as in one_dimension.pairs, no small mass is lost.

    >>> order_statistic_weights(np.array([0.5, 0.5]), 2).tolist()
    [[0.75, 0.25], [0.25, 0.75]]
    """
    c = np.concatenate(([0.0], np.cumsum(weights)))  # [m + 1] mass up to each level
    rest = np.concatenate((np.cumsum(weights[::-1])[::-1], [0.0]))  # [m + 1] mass beyond it, 1 - c
    of_exactly = np.ones((1, len(c)))  # [n + 1, m + 1] C(n, i) c^i (1 - c)^{n - i}, after no draw
    for _ in range(n):  # Pascal's triangle: neither the binomial coefficients nor the powers leave the range of floats
        of_exactly = np.pad(of_exactly * rest, ((0, 1), (0, 0))) + np.pad(of_exactly * c, ((1, 0), (0, 0)))
    at_least = np.cumsum(of_exactly[::-1], axis=0)[::-1][1:]  # [n, m + 1]
    fewer = np.cumsum(of_exactly, axis=0)[:-1]  # [n, m + 1]
    return np.where(at_least[:, 1:] <= 0.5, np.diff(at_least, axis=1), -np.diff(fewer, axis=1))


def coupling(a: np.ndarray, b: np.ndarray, n: int | None) -> np.ndarray:
    """The mass [m, mt] that the population loss puts on each pair of sorted points of weights a [m], b [mt] of sum 1.

    For batches of n it is (1/n) A^T B, with the order statistic weights of both sides: equal ranks of the two batches
    are matched. As n grows it tends to the quantile coupling.

    >>> half = np.array([0.5, 0.5])
    >>> coupling(half, half, 2).tolist(), coupling(half, half, None).tolist()
    ([[0.3125, 0.1875], [0.1875, 0.3125]], [[0.5, 0.0], [0.0, 0.5]])
    """
    if n is not None:
        return order_statistic_weights(a, n).T @ order_statistic_weights(b, n) / n
    Pi = np.zeros((len(a), len(b)))
    i, j, mass = pairs(a, b, 1.0)
    np.add.at(Pi, (i, j), mass)
    return Pi


def expected_loss(
    z: np.ndarray, w: np.ndarray, wx: np.ndarray, wy: np.ndarray, n: int | None, p: float = 2.0
) -> tuple[float, np.ndarray]:
    """E w_theta over minibatches of size n of one projection, and its gradient [m] in z.

        E w_theta = sum_jl Pi_jl |D_jl|^p,    dz_(j) = p sum_l Pi_jl sign(D_jl) |D_jl|^{p-1},    D_jl = z_(j) - w_(l)

    with Pi the `coupling`. Source: the laws of order statistics (David and Nagaraja, Order Statistics, chapter 2).

    >>> half = np.array([0.5, 0.5])
    >>> expected_loss(np.array([0.0, 1.0]), np.array([0.0, 1.0]), half, half, 2)[0]
    0.375
    """
    s, t = stable_order(z), stable_order(w)  # [m], [mt]
    Pi = coupling(wx[s] / np.sum(wx), wy[t] / np.sum(wy), n)  # [m, mt]
    D = z[s, None] - w[None, t]  # [m, mt]
    dz = np.empty(len(z))
    dz[s] = p * np.sum(Pi * np.sign(D) * np.abs(D) ** (p - 1), axis=1)
    return float(np.sum(Pi * np.abs(D) ** p)), dz
