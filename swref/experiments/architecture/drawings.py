"""The figures of `architecture`, drawn from its record alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from swref.experiments.architecture.growth import QUANTITIES
from swref.experiments.architecture.matrix import COLUMNS
from swref.experiments.architecture.runs import ARMS
from swref.experiments.frame.record import Record
from swref.experiments.frame.tables import Table
from swref.plots import MARKERS, PALETTE, Axes, Figure, draw_band, draw_intervals, new_figure, style, symlog_axis

COLOURS = tuple(PALETTE[name] for name in ("blue", "orange", "green", "vermilion", "purple", "sky", "black"))
SIGNS = {"holds": ("o", "blue"), "fails": ("X", "vermilion"), "unknown": ("$?$", "black")}
SHORT = ("T1", "T2")  # of the columns for the theorems
LABELS = ("$|T|$", "Lipschitz constant", "second derivatives $M$")
SHOWN_RUNS = 12


def figures(record: Record) -> dict[str, Figure]:
    """Verdicts, growth and its powers, runs, their shares, and draws of x."""
    return {
        "verdicts": _verdict_figure(record),
        "growth": _growth_figure(record),
        "powers": _power_figure(record),
        "runs": _run_figure(record),
        "shares": _share_figure(record),
        "draws": _draw_figure(record),
    }


def _verdict_figure(record: Record) -> Figure:
    nets, laws = record.tables["networks"], record.tables["inputs"]
    pairs = zip(laws.column("network"), laws.column("law of x"), strict=True)
    names = [f"{network.replace('one affine layer', 'affine')}: {law}" for network, law in pairs]
    with style():
        figure, ((left, right),) = new_figure("double", 0.15 + 0.023 * max(len(nets), len(laws)), ncols=2)
        _draw_matrix(left, nets, nets.column("network"), len(record.config["report_activations"]))
        _draw_matrix(right, laws, names, len(record.config["laws"]))
        left.set_title("networks, on points", pad=16)
        right.set_title("laws of $x$", pad=16)
        figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


def _draw_matrix(axes: Axes, table: Table, names: Any, group: int) -> None:
    """A sign a verdict; a line after every `group` rows, and one before the theorems."""
    found = np.array([table.column(name) for name in COLUMNS]).T
    for verdict, (marker, colour) in SIGNS.items():
        i, j = np.nonzero(found == verdict)
        axes.plot(j, i, ls="", marker=marker, ms=5, mew=0, color=PALETTE[colour], label=verdict)
    for k in range(group, len(found), group):
        axes.axhline(k - 0.5, lw=0.5, color="0.7")
    axes.axvline(len(COLUMNS) - len(SHORT) - 0.5, lw=0.5, color="0.7")
    axes.set_xticks(range(len(COLUMNS)), [*COLUMNS[: -len(SHORT)], *SHORT])
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(length=0, labelbottom=False, labeltop=True)
    axes.tick_params(axis="y", labelsize=7)
    axes.set(xlim=(-0.6, len(COLUMNS) - 0.4), ylim=(len(names) - 0.4, -0.6))
    for spine in axes.spines.values():
        spine.set_visible(False)


def _growth_figure(record: Record) -> Figure:
    table, config = record.tables["growth"], record.config
    shape = config["shapes"][0]
    with style():
        figure, panels = new_figure("double", 0.46, ncols=3)
        for q, axes in enumerate(panels[0]):
            for k, act in enumerate(config["activations"]):
                for ending, line, filled in (("", "-", True), (", cut-off", "--", False)):
                    radii, values = _medians(table, f"{act} {shape}{ending}", QUANTITIES[q])
                    face = COLOURS[k] if filled else "white"
                    named = f"{act}{ending}" if q == 0 and len(radii) else None
                    axes.plot(radii, values, line, marker=MARKERS[k], ms=4, mfc=face, color=COLOURS[k], label=named)
            axes.set(xscale="log", yscale="log", xlabel="radius $R$ of the ball of $u$", title=LABELS[q])
        panels[0, 0].set_ylabel("largest value found")
        figure.legend(*panels[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return figure


def _medians(table: Table, network: str, quantity: str) -> tuple[np.ndarray, np.ndarray]:
    rows = (table.column("network") == network) & (table.column("quantity") == quantity)
    radius, value = table.column("R")[rows], table.column("largest found")[rows]
    radii = np.unique(radius)
    return radii, np.array([np.median(value[radius == r]) for r in radii])


def _power_figure(record: Record) -> Figure:
    table = record.tables["powers"]
    names = list(dict.fromkeys(table.column("network")))
    with style():
        figure, panels = new_figure("double", 0.2 + 0.025 * len(names), ncols=3)
        for q, axes in enumerate(panels[0]):
            rows = table.column("quantity") == QUANTITIES[q]
            columns = (table.column(name)[rows] for name in ("power of R", "low", "high", "proven power", "typical"))
            value, low, high, proven, typical = columns
            y = np.arange(len(names))
            axes.plot(proven, y, "D", ms=7, mfc="none", color=PALETTE["vermilion"], label="proven bound")
            bars = np.maximum(0.0, [value - low, high - value])
            axes.errorbar(value, y, xerr=bars, fmt="o", ms=3.5, capsize=2, color=PALETTE["blue"], label="largest found")
            axes.plot(typical, y, "+", ms=5, color="0.4", label="mean over random $u$")
            axes.set_yticks(y, names if q == 0 else [])
            axes.set(xlabel="power of $R$", title=LABELS[q], ylim=(len(names) - 0.5, -0.5))
            axes.tick_params(axis="y", length=0)
            axes.grid(axis="x", lw=0.3, color="0.8")
        figure.legend(*panels[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


def _run_figure(record: Record) -> Figure:
    config, norms, steps = record.config, record.samples["norms"].values, record.arrays["times"]
    k = config["alphas"].index(config["shown_alpha"])
    edge, ball = (config["cut_off_u"] + sign * config["cut_off_eps"] for sign in (1, -1))
    marks = ((config["limit"], "limit"), (edge, "$R_u + \\varepsilon$"), (ball, "$r$"))
    with style():
        figure, panels = new_figure("double", 0.42, ncols=3)
        for j, (axes, (height, word)) in enumerate(zip(panels[0], marks, strict=True)):
            for i, act in enumerate(config["run_activations"]):
                _draw_paths(axes, steps, norms[:SHOWN_RUNS, i, j, k], i, act)
            axes.axhline(height, ls=":", lw=0.9, color="0.3")
            place = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points", "va": "center"}
            axes.annotate(word, (1.0, height), (2, 0), **place)
            title = ARMS[j] if j else "neither cut-off nor projection"
            symlog_axis(axes, 1.0, "step $t$")
            axes.set(yscale="log", title=title, ylim=(1.0, 3 * config["limit"]))
            axes.set_xlim(0, config["steps"])
        panels[0, 0].set_ylabel("$|u^t|$")
        figure.legend(*panels[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return figure


def _draw_paths(axes: Axes, steps: np.ndarray, paths: np.ndarray, index: int, label: str) -> None:
    """One line a run of paths [runs, times], up to where it passes the limit."""
    look: dict[str, Any] = {"color": COLOURS[index], "ls": ("-", "--", "-.", ":")[index % 4], "lw": 0.7}
    for repeat, path in enumerate(np.where(np.isfinite(paths), paths, np.nan)):
        axes.plot(steps, path, **look, label=None if repeat else label)
        last = np.flatnonzero(np.isfinite(path))[-1]
        if last < len(steps) - 1:
            axes.plot(steps[last], path[last], "x", ms=4, color=look["color"])


def _share_figure(record: Record) -> Figure:
    config = record.config
    with style():
        figure, ((left, right),) = new_figure("double", 0.5, ncols=2)
        shown = [*((act, ARMS[0]) for act in config["run_activations"]), ("all", ARMS[1]), ("all", ARMS[2])]
        for index, (act, scheme) in enumerate(shown):
            name = act if act != "all" else f"all, {scheme}"
            _draw_shares(left, record.tables["shares"], (act, scheme), index, name)
        laws = [(law, ARMS[0]) for law in config["laws"]]
        for index, (law, scheme) in enumerate([*laws, (config["laws"][-1], ARMS[1])]):
            name = law if scheme == ARMS[0] else f"{law}, {scheme}"
            _draw_shares(right, record.tables["input_shares"], (law, scheme), index, name)
        left.set(title="points $x$ of the disc", ylabel="share of runs that diverge")
        right.set(title=f"laws of $x$, {config['run_activations'][0]}")
        for axes in (left, right):
            axes.set(xscale="log", xlabel="step $\\alpha$", ylim=(-0.03, 1.03))
            axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.24), ncols=2, fontsize=7)
    return figure


def _draw_shares(axes: Axes, table: Table, of: tuple[str, str], index: int, label: str) -> None:
    """The rows whose first two columns, what varies and the scheme, are `of`."""
    what, scheme = (table.column(name) for name in list(table.columns)[:2])
    rows = (what == of[0]) & (scheme == of[1])
    alpha, value, low, high = (table.column(name)[rows] for name in ("alpha", "share diverged", "low", "high"))
    line = ("-", "--", ":")[ARMS.index(of[1])]
    look = {"ls": line, "color": COLOURS[index % len(COLOURS)], "label": label}
    draw_intervals(axes, alpha * 1.04 ** (index - 2), value, low, high, index=index, **look)


def _draw_figure(record: Record) -> Figure:
    config = record.config
    with style():
        figure, panels = new_figure("double", 0.78, nrows=2, ncols=2)
        for axes, name, label in zip(panels[0], ("farthest", "means"), ("max $|x|$", "mean of $|x|$"), strict=True):
            for k, law in enumerate(config["laws"]):
                draw_band(axes, config["draws"], record.samples[name].values[k], color=COLOURS[k])
                middle = np.median(record.samples[name].values[k], axis=0)
                named = law if name == "farthest" else None
                axes.plot(config["draws"], middle, ls="", marker=MARKERS[k], ms=4, color=COLOURS[k], label=named)
            axes.set(ylabel=label)
        for q, axes in enumerate(panels[1]):
            found, bound = (
                record.samples[name].values[0, ..., 0, q] for name in ("far_found", "far_bound")
            )  # [R', W, M]
            for k in range(len(config["laws"])):
                middle = np.median(found[:, k], axis=0)
                axes.plot(config["draws"], middle, ls="-", marker=MARKERS[k], ms=4, color=COLOURS[k])
                axes.plot(config["draws"], np.median(bound[:, k], axis=0), ":", color=COLOURS[k])
            axes.set(ylabel=LABELS[1 + q])
        for axes in panels.flat:
            axes.set(xscale="log", yscale="log", xlabel="draws $m$")
        figure.legend(*panels[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=5)
    return figure
