"""Grids of images, data beside generated."""

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


def image_grid_figure(
    target: ArrayLike, generated: ArrayLike, height: int, width: int, count: int = 64, title: str = ""
) -> Figure:
    """Grids of `count` images from target [n, height*width] and generated [m, height*width], side by side.

    Images lie row by row in each point and are taken at equal distances along the rows. Black and white are the least
    and the greatest value of the target on both sides; values beyond are cut. Raises InputError for points of another
    size or not finite, BackendError without matplotlib.

    >>> figure = image_grid_figure(np.eye(16), np.eye(16), 4, 4, count=9)
    >>> [panel.get_title() for panel in figure.axes]
    ['data', 'generated']
    """
    height = checks.integer("height", height, minimum=1, maximum=MAX_SIDE)
    width, count = checks.integer("width", width, minimum=1, maximum=MAX_SIDE), checks.count("count", count)
    checks.text("title", title)
    x = checks.points("target", target, dim=height * width)
    y = checks.points("generated", generated, dim=height * width)
    shown = [images[evenly(len(images), count)] for images in (x, y)]
    most = max(map(len, shown))
    columns = min(most, math.ceil(math.sqrt(most * height / width)))  # about as wide as high
    rows = math.ceil(most / columns)
    with style():
        figure, grid = new_figure("double", 0.5 * rows * height / (columns * width) + 0.04, ncols=2)
        figure.set_layout_engine("constrained", wspace=0.08)  # wider than the gap between two images
        for axes, images, name in zip(grid[0], shown, ("data", "generated"), strict=True):
            mosaic = _mosaic(images.reshape(-1, height, width), rows, columns)
            axes.imshow(mosaic, cmap="gray", vmin=x.min(), vmax=x.max(), interpolation="nearest")
            axes.set_title(name)
            axes.set_axis_off()
        set_title(figure, title)
    return figure


def _mosaic(images: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """The images [k, height, width] as one, `columns` in a row, kept apart by NaN, which is drawn white."""
    k, h, w = images.shape
    gap = 1 + min(h, w) // 16
    cells = np.full((rows * columns, h + gap, w + gap), np.nan)
    cells[:k, :h, :w] = images
    grid = cells.reshape(rows, columns, h + gap, w + gap).swapaxes(1, 2)
    return grid.reshape(rows * (h + gap), columns * (w + gap))[:-gap, :-gap]
