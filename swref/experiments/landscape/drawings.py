"""The figures of `landscape`, from its record alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from swref.experiments.frame.recipe import Drawing
from swref.experiments.frame.record import Record
from swref.experiments.landscape.two_points import KINDS
from swref.plots import PALETTE, Axes, draw_band, draw_intervals, new_figure, style

LEVELS = np.linspace(0.0, 1.0, 21)  # of the surfaces
FLOOR = 1e-6  # of W_2^2 on logarithmic axes: what is below is exact but for the rounding
MARKS = dict(zip(KINDS, (("*", 8.0), ("o", 5.0), ("X", 5.5), ("^", 5.0)), strict=True))
COLOURS = dict(zip(KINDS, (PALETTE[name] for name in ("yellow", "orange", "vermilion", "sky")), strict=True))


def figures(record: Record) -> list[Drawing]:
    """The surfaces, the two limits, the end points of the descents, their course, and clouds on the spiral."""
    return [
        _surface_figure(record),
        _limit_figure(record),
        _end_figure(record),
        _course_figure(record),
        _spiral_figure(record),
    ]


def _surface_figure(record: Record) -> Drawing:
    axis, table = record.arrays["axis"], record.tables["critical"]
    names = ["E", *(f"E_{L}" for L in record.config["shown"])]
    with style():
        figure, panels = new_figure("double", 0.93, 2, 2)
        for index, (axes, surface) in enumerate(zip(panels.flat, record.arrays["surfaces"], strict=True)):
            # A raster under vector lines: thousands of patches of colour would make a page of megabytes.
            shades = axes.contourf(axis, axis, surface, LEVELS, cmap="cividis", extend="max")
            shades.set_rasterized(True)
            axes.contour(axis, axis, surface, LEVELS[::2], colors="white", linewidths=0.35)
            L = 0 if index == 0 else record.config["shown"][index - 1]
            for theta in record.arrays["theta"][:L]:
                _edge(axes, theta, axis[-1])
            if L == 1:
                _valleys(axes, record.arrays["theta"][0], axis[-1])
            _critical_points(axes, table, names[index])
            title = "exact, $E$" if L == 0 else f"{L} direction{'s' if L > 1 else ''}, $E_{{{L}}}$"
            axes.set(title=title, xlim=axis[[0, -1]], ylim=axis[[0, -1]], aspect="equal")
            axes.set_xticks([-1, 0, 1])
            axes.set_yticks([-1, 0, 1])
        for axes in panels[:, 0]:
            axes.set_ylabel("$y_2$")
        for axes in panels[1]:
            axes.set_xlabel("$y_1$")
        bar = figure.colorbar(shades, ax=panels, shrink=0.6, pad=0.02, ticks=LEVELS[::4])
        bar.set_label("energy")
        for kind in KINDS:
            marker, size = MARKS[kind]
            panels[0, 0].plot([], [], marker, ms=size, mec="black", mew=0.5, color=COLOURS[kind], label=kind)
        panels[0, 0].plot([], [], "--", lw=0.8, color="black", label="edge of cells")
        panels[0, 0].plot([], [], color=COLOURS[KINDS[0]], lw=1.8, label="line of minima")
        figure.legend(loc="outside lower center", ncols=6, columnspacing=1.2, handletextpad=0.5)
    few, more, most = record.config["shown"]
    caption = (
        "The energy of two points +-y against the two points +-(0, 1), over y: exact, and averaged over the first "
        f"{few}, {more} and {most} of the same fixed random directions. Between two dashed edges E_L is one quadratic; "
        "the edges are orthogonal to the directions. Every further minimum of E_L is a trap that E does not have."
    )
    return Drawing("surfaces", figure, caption)


def _edge(axes: Axes, theta: np.ndarray, reach: float) -> None:
    """The line theta . y = 0, on which two cells meet."""
    ends = 2 * reach * np.array([-1.0, 1.0])
    axes.plot(-theta[1] * ends, theta[0] * ends, "--", lw=0.7, color="black")


def _valleys(axes: Axes, theta: np.ndarray, reach: float) -> None:
    """The lines theta . y = +-theta . z, where the energy of a single direction vanishes."""
    ends = 4 * reach * np.array([-1.0, 1.0])
    for side in (-1.0, 1.0):
        foot = side * theta[1] * theta
        axes.plot(foot[0] - theta[1] * ends, foot[1] + theta[0] * ends, lw=1.8, color=COLOURS[KINDS[0]])


def _critical_points(axes: Axes, table: Any, name: str) -> None:
    for kind in reversed(KINDS):
        rows = (table.column("energy") == name) & (table.column("kind") == kind)
        y = np.column_stack([table.column(column)[rows] for column in ("y_1", "y_2")])
        marker, size = MARKS[kind]
        both = np.vstack((y, -y))
        axes.plot(both[:, 0], both[:, 1], marker, ms=size, color=COLOURS[kind], mec="black", mew=0.5)


def _limit_figure(record: Record) -> Drawing:
    config = record.config
    with style():
        figure, panels = new_figure("double", 0.4, ncols=2)
        for axes, key, name, label in (
            (panels[0, 0], "uniform_directions", "error", f"max of $|E_L - E|$ over $|y| \\leq {config['disc']:g}$"),
            (panels[0, 1], "minima_directions", "distance", "distance of the furthest critical point"),
        ):
            L, samples = np.array(config[key], dtype=float), record.arrays[name]
            axes.plot(np.tile(L, len(samples)), samples.ravel(), ".", ms=2.5, color=PALETTE["sky"], alpha=0.5,
                      rasterized=True)  # fmt: skip
            means = samples.mean(axis=0)
            axes.plot(L, means, "o", ms=4, color=PALETTE["blue"], label="mean")
            slope, low, high = record.arrays[f"{name}_slope"]
            fit = np.exp(np.mean(np.log(means)) + slope * (np.log(L) - np.mean(np.log(L))))
            axes.plot(L, fit, color=PALETTE["vermilion"], label=f"slope {slope:.2f} [{low:.2f}, {high:.2f}]")
            axes.set(xscale="log", yscale="log", xlabel="number of directions $L$", ylabel=label)
            axes.legend(loc="lower left")
    caption = (
        "Left: the largest error of E_L over a disc, every repeat a dot, against the number of directions. Right: how "
        "far the furthest minimum or saddle of E_L lies from the nearest one of E. The slopes are fitted to the means; "
        "their 95 % intervals come from resampling the repeats."
    )
    return Drawing("limits", figure, caption)


def _end_figure(record: Record) -> Drawing:
    config = record.config
    L = np.array(config["descent_directions"], dtype=float)
    final = np.maximum(record.arrays["final"][:, : len(L)], FLOOR)  # [R, K]
    shares = record.tables["descents"]
    with style():
        figure, panels = new_figure("double", 0.4, ncols=2)
        left, right = panels[0]
        spread = L * np.exp(0.16 * (np.arange(len(final))[:, None] / len(final) - 0.5))
        left.plot(spread.ravel(), final.ravel(), ".", ms=3, color=PALETTE["sky"], rasterized=True)
        left.plot(L, np.median(final, axis=0), "_", ms=11, mew=1.6, color=PALETTE["blue"], label="median")
        left.plot(config["few"], config["stuck_at"], "D", ms=5, color=PALETTE["vermilion"], label="reported")
        left.axhline(config["exact_below"], ls=":", lw=0.8, color="0.4")
        left.set(xscale="log", yscale="log", xlabel="number of directions $L$", ylabel="$W_2^2$ at the end")
        left.set_ylim(FLOOR / 2, 2.0)
        left.legend(loc="lower left", bbox_to_anchor=(0.0, 0.08))
        columns = (shares.column(name)[: len(L)] for name in ("share exact", "low", "high"))
        draw_intervals(right, L, *columns, color=PALETTE["blue"])
        right.axhline(config["share_exact"], ls=":", lw=0.8, color="0.4")
        right.set(xscale="log", xlabel="number of directions $L$", ylabel="share of exact ends", ylim=(-0.02, 1.02))
        for axes in (left, right):
            axes.set_xticks(L, [f"{each:g}" for each in L])
            axes.minorticks_off()
    caption = (
        "Where block-coordinate descent of E_L ends on the spiral. Left: the transport cost W_2^2 between the end "
        "point and the target, every start a dot (below 1e-6 drawn at 1e-6), with the value that the literature "
        "reports; under the dotted line an end counts as exact. Right: the share of exact ends, with Wilson's 95 % "
        f"intervals; the one for L = {config['enough']} is to lie above the dotted line."
    )
    return Drawing("ends", figure, caption)


def _course_figure(record: Record) -> Drawing:
    config = record.config
    descents, steps = config["descent_directions"], config["sgd_steps"]
    names = ("blue", "sky"), ("vermilion", "orange", "green", "purple", "black")
    courses = [
        (descents.index(L), L, config["descent_cap"], f"block coord., $L$ = {L}", colour, "--")
        for L, colour in zip((config["enough"], config["few"]), names[0], strict=True)
    ]
    courses += [
        (len(descents) + k, 0, config["sgd_iterations"], f"SGD, $\\alpha$ = {step:g}", colour, "-")
        for k, (step, colour) in enumerate(zip(steps, names[1], strict=False))
    ]
    with style():
        figure, panels = new_figure("double", 0.45, ncols=2)
        for k, L, length, label, colour, dashes in courses:
            iterations = record.arrays["iterations"][record.arrays["iterations"] <= length]
            costs = np.maximum(record.arrays["costs"][:, k, : len(iterations)], FLOOR)
            sorts = L * (iterations + 1) if L else 2 * iterations
            for axes, x in zip(panels[0], (iterations, sorts), strict=True):
                draw_band(axes, x, costs, color=PALETTE[colour], label=label)
                axes.lines[-1].set_linestyle(dashes)
        for axes, label in zip(panels[0], ("iterations", "sorts of the cloud"), strict=True):
            axes.set(xscale="log", yscale="log", xlabel=label, ylim=(FLOOR / 1.5, 4.0))
        panels[0, 0].set_ylabel("$W_2^2$ to the target")
        handles, labels = panels[0, 0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=5, columnspacing=1.2, handlelength=1.8)
    caption = (
        "The transport cost between the iterate and the spiral, from the same starts: medians, and the middle 80 % of "
        "the runs as bands, cut at 1e-6; a run that has stopped stays where it is. Left against iterations: one of "
        "block-coordinate descent uses L directions, one of SGD a single fresh one. Right against the sorts that they "
        "cost."
    )
    return Drawing("courses", figure, caption)


def _spiral_figure(record: Record) -> Drawing:
    target, ends = record.arrays["target"], record.arrays["typical"]  # [n, 2], [3, n, 2]
    with style():
        figure, panels = new_figure("double", 0.44, ncols=3)
        for axes, end, name, cost in zip(
            panels[0], ends, _typical_names(record.config), record.arrays["typical_cost"], strict=True
        ):
            axes.plot(target[:, 0], target[:, 1], "-", lw=0.5, color="0.6")
            axes.plot(target[:, 0], target[:, 1], "o", ms=4.5, mfc="none", color=PALETTE["blue"], label="target")
            axes.plot(end[:, 0], end[:, 1], ".", ms=4, color=PALETTE["vermilion"], label="end point")
            shown_cost = f"{cost:.2g}" if cost > FLOOR else "0"
            axes.set(
                title=f"{name}\n$W_2^2$ = {shown_cost}",
                xlabel="$x_1$",
                aspect="equal",
                xlim=(-4.4, 4.4),
                ylim=(-4.4, 4.4),
            )
            axes.set_xticks([-4, 0, 4])
            axes.set_yticks([-4, 0, 4])
        panels[0, 0].set_ylabel("$x_2$")
        handles, labels = panels[0, 0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=2)
    caption = (
        "The spiral and where the run with the median W_2^2 ended: block-coordinate descent with few and with many "
        "directions, and SGD with the last of its steps; 0 is less than 1e-6."
    )
    return Drawing("spiral", figure, caption)


def _typical_names(config: Any) -> Sequence[str]:
    blocks = [f"block coordinates, $L$ = {config[key]}" for key in ("few", "enough")]
    return [*blocks, f"SGD, $\\alpha$ = {config['sgd_steps'][-1]:g}"]
