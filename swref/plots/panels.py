"""What the figures of experiments are made of: points with intervals, bands, heat maps with their numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from swref import checks
from swref.errors import InputError
from swref.plots.loading import load_matplotlib
from swref.plots.style import Axes

MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")  # beside colour, for readers who do not see it


def draw_intervals(
    axes: Axes, x: ArrayLike, value: ArrayLike, low: ArrayLike, high: ArrayLike, *, index: int = 0, **style: Any
) -> None:
    """Points at (x, value) [K], joined, with bars from low to high; `index` picks a marker. Draw inside `style()`."""
    checks.members("axes", axes, "axes of matplotlib", (), ("errorbar",))
    named = {"x": x, "value": value, "low": low, "high": high}
    columns = {name: checks.float_array(name, column).astype(np.float64) for name, column in named.items()}
    for name, column in columns.items():
        if column.ndim > 1 or column.shape != columns["x"].shape:
            raise InputError(f"{name} must have the shape [K] of x, got {column.shape}, and x {columns['x'].shape}")
    x, value = columns["x"], columns["value"]
    bars = np.maximum(0.0, np.stack((value - columns["low"], columns["high"] - value)))
    marker = MARKERS[checks.integer("index", index, minimum=0) % len(MARKERS)]
    axes.errorbar(x, value, bars, **{"marker": marker, "ms": 3.5, "lw": 1.0, "capsize": 2, "elinewidth": 0.8, **style})


def draw_band(axes: Axes, x: ArrayLike, samples: ArrayLike, *, color: str, label: str = "", share: float = 0.8) -> None:
    """The median of samples [R, K] over x [K] as a line, and the middle `share` of them as a band."""
    checks.members("axes", axes, "axes of matplotlib", (), ("fill_between", "plot"))
    x, rows = checks.float_array("x", x), checks.float_array("samples", samples).astype(np.float64)
    if rows.ndim != 2 or 0 in rows.shape or x.shape != rows.shape[1:]:
        raise InputError(f"x and samples must have the shapes [K] and [R, K], got {x.shape} and {rows.shape}")
    if not load_matplotlib().colors.is_color_like(checks.text("color", color)):
        raise InputError(f"color must be a colour of matplotlib, got {checks.shown(color)}")
    checks.text("label", label)
    share = checks.number("share", share, above=0.0, maximum=1.0)
    low, middle, high = np.quantile(rows, [(1 - share) / 2, 0.5, (1 + share) / 2], axis=0)
    axes.fill_between(x, low, high, color=color, alpha=0.2, lw=0)
    axes.plot(x, middle, color=color, label=label or None)


def symlog_axis(axes: Axes, threshold: float, label: str) -> None:
    """An x axis that is linear from -threshold to threshold and logarithmic beyond; the linear part is grey, as its
    label says."""
    checks.members("axes", axes, "axes of matplotlib", (), ("axvspan", "set_xscale"))
    reach = checks.number("threshold", threshold, above=0.0, maximum=1e9)
    axes.set_xscale("symlog", linthresh=reach)
    axes.axvspan(-reach, reach, color="0.93", lw=0, zorder=-1)
    axes.set_xlabel(f"{checks.text('label', label)} (grey: linear)")


def draw_heat_map(
    axes: Axes,
    values: ArrayLike,
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    logarithmic: bool = False,
    form: str = ".2g",
) -> None:
    """values [R, C] as coloured cells with their numbers written in them; NaN stays blank.

    Dark cells carry white numbers: the numbers can be read in grey, too.
    """
    checks.members("axes", axes, "axes of matplotlib", (), ("imshow", "text"))
    table, rows, columns = (
        checks.float_array("values", values),
        checks.texts("rows", rows),
        checks.texts("columns", columns),
    )
    if table.shape != (len(rows), len(columns)) or 0 in table.shape:
        raise InputError(f"values must have shape {(len(rows), len(columns))}, of rows and columns, got {table.shape}")
    logarithmic, table = checks.flag("logarithmic", logarithmic), table.astype(np.float64)
    try:
        format(1.0, checks.text("form", form))
    except ValueError:
        raise InputError(f"form must be a format of numbers such as .2g, got {checks.shown(form)}") from None
    shades = np.log(np.where(table > 0, table, np.nan)) if logarithmic else table
    axes.imshow(shades, cmap="cividis", aspect="auto")
    axes.set_xticks(range(len(columns)), columns)
    axes.set_yticks(range(len(rows)), rows)
    axes.tick_params(length=0)
    low, high = np.nanmin(shades), np.nanmax(shades)
    for (i, j), shade in np.ndenumerate(shades):
        if np.isfinite(table[i, j]):
            dark = np.isfinite(shade) and shade < (low + high) / 2
            text = format(table[i, j], form)
            axes.text(j, i, text, ha="center", va="center", color="white" if dark else "black")
