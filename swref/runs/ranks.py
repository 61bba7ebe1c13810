"""Ranks in place of values: a distance that no outlier decides."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from swref.measures import Discrete


@dataclass(frozen=True, eq=False)
class Ranks:
    """Each column's mid-distribution function under some points: r(z) = (F(z-) + F(z))/2, in [0, 1]."""

    values: list[np.ndarray]  # [k_j] distinct values of each column
    cumulative: list[np.ndarray]  # [k_j + 1] mass below each, and 1

    @classmethod
    def of(cls, data: Discrete) -> Ranks:
        """Of weighted points [m, d]."""
        weights = np.full(data.m, 1 / data.m) if data.weights is None else data.weights
        values, cumulative = [], []
        for column in data.points.T:
            distinct, index = np.unique(column, return_inverse=True)
            values.append(distinct)
            cumulative.append(np.concatenate(([0.0], np.cumsum(np.bincount(index, weights)))))
        return cls(values, cumulative)

    def __call__(self, points: Discrete) -> Discrete:
        """The points with ranks for values.

        >>> Ranks.of(Discrete([[0.0], [0.0], [5.0], [1e9]]))(Discrete([[0.0], [3.0], [1e9]])).points.ravel()
        array([0.25 , 0.5  , 0.875])
        """
        ranks = np.empty_like(points.points)
        for j, (values, below) in enumerate(zip(self.values, self.cumulative, strict=True)):
            z = points.points[:, j]
            left, right = (below[np.searchsorted(values, z, side=side)] for side in ("left", "right"))
            ranks[:, j] = (left + right) / 2
        return Discrete(ranks, points.weights)
