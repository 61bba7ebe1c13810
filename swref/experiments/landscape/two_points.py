"""Two symmetric points in the plane: the surfaces of E and E_L over y, their cells and their critical points.

    Z = +-z, z = (0, 1),  Y = +-y:  E(y) = (|y|^2 + 1)/2 - 2 |y| E|theta . e||theta . z|,  e = y/|y|

The means of Y and Z add a quadratic of their own, so nothing is lost by putting both at 0.
"""

from __future__ import annotations

import numpy as np

from swref.directions import directions
from swref.experiments.frame.seeds import derived_seed
from swref.experiments.landscape.config import LandscapeConfig
from swref.sliced import sw_loss_and_grad
from swref.theory import clarke_vertices, stable_cells
from swref.theory.criticality.clarke import least_norm

TARGET = np.array([[0.0, 1.0], [0.0, -1.0]])
SADDLE = 2 / np.pi  # of E, on the first axis
KINDS = ("global minimum", "further minimum", "saddle", "maximum")
ZERO = 1e-12  # E_L at a global minimum, and the least subgradient at a critical point, up to rounding
BLOCK = 20  # repeats a part


def match(y: np.ndarray) -> np.ndarray:
    """|y| E|theta . e||theta . z| [...] for y [..., 2]: (|y|/pi)(sin a + (pi/2 - a) cos a), a the angle of y and z.

    >>> round(float(match(np.array([0.0, 1.0]))), 12)  # E (theta . z)^2
    0.5
    """
    y = np.abs(y)
    angle = np.arctan2(y[..., 0], y[..., 1])  # in [0, pi/2]
    return np.hypot(y[..., 0], y[..., 1]) / np.pi * (np.sin(angle) + (np.pi / 2 - angle) * np.cos(angle))


def energy(y: np.ndarray) -> np.ndarray:
    """E(y) = SW_2^2(+-y, +-z) [...] for y [..., 2].

    >>> bool(abs(energy(np.array([SADDLE, 0.0])) - (0.5 - 2 / np.pi**2)) < 1e-15)
    True
    """
    return (np.sum(y**2, axis=-1) + 1) / 2 - 2 * match(y)


def mean_energy(y: np.ndarray, theta: np.ndarray) -> np.ndarray:
    """E_L(y) = mean_l (|theta_l . y| - |theta_l . z|)^2 [...] for y [..., 2] and theta [L, 2].

    >>> float(mean_energy(np.array([5.0, 3.0]), np.array([[0.0, 1.0]])))
    4.0
    """
    return np.mean((np.abs(y @ theta.T) - np.abs(theta @ TARGET[0])) ** 2, axis=-1)


def saddles(theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The Clarke critical y [K, 2] of E_L on the edges of its cells, one of each pair +-y, and their residuals [K].

    E_L is smooth along an edge, the ray on which theta_l . y = 0, and bends downwards across it. A critical point is
    therefore the minimum along the ray, y = t v with t = sum |theta.v||theta.z| / sum (theta.v)^2, if 0 lies in the
    hull of the two gradients there; the residual is the norm of the least element of that hull.
    """
    found, residuals = [], []
    L = len(theta)
    for l in range(L):
        v = np.array([-theta[l, 1], theta[l, 0]])
        others = np.delete(theta, l, axis=0)
        y = (np.abs(others @ v) @ np.abs(others @ TARGET[0]) / np.sum((others @ v) ** 2)) * v
        points = np.stack((y, -y))
        smooth = np.asarray(sw_loss_and_grad(points, TARGET, others)[1])  # [2, 2]
        # Their projections on theta_l are 0 up to rounding: a tie, however small the two are.
        tied = clarke_vertices(points, TARGET, theta[l], tie=2.0).matrices  # [2, 2, 2]
        hull = ((L - 1) * smooth + tied).reshape(len(tied), -1) / L
        residual = float(np.linalg.norm(hull.T @ least_norm(hull)))
        if residual < ZERO:
            found.append(y)
            residuals.append(residual)
    return np.array(found).reshape(-1, 2), np.array(residuals)


def surfaces(config: LandscapeConfig) -> dict[str, np.ndarray]:
    """E and E_L on a square, the directions, and the critical points: panel, kind, y, value and residual of each.

    Panel 0 is E, panel k the k-th L of the config. One of each pair +-y is given. With L = 1 there are only lines of
    minima and of maxima, and no points.
    """
    axis = np.linspace(-config.half_width, config.half_width, config.grid)
    y = np.stack(np.meshgrid(axis, axis), axis=-1)  # [G, G, 2]
    # The 2 is for the eye: with seed 0 and other keys an edge runs through (0, 1), as if one always did.
    theta = directions(derived_seed(config.seed, 0, 2), max(config.shown), 2)
    z, origin = TARGET[0], np.zeros(2)
    rows = [(0, 0, z, 0.0, 0.0), (0, 2, np.array([SADDLE, 0.0]), 0.5 - 2 / np.pi**2, 0.0), (0, 3, origin, 0.5, 0.0)]
    for panel, L in enumerate(config.shown, start=1):
        some = theta[:L]
        if np.linalg.matrix_rank(some) < 2:
            continue
        stable = stable_cells(some, TARGET)
        bottoms = [(h, value) for (h, _), value in zip(stable.points, stable.values, strict=True)]
        upper = [(h, value) for h, value in bottoms if h[1] > 0 or (h[1] == 0 and h[0] > 0)]
        rows += [(panel, int(value > ZERO), h, value, 0.0) for h, value in upper]
        rows += [(panel, 2, h, mean_energy(h, some), residual) for h, residual in zip(*saddles(some), strict=True)]
        rows.append((panel, 3, origin, mean_energy(origin, some), 0.0))
    panels, kinds, points, values, residuals = zip(*rows, strict=True)
    return {
        "axis": axis,
        "surfaces": np.stack([energy(y), *(mean_energy(y, theta[:L]) for L in config.shown)]),
        "theta": theta,
        "panel": np.array(panels),
        "kind": np.array(kinds),
        "y": np.array(points),
        "value": np.array(values, dtype=np.float64),
        "residual": np.array(residuals),
    }


def minima(config: LandscapeConfig, j: int, first: int, count: int) -> dict[str, np.ndarray]:
    """Repeats first to first + count of the j-th L: how far the critical points of E_L are from those of E.

    distance [R]: the largest over the minima and saddles of E_L, to the nearest minimum or saddle of E. further [R]:
    how many pairs of minima there are beside +-z. value [R]: the mean of E_L at those, NaN without any.
    """
    L, distance, further, value = config.minima_directions[j], [], [], []
    critical = np.array([TARGET[0], [SADDLE, 0.0]])
    for repeat in range(first, min(first + count, config.minima_repeats)):
        theta = directions(derived_seed(config.seed, 2, j, repeat), L, 2)
        stable = stable_cells(theta, TARGET)
        y = np.abs(np.vstack((stable.points[:, 0], saddles(theta)[0])))  # E is symmetric in both axes
        away = np.linalg.norm(y[:, None] - critical, axis=2).min(axis=1)
        others = stable.values > ZERO
        distance.append(away.max())
        further.append(np.sum(others) / 2)
        value.append(stable.values[others].mean() if others.any() else np.nan)
    return {"distance": np.array(distance), "further": np.array(further), "value": np.array(value)}
