"""A cloud as it is asked for: a source and its weights, which are read as whole masses."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from swref import checks
from swref.distributed.sources import Source, source_of
from swref.errors import InputError

MASS_UNIT: Final = 1 << 61  # the sum of weights, as whole numbers
MOST_WEIGHTED: Final = 1 << 31  # points: sums of the low words of their masses fit


@dataclass(frozen=True)
class Cloud:
    """Points [n, d] and their weights [n, 1], None where all are equal."""

    points: Source
    weights: Source | None = None

    @property
    def rows(self) -> int:
        """The points."""
        return self.points.rows

    def between(self, start: int, stop: int) -> Cloud:
        """Some of its points."""
        return Cloud(self.points.between(start, stop), self.weights and self.weights.between(start, stop))

    def weights_of(self, start: int, stop: int) -> np.ndarray | None:
        """The weights of some points, float64. Raises InputError for one that is negative or not finite."""
        if self.weights is None:
            return None
        w = self.weights.read(start, stop)[:, 0].astype(np.float64)
        bad = np.flatnonzero(~((w >= 0) & (w <= 2)))
        if len(bad):
            row = int(bad[0])
            must = "non-negative" if w[row] < 0 else "finite" if not np.isfinite(w[row]) else "at most 1"
            raise InputError(f"{self.weights.name} must be {must}, got {w[row]} at [{start + row}]")
        return w

    def masses(self, start: int, stop: int) -> np.ndarray | None:
        """The same as whole masses, each within 1/2 of weight 2^61."""
        w = self.weights_of(start, stop)
        return None if w is None else np.rint(w * MASS_UNIT).astype(np.int64)

    def check_total(self, total: float) -> None:
        """Raise InputError unless the sum of all weights is 1, within rounding."""
        if self.weights is None:
            return
        eps = float(np.finfo(self.weights.dtype).eps)
        if not abs(total - 1) <= 1e-6 + eps * self.rows**0.5:
            raise InputError(f"{self.weights.name} must sum to 1, got a sum of {total:.9g}")


def cloud_of(name: str, points: Any, weights: Any, columns: tuple[str | int, ...] = ()) -> Cloud:
    """The cloud of the argument `name`, with weights [n] or the path of an .npy of them. Errors as of source_of.

    >>> cloud_of("x", np.zeros((2, 1)), [0.25, 0.75]).masses(0, 1) / MASS_UNIT
    array([0.25])
    """
    source = source_of(name, points, columns)
    if weights is None:
        return Cloud(source)
    label = f"{name}_weights"
    if source.rows >= MOST_WEIGHTED:
        raise InputError(f"{label} must be of fewer than 2^31 points, got {source.rows}")
    if not isinstance(weights, (str, os.PathLike)):
        given = checks.float_array(label, weights)
        if given.shape != (source.rows,):
            raise InputError(f"{label} must have shape ({source.rows},), one weight a point, got {given.shape}")
        return Cloud(source, source_of(label, given.reshape(-1, 1)))
    masses = source_of(label, weights)
    if (masses.rows, masses.dim) != (source.rows, 1):
        shape = masses.rows, masses.dim
        raise InputError(f"{label} must have shape ({source.rows},), one weight a point, got {shape}")
    return Cloud(source, masses)
