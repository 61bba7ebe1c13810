"""What a panel shows of a column: all of it or, where the tails are heavy, its middle; and in which power of ten."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from swref.plots.style import padded_limits

TAIL: Final = 0.01
HEAVY: Final = 3.0  # times the range between the two quantiles


def shown_limits(values: np.ndarray) -> tuple[float, float]:
    """The range of `values` [n], padded; from the 1 % to the 99 % quantile where it is more than three times that.

    >>> low, high = shown_limits(np.append(np.arange(1000.0), 1e6))
    >>> bool(low < 10 and 990 < high < 1100)
    True
    """
    middle = np.quantile(values, [TAIL, 1 - TAIL])
    heavy = np.ptp(values) > HEAVY * np.ptp(middle) > 0
    return padded_limits(middle if heavy else values)


def beyond(points: np.ndarray, limits: list[tuple[float, float]]) -> int:
    """How many of the points [n, d] the limits of the d columns leave out."""
    low, high = np.array(limits).T
    return int(np.any((points < low) | (points > high), axis=1).sum())


def power_of_ten(values: np.ndarray) -> int:
    """The power of ten to write `values` in: 0 where the largest is from 0.01 to below 100000 anyway.

    >>> power_of_ten(np.array([0.0, -2e7])), power_of_ten(np.array([300.0])), power_of_ten(np.zeros(2))
    (7, 0, 0)
    """
    largest = float(np.max(np.abs(values)))
    return 0 if largest == 0 or 0.01 <= largest < 1e5 else math.floor(math.log10(largest))


def in_powers(label: str, *columns: np.ndarray) -> tuple[str, tuple[np.ndarray, ...]]:
    """The label of an axis, with the power of ten that the columns are then in: beside no axis stands an exponent that
    covers another text.

    >>> in_powers("income", np.array([2e6, 4e6]))
    ('income [$10^{6}$]', (array([2., 4.]),))
    """
    power = power_of_ten(np.array(shown_limits(np.concatenate(columns))))
    if power == 0:
        return label, columns
    return f"{label} [$10^{{{power}}}$]", tuple(column / 10.0**power for column in columns)
