"""The figures of `noise`, from its record alone."""

from __future__ import annotations

import numpy as np

from swref.experiments.frame.drawing import colours, draw_table
from swref.experiments.frame.record import Record
from swref.experiments.frame.tables import Table
from swref.experiments.noise.runs import EXACT, SGD
from swref.plots import PALETTE, Axes, Figure, new_figure, style, symlog_axis

COLOURS = colours("blue", "sky", "orange", "vermilion", "purple")
MOST_LINES = 10  # of one arm in one panel: its caption says so


def figures(record: Record) -> dict[str, Figure]:
    """The loss along the runs, the shares that left, and what the noise changes."""
    return {
        "loss": _loss_figure(record),
        "left": _left_figure(record),
        "differences": _difference_figure(record),
    }


def _groups(record: Record) -> list[str]:
    return list(dict.fromkeys(record.tables["outcomes"].column("group").tolist()))


def _loss_figure(record: Record) -> Figure:
    groups, time = _groups(record), record.arrays["steps"] * record.config["alpha"]
    with style():
        figure, panels = new_figure("double", 0.62, nrows=2, ncols=3)
        for axes, group in zip(panels.flat, groups, strict=False):
            for a in (record.config["level"], 0.0):  # the noisier lines below
                runs = record.samples[f"loss of {group}"].at(arm=(SGD, a)).values  # [run, step]
                losses = runs[:: -(-len(runs) // MOST_LINES)].T
                axes.plot(time, losses, color=_colour(record, a), lw=0.5, alpha=0.6, rasterized=True)
                axes.plot([], [], color=_colour(record, a), label=_sgd(a))
            if f"descent of {group}" in record.samples:
                still = record.samples[f"descent of {group}"].values
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
    return figure


def _left_figure(record: Record) -> Figure:
    outcomes, groups, level = record.tables["outcomes"], _groups(record), record.config["level"]
    arms = [(SGD, a) for a in (0.0, *record.config["noises"])] + [(EXACT, 0.0), (EXACT, level)]
    with style():
        figure, ((axes,),) = new_figure("double", 0.42)
        for index, (gradient, a) in enumerate(arms):
            mine = outcomes.where(gradient=gradient, a=a)
            x = _places(mine, groups) + 0.12 * (index - (len(arms) - 1) / 2)
            if gradient == SGD:
                colour, label = _colour(record, a), _sgd(a)
            else:
                colour, label = ("0.25", "exact") if a == 0 else (PALETTE["green"], f"exact, $a$ = {a:g}")
            draw_table(axes, mine, x, "left", index=index, color=colour, label=label, ls="none")
        axes.set(ylabel="share of runs that left", ylim=(-0.03, 1.03))
        axes.set_xticks(range(len(groups)), groups)
        axes.tick_params(axis="x", length=0)
        figure.legend(*axes.get_legend_handles_labels(), loc="outside upper center", ncols=4)
    return figure


def _difference_figure(record: Record) -> Figure:
    differences, groups, noises = record.tables["differences"], _groups(record), record.config["noises"]
    high = max(float(np.nanmax(differences.column(f"{name} high"))) for name in ("F of basin", "F reached"))
    ticks = [-0.1, -0.01, 0.0, 0.01, *([0.1] if high > 0.05 else [])]
    named = (("F of basin", "loss of the basin at the end"), ("F reached", "loss reached, noise and all"))
    with style():
        figure, panels = new_figure("double", 0.45, ncols=2)
        for axes, (name, title) in zip(panels[0], named, strict=True):
            for index, a in enumerate(noises):
                mine = differences.where(a=a)
                y = _places(mine, groups) + 0.16 * (index - (len(noises) - 1) / 2)
                _draw_across(axes, mine, name, y, index, _colour(record, a), f"$a$ = {a:g}")
            symlog_axis(axes, 0.01, "with noise less without")
            axes.set_xticks(ticks, [f"{tick:g}".replace("-", "−") for tick in ticks])
            axes.axvline(0.0, color="0.4", lw=0.8, ls=":")
            axes.set_title(title)
            axes.set_yticks(range(len(groups)), groups)
            axes.invert_yaxis()
        panels[0, 1].set_yticklabels([])
        figure.legend(*panels[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=4)
    return figure


def _places(table: Table, groups: list[str]) -> np.ndarray:
    """Where the rows of a table go along an axis of groups."""
    return np.array([groups.index(group) for group in table.column("group")])


def _draw_across(axes: Axes, table: Table, name: str, y: np.ndarray, index: int, colour: str, label: str) -> None:
    value, low, high = table.interval(name)
    bars = np.maximum(0.0, np.stack((value - low, high - value)))
    axes.errorbar(value, y, xerr=bars, fmt="os^Dv"[index % 5], ms=3.5, capsize=2, lw=0.9, color=colour, label=label)


def _colour(record: Record, a: float) -> str:
    """Of a noise level of SGD: the stronger, the warmer."""
    noises = record.config["noises"]
    return COLOURS[0] if a == 0 else COLOURS[noises.index(a) + len(COLOURS) - len(noises)]


def _sgd(a: float) -> str:
    return f"SGD, $a$ = {a:g}" if a else "SGD"
