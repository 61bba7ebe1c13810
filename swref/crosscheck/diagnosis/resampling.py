"""Quantiles at other levels than those of the points, and portions of points or directions that are left out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np

from swref.crosscheck.diagnosis.mistake import Rows, changed, mistakes, turned
from swref.crosscheck.diagnosis.sizes import WHERE, Sides, both, other_numbers
from swref.crosscheck.inputs import Inputs

METHODS: Final = ("lower", "higher", "midpoint", "hazen", "weibull", "median_unbiased", "inverted_cdf")


def _grid(levels: np.ndarray) -> Sides:
    return lambda px, py: (np.quantile(px, levels, axis=1).T, np.quantile(py, levels, axis=1).T)


def _percentiles(K: int) -> Sides:
    return _grid(np.linspace(0, 1, K))


def _by_method(method: str) -> Callable[[np.ndarray, int], np.ndarray]:
    """Quantiles at levels from 0 to 1 by a method of np.quantile."""
    return lambda p, K: np.quantile(p, np.linspace(0, 1, K), axis=1, method=method).T  # type: ignore[call-overload]


def _at_levels_of_both(px: np.ndarray, py: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Quantile functions interpolated linearly between i/n, at the levels of both sides."""
    own = [np.arange(1, p.shape[1] + 1) / p.shape[1] for p in (px, py)]
    levels = np.union1d(*own)
    qx, qy = (np.stack([np.interp(levels, at, row) for row in p]) for at, p in zip(own, (px, py), strict=True))
    return qx, qy


def _strides(p: np.ndarray, K: int) -> np.ndarray:
    return p[:, :: max(1, p.shape[1] // K)][:, :K]


def _portions(size: int) -> Callable[[Inputs], Rows | None]:
    """Points in portions of `size`: the rest is left out."""

    def cut(z: np.ndarray) -> np.ndarray:
        return z if len(z) < size else z[: len(z) // size * size]

    def change(inputs: Inputs) -> Inputs | None:
        return replace(inputs, x=cut(inputs.x), y=cut(inputs.y)) if inputs.uniform else inputs

    return changed(change)


def _portions_of_directions(size: int) -> Callable[[Inputs], Rows | None]:
    return turned(lambda t: t if len(t) < size else t[: len(t) // size * size])


RESAMPLED: Final = mistakes(
    *(
        (
            f"{method}-quantiles-{size.__name__}",
            f"{size.__name__}(n, m) quantiles by the method {method!r} {WHERE}",
            other_numbers(both(_by_method(method), size)),
        )
        for method in METHODS
        for size in (max, min)
    ),
    (
        "merged-levels",
        f"quantile functions are interpolated linearly at the levels of both {WHERE}",
        other_numbers(_at_levels_of_both),
    ),
    ("whole-stride", f"every k-th sorted projection is taken, k = n // m, {WHERE}", other_numbers(both(_strides, min))),
)
PORTIONS: Final = mistakes(
    *(
        (f"portions-of-{k}", f"points come in portions of {k}: the rest is left out", _portions(k))
        for k in (2, 4, 5, 8, 10, 16, 32, 50)
    ),
    *(
        (f"directions-by-{k}", f"directions come in portions of {k}: the rest is left out", _portions_of_directions(k))
        for k in (2, 3, 4, 5, 6, 7, 10, 12)
    ),
)
GRIDS: Final = mistakes(
    *(
        (
            f"level-grid-{K}",
            f"quantiles at {K} levels from 0 to 1, linearly interpolated, in place of all points",
            other_numbers(_percentiles(K), True),
        )
        for K in (10, 11, 20, 21, 32, 50, 51, 64, 99, 100, 101, 128, 200, 201, 256, 500, 512, 1000)
    ),
    *(
        (
            f"midpoint-grid-{K}",
            f"quantiles at {K} midpoints of levels in place of all points",
            other_numbers(_grid((np.arange(K) + 0.5) / K), True),
        )
        for K in (10, 50, 100, 200, 1000)
    ),
    *(
        (
            f"level-grid-{K}-unequal",
            f"quantiles at {K} levels from 0 to 1, linearly interpolated, {WHERE}",
            other_numbers(_percentiles(K)),
        )
        for K in (50, 100, 101, 200, 1000)
    ),
)
