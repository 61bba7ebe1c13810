"""What the eye needs of many numbers: thinning that keeps the extremes, a running mean, rows at equal distances."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from swref import checks
from swref.errors import InputError

TRACE_POINTS: Final = 5000
SMOOTHING_SHARE: Final = 0.05


def thin_extremes(values: ArrayLike, limit: int = TRACE_POINTS) -> np.ndarray:
    """Increasing indices [<= limit] of the values [T] to show: smallest and largest of each equal bin, first and last.

    A thinned line then covers the same band as the whole one. All indices where T <= limit; O(T). Raises InputError for
    limit < 4.

    >>> thin_extremes([0, 1, 9, 1, 0, 1, -5, 1], limit=6).tolist()
    [0, 2, 5, 6, 7]
    """
    series = _series(values)
    limit = checks.integer("limit", limit, minimum=4)
    if len(series) <= limit:
        return np.arange(len(series))
    size = math.ceil(len(series) / ((limit - 2) // 2))
    bins = math.ceil(len(series) / size)
    padded = np.pad(series, (0, bins * size - len(series)), mode="edge").reshape(bins, size)
    first = size * np.arange(bins)
    # The padding repeats the last value, and argmin and argmax return the first of equals: never a padded index.
    return np.unique(
        np.concatenate([first + padded.argmin(axis=1), first + padded.argmax(axis=1), [0, len(series) - 1]])
    )


def running_mean(values: ArrayLike, share: float = SMOOTHING_SHARE) -> tuple[np.ndarray, np.ndarray]:
    """Indices [k] along the values [T] and the mean [k] over a window around each, cut at both ends of the run.

    The window is `share` of the run, and k <= 20 / share + 1 windows are averaged: O(T) in all. Each is summed afresh,
    since differences of cumulative sums would lose a loss that falls by many orders of magnitude. A mean and not a
    median: batch losses average to the population loss F(u), the quantity that floors are known for.

    >>> index, mean = running_mean([1.0, 2.0, 3.0, 8.0], share=0.75)
    >>> index.tolist(), mean.tolist()
    ([0, 1, 2, 3], [1.5, 2.0, 4.333333333333333, 5.5])
    """
    series, share = _series(values), checks.number("share", share, above=0.0, maximum=1.0)
    half = int(share * len(series)) // 2
    index = np.unique(np.linspace(0, len(series) - 1, min(len(series), int(20 / share) + 1)).astype(int))
    return index, np.array([series[max(0, t - half) : t + half + 1].mean() for t in index])


def _series(values: ArrayLike) -> np.ndarray:
    """Values [T], T >= 1, of any kind: NaN too."""
    series = checks.float_array("values", values)
    if series.ndim != 1 or series.size == 0:
        raise InputError(f"values must have the shape [T], T >= 1, got {series.shape}")
    return series.astype(np.float64)


def evenly(n: int, limit: int) -> np.ndarray:
    """Indices of at most `limit` of n rows at equal distances: rows sorted by class keep their proportions."""
    return np.arange(n) if n <= limit else np.arange(limit) * n // limit
