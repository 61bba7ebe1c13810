"""Optimal transport on the line: W_p^p, its gradient in the points and its derivative in the weights.

On the line the optimal coupling of two discrete measures pairs equal quantiles, whatever p >= 1 is (the north-west
corner coupling of the two sorted samples). Everything below is that one fact, written out.

Letters: x [n] and y [m] are the supports, wx [n] and wy [m] their weights (None: uniform), c(s, t) = |s - t|^p.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Matching:
    """The quantile coupling: pair k moves `mass[k]` from x[i[k]] to y[j[k]]; the masses sum to 1."""

    i: np.ndarray  # [K]
    j: np.ndarray  # [K]
    mass: np.ndarray  # [K]


def stable_order(values: np.ndarray) -> np.ndarray:
    """The permutation that sorts `values` [n] by value, then by index: every backend selects this one at ties.

    >>> stable_order(np.array([2.0, 1.0, 2.0])).tolist()
    [1, 0, 2]
    """
    return np.argsort(values, kind="stable")


def masses(n: int, m: int, wx: np.ndarray | None, wy: np.ndarray | None) -> tuple[np.ndarray, np.ndarray, float]:
    """The weights [n] and [m] of both sides in one unit, and their total.

    Between two uniform measures the unit is 1/(2 n m): whole numbers, half the total too, so that levels that coincide
    do so exactly. Otherwise they are fractions of sum 1.

    >>> a, b, total = masses(2, 3, None, None)
    >>> a.tolist(), b.tolist(), total
    ([6, 6], [4, 4, 4], 12)
    """
    if wx is None and wy is None:
        return np.full(n, 2 * m), np.full(m, 2 * n), 2 * n * m
    a = np.full(n, 1 / n) if wx is None else wx / np.sum(wx)
    b = np.full(m, 1 / m) if wy is None else wy / np.sum(wy)
    return a, b, 1.0


def lower_pairs(a: np.ndarray, b: np.ndarray, half: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The pieces (i, j, mass) [K] of the quantile coupling of sorted points with masses a [n], b [m], below `half`.

    Cut the levels [0, half] at every cumulative mass of either side; on each piece both quantile functions are
    constant, F_x^{-1} = x_i and F_y^{-1} = y_j, and the length of the piece moves from x_i to y_j.

    >>> [k.tolist() for k in lower_pairs(np.array([6, 6]), np.array([4, 4, 4]), 6)]
    [[0, 0], [0, 1], [4, 2]]
    """
    c, e = np.cumsum(a), np.cumsum(b)  # [n], [m]
    cuts = np.union1d(c, e)
    ends = np.append(cuts[(cuts > 0) & (cuts < half)], half)  # [K]
    starts = np.concatenate(([0], ends[:-1]))  # [K]
    return np.searchsorted(c, starts, side="right"), np.searchsorted(e, starts, side="right"), ends - starts


def pairs(a: np.ndarray, b: np.ndarray, total: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The pieces (i, j, mass) of the quantile coupling of sorted points with masses a [n], b [m], each of sum `total`.

    Each half of the levels is counted from its own end: a small mass far out is then a difference of small numbers.
    What is lost is of the order of rounding of sum_i a_i |x_i|^p + sum_j b_j |y_j|^p, however small some masses are;
    counted from one end, a mass of 1e-17 at 1e9 would vanish, and with it a loss of 10.

    >>> pairs(np.array([1.0, 1e-17]), np.array([1.0]), 1.0)[2].tolist()
    [0.5, 0.5, 1e-17]
    """
    i, j, low = lower_pairs(a, b, total / 2)
    r, s, high = (k[::-1] for k in lower_pairs(a[::-1], b[::-1], total / 2))  # the same, seen from above
    return (
        np.concatenate((i, len(a) - 1 - r)),
        np.concatenate((j, len(b) - 1 - s)),
        np.concatenate((low, high)) / total,
    )


def match(x: np.ndarray, y: np.ndarray, wx: np.ndarray | None = None, wy: np.ndarray | None = None) -> Matching:
    """The optimal coupling of x [n] and y [m]: equal quantiles are paired, from both ends to the middle.

    >>> k = match(np.array([3.0, 1.0]), np.array([10.0]))
    >>> k.i.tolist(), k.j.tolist(), k.mass.tolist()
    ([1, 0], [0, 0], [0.5, 0.5])
    """
    s, t = stable_order(x), stable_order(y)  # [n], [m]
    a, b, total = masses(len(x), len(y), wx, wy)
    i, j, mass = pairs(a[s], b[t], total)
    return Matching(s[i], t[j], mass)


def wasserstein_1d(
    x: np.ndarray, y: np.ndarray, p: float = 2.0, wx: np.ndarray | None = None, wy: np.ndarray | None = None
) -> tuple[float, np.ndarray, np.ndarray]:
    """W_p^p on the line and its gradients: (loss, dx [n], dy [m]), for x [n], y [m].

        W_p^p = sum_k mass_k |D_k|^p,                       D_k = x_{i(k)} - y_{j(k)}
        dx_i  = sum_{k: i(k) = i} p mass_k sign(D_k) |D_k|^{p-1},    dy_j the same with the opposite sign

    with sign(0) = 0, so that x = y gives 0 and 0, and at ties the stable matching (paper, section 2.2).

    >>> loss, dx, dy = wasserstein_1d(np.array([0.0, 2.0]), np.array([1.0, 0.0]))
    >>> loss, dx.tolist(), dy.tolist()
    (0.5, [0.0, 1.0], [-1.0, -0.0])
    """
    k = match(x, y, wx, wy)
    D = x[k.i].astype(np.float64) - y[k.j].astype(np.float64)  # [K]
    loss = np.sum(k.mass * np.abs(D) ** p)
    slope = p * k.mass * np.sign(D) * np.abs(D) ** (p - 1)  # [K]
    dx = np.bincount(k.i, weights=slope, minlength=len(x))  # [n]
    dy = -np.bincount(k.j, weights=slope, minlength=len(y))  # [m]
    return float(loss), dx, dy


def potential(
    x: np.ndarray, y: np.ndarray, p: float = 2.0, wx: np.ndarray | None = None, wy: np.ndarray | None = None
) -> np.ndarray:
    """The Kantorovich potential f [n] of x: the derivative of W_p^p in the weights wx, centred, sum_i wx_i f_i = 0.

    At the level c_k where the quantile passes from the sorted x_k to x_{k+1}, the dual constraints of the pairs on
    both sides give, y_j being the quantile of y at that level,

        f_{k+1} - f_k = c(x_{k+1}, y_j) - c(x_k, y_j).

    Where c_k is also a level of y the quantile jumps from y_{j-} to y_{j+}, and each of the two gives an extreme
    potential: their mean is returned. Levels given as floating-point weights coincide when they do to rounding.

    >>> potential(np.array([0.0, 1.0]), np.array([0.0])).tolist()
    [-0.5, 0.5]
    """
    n, m = len(x), len(y)
    s, t = stable_order(x), stable_order(y)  # [n], [m]
    a, b, total = masses(n, m, wx, wy)
    rounding = 0.0 if wx is None and wy is None else (n + m) * np.finfo(np.float64).eps
    c, below, above = quantiles_at_levels(a[s], b[t], rounding)  # [n-1]
    # The same seen from above: gaps and points are counted backwards, and what lay below lies above.
    _, after, before = (k[::-1] for k in quantiles_at_levels(a[s][::-1], b[t][::-1], rounding))
    left = np.where(c <= total / 2, below, m - 1 - before)  # [n-1]  y just below the level
    right = np.where(c <= total / 2, above, m - 1 - after)  # [n-1]  y just above it

    xs, ys = x[s].astype(np.float64), y[t].astype(np.float64)

    def step(j: np.ndarray) -> np.ndarray:
        return np.abs(xs[1:] - ys[j]) ** p - np.abs(xs[:-1] - ys[j]) ** p

    f = np.empty(n)
    f[s] = np.concatenate(([0.0], np.cumsum((step(left) + step(right)) / 2)))
    return f - (f.mean() if wx is None else wx @ f)


def quantiles_at_levels(a: np.ndarray, b: np.ndarray, rounding: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(c, below, above) [n-1]: the levels between sorted points of masses a [n], and the quantiles of b [m] there.

    `below` and `above` are the points just below and just above the level, the same one unless c is a level of b to
    `rounding`, relatively; at c = 0 there is only the one above.

    >>> [k.tolist() for k in quantiles_at_levels(np.array([1, 1, 2]), np.array([2, 2]), 0.0)]
    [[1, 2], [0, 0], [0, 1]]
    """
    c, e = np.cumsum(a)[:-1], np.cumsum(b)
    last = len(b) - 1
    below = np.minimum(np.searchsorted(e, c - rounding * c, side="left"), last)
    above = np.minimum(np.searchsorted(e, c + rounding * c, side="right"), last)
    return c, np.where(c <= 0, above, below), above
