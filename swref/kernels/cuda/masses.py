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

    x: np.ndarray  # [n] float64
    y: np.ndarray  # [m] float64
    total: float
    rounding: float  # relative

    @classmethod
    def of(cls, n: int, m: int, wx: np.ndarray | None, wy: np.ndarray | None) -> Masses:
        """Of the weights of n and m points; None: uniform.

        >>> masses = Masses.of(2, 3, None, None)
        >>> masses.x.tolist(), masses.y.tolist(), masses.total
        ([6.0, 6.0], [4.0, 4.0, 4.0], 12.0)
        """
        if wx is None and wy is None:
            return cls(np.full(n, 2.0 * m), np.full(m, 2.0 * n), 2.0 * n * m, 0.0)
        return cls(_fractions(wx, n), _fractions(wy, m), 1.0, float((n + m) * np.finfo(np.float64).eps))


def _fractions(weights: np.ndarray | None, n: int) -> np.ndarray:
    return np.full(n, 1 / n) if weights is None else weights / np.sum(weights)
