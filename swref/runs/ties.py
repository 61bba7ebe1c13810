"""Columns with ties, whole numbers or many zeros: a continuous network smears them, a map of quantiles mends that.

A column is tied if its training points repeat: at most half of them are distinct values, or one value has a twentieth
of the mass and five points. The map takes a generated value z, of rank F(z) among the values that the generator makes,
to the training points' quantile of that rank, Q(F(z)): the column has their law, whatever the generator's own was, and
the order of its points stays. Only training points decide and make it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from swref.measures import Discrete

KINDS = ("map", "none")
DISTINCT = 0.5  # at most this share of the points: tied
ATOM, ATOM_POINTS = 0.05, 5  # at least this much mass and so many points at one value: tied
REFERENCE = 1 << 13  # points of the generator whose ranks stand for its law


@dataclass(frozen=True, eq=False)
class Ties:
    """The tied columns of training points, and the quantile function of each, in the data's units."""

    columns: tuple[int, ...] = ()
    values: tuple[np.ndarray, ...] = ()  # [k_j] distinct, increasing
    cumulative: tuple[np.ndarray, ...] = ()  # [k_j] mass up to each, the last 1

    @classmethod
    def of(cls, train: Discrete) -> Ties:
        """Of the training points, not scaled.

        >>> Ties.of(Discrete([[0.0, 0.1], [0.0, 0.7], [1.0, 0.2], [1.0, 0.4]])).columns
        (0,)
        """
        found = {}
        weights = np.full(train.m, 1 / train.m) if train.weights is None else train.weights  # [m]
        for j in range(train.dim):
            values, index, counts = np.unique(train.points[:, j], return_inverse=True, return_counts=True)
            mass = np.bincount(index, weights)  # [k]
            atom = (mass >= ATOM) & (counts >= ATOM_POINTS)
            if len(values) <= DISTINCT * train.m or atom.any():
                found[j] = values[mass > 0], np.cumsum(mass[mass > 0])
        return cls(tuple(found), tuple(v for v, _ in found.values()), tuple(c / c[-1] for _, c in found.values()))

    def map(self, points: np.ndarray, reference: np.ndarray) -> np.ndarray:
        """points [n, d] of the generator with their tied columns mapped; reference [N, d], others of its points.

        >>> ties = Ties((0,), (np.array([0.0, 1.0]),), (np.array([0.75, 1.0]),))
        >>> ties.map(np.array([[0.1], [0.9]]), np.linspace(0, 1, 101)[:, None]).ravel()
        array([0., 1.])
        """
        mapped = points.copy()
        ranks = (np.arange(len(reference)) + 0.5) / len(reference)  # [N]
        for j, values, cumulative in zip(self.columns, self.values, self.cumulative, strict=True):
            rank = np.interp(points[:, j], np.sort(reference[:, j]), ranks)  # [n], in ]0, 1[
            mapped[:, j] = values[np.searchsorted(cumulative, rank, side="right")]
        return mapped

    def to_arrays(self) -> dict[str, np.ndarray]:
        """For a file of arrays; `from_arrays` reads them back."""
        arrays: dict[str, np.ndarray] = {"tied": np.array(self.columns, dtype=np.int64)}
        for j, values, cumulative in zip(self.columns, self.values, self.cumulative, strict=True):
            arrays |= {f"tied_values_{j}": values, f"tied_cumulative_{j}": cumulative}
        return arrays

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Any]) -> Ties:
        """What to_arrays gave; no ties where there are none, as in older files. ValueError where they do not fit."""
        columns = tuple(int(j) for j in arrays.get("tied", ()))
        values = tuple(arrays[f"tied_values_{j}"] for j in columns)
        cumulative = tuple(arrays[f"tied_cumulative_{j}"] for j in columns)
        for v, c in zip(values, cumulative, strict=True):
            if v.ndim != 1 or v.shape != c.shape or not len(v) or c[-1] != 1 or not _increasing(v):
                raise ValueError("the quantiles of its tied columns are none")
        return cls(columns, values, cumulative)


def _increasing(values: np.ndarray) -> bool:
    return bool(np.isfinite(values).all() and (np.diff(values) > 0).all())


def names_of(columns: Iterable[int], names: tuple[str, ...] | None) -> list[str]:
    """Names of columns, or their numbers from 0."""
    return [str(j) if names is None else names[j] for j in columns]
