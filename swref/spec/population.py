"""The population loss in the plane, exactly, arc by arc.

The orders of theta . z and theta . w change only at angles where theta is orthogonal to a difference of two points of
one cloud. On the arc between two such angles the coupling Pi is constant, so that for p = 2 the integrand is a
quadratic form theta^T S theta.
"""

from __future__ import annotations

import itertools

import numpy as np

from swref.spec.one_dimension import stable_order
from swref.spec.order_statistics import coupling


def order_change_angles(x: np.ndarray) -> np.ndarray:
    """The angles in [0, pi[ at which two distinct points of x [m, 2] project to one value.

    >>> order_change_angles(np.array([[0.0, 0.0], [1.0, 0.0]])) / np.pi
    array([0.5])
    """
    i, k = np.triu_indices(len(x), 1)
    d = x[k] - x[i]
    d = d[np.any(d != 0, axis=1)]
    return np.mod(np.arctan2(d[:, 0], -d[:, 1]), np.pi)


def arc_integral(a: float, b: float) -> np.ndarray:
    """int_a^b theta theta^T dphi [2, 2], theta = (cos phi, sin phi).

    >>> bool(np.allclose(arc_integral(0.0, np.pi), np.eye(2) * np.pi / 2))
    True
    """
    cos2 = (b - a) / 2 + (np.sin(2 * b) - np.sin(2 * a)) / 4
    off = (np.sin(b) ** 2 - np.sin(a) ** 2) / 2
    return np.array([[cos2, off], [off, b - a - cos2]])


def population_sw_by_arcs(
    z: np.ndarray, w: np.ndarray, wx: np.ndarray, wy: np.ndarray, n: int | None
) -> tuple[float, np.ndarray]:
    """The population loss of p = 2, d = 2 and its gradient [m, 2] in z, one coupling an arc: O((m^2 + mt^2) m mt).

        F = (1/pi) sum_arcs sum_jl Pi_jl (z_(j) - w_(l))^T [int_arc theta theta^T] (z_(j) - w_(l))

    >>> z = np.array([[0.0, 0.0], [2.0, 0.0]])
    >>> half = np.array([0.5, 0.5])
    >>> value, grad = population_sw_by_arcs(z, z + 1.0, half, half, None)
    >>> round(value, 12), grad.round(12).tolist()
    (1.0, [[-0.5, -0.5], [-0.5, -0.5]])
    """
    cuts = np.unique(np.concatenate(([0.0, np.pi], order_change_angles(z), order_change_angles(w))))
    value, grad = 0.0, np.zeros(z.shape)
    for a, b in itertools.pairwise(cuts):
        theta = np.array([np.cos((a + b) / 2), np.sin((a + b) / 2)])
        s, t = stable_order(z @ theta), stable_order(w @ theta)  # [m], [mt]
        Pi = coupling(wx[s] / np.sum(wx), wy[t] / np.sum(wy), n)  # [m, mt]
        D = z[s, None, :] - w[None, t, :]  # [m, mt, 2]
        JD = D @ arc_integral(a, b) / np.pi  # [m, mt, 2]
        value += float(np.sum(Pi * np.sum(D * JD, axis=2)))
        grad[s] += 2 * np.sum(Pi[:, :, None] * JD, axis=1)
    return value, grad
