"""Two clouds whose points would cover each other: shades and lines around half and nine tenths of each."""

from __future__ import annotations

from typing import Final

import numpy as np

from swref.plots.style import GENERATED, TARGET, Axes

Limits = tuple[float, float]

SHARES: Final = (0.9, 0.5)  # of a cloud inside a line
CELLS: Final = 64  # of a grid, along each side
BLUR: Final = 1.5  # cells, the standard deviation of the smoothing


def coverage(points: np.ndarray, limits: tuple[Limits, Limits], mark: float, panel: float) -> float:
    """How many marks, of area `mark` in a `panel` of so much, lie over that of a point of points [n, 2], on average."""
    counts = _counts(points, limits, CELLS // 2)
    others = (counts * (counts - 1)).sum() / max(1.0, counts.sum())
    return float(others * mark / (panel / counts.size))


def levels_of(density: np.ndarray, shares: tuple[float, ...] = SHARES) -> list[float]:
    """For each share the level above which the densest cells hold it: increasing for shares that fall.

    >>> levels_of(np.array([[4.0, 3.0], [2.0, 1.0]]), (0.9, 0.4))
    [2.0, 4.0]
    """
    falling = np.sort(density, axis=None)[::-1]
    held = np.cumsum(falling) / falling.sum()
    return [float(falling[np.searchsorted(held, share * (1 - 1e-12))]) for share in shares]


def draw_densities(axes: Axes, x: np.ndarray, y: np.ndarray, limits: tuple[Limits, Limits]) -> None:
    """Shades for x [n, 2], lines for y [m, 2]: half and nine tenths of the points inside the limits are within."""
    from scipy.ndimage import gaussian_filter

    centres = [low + (np.arange(CELLS) + 0.5) * (high - low) / CELLS for low, high in limits]
    for points, colour, filled in ((x, TARGET, True), (y, GENERATED, False)):
        density = gaussian_filter(_counts(points, limits, CELLS), BLUR).T
        if not density.any():
            continue
        levels = levels_of(density)
        if levels[0] == levels[1]:
            levels = levels[:1]
        if filled:
            for level, alpha in zip(levels, (0.25, 0.45), strict=False):
                axes.contourf(*centres, density, [level, 2 * density.max()], colors=[colour], alpha=alpha)
        else:
            axes.contour(*centres, density, levels, colors=[colour], linewidths=1.0)


def _counts(points: np.ndarray, limits: tuple[Limits, Limits], cells: int) -> np.ndarray:
    """The points [n, 2] in each of cells x cells inside the limits."""
    return np.asarray(np.histogram2d(points[:, 0], points[:, 1], bins=cells, range=limits)[0])
