"""What one evaluation of a sliced Wasserstein loss is given, and the precision it is given in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from swref import checks
from swref.errors import InputError, InputTypeError
from swref.messages import json_number
from swref.spec import project

# Unit roundoff doubled (the spacing at 1) and the smallest normal number of every format. NumPy has no bfloat16: such
# inputs are float32 arrays whose entries are bfloat16 numbers, and an adapter casts them without a rounding.
EPS: Final = {"float64": 2.0**-52, "float32": 2.0**-23, "float16": 2.0**-10, "bfloat16": 2.0**-7}
TINY: Final = {"float64": 2.0**-1022, "float32": 2.0**-126, "float16": 2.0**-14, "bfloat16": 2.0**-126}


@dataclass(frozen=True, eq=False)
class Inputs:
    """Points x [n, d] and y [m, d], unit directions theta [L, d], the order p, weights [n], [m] or None: uniform.

    `dtype` names the precision of the numbers: that of the arrays, or bfloat16 for bfloat16 numbers in float32 arrays.
    Numbers may be anything, NaN too. Raises InputError for another shape or dtype.

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

    def __post_init__(self) -> None:
        checks.order(self.p)
        stored = "float32" if checks.one_of("dtype", self.dtype, EPS) == "bfloat16" else self.dtype
        for name, array in self.arrays().items():
            checks.unmasked(name, array)
        for name, array in (("x", self.x), ("y", self.y), ("theta", self.theta)):
            if not isinstance(array, np.ndarray) or array.ndim != 2 or 0 in array.shape or array.dtype.name != stored:
                got = f"{array.dtype} {array.shape}" if isinstance(array, np.ndarray) else type(array).__name__
                raise InputError(f"{name} must be an array [rows, columns] of {stored} (dtype {self.dtype}), got {got}")
        if self.y.shape[1] != self.theta.shape[1]:
            raise InputError(f"y must have {self.theta.shape[1]} columns, as theta has, got {self.y.shape[1]}")
        for name, weights, size in (("x_weights", self.x_weights, self.n), ("y_weights", self.y_weights, self.m)):
            if weights is not None and not isinstance(weights, np.ndarray):
                raise InputTypeError(f"{name} must be an array [{size}], got {checks.shown(weights)}")
            if weights is not None and (weights.shape != (size,) or weights.dtype not in checks.FLOATS):
                raise InputError(f"{name} must be an array [{size}] of floats, got {weights.dtype} {weights.shape}")

    @property
    def n(self) -> int:
        """The number of points of x."""
        return len(self.x)

    @property
    def m(self) -> int:
        """The number of points of y."""
        return len(self.y)

    @property
    def d(self) -> int:
        """The dimension of the points."""
        return int(self.x.shape[1])

    @property
    def L(self) -> int:
        """The number of directions."""
        return len(self.theta)

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

    def arrays(self) -> dict[str, np.ndarray]:
        """The arrays by name, without weights that are None."""
        named = {"x": self.x, "y": self.y, "theta": self.theta}
        weights = {"x_weights": self.x_weights, "y_weights": self.y_weights}
        return named | {name: w for name, w in weights.items() if w is not None}

    def swapped(self) -> Inputs:
        """x and y in each other's place: the loss is symmetric, so the gradient in y is the one in x here."""
        return replace(self, x=self.y, y=self.x, x_weights=self.y_weights, y_weights=self.x_weights)

    def in_float64(self) -> Inputs:
        """The same numbers in float64 arrays in C order."""
        x, y, theta = (np.array(array, dtype=np.float64, order="C") for array in (self.x, self.y, self.theta))
        wx, wy = (None if w is None else np.array(w, dtype=np.float64) for w in (self.x_weights, self.y_weights))
        return Inputs(x, y, theta, self.p, wx, wy)

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

    def smooth_step(self) -> float | None:
        """The largest step of one coordinate of one point that changes no order: a finite difference with it is smooth.

        Moving a coordinate by h moves a projection by at most h: half the smallest gap, a tenth of it for margin. For
        p < 2 the pairs must keep the sign of D too. None where no step exists: at a tie, or where rounding exceeds it.

        >>> Inputs(np.array([[0.0], [1.0]]), np.array([[0.2], [0.7]]), np.ones((1, 1))).smooth_step()
        0.05
        """
        gap = self.smallest_gap()
        if self.p < 2:
            px, py = self.projections()
            gap = min(gap, float(np.abs(px[:, :, None] - py[:, None, :]).min()))
        if np.isinf(gap):
            gap = max(1.0, float(np.abs(self.in_float64().x).max()))
        step = gap / 20
        return step if step > 1e3 * float(self.rounding().max()) else None

    def describe(self) -> dict[str, Any]:
        """What the arrays look like, in JSON's types."""
        described: dict[str, Any] = {"p": self.p, "dtype": self.dtype}
        for name, array in self.arrays().items():
            described[name] = {
                "shape": list(array.shape),
                "dtype": str(array.dtype),
                "strides": list(array.strides),
                "writeable": bool(array.flags.writeable),
                "first": [json_number(float(v)) for v in array.ravel()[:6]],
            }
        return described
