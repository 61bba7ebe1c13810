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


def cumulative(n: int, m: int, weights: np.ndarray | None, uniform: bool) -> np.ndarray:
    """The cumulative weights [n] of n sorted points, ending at their total.

    Between two uniform measures of sizes n and m they are counted in units of 1/(n m): whole numbers, so that levels
    that coincide do so exactly. Otherwise they are fractions, ending at exactly 1.

    >>> cumulative(2, 3, None, uniform=True).tolist(), cumulative(2, 3, None, uniform=False).tolist()
    ([3, 6], [0.5, 1.0])
    """
    if uniform:
        return np.arange(1, n + 1) * m
    c = np.arange(1, n + 1) / n if weights is None else np.cumsum(weights)
    return np.minimum(c / c[-1], 1.0)


def match(x: np.ndarray, y: np.ndarray, wx: np.ndarray | None = None, wy: np.ndarray | None = None) -> Matching:
    """The optimal coupling of x [n] and y [m]: equal quantiles are paired.

    Cut the unit interval at every cumulative weight of either side; on each piece both quantile functions are
    constant, F_x^{-1} = x_i and F_y^{-1} = y_j, and the length of the piece moves from x_i to y_j.

    >>> k = match(np.array([3.0, 1.0]), np.array([10.0]))
    >>> k.i.tolist(), k.j.tolist(), k.mass.tolist()
    ([1, 0], [0, 0], [0.5, 0.5])
    """
    n, m = len(x), len(y)
    s, t = stable_order(x), stable_order(y)  # [n], [m]
    uniform = wx is None and wy is None
    a = cumulative(n, m, None if wx is None else wx[s], uniform)  # [n]
    b = cumulative(m, n, None if wy is None else wy[t], uniform)  # [m]
    ends = np.union1d(a, b)  # [K]
    ends = ends[ends > 0]
    starts = np.concatenate(([0], ends[:-1]))  # [K]
    i = s[np.searchsorted(a, starts, side="right")]  # [K]
    j = t[np.searchsorted(b, starts, side="right")]  # [K]
    return Matching(i, j, (ends - starts) / ends[-1])


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

    At the level a_k where the quantile passes from the sorted x_k to x_{k+1}, the dual constraints of the pairs on
    both sides give, y_j being the quantile of y at that level,

        f_{k+1} - f_k = c(x_{k+1}, y_j) - c(x_k, y_j).

    Where a_k is also a level of y the quantile jumps from y_{j-} to y_{j+}, and each of the two gives an extreme
    potential: their mean is returned. Levels given as floating-point weights coincide when they do to rounding.

    >>> potential(np.array([0.0, 1.0]), np.array([0.0])).tolist()
    [-0.5, 0.5]
    """
    n, m = len(x), len(y)
    s, t = stable_order(x), stable_order(y)  # [n], [m]
    uniform = wx is None and wy is None
    a = cumulative(n, m, None if wx is None else wx[s], uniform)[:-1]  # [n-1]
    b = cumulative(m, n, None if wy is None else wy[t], uniform)  # [m]
    rounding = 0 if uniform else (n + m) * np.finfo(np.float64).eps
    left = np.searchsorted(b, a - rounding, side="left")  # [n-1]  y just below the level
    right = np.searchsorted(b, a + rounding, side="right")  # [n-1]  y just above it
    left, right = np.where(a <= 0, right, left), np.where(a + rounding >= b[-1], left, right)

    xs, ys = x[s].astype(np.float64), y[t].astype(np.float64)

    def step(j: np.ndarray) -> np.ndarray:
        return np.abs(xs[1:] - ys[j]) ** p - np.abs(xs[:-1] - ys[j]) ** p

    f = np.empty(n)
    f[s] = np.concatenate(([0.0], np.cumsum((step(left) + step(right)) / 2)))
    return f - (f.mean() if wx is None else wx @ f)
