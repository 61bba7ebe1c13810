"""The conventions in which libraries return a sliced Wasserstein loss, in one descriptor with its converters."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Final

import numpy as np

from swref.checks import number, one_of
from swref.errors import InputError

RETURNS: Final = ("sw_pp", "sw", "mean")
LAYOUTS: Final = ("ld", "dl", "own")
REDUCTIONS: Final = ("mean", "sum")


@dataclass(frozen=True)
class Convention:
    """What a loss returns and how it takes its directions.

    returns:     "sw_pp"  (1/L) sum_l W_l^p                no root
                 "sw"     ((1/L) sum_l W_l^p)^(1/p)        the root of the mean
                 "mean"   (1/L) sum_l W_l                  the mean of the roots
    directions:  "ld" theta [L, d],  "dl" theta [d, L],  "own" drawn by the loss itself
    points, slices: "mean", or "sum" where the 1/n or the 1/L is left out
    factor:      a constant before the p-th powers, such as 1/p

    Raises InputError for another name.

    >>> convention = Convention("sw")
    >>> round(convention.value(np.array([1.0, 7.0]), p=2.0, n=5), 3)
    2.0
    """

    returns: str = "sw_pp"
    directions: str = "ld"
    points: str = "mean"
    slices: str = "mean"
    factor: float = 1.0

    def __post_init__(self) -> None:
        one_of("returns", self.returns, RETURNS)
        one_of("directions", self.directions, LAYOUTS)
        one_of("points", self.points, REDUCTIONS)
        one_of("slices", self.slices, REDUCTIONS)
        object.__setattr__(self, "factor", number("factor", self.factor, above=0.0))

    @property
    def own_directions(self) -> bool:
        """Whether the loss draws its directions itself."""
        return self.directions == "own"

    def _scale(self, n: int) -> float:
        return self.factor * (n if self.points == "sum" else 1)

    def _slices(self, L: int) -> float:
        return 1.0 if self.slices == "sum" else 1.0 / L

    def value(self, losses: np.ndarray, p: float, n: int) -> float:
        """The number that this convention gives to W_p^p [L] of the directions, between measures of n points.

        >>> Convention("mean", slices="sum").value(np.array([1.0, 4.0]), p=2.0, n=5)
        3.0
        """
        c, s = self._scale(n), self._slices(len(losses))
        if self.returns == "mean":
            return float(np.sum((c * losses) ** (1 / p)) * s)
        total = float(np.sum(c * losses) * s)
        return total ** (1 / p) if self.returns == "sw" else total

    def slopes(self, losses: np.ndarray, p: float, n: int) -> np.ndarray | None:
        """The derivative [L] of `value` in every W_l^p; None where a root is taken of 0, which has no derivative.

        >>> Convention("sw_pp").slopes(np.array([1.0, 4.0]), p=2.0, n=5)
        array([0.5, 0.5])
        >>> Convention("sw").slopes(np.zeros(2), p=2.0, n=5) is None
        True
        """
        c, s = self._scale(n), self._slices(len(losses))
        if self.returns == "sw_pp" or p == 1:
            return np.full(len(losses), c * s)
        base = c * losses if self.returns == "mean" else np.full(len(losses), np.sum(c * losses) * s)
        if (base == 0).any():
            return None
        return c * s * base ** (1 / p - 1) / p

    def gradient_of_power(self, value: float, gradient: np.ndarray, p: float, n: int, L: int) -> np.ndarray:
        """The gradient of SW_p^p from a value and a gradient in this convention.

        Raises InputError for the mean of the roots with p > 1: SW_p^p is no function of it.

        >>> Convention("sw").gradient_of_power(2.0, np.array([1.0]), p=2.0, n=5, L=3)
        array([4.])
        """
        if self.returns == "mean" and p != 1:
            raise InputError("returns must be sw or sw_pp for this: SW_p^p does not follow from the mean of the roots")
        outer = p * value ** (p - 1) if self.returns == "sw" else 1.0
        return gradient * (outer / (self._scale(n) * self._slices(L) * L))

    def theta(self, theta: np.ndarray) -> np.ndarray:
        """theta [L, d] in the layout of this convention, contiguous."""
        return np.ascontiguousarray(theta.T) if self.directions == "dl" else theta

    def to_dict(self) -> dict[str, str | float]:
        """The descriptor in JSON's types."""
        return asdict(self)
