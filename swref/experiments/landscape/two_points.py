"""Two symmetric points in the plane: E and E_L over y, their critical points, and the largest error of E_L on a disc.

    Z = +-z, z = (0, 1),  Y = +-y:  E(y) = (|y|^2 + 1)/2 - 2 |y| E|theta . e||theta . z|,  e = y/|y|

The means of Y and Z add a quadratic of their own, so nothing is lost by putting both at 0.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from swref.directions import directions
from swref.experiments.landscape.config import SEEDS, Config
from swref.sliced import sw_loss_and_grad
from swref.theory import clarke_vertices, stable_cells
from swref.theory.criticality.least_norm import least_norm

TARGET = np.array([[0.0, 1.0], [0.0, -1.0]])
SADDLE_AT = 2 / np.pi  # that of E, on the first axis
KINDS = GLOBAL, FURTHER, SADDLE, PEAK = ("global minimum", "further minimum", "saddle", "maximum")
ZERO = 1e-12  # E_L at a global minimum, and the least subgradient at a critical point, up to rounding
TURN = 0.18  # |d match / d phi| <= max_a (pi/2 - a) sin(a) / pi < 0.18 on the unit circle


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

    >>> bool(abs(energy(np.array([SADDLE_AT, 0.0])) - (0.5 - 2 / np.pi**2)) < 1e-15)
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


def critical_points(theta: np.ndarray) -> Iterator[tuple[str, np.ndarray, float, float]]:
    """Kind, y [2], E_L(y) and residual of the critical points of E_L, one of each pair +-y.

    None with one direction: it has lines of minima and of maxima only.
    """
    if np.linalg.matrix_rank(theta) < 2:
        return
    stable, peak = stable_cells(theta, TARGET), np.zeros(2)
    for (y, _), value in zip(stable.points, stable.values, strict=True):
        if y[1] > 0 or (y[1] == 0 and y[0] > 0):
            yield FURTHER if value > ZERO else GLOBAL, y, float(value), 0.0
    for y, residual in zip(*saddles(theta), strict=True):
        yield SADDLE, y, float(mean_energy(y, theta)), float(residual)
    yield PEAK, peak, float(mean_energy(peak, theta)), 0.0


def largest_error(theta: np.ndarray, radius: float, angles: int) -> tuple[float, float]:
    """max |E_L - E| over |y| <= radius at `angles` equally spaced phi, and how much a phi between them could add.

    With y = r e(phi), |e| = 1, the error is a quadratic in r, whose largest value is exact:

        E_L(y) - E(y) = a(phi) r^2 - 2 b(phi) r + c,

    a = e^T (M - I/2) e, M = mean_l theta_l theta_l^T, b the error of the mean of |theta . e||theta . z|,
    c = z^T M z - 1/2.

    >>> found, missed = largest_error(np.eye(2), 1.0, 1 << 10)  # E_2(1, 0) = 1, E(1, 0) = 1 - 2/pi
    >>> found <= 2 / np.pi <= found + missed
    True
    """
    phi = (np.arange(angles) + 0.5) * np.pi / angles  # half a turn: E and E_L are even
    e = np.stack((np.cos(phi), np.sin(phi)), axis=1)  # [G, 2]
    M = theta.T @ theta / len(theta)
    a = np.sum(e @ (M - np.eye(2) / 2) * e, axis=1)
    b = _mean_match(theta, phi, e) - match(e)
    c = float(TARGET[0] @ M @ TARGET[0]) - 0.5
    vertex = np.clip(np.divide(b, a, out=np.zeros(angles), where=a != 0), 0.0, radius)  # of the quadratic in r
    candidates = np.abs([a * r**2 - 2 * b * r + c for r in (np.full(angles, radius), vertex)])
    slope_a = 2 * float(np.linalg.norm(M - np.eye(2) / 2, 2))
    slope_b = float(np.mean(np.abs(theta @ TARGET[0]))) + TURN
    missed = np.pi / (2 * angles) * (slope_a * radius**2 + 2 * slope_b * radius)
    return max(float(candidates.max()), abs(c)), missed


def _mean_match(theta: np.ndarray, phi: np.ndarray, e: np.ndarray) -> np.ndarray:
    """mean_l |theta_l . e||theta_l . z| at e(phi) [G]: linear in e between the angles at which a theta_l . e vanishes.

    Sums over l are carried from one such angle to the next: O(L log L + G log L), and not O(G L).
    """
    kinks = np.mod(np.arctan2(theta[:, 1], theta[:, 0]) + np.pi / 2, np.pi)
    order = np.argsort(kinks, kind="stable")
    # theta . e(phi) keeps one sign from its kink to pi, that of the angle midway, and has the other one before.
    after = np.stack((-np.sin(kinks / 2), np.cos(kinks / 2)), axis=1)  # e((kink + pi) / 2)
    signs = np.sign(np.sum(theta * after, axis=1)) * np.abs(theta @ TARGET[0])
    terms = (signs[:, None] * theta)[order]  # [L, 2]
    passed = np.vstack((np.zeros(2), np.cumsum(terms, axis=0)))  # [L + 1, 2]
    sums = 2 * passed - terms.sum(axis=0)
    return np.sum(e * sums[np.searchsorted(kinks[order], phi)], axis=1) / len(theta)


def surfaces(config: Config) -> dict[str, np.ndarray]:
    """E and E_L [4, G, G] on a square of axis [G], the directions of the largest L, and the critical points [K] of all.

    Of these: the energy, "E" or "E_3", the kind, y [K, 2], the value and the residual.
    """
    axis = np.linspace(-config.half_width, config.half_width, config.grid)
    y = np.stack(np.meshgrid(axis, axis), axis=-1)  # [G, G, 2]
    theta = directions(SEEDS("surfaces", config.seed), max(config.shown), 2)
    rows = [
        ("E", GLOBAL, TARGET[0], 0.0, 0.0),
        ("E", SADDLE, np.array([SADDLE_AT, 0.0]), 0.5 - 2 / np.pi**2, 0.0),
        ("E", PEAK, np.zeros(2), 0.5, 0.0),
        *((f"E_{L}", *point) for L in config.shown for point in critical_points(theta[:L])),
    ]
    names = ("energy", "kind", "y", "value", "residual")
    return {
        "axis": axis,
        "surfaces": np.stack([energy(y), *(mean_energy(y, theta[:L]) for L in config.shown)]),
        "theta": theta,
        **{name: np.array(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)},
    }


def disc_errors(config: Config, repeat: int) -> dict[str, np.ndarray]:
    """The largest error over the disc [L], and the bound on what the angles may have missed of it [L]."""
    found = [
        largest_error(directions(SEEDS("error", config.seed, j, repeat), L, 2), config.disc, config.angles)
        for j, L in enumerate(config.uniform_directions)
    ]
    return dict(zip(("error", "missed"), np.array(found).T, strict=True))


def minima(config: Config, repeat: int) -> dict[str, np.ndarray]:
    """How far the critical points of E_L are from those of E, for fresh directions of every L.

    distance [L]: the largest over the minima and saddles of E_L, to the nearest minimum or saddle of E. further [L]:
    how many pairs of minima there are beside +-z. value [L]: the mean of E_L at those, NaN without any.
    """
    found = []
    critical = np.array([TARGET[0], [SADDLE_AT, 0.0]])
    for j, L in enumerate(config.minima_directions):
        theta = directions(SEEDS("minima", config.seed, j, repeat), L, 2)
        stable = stable_cells(theta, TARGET)
        y = np.abs(np.vstack((stable.points[:, 0], saddles(theta)[0])))  # E is symmetric in both axes
        away = np.linalg.norm(y[:, None] - critical, axis=2).min(axis=1)
        others = stable.values > ZERO
        found.append((away.max(), np.sum(others) / 2, stable.values[others].mean() if others.any() else np.nan))
    return dict(zip(("distance", "further", "value"), np.array(found).T, strict=True))
