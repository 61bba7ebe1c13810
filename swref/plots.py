"""The drawing primitives that all figures share: one style, one column or two, read in colour or without.

Nothing is computed here beyond what the eye needs: smoothing, thinning and limits. matplotlib is imported on first use
and through its object-oriented interface alone: no pyplot, no change of the caller's rcParams.
"""

from __future__ import annotations

import io
import math
import os
import textwrap
import threading
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import ArrayLike

from swref import checks
from swref.errors import BackendError, InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito (2008), Color Universal Design: told apart under every common colour blindness.
PALETTE: Final = {
    "blue": "#0072B2",
    "vermilion": "#D55E00",
    "green": "#009E73",
    "purple": "#CC79A7",
    "orange": "#E69F00",
    "sky": "#56B4E9",
    "black": "#000000",
    "yellow": "#F0E442",
}
TARGET: Final = PALETTE["blue"]
GENERATED: Final = PALETTE["vermilion"]

WIDTHS: Final = {"single": 3.4, "double": 7.0}  # inches: one column or two of a printed page
FONT_SIZE: Final = 8.0
DPI: Final = 200
TRACE_POINTS: Final = 5000
SCATTER_POINTS: Final = 2000
SMOOTHING_SHARE: Final = 0.05
MAX_PAIRS: Final = 6
FIRST_COORDINATES: Final = 5

_STYLE: Final[dict[str, Any]] = {
    "font.size": FONT_SIZE,
    "axes.labelsize": FONT_SIZE,
    "axes.titlesize": FONT_SIZE,
    "figure.titlesize": FONT_SIZE + 1,
    "legend.fontsize": FONT_SIZE,
    "xtick.labelsize": FONT_SIZE,
    "ytick.labelsize": FONT_SIZE,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "ytick.minor.width": 0.4,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.formatter.limits": (-4, 5),
    "axes.formatter.use_mathtext": True,
    "legend.frameon": False,
    "lines.linewidth": 1.2,
    "svg.hashsalt": "swref",  # without it, the identifiers in an SVG are random
}
# rcParams belong to the process: two threads that restored them in turn could leave one's style behind.
_STYLE_LOCK = threading.RLock()


def _matplotlib() -> Any:
    """The matplotlib package with the submodules used here; BackendError where it is not installed."""
    try:
        import matplotlib
        import matplotlib.figure
        import matplotlib.lines
        import matplotlib.ticker
    except ImportError as error:
        raise BackendError('figures need matplotlib: pip install "swref[plot]"') from error
    return matplotlib


@contextmanager
def style() -> Iterator[None]:
    """The style of the project's figures, for the length of a `with`: whatever is drawn on an axes belongs inside.

    It starts from matplotlib's own defaults, so a user's matplotlibrc does not change a figure. Raises BackendError
    without matplotlib.

    >>> with style():
    ...     figure, axes = new_figure()
    ...     _ = axes[0, 0].plot([1, 2], [3, 4])
    """
    matplotlib = _matplotlib()
    with _STYLE_LOCK, matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_STYLE)
        matplotlib.rcParams["axes.prop_cycle"] = matplotlib.cycler(color=list(PALETTE.values()))
        yield


def new_figure(
    width: str = "single", height_ratio: float = 0.75, nrows: int = 1, ncols: int = 1
) -> tuple[Figure, np.ndarray]:
    """An empty figure and its axes[nrows, ncols], always with two indices, in the project's style.

    `width` is "single" (3.4 inches) or "double" (7 inches), the height is `height_ratio` times it. Draw inside
    `with style():`, since artists take their style when they are made. Raises InputError for an unknown width, a
    height_ratio that is not positive or no rows or columns, BackendError without matplotlib.

    >>> figure, axes = new_figure("double", 0.5, ncols=2)
    >>> axes.shape, figure.get_size_inches().tolist()
    ((1, 2), [7.0, 3.5])
    """
    inches = WIDTHS[checks.one_of("width", width, WIDTHS)]
    ratio = checks.number("height_ratio", height_ratio, above=0.0)
    rows, columns = checks.integer("nrows", nrows, minimum=1), checks.integer("ncols", ncols, minimum=1)
    with style():
        figure = _matplotlib().figure.Figure(figsize=(inches, ratio * inches), layout="constrained")
        axes = figure.subplots(rows, columns, squeeze=False)
        for panel in axes.flat:
            # Ticks are made when they are first drawn, perhaps outside the style.
            panel.tick_params(labelsize=FONT_SIZE, width=0.6)
    return figure, axes


def thin_extremes(values: ArrayLike, limit: int = TRACE_POINTS) -> np.ndarray:
    """Increasing indices [<= limit] of the values [T] to show: smallest and largest of each equal bin, first and last.

    A thinned line then covers the same band as the whole one. All indices where T <= limit; O(T). Raises InputError for
    limit < 4.

    >>> thin_extremes([0, 1, 9, 1, 0, 1, -5, 1], limit=6).tolist()
    [0, 2, 5, 6, 7]
    """
    series = np.asarray(values)  # [T]
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
    series = np.asarray(values, dtype=np.float64)  # [T]
    half = int(share * len(series)) // 2
    index = np.unique(np.linspace(0, len(series) - 1, min(len(series), int(20 / share) + 1)).astype(int))
    return index, np.array([series[max(0, t - half) : t + half + 1].mean() for t in index])


def loss_figure(
    steps: ArrayLike,
    loss: ArrayLike,
    *,
    floor: float | None = None,
    floor_label: str = "floor",
    title: str = "",
) -> Figure:
    """Batch loss [T] against step [T] on a logarithmic axis: every step lightly, their running mean on top.

    `floor`, a lower bound of the expected loss, is a dashed line. Long runs show the extremes of each of about 2500
    bins. Losses of exactly 0, which have no place on the axis, are triangles on its lower edge. `title` and
    `floor_label` may hold mathtext. Raises InputError for steps that do not increase, a loss or floor that is negative
    or not finite and lengths that differ, BackendError without matplotlib.

    >>> figure = loss_figure([1, 2, 3], [1.0, 0.1, 0.0], floor=0.05)
    >>> figure.axes[0].get_yscale()
    'log'
    """
    t, values = _series(steps, loss)
    level = None if floor is None else checks.number("floor", floor, minimum=0.0)
    index, mean = running_mean(values)
    shown = thin_extremes(values)
    with style():
        figure, grid = new_figure("single", 0.8)
        axes = grid[0, 0]
        axes.set(xlabel="step", ylabel="batch loss", yscale="log", xlim=_limits(t))
        axes.set_ylim(_log_limits(values, level))
        axes.xaxis.set_major_locator(
            _matplotlib().ticker.MaxNLocator(6, steps=[1, 2, 5, 10], integer=True, min_n_ticks=1)
        )
        trace = {"marker": ".", "alpha": 1.0} if len(t) <= 50 else {"alpha": 0.6}
        axes.plot(t[shown], _positive(values[shown]), color=PALETTE["sky"], lw=0.5, label="each step", **trace)
        if len(t) * SMOOTHING_SHARE >= 2:
            label = f"mean over {SMOOTHING_SHARE:.0%} of the run"
            axes.plot(t[index], _positive(mean), color=TARGET, lw=1.4, label=label)
        zeros = t[shown][values[shown] == 0]
        if len(zeros):
            edge = axes.get_xaxis_transform()
            axes.plot(zeros, 0 * zeros, "v", ms=4, color=GENERATED, transform=edge, clip_on=False, label="exactly 0")
        if level:
            axes.axhline(level, color=PALETTE["black"], lw=0.9, ls=(0, (4, 2)), label=floor_label)
        elif level is not None:
            axes.plot([], [], " ", label=f"{floor_label}: 0")  # below every logarithmic axis: said, not drawn
        _title(figure, title)
        legend = figure.legend(loc="outside lower center", ncols=2, handlelength=1.6, columnspacing=1.2)
        for line in legend.get_lines():
            line.set(linewidth=max(1.0, line.get_linewidth()), alpha=1.0)  # hairlines do not show their colour
    return figure


def _series(steps: ArrayLike, loss: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Steps [T] and losses [T] in float64, checked."""
    t = checks.float_array("steps", steps).astype(np.float64)
    values = checks.float_array("loss", loss).astype(np.float64)
    if t.ndim != 1 or t.shape != values.shape or t.size == 0:
        raise InputError(f"steps and loss must have the same shape [T], T >= 1, got {t.shape} and {values.shape}")
    checks.finite("steps", t)
    checks.finite("loss", values)
    if (np.diff(t) <= 0).any():
        index = int(np.argmax(np.diff(t) <= 0)) + 1
        raise InputError(f"steps must increase, got {t[index]:g} after {t[index - 1]:g} at [{index}]")
    if (values < 0).any():
        index = int(np.argmax(values < 0))
        raise InputError(f"loss must be >= 0, got {values[index]} at [{index}]")
    return t, values


def _positive(values: np.ndarray) -> np.ndarray:
    """`values` with NaN, a gap in the line, where a logarithmic axis has no place."""
    return np.where(values > 0, values, np.nan)


def _limits(values: np.ndarray) -> tuple[float, float]:
    """The range of `values` and 4 % on either side; around a single value, a width that keeps it distinct."""
    low, high = float(values.min()), float(values.max())
    margin = 0.04 * (high - low) or max(0.5, 0.1 * abs(low))
    return low - margin, high + margin


def _log_limits(values: np.ndarray, level: float | None) -> tuple[float, float]:
    """Limits on a logarithmic axis that hold every positive value and `level`; a decade around 1 if there is none."""
    positive = [*values[values > 0], level] if level else values[values > 0]
    if len(positive) == 0:
        return 10**-0.5, 10**0.5
    # Ticks of a wider axis overflow in matplotlib; a loss out there is off the axis.
    low, high = np.clip([math.log10(min(positive)), math.log10(max(positive))], -150.0, 150.0)
    margin = max(0.05 * (high - low), 0.1)
    return 10 ** (low - margin), 10 ** (high + margin)


def _title(figure: Figure, title: str) -> None:
    if title:
        figure.suptitle(textwrap.fill(title, int(15 * figure.get_figwidth())))


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
    d = x.shape[1]
    labels = _labels(names, d)
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
        _title(figure, title)
    return figure


def _labels(names: Sequence[str] | None, d: int) -> list[str]:
    """The axis label of each coordinate: x_1 .. x_d, or its name, broken to two lines where panels are narrow."""
    if names is None:
        return [f"$x_{{{j}}}$" if d > 1 else "$x$" for j in range(1, d + 1)]
    if isinstance(names, str) or len(names) != d:
        raise InputError(f"names must be one name for each of {d} coordinates, got {names!r}")
    characters = 40 if d <= 2 else int(12 * WIDTHS["double"] / min(d, MAX_PAIRS))  # 12 an inch
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
    ticker = _matplotlib().ticker
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
    shown = [points[_evenly(len(points), SCATTER_POINTS)] for points in (x, y)]
    colours = np.repeat([TARGET, GENERATED], [len(points) for points in shown])
    # Drawn in turn, in proportion to their numbers: neither cloud covers the other.
    turn = np.argsort(np.concatenate([(np.arange(len(points)) + 0.5) / len(points) for points in shown]), kind="stable")
    # An SVG of thousands of circles is slow to open: they are pixels in it, all else stays lines.
    axes.scatter(*np.concatenate(shown)[turn].T, s=size, c=colours[turn], alpha=0.45, linewidths=0, rasterized=True)
    axes.set_xlim(_limits(np.concatenate([x[:, 0], y[:, 0]])))
    axes.set_ylim(_limits(np.concatenate([x[:, 1], y[:, 1]])))


def _histograms(axes: Axes, x: np.ndarray, y: np.ndarray) -> None:
    """Densities of x [n] and y [m] over common bins: filled, with an outline that shows where they overlap."""
    limits = _limits(np.concatenate([x, y]))
    bins = np.linspace(*limits, 1 + int(np.clip(2 * min(len(x), len(y)) ** (1 / 3), 10, 60)))  # Rice's rule
    for values, colour in ((x, TARGET), (y, GENERATED)):
        axes.hist(values, bins, density=True, histtype="stepfilled", color=colour, alpha=0.3)
        axes.hist(values, bins, density=True, histtype="step", color=colour, lw=1.0)
    axes.set_xlim(limits)


def _evenly(n: int, limit: int) -> np.ndarray:
    """Indices of at most `limit` of n rows at equal distances: rows sorted by class keep their proportions."""
    return np.arange(n) if n <= limit else np.arange(limit) * n // limit


def _handles(marker: str) -> list[Any]:
    """Opaque legend entries for the transparent marks of target and generated."""
    line = _matplotlib().lines.Line2D
    pairs = (("target", TARGET), ("generated", GENERATED))
    return [line([], [], marker=marker, ls="", ms=4, mew=0, color=colour, label=name) for name, colour in pairs]


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
    side, count = checks.integer("side", side, minimum=1), checks.integer("count", count, minimum=1)
    x = checks.points("target", target, dim=side * side)
    y = checks.points("generated", generated, dim=side * side)
    shown = [images[_evenly(len(images), count)] for images in (x, y)]
    most = max(map(len, shown))
    columns = math.isqrt(most - 1) + 1
    rows = math.ceil(most / columns)
    with style():
        figure, grid = new_figure("double", 0.5 * rows / columns + 0.04, ncols=2)
        figure.get_layout_engine().set(wspace=0.08)  # wider than the gap between two images
        for axes, images, name in zip(grid[0], shown, ("data", "generated"), strict=True):
            mosaic = _mosaic(images, side, rows, columns)
            axes.imshow(mosaic, cmap="gray", vmin=x.min(), vmax=x.max(), interpolation="nearest")
            axes.set_title(name)
            axes.set_axis_off()
        _title(figure, title)
    return figure


def _mosaic(images: np.ndarray, side: int, rows: int, columns: int) -> np.ndarray:
    """The images [k, side*side] as one, `columns` in a row, kept apart by NaN, which is drawn white."""
    gap = 1 + side // 16
    cell = side + gap
    cells = np.full((rows * columns, cell, cell), np.nan)
    cells[: len(images), :side, :side] = images.reshape(-1, side, side)
    return cells.reshape(rows, columns, cell, cell).swapaxes(1, 2).reshape(rows * cell, columns * cell)[:-gap, :-gap]


def save_figure(figure: Figure, path: str | os.PathLike[str]) -> None:
    """Write `figure` to `path`, a .png at 200 dots an inch or an .svg: whole or not at all, the same bytes every time.

    The layout is fixed from then on, so that the figure can be saved again, to the other format too, and is the same.
    Raises InputError for another suffix and for a path that cannot be written.

    >>> figure, _ = new_figure()
    >>> save_figure(figure, "figure.bmp")
    Traceback (most recent call last):
    swref.errors.InputError: path must end in .png or .svg, got figure.bmp
    """
    destination = Path(path)
    kind = destination.suffix.lower()
    if kind not in (".png", ".svg"):
        raise InputError(f"path must end in .png or .svg, got {destination}")
    buffer = io.BytesIO()
    with style():
        # A version or a date in the file would change its bytes.
        metadata = {"Software": None} if kind == ".png" else {"Date": None, "Creator": None}
        figure.savefig(buffer, format=kind[1:], dpi=DPI, metadata=metadata)
        # The layout is iterated, and each drawing would move the axes by another hair.
        figure.set_layout_engine("none")
    try:
        _write_whole(destination, buffer.getvalue())
    except OSError as error:
        raise InputError(f"path cannot be written: {destination} ({error.strerror or error})") from None


def _write_whole(destination: Path, content: bytes) -> None:
    """Write to a temporary name in the same folder and rename: a reader sees the old file or the new one."""
    temporary = destination.with_name(f".{uuid.uuid4().hex}.tmp")
    stream = temporary.open("xb")
    try:
        with stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(destination)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
