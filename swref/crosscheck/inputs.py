"""What one evaluation of a sliced Wasserstein loss is given, and the precision it is given in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from swref.spec import project

# Unit roundoff doubled (the spacing at 1) and the smallest normal number of every format. NumPy has no bfloat16: such
# inputs are float32 arrays whose entries are bfloat16 numbers, and an adapter casts them without a rounding.
EPS: Final = {"float64": 2.0**-52, "float32": 2.0**-23, "float16": 2.0**-10, "bfloat16": 2.0**-7}
TINY: Final = {"float64": 2.0**-1022, "float32": 2.0**-126, "float16": 2.0**-14, "bfloat16": 2.0**-126}
LARGEST: Final = {
    "float64": float(np.finfo(np.float64).max),
    "float32": float(np.finfo(np.float32).max),
    "float16": 65504.0,
    "bfloat16": float(np.finfo(np.float32).max) * (2 - 2.0**-7) / (2 - 2.0**-23),
}


@dataclass(frozen=True)
class Inputs:
    """Points x [n, d] and y [m, d], unit directions theta [L, d], the order p, weights [n], [m] or None: uniform.

    `dtype` names the precision of the numbers: that of the arrays, or bfloat16 for bfloat16 numbers in float32 arrays.

    >>> inputs = Inputs(np.zeros((4, 2)), np.ones((3, 2)), np.eye(2))
    >>> inputs.n, inputs.m, inputs.d, inputs.L, inputs.uniform, inputs.shape_key
    (4, 3, 2, 2, True, 'float64 n4 m3 d2 L2 p2')
    """

    x: np.ndarray
    y: np.ndarray
    theta: np.ndarray
    p: float = 2.0
    x_weights: np.ndarray | None = None
    y_weights: np.ndarray | None = None
    dtype: str = "float64"

    @property
    def n(self) -> int:
        """The number of points of x."""
        return self.x.shape[0]

    @property
    def m(self) -> int:
        """The number of points of y."""
        return self.y.shape[0]

    @property
    def d(self) -> int:
        """The dimension of the points."""
        return self.x.shape[1]

    @property
    def L(self) -> int:
        """The number of directions."""
        return self.theta.shape[0]

    @property
    def uniform(self) -> bool:
        """Whether both measures have uniform weights."""
        return self.x_weights is None and self.y_weights is None

    @property
    def eps(self) -> float:
        """The spacing of the precision at 1."""
        return EPS[self.dtype]

    @property
    def tiny(self) -> float:
        """The smallest normal number of the precision."""
        return TINY[self.dtype]

    @property
    def half(self) -> bool:
        """Whether the precision is one of 16 bits."""
        return self.dtype in ("float16", "bfloat16")

    def sum_error(self, terms: float) -> float:
        """The relative error that a sum of `terms` rounded numbers may have: 16 eps sqrt(terms), 8 eps in 16 bits.

        Rounding errors add up like a random walk; the factor covers the handful of operations of each term.
        """
        return 8 * self.eps if self.half else 16 * self.eps * terms**0.5

    @property
    def shape_key(self) -> str:
        """What a just-in-time compiler specialises on: cases with one key share a compilation."""
        weights = "" if self.uniform else " weighted"
        return f"{self.dtype} n{self.n} m{self.m} d{self.d} L{self.L} p{self.p:g}{weights}"

    def swapped(self) -> Inputs:
        """x and y in each other's place: the loss is symmetric, so the gradient in y is the one in x here."""
        return replace(self, x=self.y, y=self.x, x_weights=self.y_weights, y_weights=self.x_weights)

    def in_float64(self) -> Inputs:
        """The same numbers in float64 arrays in C order."""
        plain = [np.array(array, dtype=np.float64, order="C") for array in (self.x, self.y, self.theta)]
        weights = [None if w is None else np.array(w, dtype=np.float64) for w in (self.x_weights, self.y_weights)]
        return Inputs(*plain, self.p, *weights)

    def projections(self) -> tuple[np.ndarray, np.ndarray]:
        """theta_l . x_i [L, n] and theta_l . y_j [L, m] in float64."""
        exact = self.in_float64()
        return project(exact.x, exact.theta), project(exact.y, exact.theta)

    def rounding(self) -> np.ndarray:
        """delta [L]: how far a projection computed in the inputs' precision may lie from the exact one.

            delta_l = 2 (d + 1) eps max_i sum_k |theta_lk| |x_ik| + the smallest normal number

        over both clouds: twice the bound of the worst order of d products and sums, each rounded once. In the half
        formats eps in place of 2 (d + 1) eps: sums are accumulated in float32 there, and rounded once.
        """
        exact = self.in_float64()
        size = np.zeros(self.L)
        for cloud in (exact.x, exact.y):
            size = np.maximum(size, project(np.abs(cloud), np.abs(exact.theta)).max(axis=1))
        return (1 if self.half else 2 * (self.d + 1)) * self.eps * size + self.tiny

    def smallest_gap(self) -> float:
        """The smallest gap between neighbouring projections of x, over all directions: 0 at a tie, inf for n = 1.

        >>> Inputs(np.array([[0.0], [1.0], [1.5]]), np.zeros((1, 1)), np.ones((1, 1))).smallest_gap()
        0.5
        """
        px, _ = self.projections()
        if px.shape[1] == 1:
            return float("inf")
        return float(np.diff(np.sort(px, axis=1), axis=1).min())
