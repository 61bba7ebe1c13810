"""What the figures of experiments draw: the rows of a table as points with intervals, samples as bands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from numpy.typing import ArrayLike

from swref.experiments.frame.samples import Sample
from swref.experiments.frame.tables import Table
from swref.plots import PALETTE, Axes, draw_band, draw_intervals


def colours(*names: str) -> tuple[str, ...]:
    """Colours of the palette."""
    return tuple(PALETTE[name] for name in names)


COLOURS: Final = colours("vermilion", "orange", "green", "sky", "purple", "black", "blue")


def draw_table(axes: Axes, table: Table, x: str | ArrayLike, y: str, *, index: int = 0, **style: Any) -> None:
    """The estimates of the column y with their intervals against the column x, or against other places x [T]."""
    draw_intervals(axes, table.column(x) if isinstance(x, str) else x, *table.interval(y), index=index, **style)


def draw_bands(
    axes: Axes, sample: Sample, x: ArrayLike, hue: str, colours: Sequence[str], label: str = "", over: str = "repeat"
) -> None:
    """Medians over the repeats and the middle 80 %, against x, a line for each label of `hue`; label is "$r$ = {}"."""
    for place, colour in zip(sample.axes[hue], colours, strict=False):
        draw_band(axes, x, sample.at(**{hue: place}).rows(over), color=colour, label=label.format(place))
