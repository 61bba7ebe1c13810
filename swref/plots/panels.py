"""What the figures of experiments are made of: points with intervals, bands, heat maps with their numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from swref.plots.style import Axes

MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")  # beside colour, for readers who do not see it


def draw_intervals(
    axes: Axes, x: ArrayLike, value: ArrayLike, low: ArrayLike, high: ArrayLike, *, index: int = 0, **style: Any
) -> None:
    """Points at (x, value) [K], joined, with bars from low to high; `index` picks a marker. Draw inside `style()`."""
    value = np.asarray(value, dtype=np.float64)
    bars = np.maximum(0.0, np.stack((value - np.asarray(low), np.asarray(high) - value)))
    marker = MARKERS[index % len(MARKERS)]
    axes.errorbar(x, value, bars, **{"marker": marker, "ms": 3.5, "lw": 1.0, "capsize": 2, "elinewidth": 0.8, **style})


def draw_band(axes: Axes, x: ArrayLike, samples: ArrayLike, *, color: str, label: str = "", share: float = 0.8) -> None:
    """The median of samples [R, K] over x [K] as a line, and the middle `share` of them as a band."""
    rows = np.asarray(samples, dtype=np.float64)
    low, middle, high = np.quantile(rows, [(1 - share) / 2, 0.5, (1 + share) / 2], axis=0)
    axes.fill_between(x, low, high, color=color, alpha=0.2, lw=0)
    axes.plot(x, middle, color=color, label=label or None)


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
    table = np.asarray(values, dtype=np.float64)
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
