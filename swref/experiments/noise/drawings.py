"""The figures of `noise`, from its record alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from swref.experiments.frame.recipe import Drawing
from swref.experiments.frame.record import Record
from swref.plots import PALETTE, draw_intervals, new_figure, style

COLOURS = tuple(PALETTE[name] for name in ("blue", "sky", "orange", "vermilion", "purple"))

MOST_LINES = 10  # of one arm in one panel


def figures(record: Record) -> list[Drawing]:
    """The loss along the runs, the shares that left, and what the noise changes."""
    return [_loss_figure(record), _left_figure(record), _difference_figure(record)]


def _groups(record: Record) -> list[str]:
    return list(dict.fromkeys(record.tables["outcomes"].column("group").tolist()))


def _loss_figure(record: Record) -> Drawing:
    groups, levels = _groups(record), (0.0, *record.config["noises"])
    time = record.arrays["steps"] * record.config["alpha"]
    shown = [0, levels.index(record.config["level"])]
    with style():
        figure, panels = new_figure("double", 0.62, nrows=2, ncols=3)
        for axes, group in zip(panels.flat, groups, strict=False):
            for j in reversed(shown):  # the noisier lines below
                runs = record.arrays[f"loss of {group}"][:, j]  # [R, G]
                losses = runs[:: -(-len(runs) // MOST_LINES)].T
                axes.plot(time, losses, color=_colour(record, j), lw=0.5, alpha=0.6, rasterized=True)
                axes.plot([], [], color=_colour(record, j), label=_sgd(levels[j]))
            if f"descent of {group}" in record.arrays:
                still = record.arrays[f"descent of {group}"]
                axes.plot(time, still.T, "--", color="0.25", lw=0.9)
                axes.plot([], [], "--", color="0.25", lw=0.9, label="exact gradient descent")
            axes.set_title(group)
        for axes in list(panels.flat)[len(groups) :]:
            axes.axis("off")
            axes.legend(*panels[0, 0].get_legend_handles_labels(), loc="center")
        for axes in panels[:, 0]:
            axes.set_ylabel("population loss $F(u^t)$")
        for axes in panels[-1]:
            axes.set_xlabel("time: steps × $\\alpha$")
        if len(groups) > 3:
            panels[0, 2].set_xlabel("time: steps × $\\alpha$")
    caption = (
        f"The exact population loss along the runs, a line each of up to {MOST_LINES}. "
        "Dashed: exact gradient descent, one line a start, which only rounding errors can take off a saddle. "
        "A run has left where its line falls. If only noise leaves silent saddles, then lines with noise fall there "
        "and those without stay level."
    )
    return Drawing("loss", figure, caption)


def _left_figure(record: Record) -> Drawing:
    table, groups = record.tables["outcomes"], _groups(record)
    exact = table.column("gradient") != "SGD"
    kinds = [(False, a) for a in (0.0, *record.config["noises"])] + [(True, 0.0), (True, record.config["level"])]
    with style():
        figure, ((axes,),) = new_figure("double", 0.42)
        for index, (is_exact, a) in enumerate(kinds):
            rows = (exact == is_exact) & (table.column("a") == a)
            shift = 0.12 * (index - (len(kinds) - 1) / 2)
            x = np.array([groups.index(group) for group in table.column("group")[rows]]) + shift
            columns = (table.column(name)[rows] for name in ("left", "left low", "left high"))
            colour = ("0.25" if a == 0 else PALETTE["green"]) if is_exact else _colour(record, index)
            label = ("exact" if a == 0 else f"exact, $a$ = {a:g}") if is_exact else _sgd(a)
            draw_intervals(axes, x, *columns, index=index, color=colour, label=label, ls="none")
        axes.set(ylabel="share of runs that left", ylim=(-0.03, 1.03))
        axes.set_xticks(range(len(groups)), groups)
        axes.tick_params(axis="x", length=0)
        figure.legend(*axes.get_legend_handles_labels(), loc="outside upper center", ncols=4)
    caption = (
        "The share of runs that ended in a better basin than their start (from random starts: in one near the best "
        "that was found), with Wilson's 95 % intervals. Exact descent without noise has no draws, and so no interval: "
        "it counts as left where its loss ended below that of the start by the margin."
    )
    return Drawing("left", figure, caption)


def _difference_figure(record: Record) -> Drawing:
    table, groups = record.tables["differences"], _groups(record)
    high = max(float(np.nanmax(table.column(f"{name} high"))) for name in ("F of basin", "F reached"))
    ticks = [-0.1, -0.01, 0.0, 0.01, *([0.1] if high > 0.05 else [])]
    named = (("F of basin", "loss of the basin at the end"), ("F reached", "loss reached, noise and all"))
    with style():
        figure, panels = new_figure("double", 0.45, ncols=2)
        for axes, (name, title) in zip(panels[0], named, strict=True):
            for index, a in enumerate(record.config["noises"]):
                rows = table.column("a") == a
                shift = 0.16 * (index - (len(record.config["noises"]) - 1) / 2)
                y = np.array([groups.index(group) for group in table.column("group")[rows]]) + shift
                _horizontal(axes, *(table.column(f"{name}{end}")[rows] for end in ("", " low", " high")), y, index,
                            _colour(record, index + 1), f"$a$ = {a:g}")  # fmt: skip
            axes.set_xscale("symlog", linthresh=0.01)
            axes.set_xticks(ticks, [f"{tick:g}".replace("-", "−") for tick in ticks])
            axes.axvline(0.0, color="0.4", lw=0.8, ls=":")
            axes.set(title=title, xlabel="with noise less without")
            axes.set_yticks(range(len(groups)), groups)
            axes.invert_yaxis()
        panels[0, 1].set_yticklabels([])
        figure.legend(*panels[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=4)
    caption = (
        "What added noise changes, in pairs of runs on the same draws, with 95 % intervals: left of the dotted line it "
        "helps. Left: the loss of the basin in which the run ends. Right: the loss reached while the noise is on. The "
        "axes are linear within 0.01 and logarithmic beyond."
    )
    return Drawing("differences", figure, caption)


def _horizontal(
    axes: Any, value: np.ndarray, low: np.ndarray, high: np.ndarray, y: np.ndarray, index: int, colour: str, label: str
) -> None:
    bars = np.maximum(0.0, np.stack((value - low, high - value)))
    axes.errorbar(value, y, xerr=bars, fmt="os^Dv"[index % 5], ms=3.5, capsize=2, lw=0.9, color=colour, label=label)


def _colour(record: Record, index: int) -> str:
    """Of the index-th noise level of SGD, 0 being none."""
    return COLOURS[0] if index == 0 else COLOURS[index + len(COLOURS) - 1 - len(record.config["noises"])]


def _sgd(a: float) -> str:
    return f"SGD, $a$ = {a:g}" if a else "SGD"
