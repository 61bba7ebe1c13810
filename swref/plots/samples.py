"""Target and generated points on common axes: a histogram, a scatter plot or the pairs of coordinates."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from swref import checks
from swref.errors import InputError
from swref.plots.density import Limits, coverage, draw_densities
from swref.plots.loading import load_matplotlib
from swref.plots.ranges import beyond, in_powers, shown_limits
from swref.plots.series import evenly
from swref.plots.style import (
    GENERATED,
    TARGET,
    WIDTHS,
    Axes,
    Figure,
    legible,
    new_figure,
    set_title,
    style,
)

SCATTER_POINTS: Final = 2000
MAX_PAIRS: Final = 6
FIRST_COORDINATES: Final = 5
MOST_COVERED: Final = 1.5  # marks over a mark, on average


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
    of each, taken at equal distances along the rows, and where these would cover each other, shades and lines around
    half and nine tenths of all. An axis whose tails are heavy goes from the 1 % to the 99 % quantile, as the title then
    says. `names` [d] label the axes, verbatim. Raises InputError for points that are not finite or dimensions that
    differ, BackendError without matplotlib.

    >>> figure = samples_figure([[0.0, 1.0], [2.0, 3.0]], [[0.5, 0.5]], names=["width", "height"])
    >>> figure.axes[0].get_xlabel()
    'width'
    """
    x = checks.points("target", target).astype(np.float64)
    y = checks.points("generated", generated, dim=x.shape[1]).astype(np.float64)
    d, parts = x.shape[1], [title] if checks.text("title", title) else []
    if equal is not None:
        checks.flag("equal", equal)
    characters = 40 if d <= 2 else int(12 * WIDTHS["double"] / min(d, MAX_PAIRS))  # 12 an inch
    labels = axis_labels(names, d, characters)
    if d > MAX_PAIRS:
        parts.append(f"first {FIRST_COORDINATES} of {d} coordinates")
        x, y, labels = x[:, :FIRST_COORDINATES], y[:, :FIRST_COORDINATES], labels[:FIRST_COORDINATES]
    for j, label in enumerate(labels):
        labels[j], (x[:, j], y[:, j]) = in_powers(label, x[:, j], y[:, j])
    both = np.concatenate([x, y])
    limits = [shown_limits(column) for column in both.T]
    if outside := beyond(both, limits):
        parts.append(f"from the 1 % to the 99 % quantile, {outside} of {len(both)} points beyond")
    with style():
        if d == 1:
            figure = _histogram_figure(x, y, labels, limits)
        elif d == 2:
            figure = _scatter_figure(x, y, labels, limits, equal)
        else:
            figure = _pair_figure(x, y, labels, limits)
        set_title(figure, ": ".join(parts))
    return figure


def axis_labels(names: Sequence[str] | None, d: int, characters: int) -> list[str]:
    """The axis label of each coordinate: x_1 .. x_d, or its name, in at most two lines of so many characters."""
    if names is None:
        return [f"$x_{{{j}}}$" if d > 1 else "$x$" for j in range(1, d + 1)]
    names = checks.texts("names", names)
    if len(names) != d:
        raise InputError(f"names must be one name for each of {d} coordinates, got {checks.shown(names)}")
    broken = [textwrap.wrap(legible(n).replace("_", "_ "), characters, max_lines=2, placeholder="…") for n in names]
    # A column may be called cost_$: no formula is meant.
    return ["\n".join(lines).replace("_ ", "_").replace("$", r"\$") for lines in broken]


def _histogram_figure(x: np.ndarray, y: np.ndarray, labels: list[str], limits: list[Limits]) -> Figure:
    figure, grid = new_figure("single", 0.75)
    axes = grid[0, 0]
    _histograms(axes, x[:, 0], y[:, 0], limits[0])
    axes.set(xlabel=labels[0], ylabel="density")
    figure.legend(**_entries("s"), loc="outside lower center", ncols=2, handletextpad=0.2)
    return figure


def _scatter_figure(
    x: np.ndarray, y: np.ndarray, labels: list[str], limits: list[Limits], equal: bool | None
) -> Figure:
    width, height = (high - low for low, high in limits)
    if equal is None:
        equal = max(width, height) <= 3 * min(width, height)
    # A panel of another shape than its figure would leave the title far above it.
    ratio = float(np.clip(0.85 * height / width, 0.3, 2.0)) + 0.2 if equal else 1.0
    figure, grid = new_figure("single", ratio)
    axes = grid[0, 0]
    both = limits[0], limits[1]
    dense = _dense(x, y, both, size=7.0, panel=_area(WIDTHS["single"], ratio))
    _scatter(axes, x, y, both, 7.0, dense)
    if equal:
        axes.set_aspect("equal", adjustable="box")
    axes.set(xlabel=labels[0], ylabel=labels[1])
    figure.legend(**_entries("o", dense), loc="outside lower center", ncols=2, handletextpad=0.6 if dense else 0.2)
    return figure


def _area(width: float, ratio: float) -> float:
    """Square points of a panel with its labels, about, `width` inches wide and `ratio` times as high."""
    return 0.65 * ratio * (72 * width) ** 2


def _pair_figure(x: np.ndarray, y: np.ndarray, labels: list[str], limits: list[Limits]) -> Figure:
    """Lower triangle: coordinate i against j. Diagonal: histograms. Upper triangle: empty, but for the legend."""
    ticker = load_matplotlib().ticker
    d = x.shape[1]
    figure, grid = new_figure("double", 0.95, d, d)
    size, panel = 12.0 / d, _area(WIDTHS["double"] / d, 1.0)
    pairs = {(i, j): (x[:, [j, i]], y[:, [j, i]], (limits[j], limits[i])) for i in range(d) for j in range(i)}
    dense = any(_dense(*pair, size=size, panel=panel) for pair in pairs.values())
    for (i, j), axes in np.ndenumerate(grid):
        if j > i:
            axes.remove()
            continue
        if i == j:
            _histograms(axes, x[:, i], y[:, i], limits[i])
            axes.set_yticks([])
            axes.spines["left"].set_visible(False)
        else:
            _scatter(axes, *pairs[i, j], size, dense)
        for axis, outer in ((axes.xaxis, i == d - 1), (axes.yaxis, j == 0 < i)):
            if axis is axes.xaxis or i != j:
                axis.set_major_locator(ticker.MaxNLocator(3))
            axis.set_tick_params(labelleft=outer, labelbottom=outer)
        if i == d - 1:
            axes.set_xlabel(labels[j])
        if j == 0:
            axes.set_ylabel(labels[i] if i else "density")
    figure.align_labels()
    figure.legend(**_entries("o", dense), loc="upper right", bbox_to_anchor=(0.98, 0.9))
    return figure


def _dense(x: np.ndarray, y: np.ndarray, limits: tuple[Limits, Limits], *, size: float, panel: float) -> bool:
    """Whether the marks, of area `size`, would cover each other in a panel of so many square points."""
    shown = np.concatenate([points[evenly(len(points), SCATTER_POINTS)] for points in (x, y)])
    return coverage(shown, limits, np.pi / 4 * size, panel) > MOST_COVERED


def _scatter(axes: Axes, x: np.ndarray, y: np.ndarray, limits: tuple[Limits, Limits], size: float, dense: bool) -> None:
    """Points x [n, 2] and y [m, 2], of marker area `size`, or shades and lines for them."""
    axes.set(xlim=limits[0], ylim=limits[1])
    if dense:
        draw_densities(axes, x, y, limits)
        return
    shown = [points[evenly(len(points), SCATTER_POINTS)] for points in (x, y)]
    colours = np.repeat([TARGET, GENERATED], [len(points) for points in shown])
    # Drawn in turn, in proportion to their numbers: neither cloud covers the other.
    turn = np.argsort(np.concatenate([(np.arange(len(points)) + 0.5) / len(points) for points in shown]), kind="stable")
    # An SVG of thousands of circles is slow to open: they are pixels in it, all else stays lines.
    points = np.concatenate(shown)[turn]
    axes.scatter(points[:, 0], points[:, 1], s=size, c=colours[turn], alpha=0.45, linewidths=0, rasterized=True)


def _histograms(axes: Axes, x: np.ndarray, y: np.ndarray, limits: Limits) -> None:
    """Densities of x [n] and y [m] over common bins: filled, with an outline that shows where they overlap."""
    edges = np.linspace(*limits, 1 + int(np.clip(2 * min(len(x), len(y)) ** (1 / 3), 10, 60)))  # Rice's rule
    bins = edges.tolist()
    for values, colour in ((x, TARGET), (y, GENERATED)):
        share = np.full(len(values), 1 / (len(values) * (edges[1] - edges[0])))  # of all, seen or not
        axes.hist(values, bins, weights=share, histtype="stepfilled", color=colour, alpha=0.3)
        axes.hist(values, bins, weights=share, histtype="step", color=colour, lw=1.0)
    axes.set_xlim(limits)


def _entries(marker: str, dense: bool = False) -> dict[str, Any]:
    """Of a legend: opaque entries for the transparent marks of target and generated, or for shades and lines."""
    matplotlib = load_matplotlib()
    line = matplotlib.lines.Line2D
    if dense:
        shade = matplotlib.patches.Patch(color=TARGET, alpha=0.45, lw=0, label="target")
        handles = [shade, line([], [], color=GENERATED, lw=1.0, label="generated")]
        return {"handles": handles, "title": "around 50 % and 90 % of the points"}
    pairs = (("target", TARGET), ("generated", GENERATED))
    return {"handles": [line([], [], marker=marker, ls="", ms=4, mew=0, color=c, label=name) for name, c in pairs]}
