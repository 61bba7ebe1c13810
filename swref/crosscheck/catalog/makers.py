"""Makers of inputs that several parts of the catalogue share."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from swref.crosscheck.inputs import Inputs
from swref.spec import uniform_directions

Make = Callable[[np.random.Generator], Inputs]

# Few shapes, so that a target that compiles for each of them does so few times.
SMALL = (8, 8, 2, 8)  # n, m, d, L
USUAL = (64, 64, 3, 16)
UNEQUAL = (64, 48, 3, 16)


def clouds(
    n: int, m: int, d: int, L: int, p: float = 2.0, dtype: str = "float64", scale: float = 1.0, offset: float = 0.0
) -> Make:
    """Two Gaussian clouds of different mean and spread, and uniform directions, rounded to `dtype`."""

    def make(rng: np.random.Generator) -> Inputs:
        x = scale * (rng.standard_normal((n, d)) + offset)
        y = scale * (0.7 * rng.standard_normal((m, d)) + 0.5 + offset)
        return in_dtype(x, y, uniform_directions(rng, L, d), p, dtype=dtype)

    return make


def in_dtype(
    x: np.ndarray,
    y: np.ndarray,
    theta: np.ndarray,
    p: float = 2.0,
    x_weights: np.ndarray | None = None,
    y_weights: np.ndarray | None = None,
    dtype: str = "float64",
) -> Inputs:
    """Inputs with every array rounded to `dtype`; weights are rescaled to sum 1 before that.

    >>> in_dtype(np.array([[1 / 3]]), np.zeros((1, 1)), np.ones((1, 1)), dtype="bfloat16").x.tolist()
    [[0.333984375]]
    """

    def rounded(array: np.ndarray) -> np.ndarray:
        if dtype == "bfloat16":
            return to_bfloat16(array)
        with np.errstate(over="ignore", under="ignore"):
            return np.ascontiguousarray(array, dtype=dtype)

    wx, wy = (None if w is None else rounded(np.asarray(w) / np.sum(w)) for w in (x_weights, y_weights))
    return Inputs(rounded(x), rounded(y), rounded(theta), p, wx, wy, dtype)


def to_bfloat16(array: np.ndarray) -> np.ndarray:
    """The float32 array of the bfloat16 numbers nearest to `array`, ties to even."""
    bits = np.ascontiguousarray(array, dtype=np.float32).view(np.uint32)
    rounded = bits + np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))
    return (rounded & np.uint32(0xFFFF0000)).view(np.float32)
