"""The figures of a sweep: a measure against one field, with a line for each value of a second; two fields as a map."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from swref import checks, plots
from swref.errors import InputError
from swref.files import refuse_link
from swref.runs.sweep.groups import Group, best, grouped
from swref.runs.sweep.table import Row

MOST_LINES: Final = len(plots.MARKERS)
COLOURS: Final = [name for name in plots.PALETTE.values() if name != plots.PALETTE["yellow"]]
APART: Final = 0.08  # of lines over words
FAR: Final = 1e100  # what is beyond has no place on an axis
DECADE: Final = 10.0  # of an axis, from which on it is logarithmic
WORDS: Final = {
    "ratio_to_resampled": "generated / resampled",
    "ratio_to_halves": "generated / two halves",
    "rank_ratio": "generated / resampled, of ranks",
    "generated": "distance to held-out data",
    "loss": "loss over the last tenth",
}


def draw_sweep(
    table: Sequence[Row],
    varied: Sequence[str],
    destination: Path,
    *,
    scattered: Collection[str] = (),
    metric: str = "ratio_to_resampled",
    x: str | None = None,
    by: str | None = None,
    format: str = "png",
) -> list[Path]:
    """Draw lines, and a map where two fields are varied, into the folder `destination`; return the files.

    x, by: the fields; without them that of most values, and the next. All others are held at the values of the best
    group, which the title says; but not those of `scattered`, which have no grid: lists and samples. Raises InputError
    for unknown words, or where nothing is varied or measured.
    """
    checks.one_of("format", format, plots.FORMATS)
    if not varied:
        raise InputError("nothing is varied but the seed: there is no axis to draw")
    first = best(table, varied, metric).ranked[0].group.point
    counts = {name: len({row[name] for row in table}) for name in varied}
    order = sorted(varied, key=lambda name: -counts[name])
    x = order[0] if x is None else checks.one_of("x", x, varied)
    rest = [name for name in order if name != x and counts[name] > 1]
    few = [name for name in rest if counts[name] <= MOST_LINES]
    by = next(iter(few), None) if by is None else checks.one_of("by", by, rest)
    held = {name: first[name] for name in varied if name not in (x, by, *scattered)}
    rows = [row for row in table if all(row[name] == value for name, value in held.items())]
    groups = grouped(rows, varied, metric)
    title = ", ".join(f"{name} = {_text(value)}" for name, value in held.items())
    figures = {f"lines-{metric}": _lines(groups, x, by, metric, title, joined=x not in scattered)}
    if by is not None and not {x, by} & set(scattered) and len({group.point[x] for group in groups}) > 1:
        figures[f"map-{metric}"] = _map(groups, x, by, metric, title)
    paths = [destination / f"{name}.{format}" for name in figures]
    for figure, path in zip(figures.values(), paths, strict=True):
        refuse_link(path)
        plots.save_figure(figure, path)
    return paths


def _lines(groups: Sequence[Group], x: str, by: str | None, metric: str, title: str, *, joined: bool) -> plots.Figure:
    """Medians with intervals where there are six seeds, every run as a dot, what diverged on the upper edge."""
    values = _sorted({group.point[x] for group in groups})
    numeric = all(_is_number(value) and abs(value) < FAR for value in values)
    place = {value: float(value) if numeric else float(k) for k, value in enumerate(values)}
    lines = _sorted({group.point[by] for group in groups}) if by is not None else [None]
    with plots.style():
        figure, ((axes,),) = plots.new_figure("single", 0.85)
        for index, value in enumerate(lines[:MOST_LINES]):
            here = [group for group in groups if by is None or group.point[by] == value]
            here = sorted((group for group in here if group.values), key=lambda group: place[group.point[x]])
            label = None if by is None else plots.plain(f"{by} = {_text(value)}")
            look = {"label": label, "color": COLOURS[index % len(COLOURS)], "ls": "-" if joined and numeric else ""}
            aside = 0.0 if numeric else APART * (index - (len(lines) - 1) / 2)
            _line(axes, [place[group.point[x]] + aside for group in here], here, index, look)
        axes.set(xlabel=plots.plain(x), ylabel=WORDS[metric])
        finite = [v for group in groups for v in group.values.values() if 0 < v < FAR]
        if finite and max(finite) > DECADE * min(finite):
            axes.set_yscale("log")
        if numeric and min(place.values()) > 0 and max(place.values()) >= DECADE * min(place.values()):
            axes.set_xscale("log")
        elif not numeric:
            axes.set_xticks(range(len(values)), [plots.plain(_text(value)) for value in values])
        if title:
            axes.set_title(plots.plain(title))
        if axes.get_legend_handles_labels()[1]:
            figure.legend(loc="outside lower center", ncols=2)
    return figure


def _line(axes: plots.Axes, x: Sequence[float], groups: Sequence[Group], index: int, look: dict[str, Any]) -> None:
    medians = np.array([group.median.triple for group in groups]).reshape(-1, 3)
    medians[~(medians[:, 0] < FAR)] = np.nan
    for end in (1, 2):  # without an interval, its ends are the median
        medians[:, end] = np.where(np.abs(medians[:, end]) < FAR, medians[:, end], medians[:, 0])
    plots.draw_intervals(axes, x, *medians.T, index=index, **look)
    dots = [(at, v) for at, group in zip(x, groups, strict=True) for v in group.values.values() if v < FAR]
    axes.plot(*np.array(dots).reshape(-1, 2).T, ".", ms=2.5, color=look["color"], alpha=0.5, zorder=1)
    lost = [at for at, group in zip(x, groups, strict=True) if max(group.values.values()) >= FAR]
    if lost:
        edge = axes.get_xaxis_transform()
        axes.plot(
            lost, np.ones(len(lost)), "x", ms=5, color=look["color"], transform=edge, clip_on=False, label="_diverged"
        )


def _map(groups: Sequence[Group], x: str, by: str, metric: str, title: str) -> plots.Figure:
    """Medians, with an inf where half of the runs diverged."""
    columns, rows = (_sorted({group.point[name] for group in groups}) for name in (x, by))
    table = np.full((len(rows), len(columns)), np.nan)
    for group in groups:
        table[rows.index(group.point[by]), columns.index(group.point[x])] = (
            group.median.value if group.values else np.nan
        )
    lost = np.argwhere(np.isinf(table))
    table[~np.isfinite(table)] = np.nan
    with plots.style():
        figure, ((axes,),) = plots.new_figure("single", max(0.6, min(1.5, 0.25 + 0.09 * len(rows))))
        if np.isfinite(table).any():
            wide = np.nanmin(table) > 0 and np.nanmax(table) > DECADE * np.nanmin(table)
            names = ([plots.plain(_text(value)) for value in values] for values in (rows, columns))
            plots.draw_heat_map(axes, table, *names, logarithmic=bool(wide), form=".3g")
            for row, column in lost:
                axes.text(column, row, "inf", ha="center", va="center", color="black")
        axes.set(xlabel=plots.plain(x), ylabel=plots.plain(by))
        axes.set_title(plots.plain(f"{WORDS[metric]}, medians{'; ' + title if title else ''}"))
    return figure


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _sorted(values: set[Any]) -> list[Any]:
    return sorted(values, key=lambda value: (not _is_number(value), value if _is_number(value) else 0.0, str(value)))


def _text(value: Any) -> str:
    return f"{value:g}" if _is_number(value) else str(value)
