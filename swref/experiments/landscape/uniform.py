"""The largest error of E_L over a disc: exact along the radius, on a fine grid of angles, with what that may miss.

With y = r e(phi), |e| = 1, the error is a quadratic in r,

    E_L(y) - E(y) = a(phi) r^2 - 2 b(phi) r + c,

a = e^T (M - I/2) e, M = mean_l theta_l theta_l^T, b the error of the mean of |theta . e||theta . z|, c = z^T M z - 1/2.
"""

from __future__ import annotations

import numpy as np

from swref.directions import directions
from swref.experiments.frame.seeds import derived_seed
from swref.experiments.landscape.config import LandscapeConfig
from swref.experiments.landscape.two_points import TARGET, match

TURN = 0.18  # |d match / d phi| <= max_a (pi/2 - a) sin(a) / pi < 0.18 on the unit circle


def largest_error(theta: np.ndarray, radius: float, angles: int) -> tuple[float, float]:
    """max |E_L - E| over |y| <= radius at `angles` equally spaced phi, and how much a phi between them could add.

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


def errors(config: LandscapeConfig, j: int, first: int, count: int) -> dict[str, np.ndarray]:
    """The largest error [R] and the bound on what is missed [R], repeats first to first + count of the j-th L."""
    L = config.uniform_directions[j]
    found = [
        largest_error(directions(derived_seed(config.seed, 1, j, repeat), L, 2), config.disc, config.angles)
        for repeat in range(first, min(first + count, config.uniform_repeats))
    ]
    return {"error": np.array([error for error, _ in found]), "missed": np.array([missed for _, missed in found])}
