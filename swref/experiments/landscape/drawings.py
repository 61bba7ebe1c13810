"""The figures of `landscape`, from its record alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from swref.experiments.frame.drawing import draw_table
from swref.experiments.frame.record import Record
from swref.experiments.landscape.spiral import by_blocks, by_sgd
from swref.experiments.landscape.two_points import GLOBAL, KINDS
from swref.plots import PALETTE, Axes, Figure, draw_band, new_figure, style

LEVELS = np.linspace(0.0, 1.0, 21)  # of the surfaces
FLOOR = 1e-6  # of W_2^2 on logarithmic axes: what is below is exact but for the rounding
MARKS = dict(zip(KINDS, (("*", 8.0), ("o", 5.0), ("X", 5.5), ("^", 5.0)), strict=True))
COLOURS = dict(zip(KINDS, (PALETTE[name] for name in ("yellow", "orange", "vermilion", "sky")), strict=True))
SPREAD = 0.16  # of the dots of one L on a logarithmic axis, so that they do not hide each other


def figures(record: Record) -> dict[str, Figure]:
    """The surfaces, the two limits, the end points of the descents, their course, and clouds on the spiral."""
    return {
        "surfaces": _surface_figure(record),
        "limits": _limit_figure(record),
        "ends": _end_figure(record),
        "courses": _course_figure(record),
        "spiral": _spiral_figure(record),
    }


def _surface_figure(record: Record) -> Figure:
    axis, theta = record.arrays["axis"], record.arrays["theta"]
    with style():
        figure, panels = new_figure("double", 0.93, 2, 2)
        for axes, surface, L in zip(panels.flat, record.arrays["surfaces"], (0, *record.config["shown"]), strict=True):
            # A raster under vector lines: thousands of patches of colour would make a page of megabytes.
            shades = axes.contourf(axis, axis, surface, LEVELS, cmap="cividis", extend="max", zorder=-1)
            axes.set_rasterization_zorder(0)  # before matplotlib 3.11 contours stay vectors
            axes.contour(axis, axis, surface, LEVELS[::2], colors="white", linewidths=0.35)
            for edge in theta[:L]:
                _draw_line(axes, edge, 0.0, axis[-1], ls="--", lw=0.7, color="black")
            for side in (-1.0, 1.0) if L == 1 else ():  # where the energy of a single direction vanishes
                _draw_line(axes, theta[0], side * theta[0, 1], 2 * axis[-1], lw=1.8, color=COLOURS[GLOBAL])
            _draw_critical_points(axes, record, f"E_{L}" if L else "E")
            title = "exact, $E$" if L == 0 else f"{L} direction{'s' if L > 1 else ''}, $E_{{{L}}}$"
            axes.set(title=title, xlim=axis[[0, -1]], ylim=axis[[0, -1]], aspect="equal")
            axes.set(xticks=[-1, 0, 1], yticks=[-1, 0, 1])
        for axes in panels[:, 0]:
            axes.set_ylabel("$y_2$")
        for axes in panels[1]:
            axes.set_xlabel("$y_1$")
        bar = figure.colorbar(shades, ax=panels, shrink=0.6, pad=0.02, ticks=LEVELS[::4])
        bar.set_label("energy")
        for kind, (marker, size) in MARKS.items():
            panels[0, 0].plot([], [], marker, ms=size, mec="black", mew=0.5, color=COLOURS[kind], label=kind)
        panels[0, 0].plot([], [], "--", lw=0.8, color="black", label="edge of cells")
        panels[0, 0].plot([], [], color=COLOURS[GLOBAL], lw=1.8, label="line of minima")
        figure.legend(loc="outside lower center", ncols=6, columnspacing=1.2, handletextpad=0.5)
    return figure


def _draw_line(axes: Axes, theta: np.ndarray, offset: float, reach: float, **look: Any) -> None:
    """The line theta . y = offset, from beyond one side of the square to beyond the other."""
    ends = 2 * reach * np.array([-1.0, 1.0])
    axes.plot(offset * theta[0] - theta[1] * ends, offset * theta[1] + theta[0] * ends, **look)


def _draw_critical_points(axes: Axes, record: Record, energy: str) -> None:
    """The points y and -y of one surface."""
    for kind in reversed(KINDS):
        rows = record.tables["critical"].where(energy=energy, kind=kind)
        y = np.column_stack((rows.column("y_1"), rows.column("y_2")))
        marker, size = MARKS[kind]
        axes.plot(*np.vstack((y, -y)).T, marker, ms=size, color=COLOURS[kind], mec="black", mew=0.5)


def _limit_figure(record: Record) -> Figure:
    labels = (
        f"max of $|E_L - E|$ over $|y| \\leq {record.config['disc']:g}$",
        "distance of the furthest critical point",
    )
    with style():
        figure, panels = new_figure("double", 0.4, ncols=2)
        for axes, name, label in zip(panels[0], ("error", "distance"), labels, strict=True):
            values = record.samples[name].rows("repeat")
            L, means = np.array(record.samples[name].axes["L"], dtype=float), values.mean(axis=0)
            axes.plot(np.tile(L, len(values)), values.ravel(), ".", ms=2.5, color=PALETTE["sky"], alpha=0.5,
                      rasterized=True)  # fmt: skip
            axes.plot(L, means, "o", ms=4, color=PALETTE["blue"], label="mean")
            slope, low, high = record.arrays[f"{name}_slope"]
            fit = np.exp(np.mean(np.log(means)) + slope * (np.log(L) - np.mean(np.log(L))))
            axes.plot(L, fit, color=PALETTE["vermilion"], label=f"slope {slope:.2f} [{low:.2f}, {high:.2f}]")
            axes.set(xscale="log", yscale="log", xlabel="number of directions $L$", ylabel=label)
            axes.legend(loc="lower left")
    return figure


def _end_figure(record: Record) -> Figure:
    config = record.config
    L, methods = np.array(config["descent_directions"], dtype=float), [*map(by_blocks, config["descent_directions"])]
    final = np.maximum(record.samples["final"].where(method=methods).values, FLOOR)  # [R, K]
    with style():
        figure, ((left, right),) = new_figure("double", 0.4, ncols=2)
        spread = L * np.exp(SPREAD * (np.arange(len(final))[:, None] / len(final) - 0.5))
        left.plot(spread.ravel(), final.ravel(), ".", ms=3, color=PALETTE["sky"], rasterized=True)
        left.plot(L, np.median(final, axis=0), "_", ms=11, mew=1.6, color=PALETTE["blue"], label="median")
        left.plot(config["few"], config["stuck_at"], "D", ms=5, color=PALETTE["vermilion"], label="reported")
        left.axhline(config["exact_below"], ls=":", lw=0.8, color="0.4")
        left.set(yscale="log", ylabel="$W_2^2$ at the end", ylim=(FLOOR / 2, 2.0))
        left.legend(loc="lower left", bbox_to_anchor=(0.0, 0.08))
        blocks = record.tables["descents"].where(method=lambda names: np.isin(names, methods))
        draw_table(right, blocks, L, "share exact", color=PALETTE["blue"])
        right.axhline(config["share_exact"], ls=":", lw=0.8, color="0.4")
        right.set(ylabel="share of exact ends", ylim=(-0.02, 1.02))
        for axes in (left, right):
            axes.set(xscale="log", xlabel="number of directions $L$")
            axes.set_xticks(L, [f"{each:g}" for each in L])
            axes.minorticks_off()
    return figure


def _course_figure(record: Record) -> Figure:
    config, costs = record.config, record.samples["costs"]
    courses = [
        (by_blocks(L), L, config["descent_cap"], f"block coord., $L$ = {L}", colour)
        for L, colour in ((config["enough"], "blue"), (config["few"], "sky"))
    ] + [
        (by_sgd(step), 0, config["sgd_iterations"], f"SGD, $\\alpha$ = {step:g}", colour)
        for step, colour in zip(config["sgd_steps"], ("vermilion", "orange", "green", "purple", "black"), strict=False)
    ]
    with style():
        figure, panels = new_figure("double", 0.45, ncols=2)
        for method, L, length, label, colour in courses:
            iterations = record.arrays["iterations"][record.arrays["iterations"] <= length]
            shown = np.maximum(costs.at(method=method).where(iteration=iterations).values, FLOOR)
            sorts = L * (iterations + 1) if L else 2 * iterations
            for axes, x in zip(panels[0], (iterations, sorts), strict=True):
                draw_band(axes, x, shown, color=PALETTE[colour], label=label)
                axes.lines[-1].set_linestyle("--" if L else "-")
        for axes, label in zip(panels[0], ("iterations", "sorts of the cloud"), strict=True):
            axes.set(xscale="log", yscale="log", xlabel=label, ylim=(FLOOR / 1.5, 4.0))
        panels[0, 0].set_ylabel("$W_2^2$ to the target")
        handles = panels[0, 0].get_legend_handles_labels()
        figure.legend(*handles, loc="outside lower center", ncols=5, columnspacing=1.2, handlelength=1.8)
    return figure


def _spiral_figure(record: Record) -> Figure:
    config, target = record.config, record.arrays["target"]  # [n, 2]
    names = [f"block coordinates, $L$ = {config[key]}" for key in ("few", "enough")]
    names += [f"SGD, $\\alpha$ = {config['sgd_steps'][-1]:g}"]
    ends = zip(record.arrays["typical"], record.arrays["typical_cost"], strict=True)
    with style():
        figure, panels = new_figure("double", 0.44, ncols=3)
        for axes, name, (end, cost) in zip(panels[0], names, ends, strict=True):
            axes.plot(*target.T, "-", lw=0.5, color="0.6")
            axes.plot(*target.T, "o", ms=4.5, mfc="none", color=PALETTE["blue"], label="target")
            axes.plot(*end.T, ".", ms=4, color=PALETTE["vermilion"], label="end point")
            axes.set(title=f"{name}\n$W_2^2$ = {cost if cost > FLOOR else 0:.2g}", xlabel="$x_1$", aspect="equal")
            axes.set(xlim=(-4.4, 4.4), ylim=(-4.4, 4.4), xticks=[-4, 0, 4], yticks=[-4, 0, 4])
        panels[0, 0].set_ylabel("$x_2$")
        figure.legend(*panels[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure
