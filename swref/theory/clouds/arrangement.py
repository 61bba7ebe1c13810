"""The cells of E_L for two points: where L fixed directions keep the order of their projections, E_L is quadratic.

With h = (y_1 - y_2)/2, the cell of Y is the vector of signs of theta_l . h: a region of the arrangement of the L
hyperplanes orthogonal to the directions. In general position there are 2 sum_{i<d} C(L-1, i) of them. A cell is stable
if the minimum of its quadratic lies in it; every local minimum of E_L is the minimum of a stable cell, if no direction
is orthogonal to z_1 - z_2. (On such a one both points of z look the same, and a minimum may lie between two cells: Y =
z itself for z_1 - z_2 = (2, 0) and the directions (1, 0), (0, 1).) Source: Tanguy, Flamary, Delon (arXiv 2307.10352),
the section on cells; the counting here is by deletion and restriction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from swref import checks
from swref.errors import InputError
from swref.reprs import Shown
from swref.sliced import sw_loss

PARALLEL = 1e-9  # sine of the angle between two directions below which their hyperplanes are one
MAX_CELLS = 200_000

Witnesses = dict[tuple[int, ...], np.ndarray]


@dataclass(frozen=True, eq=False, repr=False)
class Cells(Shown):
    """signs [C, L] of theta_l . h, distinct rows, and witnesses [C, d]: an h in the interior of each cell."""

    signs: np.ndarray
    witnesses: np.ndarray

    def __len__(self) -> int:
        return len(self.signs)

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and lists, ready for JSON."""
        return {"cells": len(self), "signs": self.signs.tolist(), "witnesses": self.witnesses.tolist()}


@dataclass(frozen=True, eq=False, repr=False)
class StableCells(Shown):
    """The stable cells of E_L: signs [S, L], their minima Y [S, 2, d] and the values E_L(Y) [S], increasing."""

    signs: np.ndarray
    points: np.ndarray
    values: np.ndarray

    def __len__(self) -> int:
        return len(self.signs)

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and lists, ready for JSON."""
        return {"signs": self.signs.tolist(), "points": self.points.tolist(), "values": self.values.tolist()}


def cells(theta: ArrayLike) -> Cells:
    """Every cell of two points under the directions theta [L, d], in lexicographic order of the signs.

    One hyperplane after the other: it splits exactly those cells that it meets, which are the cells of the arrangement
    that the earlier ones make on it, one dimension lower. Hyperplanes that coincide are recognised. Raises InputError
    for a direction 0, and where 2 sum_{i<d} C(L-1, i), the most there can be, passes 200 000.

    >>> cells([[1.0, 0.0], [0.0, 1.0]]).signs.tolist()
    [[-1, -1], [-1, 1], [1, -1], [1, 1]]
    """
    theta = checks.points("theta", theta, axes="L, d").astype(np.float64)
    norms = np.linalg.norm(theta, axis=1)
    if not norms.min() > 0:
        raise InputError(f"theta must have no zero row, got one at [{int(np.argmin(norms))}]")
    most = most_cells(*theta.shape)
    if most > MAX_CELLS:
        raise InputError(
            f"theta must make at most {MAX_CELLS} cells, got {theta.shape} with up to {checks.shown(most)}"
        )
    witnesses = _witnesses(theta / norms[:, None])
    keys = sorted(witnesses)
    return Cells(np.array(keys, dtype=np.int8), np.array([witnesses[key] for key in keys]))


def count_cells(theta: ArrayLike) -> int:
    """The number of cells of two points under theta [L, d], by enumeration; errors as of `cells`.

    >>> count_cells([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]])
    6
    """
    return len(cells(theta))


def most_cells(L: int, d: int) -> int:
    """2 sum_{i<d} C(L-1, i): the number of cells in general position, and the most that L directions of R^d make.

    >>> [most_cells(L, 5) for L in (10, 15, 20)]
    [512, 2942, 10072]
    """
    term, total = 1, 0
    for i in range(min(d, L)):
        total += term
        term = term * (L - 1 - i) // (i + 1)
    return 2 * total


def stable_cells(theta: ArrayLike, z: ArrayLike) -> StableCells:
    """The stable cells of E_L(Y) = (1/L) sum_l w_{theta_l}(Y, z) for z [2, d] under theta [L, d], and their minima.

        h = M^{-1} (1/L) sum_l sign_l |theta_l . g| theta_l,    M = (1/L) sum_l theta_l theta_l^T,    g = (z_1 - z_2)/2

    Y = mean z +- h is the minimum of the quadratic of the cell `sign`; stable where sign(theta_l . h) = sign_l for all
    l. Raises InputError for directions that do not span R^d, and as `cells` does.

    >>> found = stable_cells([[1.0, 0.0], [0.0, 1.0]], [[1.0, 1.0], [-1.0, -1.0]])  # L = d: z is not identified
    >>> len(found), found.values.tolist()
    (4, [0.0, 0.0, 0.0, 0.0])
    """
    theta = checks.points("theta", theta, axes="L, d").astype(np.float64)
    z = checks.points("z", z, theta.shape[1]).astype(np.float64)
    if len(z) != 2:
        raise InputError(f"z must hold two points, got shape {z.shape}")
    signs = cells(theta).signs  # [C, L]
    M = theta.T @ theta / len(theta)
    if np.linalg.matrix_rank(M) < theta.shape[1]:
        raise InputError(f"theta must span R^{theta.shape[1]}, got rank {np.linalg.matrix_rank(M)}")
    g = (z[0] - z[1]) / 2
    rounding = len(g) * np.finfo(np.float64).eps * (np.abs(theta) @ np.max(np.abs(z), axis=0))  # [L]
    alike = np.flatnonzero(np.abs(theta @ g) <= rounding)
    if len(alike):
        raise InputError(f"theta must have no row orthogonal to z[0] - z[1], got one at [{alike[0]}]")
    h = np.linalg.solve(M, (signs * np.abs(theta @ g) @ theta / len(theta)).T).T  # [C, d]
    stable = np.all(np.sign(h @ theta.T) == signs, axis=1)
    Y = z.mean(axis=0) + np.stack([h[stable], -h[stable]], axis=1)  # [S, 2, d]
    values = np.array([float(sw_loss(y, z, theta)) for y in Y])
    order = np.argsort(values, kind="stable")
    return StableCells(signs[stable][order], Y[order], values[order])


def _witnesses(theta: np.ndarray) -> Witnesses:
    """{signs of theta @ h: such an h [d]} for every region of the arrangement of unit rows theta [L, d]."""
    L, d = theta.shape
    found: Witnesses = {(): np.zeros(d)}
    for k in range(L):
        normal = theta[k]
        met = _regions_on_hyperplane(theta[:k], normal)
        following: Witnesses = {}
        for signs, h in found.items():
            if signs in met:
                on_it = met[signs]
                clearance = np.min(np.abs(theta[:k] @ on_it), initial=1.0)
                for side in (1, -1):  # |theta_l . normal| <= 1: half the clearance crosses no other hyperplane
                    following[(*signs, side)] = _unit(on_it + side * clearance / 2 * normal)
            else:
                following[(*signs, 1 if normal @ h > 0 else -1)] = h
        found = following
    return found


def _regions_on_hyperplane(theta: np.ndarray, normal: np.ndarray) -> Witnesses:
    """The regions that hyperplanes theta [k, d] make on the one orthogonal to `normal`; none if it is one of them."""
    d = len(normal)
    if d == 1:
        return {} if len(theta) else {(): np.zeros(1)}
    basis = np.linalg.svd(normal[None, :])[2][1:]  # [d - 1, d], orthonormal on the hyperplane
    within = theta @ basis.T
    lengths = np.linalg.norm(within, axis=1)
    if np.any(lengths < PARALLEL):
        return {}
    return {signs: h @ basis for signs, h in _witnesses(within / lengths[:, None]).items()}


def _unit(h: np.ndarray) -> np.ndarray:
    return h / np.linalg.norm(h)
