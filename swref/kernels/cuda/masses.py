"""The weights of both sides of a coupling in one unit, in which its levels are counted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Masses:
    """Weights of sum `total`, as spec.one_dimension.masses has them, in float64 whatever the points' dtype.

    Between uniform clouds they are whole numbers, half the total too: exact in any order of adding up to 2 n m = 2^53,
    so that levels that coincide do so exactly. Others are fractions of sum 1; their levels coincide to `rounding`.
    """

    x: float | None  # every point's; None: its own, `fractions` of what was given
    y: float | None
    total: float
    rounding: float  # relative

    @classmethod
    def of(cls, n: int, m: int, x_weighted: bool, y_weighted: bool) -> Masses:
        """Of n and m points, which have weights of their own or not.

        >>> Masses.of(2, 3, False, False)
        Masses(x=6.0, y=4.0, total=12.0, rounding=0.0)
        """
        if not (x_weighted or y_weighted):
            return cls(2.0 * m, 2.0 * n, 2.0 * n * m, 0.0)
        rounding = float((n + m) * np.finfo(np.float64).eps)
        return cls(None if x_weighted else 1 / n, None if y_weighted else 1 / m, 1.0, rounding)


def fractions(weights: np.ndarray) -> np.ndarray:
    """Weights [n] in float64, of sum 1."""
    return np.asarray(weights / np.sum(weights), np.float64)
