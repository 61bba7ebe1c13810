"""Point clouds as variables: E(Y) = SW_2^2(Y, Z) for n points each, and E_L, its mean over L fixed directions.

    grad E = (2/(n d)) (Y - G(Y)),    G(Y)_k = d E[theta theta^T z_{sigma(k)}],    sigma matching equal ranks

E_L and its gradient are `swref.sw_loss_and_grad(y, z, theta)`. Source: Tanguy, Flamary, Delon (arXiv 2307.10352).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from swref import checks
from swref.errors import InputError
from swref.sliced import sw_loss
from swref.theory.population.loss import PopulationSW, population_sw


@dataclass(frozen=True)
class Descent:
    """A descent and its record: the cloud it ended at and the value at every iterate, the start included."""

    points: np.ndarray  # [n, d]
    values: np.ndarray  # [iterations + 1]
    converged: bool  # the last decrease was below the tolerance

    @property
    def iterations(self) -> int:
        """Updates made."""
        return len(self.values) - 1

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and lists, ready for JSON."""
        return {
            "iterations": self.iterations,
            "converged": self.converged,
            "values": self.values.tolist(),
            "points": self.points.tolist(),
        }


def cloud_energy(y: ArrayLike, z: ArrayLike, **options: Any) -> PopulationSW:
    """E(Y) = SW_2^2(Y, Z) and its gradient [n, d], y and z [n, d]: exact for d <= 2 (`options` as in population_sw).

    Raises InputError or InputTypeError for arrays that are no points, or of different shapes.

    >>> h = 2 / np.pi
    >>> value, grad = cloud_energy([[h, 0], [-h, 0]], [[0, 1], [0, -1]])  # the saddle of two symmetric points
    >>> bool(abs(value - (0.5 - 2 / np.pi**2)) < 1e-15), bool(np.abs(grad).max() < 1e-15)
    (True, True)
    """
    y, z = _pair(y, z)
    return population_sw(y, z, None, **options)


def fixed_point_map(y: ArrayLike, z: ArrayLike, **options: Any) -> np.ndarray:
    """G(Y) [n, d]: the best Y for the matchings of the present one. Critical points of E are its fixed points.

        G(Y)_k = d E[theta theta^T z_{sigma(k)}] = Y_k - (n d / 2) dE/dY_k

    Raises as cloud_energy does.

    >>> fixed_point_map([[5.0], [-1.0]], [[0.0], [1.0]]).tolist()
    [[1.0], [0.0]]
    """
    y, z = _pair(y, z)
    return y - 0.5 * y.size * cloud_energy(y, z, **options).grad


def fixed_point_iteration(
    y: ArrayLike, z: ArrayLike, *, tolerance: float = 1e-12, max_iterations: int = 1000, **options: Any
) -> Descent:
    """Y <- G(Y) from y [n, d] until E decreases by no more than `tolerance`, or `max_iterations` times.

    It is gradient descent with step n d / 2, and E never increases where it is exact (d <= 2): for the matchings of Y,
    E is at most a quadratic with its minimum at G(Y). At a fixed point E = (|Z|^2 - |Y|^2)/(n d).

    Raises as cloud_energy does, and InputError for a negative tolerance.

    >>> run = fixed_point_iteration([[0.1, 0.5], [0.0, -0.4]], [[0.0, 1.0], [0.0, -1.0]])
    >>> run.converged, bool(np.all(np.diff(run.values) <= 0)), bool(run.values[-1] < 1e-9)
    (True, True, True)
    """
    y, z = _pair(y, z)

    def update(y: np.ndarray) -> tuple[float, np.ndarray]:
        value, grad = cloud_energy(y, z, **options)
        return value, y - 0.5 * y.size * grad

    return _descend(update, y, tolerance, max_iterations)


def block_coordinate_descent(
    y: ArrayLike, z: ArrayLike, theta: ArrayLike, *, tolerance: float = 1e-5, max_iterations: int = 300
) -> Descent:
    """Minimise E_L from y [n, d] on directions theta [L, d]: alternate the matchings and the least-squares update.

        sigma_l sorts theta_l . Y against theta_l . Z;    Y_k = M^{-1} (1/L) sum_l theta_l theta_l^T z_{sigma_l(k)},
        M = (1/L) sum_l theta_l theta_l^T,

    each the exact minimum over its block, so that E_L never increases, and with a tolerance of 0 it ends at the minimum
    of a stable cell. Stops when E_L decreases by no more than `tolerance`, or after `max_iterations` updates.

    Raises InputError where the directions do not span R^d (M is singular), and as sw_loss does.
    Source: Tanguy, Flamary, Delon (arXiv 2307.10352), section on block coordinate descent.

    >>> run = block_coordinate_descent([[0.5], [0.0]], [[0.0], [1.0]], [[1.0]], tolerance=0.0)
    >>> run.points.tolist(), run.values.tolist()
    ([[1.0], [0.0]], [0.125, 0.0, 0.0])
    """
    y, z = _pair(y, z)
    theta = checks.points("theta", theta, y.shape[1], "L, d").astype(np.float64)
    L = len(theta)
    M = theta.T @ theta / L  # [d, d]
    if np.linalg.matrix_rank(M) < y.shape[1]:
        raise InputError(f"theta must span R^{y.shape[1]}, got {L} directions of rank {np.linalg.matrix_rank(M)}")
    sorted_z = np.sort(theta @ z.T, axis=1)  # [L, n]

    def update(y: np.ndarray) -> tuple[float, np.ndarray]:
        order = np.argsort(theta @ y.T, axis=1, kind="stable")  # [L, n]
        matched = np.empty(order.shape)  # theta_l . z_{sigma_l(k)}
        np.put_along_axis(matched, order, sorted_z, axis=1)
        return float(sw_loss(y, z, theta)), np.linalg.solve(M, theta.T @ matched / L).T

    return _descend(update, y, tolerance, max_iterations)


def cloud_hessian(y: ArrayLike, z: ArrayLike) -> np.ndarray:
    """The Hessian [2n, 2n] of E at y [n, 2], in the order of y.ravel(), exact, where no two y coincide and no three are
    collinear.

        d2E = (1/n) (I - DG),    DG = (2/pi) sum_{a<b} (g_ab / r_ab) (e_a - e_b)(e_a - e_b)^T (x) theta_ab theta_ab^T

    Why: G_k integrates theta theta^T z_{sigma(k)} over the arcs between changes of order, so only the ends of the arcs
    move with Y. Points a and b, at distance r, change places at the one angle where theta is orthogonal to y_a - y_b.
    It moves by theta . (dy_b - dy_a) / r, and what either point is matched to jumps there by g, the gap of the two
    ranks among the sorted theta . Z. DG is positive semidefinite, as E - |Y|^2/(2n) is concave. (derived)

    Raises InputError for d != 2, and where E has no Hessian by this formula: coincident or collinear points.

    >>> H = cloud_hessian([[2 / np.pi, 0], [-2 / np.pi, 0]], [[0, 1], [0, -1]])
    >>> np.linalg.eigvalsh(H).round(6).tolist()  # a saddle
    [-0.5, 0.5, 0.5, 0.5]
    """
    y, z = _pair(y, z)
    n, d = y.shape
    if d != 2:
        raise InputError(f"y must have 2 columns, the Hessian being exact in the plane, got shape {y.shape}")
    DG = np.zeros((n, 2, n, 2))
    for a in range(n - 1):
        b = np.arange(a + 1, n)
        away = y[b] - y[a]  # [B, 2]
        r = np.hypot(away[:, 0], away[:, 1])  # [B]
        if np.any(r == 0):
            raise InputError(f"y must have distinct rows, got equal rows {a} and {int(b[np.argmax(r == 0)])}")
        theta = np.stack([-away[:, 1], away[:, 0]], axis=1) / r[:, None]  # [B, 2]
        ranks = _shared_rank(y, theta, a, b)  # [B]
        heights = np.sort(theta @ z.T, axis=1)  # [B, n]
        rows = np.arange(len(b))
        gap = heights[rows, ranks + 1] - heights[rows, ranks]  # [B]
        squares = theta[:, :, None] * theta[:, None, :]  # [B, 2, 2]
        block = (2 / np.pi * gap / r)[:, None, None] * squares
        DG[a, :, a, :] += block.sum(axis=0)
        DG[b, :, b, :] += block
        DG[a, :, b, :] -= block
        DG[b, :, a, :] -= block
    return (np.eye(2 * n) - DG.reshape(2 * n, 2 * n)) / n


def _shared_rank(y: np.ndarray, theta: np.ndarray, a: int, b: np.ndarray) -> np.ndarray:
    """The lower rank [B] of each pair (a, b_i) on theta_i, a row of theta [B, 2] orthogonal to y_a - y_{b_i}."""
    heights = theta @ (y - y[a]).T  # [B, n], 0 for both of the pair
    others = np.ones(heights.shape, dtype=bool)
    others[:, a] = False
    others[np.arange(len(b)), b] = False
    rounding = 8 * np.finfo(np.float64).eps * np.max(np.abs(y - y[a]))
    tied = others & (np.abs(heights) <= rounding)
    if np.any(tied):
        i, k = np.argwhere(tied)[0]
        raise InputError(f"y must have no three collinear points, got rows {a}, {int(b[i])} and {int(k)}")
    return np.sum(others & (heights < 0), axis=1)


def _pair(y: ArrayLike, z: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    y, z = checks.points("y", y).astype(np.float64), checks.points("z", z).astype(np.float64)
    if y.shape != z.shape:
        raise InputError(f"y and z must have one shape [n, d], got {y.shape} and {z.shape}")
    return y, z


def _descend(
    update: Callable[[np.ndarray], tuple[float, np.ndarray]], y: np.ndarray, tolerance: float, max_iterations: int
) -> Descent:
    """Follow y <- update(y), which returns the value at y and the next iterate."""
    tolerance = checks.number("tolerance", tolerance, minimum=0.0)
    max_iterations = checks.integer("max_iterations", max_iterations, minimum=0)
    value, following = update(y)
    values, converged = [value], False
    while not converged and len(values) <= max_iterations:
        y = following
        value, following = update(y)
        converged = values[-1] - value <= tolerance
        values.append(value)
    return Descent(y, np.array(values), converged)
