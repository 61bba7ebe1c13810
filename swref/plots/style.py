"""One look for every figure: palette, column widths, type size, and an empty figure to draw in.

matplotlib is imported on first use and through its object-oriented interface alone: no pyplot, no change of the
caller's rcParams.
"""

from __future__ import annotations

import textwrap
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from swref import checks
from swref.plots.loading import load_matplotlib
from swref.plots.ticks import axes_class

if TYPE_CHECKING:
    from matplotlib.axes import Axes as Axes
    from matplotlib.figure import Figure as Figure
else:  # annotations can be resolved without loading matplotlib
    Axes = Figure = Any

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
MAX_RATIO: Final = 100.0  # of the height of a figure over its width
MAX_PANELS: Final = 100  # in a row or column

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
    "pdf.fonttype": 42,  # TrueType: journals refuse type 3
    "lines.linewidth": 1.2,
    "svg.hashsalt": "swref",  # without it, the identifiers in an SVG are random
}
# rcParams belong to the process: two threads that restored them in turn could leave one's style behind.
_STYLE_LOCK = threading.RLock()


@contextmanager
def style() -> Iterator[None]:
    """The style of the project's figures, for the length of a `with`: whatever is drawn on an axes belongs inside.

    It starts from matplotlib's own defaults, so a user's matplotlibrc does not change a figure. Raises BackendError
    without matplotlib.

    >>> with style():
    ...     figure, axes = new_figure()
    ...     _ = axes[0, 0].plot([1, 2], [3, 4])
    """
    matplotlib = load_matplotlib()
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
    ratio = checks.number("height_ratio", height_ratio, above=0.0, maximum=MAX_RATIO)
    rows, columns = (
        checks.integer(k, v, minimum=1, maximum=MAX_PANELS) for k, v in (("nrows", nrows), ("ncols", ncols))
    )
    with style():
        figure = load_matplotlib().figure.Figure(figsize=(inches, ratio * inches), layout="constrained")
        axes = figure.subplots(rows, columns, squeeze=False, subplot_kw={"axes_class": axes_class()})
        for panel in axes.flat:
            # Ticks are made when they are first drawn, perhaps outside the style.
            panel.tick_params(labelsize=FONT_SIZE, width=0.6)
    return figure, axes


def padded_limits(values: np.ndarray) -> tuple[float, float]:
    """The range of `values` and 4 % on either side; around a single value, a width that keeps it distinct."""
    low, high = float(values.min()), float(values.max())
    margin = 0.04 * (high - low) or max(0.5, 0.1 * abs(low))
    return low - margin, high + margin


def legible(text: str) -> str:
    """`text` with what the font lacks, or what no font shows, escaped.

    >>> legible("größe 大")
    'größe \\\\u5927'
    """
    manager = load_matplotlib().font_manager
    font = manager.get_font(manager.findfont(manager.FontProperties()))
    return "".join(
        letter if letter.isprintable() and font.get_char_index(ord(letter)) else ascii(letter)[1:-1] for letter in text
    )


def plain(text: str) -> str:
    """Text from outside, a file's name or a column's, that is no formula: legible, its dollars dollars."""
    return legible(checks.text("text", text)).replace("$", r"\$")


def set_title(figure: Figure, title: str) -> None:
    """Put `title` over the figure, broken to its width; no room is taken where it is empty. A $ opens a formula."""
    if checks.text("title", title):
        figure.suptitle(textwrap.fill(title, int(15 * figure.get_figwidth())))
