"""From SW_p^p to the distance SW_p, which is a float also where its power p is none."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from swref import checks
from swref.sliced.losses import evaluate

EXPONENTS = 1100  # of floats and of sums of them, by absolute value


def rooted(
    loss: float,
    x: np.ndarray,
    y: np.ndarray,
    theta: np.ndarray,
    p: float,
    x_weights: ArrayLike | None = None,
    y_weights: ArrayLike | None = None,
    backend: str = "auto",
) -> float:
    """SW_p of the points x[n, d] and y[m, d] over theta[L, d], given loss = SW_p^p as it was computed.

    Where that left the range of normal floats the distance is computed anew: SW_p is homogeneous, bisection finds a k
    for which SW_p^p of the points over 2^k is neither 0 nor infinite, and points over the distance found have one of
    size 1. Errors as in sw_loss, but for directions of any length.

    >>> x, y, theta = np.array([[54.0]]), np.zeros((1, 1)), np.ones((1, 1))
    >>> rooted(math.inf, x, y, theta, p=200.0)
    54.0
    """
    p, limits = checks.order(p), np.finfo(np.result_type(x, y))
    if float(limits.tiny / limits.eps) <= loss < math.inf:
        return loss ** (1.0 / p)

    def power(k: int) -> float:
        one, other = np.ldexp(x, -k), np.ldexp(y, -k)
        if not (np.isfinite(one).all() and np.isfinite(other).all()):
            return math.inf
        return evaluate(one, other, theta, p, x_weights, y_weights, (), backend, unit=False)[0]

    low, high = -EXPONENTS, EXPONENTS
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        while high - low > 1:
            k = (low + high) // 2
            found = power(k)
            if 0.0 < found < math.inf:
                k += round(math.log2(found) / p)
                return float(np.ldexp(power(k) ** (1.0 / p), k))
            low, high = (low, k) if found == 0.0 else (k, high)
    return 0.0
