"""Clouds made ready for the sweeps: atoms of positive weight, distinct, sorted, with weights that add up exactly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Atoms:
    """The atoms of a weighted cloud x [m, d]: coincident points merged, points of weight 0 left out.

    A point owns the share of its atom's gradient that it has of its atom's weight. For minibatches of i.i.d. draws
    this is the expectation of the sample gradient: whichever of two equal points comes first in a batch is chance.
    """

    points: np.ndarray  # [k, d] lexicographically sorted, distinct
    weights: np.ndarray  # [k] positive, summing to `total`
    total: float
    owner: np.ndarray  # [m] the atom of each point
    share: np.ndarray  # [m] in [0, 1]

    def spread(self, rows: np.ndarray) -> np.ndarray:
        """The atoms' gradient `rows` [k, d] shared out among the points, [m, d]."""
        return rows[self.owner] * self.share[:, None]

    @property
    def even(self) -> bool:
        """Whether all weights are equal: then levels are those of any order."""
        return bool(np.all(self.weights == self.weights[0]))

    @property
    def whole(self) -> bool:
        """Whether the weights are whole numbers, whose sums are exact."""
        return bool(np.all(self.weights == np.floor(self.weights)))

    @property
    def probabilities(self) -> np.ndarray:
        """The weights [k] as probabilities."""
        return self.weights / self.total


def atoms(x: np.ndarray, weights: np.ndarray, total: float) -> Atoms:
    """The atoms of x [m, d] with `weights` [m] >= 0 of sum `total`.

    >>> a = atoms(np.array([[1.0], [0.0], [1.0], [7.0]]), np.array([1.0, 1.0, 2.0, 0.0]), 4.0)
    >>> a.points.tolist(), a.weights.tolist(), a.owner.tolist()
    ([[0.0], [1.0]], [1.0, 3.0], [1, 0, 1, 0])
    """
    x = x + 0.0  # -0.0 would sort apart from 0.0
    positive = np.flatnonzero(weights > 0)
    order = positive[np.lexsort(x[positive].T[::-1])]
    new = np.concatenate(([True], np.any(x[order[1:]] != x[order[:-1]], axis=1)))
    group = np.cumsum(new) - 1  # [#positive]
    masses = np.bincount(group, weights=weights[order])
    owner = np.zeros(len(x), np.intp)  # a point of weight 0 has share 0 of any atom
    owner[order] = group
    return Atoms(x[order[new]], masses, total, owner, np.where(weights > 0, weights / masses[owner], 0.0))


def atoms_of_both(
    z: np.ndarray, w: np.ndarray, z_weights: np.ndarray | None, w_weights: np.ndarray | None
) -> tuple[Atoms, Atoms]:
    """The atoms of two clouds [m, d], [mt, d], their weights (None: uniform) counted in one unit.

    Between two uniform clouds the unit is 1/(m mt): whole numbers, whose sums are exact, so that levels that coincide
    do so to the last bit. Weights that are given but all equal count as uniform.

    >>> a, b = atoms_of_both(np.array([[1.0], [0.0]]), np.array([[3.0], [4.0], [5.0]]), None, None)
    >>> a.weights.tolist(), b.weights.tolist(), a.total
    ([3.0, 3.0], [2.0, 2.0, 2.0], 6.0)
    """
    m, mt = len(z), len(w)
    z_even, w_even = (weights is None or bool(np.all(weights == weights[0])) for weights in (z_weights, w_weights))
    if z_even and w_even:
        return atoms(z, np.full(m, float(mt)), float(m * mt)), atoms(w, np.full(mt, float(m)), float(m * mt))
    wx = np.full(m, 1.0 / m) if z_weights is None else z_weights
    wy = np.full(mt, 1.0 / mt) if w_weights is None else w_weights
    return atoms(z, wx, 1.0), atoms(w, wy, 1.0)


def about_centre(z: Atoms, w: Atoms) -> tuple[np.ndarray, np.ndarray]:
    """Both clouds, translated together to put the middle of their means near the origin.

    Losses do not change, and rounding errors become relative to the spread of the clouds, not to where they lie. The
    middle is a rounded number, the same for both, and subtracting it loses nothing that matters.

    >>> a, b = atoms_of_both(np.array([[1e9], [1e9 + 2]]), np.array([[1e9 + 5]]), None, None)
    >>> [x.tolist() for x in about_centre(a, b)]
    [[[-3.0], [-1.0]], [[2.0]]]
    """
    centre = 0.5 * (z.probabilities @ z.points + w.probabilities @ w.points)  # [d]
    return z.points - centre, w.points - centre


def centred(z: Atoms, w: Atoms) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Each cloud about its own mean, and the difference of the means [d]: mean z - mean w.

    >>> a, b = atoms_of_both(np.array([[1.0], [3.0]]), np.array([[5.0]]), None, None)
    >>> [x.tolist() for x in centred(a, b)]
    [[[-1.0], [1.0]], [[0.0]], [-3.0]]
    """
    x, y = about_centre(z, w)
    x_mean, y_mean = z.probabilities @ x, w.probabilities @ y
    return x - x_mean, y - y_mean, x_mean - y_mean
