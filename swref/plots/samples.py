"""Target and generated points on common axes: a histogram, a scatter plot or the pairs of coordinates."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from swref import checks
from swref.errors import InputError
from swref.plots.loading import load_matplotlib
from swref.plots.series import evenly
from swref.plots.style import (
    GENERATED,
    TARGET,
    WIDTHS,
    Axes,
    Figure,
    new_figure,
    padded_limits,
    set_title,
    style,
)

SCATTER_POINTS: Final = 2000
MAX_PAIRS: Final = 6
FIRST_COORDINATES: Final = 5


def samples_figure(
    target: ArrayLike,
    generated: ArrayLike,
    names: Sequence[str] | None = None,
    *,
    equal: bool | None = None,
    title: str = "",
) -> Figure:
    """Target [n, d] and generated [m, d] points over each other, on the same axes and limits.

    d = 1: histograms. d = 2: a scatter plot, one unit the same length on both axes if `equal` (None: if the two ranges
    are within a factor 3). 3 <= d <= 6: scatter plots of the pairs, histograms on the diagonal. d > 6: the same for the
    first 5 coordinates, as the title then says. Histograms are densities of all points; scatter plots show 2000 points
    of each, taken at equal distances along the rows. `names` [d] label the axes, verbatim. Raises InputError for points
    that are not finite or dimensions that differ, BackendError without matplotlib.

    >>> figure = samples_figure([[0.0, 1.0], [2.0, 3.0]], [[0.5, 0.5]], names=["width", "height"])
    >>> figure.axes[0].get_xlabel()
    'width'
    """
    x = checks.points("target", target)
    y = checks.points("generated", generated, dim=x.shape[1])
    d, title = x.shape[1], checks.text("title", title)
    if equal is not None:
        checks.flag("equal", equal)
    characters = 40 if d <= 2 else int(12 * WIDTHS["double"] / min(d, MAX_PAIRS))  # 12 an inch
    labels = axis_labels(names, d, characters)
    if d > MAX_PAIRS:
        title = f"{title}{': ' if title else ''}first {FIRST_COORDINATES} of {d} coordinates"
        x, y, labels = x[:, :FIRST_COORDINATES], y[:, :FIRST_COORDINATES], labels[:FIRST_COORDINATES]
    with style():
        if d == 1:
            figure = _histogram_figure(x, y, labels)
        elif d == 2:
            figure = _scatter_figure(x, y, labels, equal)
        else:
            figure = _pair_figure(x, y, labels)
        set_title(figure, title)
    return figure


def axis_labels(names: Sequence[str] | None, d: int, characters: int) -> list[str]:
    """The axis label of each coordinate: x_1 .. x_d, or its name, in at most two lines of so many characters."""
    if names is None:
        return [f"$x_{{{j}}}$" if d > 1 else "$x$" for j in range(1, d + 1)]
    names = checks.texts("names", names)
    if len(names) != d:
        raise InputError(f"names must be one name for each of {d} coordinates, got {checks.shown(names)}")
    broken = [textwrap.wrap(str(n).replace("_", "_ "), characters, max_lines=2, placeholder="…") for n in names]
    # A column may be called cost_$: no formula is meant.
    return ["\n".join(lines).replace("_ ", "_").replace("$", r"\$") for lines in broken]


def _histogram_figure(x: np.ndarray, y: np.ndarray, labels: list[str]) -> Figure:
    figure, grid = new_figure("single", 0.75)
    axes = grid[0, 0]
    _histograms(axes, x[:, 0], y[:, 0])
    axes.set(xlabel=labels[0], ylabel="density")
    figure.legend(handles=_handles("s"), loc="outside lower center", ncols=2, handletextpad=0.2)
    return figure


def _scatter_figure(x: np.ndarray, y: np.ndarray, labels: list[str], equal: bool | None) -> Figure:
    figure, grid = new_figure("single", 1.0)
    axes = grid[0, 0]
    _scatter(axes, x, y, size=7.0)
    spans = [high - low for low, high in (axes.get_xlim(), axes.get_ylim())]
    if equal or (equal is None and max(spans) <= 3 * min(spans)):
        axes.set_aspect("equal", adjustable="box")
    axes.set(xlabel=labels[0], ylabel=labels[1])
    figure.legend(handles=_handles("o"), loc="outside lower center", ncols=2, handletextpad=0.2)
    return figure


def _pair_figure(x: np.ndarray, y: np.ndarray, labels: list[str]) -> Figure:
    """Lower triangle: coordinate i against j. Diagonal: histograms. Upper triangle: empty, but for the legend."""
    ticker = load_matplotlib().ticker
    d = x.shape[1]
    figure, grid = new_figure("double", 0.95, d, d)
    for (i, j), axes in np.ndenumerate(grid):
        if j > i:
            axes.remove()
            continue
        if i == j:
            _histograms(axes, x[:, i], y[:, i])
            axes.set_yticks([])
            axes.spines["left"].set_visible(False)
        else:
            _scatter(axes, x[:, [j, i]], y[:, [j, i]], size=12.0 / d)
        for axis, outer in ((axes.xaxis, i == d - 1), (axes.yaxis, j == 0 < i)):
            if axis is axes.xaxis or i != j:
                axis.set_major_locator(ticker.MaxNLocator(3))
                axis.get_major_formatter().set_powerlimits((-3, 4))  # a panel has room for four digits
            axis.set_tick_params(labelleft=outer, labelbottom=outer)
            axis.offsetText.set_visible(outer)
        if i == d - 1:
            axes.set_xlabel(labels[j])
        if j == 0:
            axes.set_ylabel(labels[i] if i else "density")
    figure.align_labels()
    figure.legend(handles=_handles("o"), loc="upper right", bbox_to_anchor=(0.98, 0.9))
    return figure


def _scatter(axes: Axes, x: np.ndarray, y: np.ndarray, size: float) -> None:
    """Points x [n, 2] and y [m, 2], of marker area `size`; the limits hold all of them, shown or not."""
    shown = [points[evenly(len(points), SCATTER_POINTS)] for points in (x, y)]
    colours = np.repeat([TARGET, GENERATED], [len(points) for points in shown])
    # Drawn in turn, in proportion to their numbers: neither cloud covers the other.
    turn = np.argsort(np.concatenate([(np.arange(len(points)) + 0.5) / len(points) for points in shown]), kind="stable")
    # An SVG of thousands of circles is slow to open: they are pixels in it, all else stays lines.
    points = np.concatenate(shown)[turn]
    axes.scatter(points[:, 0], points[:, 1], s=size, c=colours[turn], alpha=0.45, linewidths=0, rasterized=True)
    axes.set_xlim(padded_limits(np.concatenate([x[:, 0], y[:, 0]])))
    axes.set_ylim(padded_limits(np.concatenate([x[:, 1], y[:, 1]])))


def _histograms(axes: Axes, x: np.ndarray, y: np.ndarray) -> None:
    """Densities of x [n] and y [m] over common bins: filled, with an outline that shows where they overlap."""
    limits = padded_limits(np.concatenate([x, y]))
    edges = np.linspace(*limits, 1 + int(np.clip(2 * min(len(x), len(y)) ** (1 / 3), 10, 60)))  # Rice's rule
    bins = edges.tolist()
    for values, colour in ((x, TARGET), (y, GENERATED)):
        axes.hist(values, bins, density=True, histtype="stepfilled", color=colour, alpha=0.3)
        axes.hist(values, bins, density=True, histtype="step", color=colour, lw=1.0)
    axes.set_xlim(limits)


def _handles(marker: str) -> list[Any]:
    """Opaque legend entries for the transparent marks of target and generated."""
    line = load_matplotlib().lines.Line2D
    pairs = (("target", TARGET), ("generated", GENERATED))
    return [line([], [], marker=marker, ls="", ms=4, mew=0, color=colour, label=name) for name, colour in pairs]
