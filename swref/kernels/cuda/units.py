"""Weights as whole numbers: cumulative weights that are exact, in any order of adding, without float64 on the GPU."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Units:
    """Weights as whole numbers of 1 / total, so that cumulative weights are exact in any order of adding.

    Uniform ones are whole shares of the total on either side; others are rounded to 2^-60 or so of it.
    """

    total: int
    x: np.ndarray  # [n] int64
    y: np.ndarray  # [m] int64
    rounding: int  # levels that are given as floating-point numbers coincide when they do to this (spec.potential)

    @classmethod
    def of(cls, n: int, m: int, wx: np.ndarray | None, wy: np.ndarray | None) -> Units:
        """Of the weights of n and m points; None: uniform.

        >>> Units.of(2, 3, None, None).x.tolist(), Units.of(2, 3, None, None).y.tolist()
        ([3, 3], [2, 2, 2])
        """
        if wx is None and wy is None:
            return cls(n * m, np.full(n, m), np.full(m, n), 0)
        share = n if wx is None else m if wy is None else 1
        total = share * ((1 << 60) // share)
        rounding = int((n + m) * np.finfo(np.float64).eps * total)
        return cls(total, _whole(wx, n, total), _whole(wy, m, total), rounding)


def _whole(weights: np.ndarray | None, n: int, total: int) -> np.ndarray:
    if weights is None:
        return np.full(n, total // n)
    units = np.rint(weights * total).astype(np.int64)
    units[np.argmax(units)] += total - units.sum()
    return units
