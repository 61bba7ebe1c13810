"""Where generated points are wrong: quantiles of each column against the data's, and the correlations of the pairs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from swref import checks
from swref.errors import InputTypeError
from swref.plots.loading import load_matplotlib
from swref.plots.ranges import in_powers
from swref.plots.samples import axis_labels
from swref.plots.style import (
    GENERATED,
    Axes,
    Figure,
    new_figure,
    padded_limits,
    set_title,
    style,
)

LEVELS: Final = np.linspace(0.01, 0.99, 99)
MOST_COLUMNS: Final = 11  # panels of quantiles; one more is that of the correlations
MOST_PAIRS: Final = 5000
IN_A_ROW: Final = 4


def columns_figure(
    held_out: ArrayLike,
    generated: ArrayLike,
    names: Sequence[str] | None = None,
    *,
    order: Sequence[int] | None = None,
    title: str = "",
) -> Figure:
    """Generated [m, d] against held-out [n, d] points: the quantiles, 1 % to 99 %, of each column, worst first, and the
    correlation of each pair of columns. A generator without error is on the diagonals.

    order: the columns to show, worst first; without it worst is the mean distance of the quantiles in units of the
    middle half of the held-out ones. Of more than 11 columns the worst 11 are shown, as the title says; correlations
    are of all, at most about 5000 pairs. `names` [d] label the columns. Raises InputError for points that are not
    finite, dimensions that differ or a column that is none, BackendError without matplotlib.

    >>> figure = columns_figure([[0.0, 1.0], [2.0, 3.0]], [[0.5, 0.5], [1.0, 1.5]], names=["width", "height"])
    >>> len(figure.axes)
    3
    """
    x = checks.points("held_out", held_out).astype(np.float64)
    y = checks.points("generated", generated, dim=x.shape[1]).astype(np.float64)
    d, title = x.shape[1], checks.text("title", title)
    real, made = (np.quantile(points, LEVELS, axis=0) for points in (x, y))  # [levels, d]
    worst = _worst(real, made) if order is None else _checked(order, d)
    shown = worst[:MOST_COLUMNS]
    title = f"{title}{': ' if title else ''}quantiles, 1 % to 99 %"
    if d > MOST_COLUMNS:
        title += f", of the worst {MOST_COLUMNS} of {d} columns"
    labels = axis_labels(names, d, characters=24)
    count = len(shown) + (d > 1)
    rows = math.ceil(count / IN_A_ROW)
    columns = math.ceil(count / rows)
    with style():
        figure, grid = new_figure("double" if d > 1 else "single", 0.09 + 0.95 * rows / columns, rows, columns)
        panels = list(grid.flat)
        for axes in panels[count:]:
            axes.remove()
        for j, axes in zip(shown, panels, strict=False):
            label, (held, drawn) = in_powers(labels[j], real[:, j], made[:, j])
            _diagonal(axes, np.concatenate([held, drawn]))
            axes.plot(held, drawn, "o-", ms=2, mew=0, lw=0.8, color=GENERATED)
            axes.set_title(label)
        if d > 1:
            _correlations(panels[count - 1], x, y)
        for k, axes in enumerate(panels[:count]):
            axes.set_xlabel("held out" if k + columns >= count else "")
            axes.set_ylabel("generated" if k % columns == 0 else "")
        set_title(figure, title)
    return figure


def _checked(order: Sequence[int], d: int) -> list[int]:
    if isinstance(order, (str, bytes)) or not isinstance(order, Sequence) or not order:
        raise InputTypeError(f"order must be a sequence of columns, got {checks.shown(order)}")
    return [checks.integer(f"order[{k}]", j, minimum=0, maximum=d - 1) for k, j in enumerate(order)]


def _worst(real: np.ndarray, made: np.ndarray) -> list[int]:
    """The columns by the mean distance of quantiles [levels, d], in units of the middle half of the real ones."""
    unit = np.quantile(real, 0.75, axis=0) - np.quantile(real, 0.25, axis=0)
    unit = np.where(unit > 0, unit, np.maximum(np.ptp(real, axis=0), np.finfo(np.float64).tiny))
    return [int(j) for j in np.argsort(-np.abs(made - real).mean(axis=0) / unit, kind="stable")]


def _diagonal(axes: Axes, values: np.ndarray) -> None:
    """Equal axes around `values`, and the line on which both agree."""
    ticker = load_matplotlib().ticker
    limits = padded_limits(values)
    axes.plot(limits, limits, color="0.6", lw=0.8, zorder=0)
    axes.set(xlim=limits, ylim=limits, aspect="equal")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(ticker.MaxNLocator(3))


def _correlations(axes: Axes, x: np.ndarray, y: np.ndarray) -> None:
    """Of the pairs of columns i < j of x [n, d] and y [m, d], evenly thinned; pairs with a constant column are none."""
    i, j = np.triu_indices(x.shape[1], 1)
    step = math.ceil(len(i) / MOST_PAIRS)
    varies = (np.ptp(x, axis=0) > 0) & (np.ptp(y, axis=0) > 0)
    pairs = np.flatnonzero(varies[i] & varies[j])[::step]
    scaled = [(points - points.mean(axis=0)) / np.where(varies, points.std(axis=0), 1.0) for points in (x, y)]
    both = [(z.T @ z / len(z))[i[pairs], j[pairs]] for z in scaled]  # [pairs] each
    _diagonal(axes, np.array([-1.0, 1.0]))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_ticks([-1, 0, 1])
    axes.plot(*both, "o", ms=2.5, mew=0, alpha=0.6, color=GENERATED)
    axes.set_title("correlations of pairs")
