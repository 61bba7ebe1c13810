"""The figures of `measures`."""

from __future__ import annotations

from typing import Any

import numpy as np

from swref.experiments.frame.drawing import colours, draw_table
from swref.experiments.frame.record import Record
from swref.experiments.measures.config import SETTINGS
from swref.plots import MARKERS, Axes, Figure, draw_intervals, new_figure, style

POINTS = ("even", "random")
COLOURS = colours("blue", "vermilion", "green", "purple")


def figures(record: Record) -> dict[str, Figure]:
    """Flows against m, residuals of runs against alpha, and tails."""
    return {"flows": _flow_figure(record), "runs": _run_figure(record), "tails": _tail_figure(record)}


def _flow_figure(record: Record) -> Figure:
    m = np.array(record.config["supports"])
    with style():
        figure, panels = new_figure("double", 0.62, nrows=2, ncols=len(SETTINGS))
        for row, (name, rates) in zip(panels, (("d_c", "rates"), ("ends", "end_rates")), strict=True):
            for k, axes in enumerate(row):
                values = record.samples[name].values[k]  # [R, S, 1 + D]
                for i, samples in enumerate((values[..., :1], values[..., 1:])):
                    _draw_power_law(axes, m, samples, record.arrays[rates][k, i, 0], i)
                axes.set(xscale="log", yscale="log")
                _tick(axes.xaxis, m)
                axes.legend(loc="lower left", fontsize=6.5, handlelength=1.2)
            low, high = record.samples[name].values.min(), record.samples[name].values.max()
            _share_scale(row, low / (high / low) ** 0.3, high)  # room for the legends
        for axes, setting in zip(panels[0], SETTINGS, strict=True):
            axes.set_title(setting)
        for axes in panels[1]:
            axes.set_xlabel("points $m$")
        panels[0, 0].set_ylabel(f"$d_c$ to the flow of ${record.config['finer']}\\,m$ points")
        panels[1, 0].set_ylabel("$|\\nabla F|$ at the flow's end")
    return figure


def _draw_power_law(axes: Axes, m: np.ndarray, samples: np.ndarray, rate: float, index: int) -> None:
    """Dots for samples [R, S, D], their means over m [S], and m^-rate through them."""
    colour, shift = COLOURS[index], (0.95, 1.05)[index]
    dots = np.moveaxis(samples, 1, 0).reshape(len(m), -1)  # [S, R D]
    axes.plot(np.repeat(m * shift, dots.shape[1]), dots.ravel(), ".", ms=2, color=colour, alpha=0.3, rasterized=True)
    means = dots.mean(axis=1)
    fit = np.exp(np.mean(np.log(means)) - rate * (np.log(m) - np.mean(np.log(m))))
    label = f"{POINTS[index]}: $b$ = {rate:.2f}"
    axes.plot(m * shift, fit, "-" if index == 0 else "--", color=colour, label=label)
    axes.plot(m * shift, means, MARKERS[index], ms=4, color=colour)


def _share_scale(row: np.ndarray, low: float, high: float) -> None:
    """One logarithmic scale for the panels of a row, labelled at the left."""
    low, high = low / 1.5, high * 1.5
    digits = (1, 3) if high / low > 30 else (1, 2, 5)
    ladder = np.array([digit * 10.0**power for power in range(-6, 7) for digit in digits])
    for axes in row:
        axes.set_ylim(low, high)
        _tick(axes.yaxis, ladder[(ladder > low) & (ladder < high)], axes is row[0])


def _tick(axis: Any, values: np.ndarray, labelled: bool = True) -> None:
    """Ticks of a logarithmic xaxis or yaxis at these values alone, written out."""
    axis.set_ticks(values, [f"{value:g}" if labelled else "" for value in values], fontsize=7)
    axis.set_ticks([], minor=True)


def _run_figure(record: Record) -> Figure:
    alphas, own = np.array(record.config["alphas"]), record.samples["own"]
    drawn = record.samples["residual"].axes["source"]
    intervals = record.arrays["residual_intervals"]  # [K, 3, A, (value, low, high)]
    with style():
        figure, panels = new_figure("double", 0.4, ncols=len(SETTINGS))
        for k, (setting, axes) in enumerate(zip(SETTINGS, panels[0], strict=True)):
            for i, source in enumerate(drawn):
                columns = intervals[k, i].T  # value, low, high; [A] each
                draw_intervals(axes, alphas, *columns, index=i, color=COLOURS[i], label=source, lw=1.0)
            axes.plot(alphas, own.values[k, :, 0].mean(axis=0), ":", color=COLOURS[0], label=f"{drawn[0]}, own $F$")
            axes.set(xscale="log", yscale="log", xlabel="step $\\alpha$", title=setting)
            _tick(axes.xaxis, alphas)
        lowest = min(intervals[..., 0].min(), own.values.mean(axis=1).min())
        _share_scale(panels[0], lowest, intervals[..., 2].max() / 1.3)
        panels[0, 0].set_ylabel("natural residual")
        figure.legend(*panels[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return figure


def _tail_figure(record: Record) -> Figure:
    table, shares = record.tables["tails"], record.arrays["shares"]
    with style():
        figure, ((survival, thrown),) = new_figure("double", 0.42, ncols=2)
        for j, name in enumerate(table.column("target")):
            quantiles = np.median(record.samples["quantiles"].values[j], axis=0)
            survival.plot(quantiles[1:], shares[1:], color=COLOURS[j], marker=MARKERS[j], ms=3, label=_greek(name))
            nu = table.column("nu")[j]
            if np.isfinite(nu):
                end = quantiles[-1] * np.array([0.35, 1.0])
                survival.plot(end, 3 * shares[-1] * (end / end[-1]) ** -nu, ":", color=COLOURS[j])
        survival.set(xscale="log", yscale="log", xlabel="$v$", ylabel="share of steps with $|\\phi| > v$")
        survival.legend(loc="upper right")
        draw_table(thrown, table, range(len(table)), "thrown out", color=COLOURS[1], lw=0)
        thrown.set(ylabel="share of runs thrown out", ylim=(-0.03, 1.03), xlim=(-0.5, len(table) - 0.5))
        thrown.set_xticks(range(len(table)), [_greek(name).replace(", ", "\n") for name in table.column("target")])
    return figure


def _greek(name: str) -> str:
    """The name of a law with its degrees of freedom as the formulas have them."""
    return name.replace("nu =", "$\\nu$ =")
