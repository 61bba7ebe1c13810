"""Grids of square images, data beside generated."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from swref import checks
from swref.plots.series import evenly
from swref.plots.style import Figure, new_figure, set_title, style

MAX_SIDE: Final = 1 << 15


def square_side(d: int) -> int | None:
    """The side of a square image of d pixels, d >= 16; None where d is smaller or no square.

    >>> square_side(64), square_side(65), square_side(9)
    (8, None, None)
    """
    side = math.isqrt(checks.integer("d", d, minimum=1))
    return side if side * side == d and d >= 16 else None


def image_grid_figure(target: ArrayLike, generated: ArrayLike, side: int, count: int = 64, title: str = "") -> Figure:
    """Grids of `count` images from target [n, side*side] and generated [m, side*side], side by side.

    Images lie row by row in each point and are taken at equal distances along the rows. Black and white are the least
    and the greatest value of the target on both sides; values beyond are cut. Raises InputError for points of another
    size or not finite, BackendError without matplotlib.

    >>> figure = image_grid_figure(np.eye(16), np.eye(16), side=4, count=9)
    >>> [panel.get_title() for panel in figure.axes]
    ['data', 'generated']
    """
    side, count = checks.integer("side", side, minimum=1, maximum=MAX_SIDE), checks.count("count", count)
    checks.text("title", title)
    x = checks.points("target", target, dim=side * side)
    y = checks.points("generated", generated, dim=side * side)
    shown = [images[evenly(len(images), count)] for images in (x, y)]
    most = max(map(len, shown))
    columns = math.isqrt(most - 1) + 1
    rows = math.ceil(most / columns)
    with style():
        figure, grid = new_figure("double", 0.5 * rows / columns + 0.04, ncols=2)
        figure.set_layout_engine("constrained", wspace=0.08)  # wider than the gap between two images
        for axes, images, name in zip(grid[0], shown, ("data", "generated"), strict=True):
            mosaic = _mosaic(images, side, rows, columns)
            axes.imshow(mosaic, cmap="gray", vmin=x.min(), vmax=x.max(), interpolation="nearest")
            axes.set_title(name)
            axes.set_axis_off()
        set_title(figure, title)
    return figure


def _mosaic(images: np.ndarray, side: int, rows: int, columns: int) -> np.ndarray:
    """The images [k, side*side] as one, `columns` in a row, kept apart by NaN, which is drawn white."""
    gap = 1 + side // 16
    cell = side + gap
    cells = np.full((rows * columns, cell, cell), np.nan)
    cells[: len(images), :side, :side] = images.reshape(-1, side, side)
    return cells.reshape(rows, columns, cell, cell).swapaxes(1, 2).reshape(rows * cell, columns * cell)[:-gap, :-gap]
