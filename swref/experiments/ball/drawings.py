"""The figures of `ball`, from its record alone."""

from __future__ import annotations

import numpy as np

from swref.experiments.recipe import Drawing
from swref.experiments.record import Record
from swref.plots import PALETTE, draw_band, draw_intervals, new_figure, style


def figures(record: Record) -> list[Drawing]:
    """Loss and norm along the run, cost and share on the sphere against r, and the excess."""
    return [_run_figure(record), _cost_figure(record), _excess_figure(record)]


COLOURS = tuple(PALETTE[name] for name in ("vermilion", "orange", "green", "blue"))


def _run_figure(record: Record) -> Drawing:
    radii, noises, times = record.config["radii"], record.config["noises"], record.arrays["times"]
    top = 1.1 * float(np.max(record.arrays["loss"][:, :, :, 0]))
    shown = [*np.linspace(0, len(radii) - 1, 3).round().astype(int).tolist(), len(radii)]
    with style():
        figure, panels = new_figure("double", 0.72, nrows=2, ncols=2)
        for column, k in enumerate((0, len(noises) - 1)):
            for colour, j in zip(COLOURS, shown, strict=True):
                label = f"$r$ = {radii[j]:g}" if j < len(radii) else "no projection"
                draw_band(panels[0, column], times, record.arrays["norm"][k, :, j], color=colour, label=label)
                draw_band(panels[1, column], times, record.arrays["loss"][k, :, j], color=colour)
            panels[0, column].set(title=f"noise $a$ = {noises[k]:g}", ylim=(0, None))
            panels[1, column].set(xlabel="time: steps × $\\alpha$", ylim=(0, top))
        panels[0, 0].set_ylabel("norm $|u^t|$")
        panels[1, 0].set_ylabel("population loss $F(u^t)$")
        figure.legend(*panels[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=4)
    caption = (
        "The norm of the parameters and the exact population loss along the runs, without noise (left) and with it "
        "(right): medians over the repeats and the middle 80 % as bands. A norm that stays at its r belongs "
        "to a run on its sphere; where no run meets its sphere, a line coincides with that without projection."
    )
    return Drawing("runs", figure, caption)


def _cost_figure(record: Record) -> Drawing:
    table, r = record.tables["costs"], record.config["radii"]
    with style():
        figure, ((cost, share),) = new_figure("double", 0.42, ncols=2)
        for index, a in enumerate(record.config["noises"]):
            rows = (table.column("a") == a) & (table.column("r") != "none")
            free = (table.column("a") == a) & (table.column("r") == "none")
            colour = COLOURS[-1 - index]
            for axes, name in ((cost, "F"), (share, "share on sphere")):
                columns = (table.column(f"{name}{end}")[rows] for end in ("", " low", " high"))
                draw_intervals(axes, r, *columns, index=index, color=colour, label=f"$a$ = {a:g}")
            cost.axhline(table.column("F")[free][0], color=colour, ls=":", lw=1.0)
            cost.axhspan(
                table.column("F low")[free][0], table.column("F high")[free][0], color=colour, alpha=0.12, lw=0
            )
        floor = table.column("F of descent")[(table.column("a") == 0) & (table.column("r") != "none")]
        cost.plot(r, floor, "--", color="0.35", label="exact descent")
        for axes in (cost, share):
            axes.set(xlabel="radius $r$", xscale="log", xticks=[1, 2, 4], xticklabels=["1", "2", "4"])
            axes.minorticks_off()
        cost.set(ylabel="loss $F$ reached")
        share.set(ylabel="share of steps on the sphere", ylim=(-0.03, 1.03))
        cost.legend()
    caption = (
        "Left: the exact population loss reached against the radius, with 95 % intervals; dotted lines and bands are "
        "the runs without projection, the dashed line is where exact descent in the ball ends. Right: the share of "
        "steps that end on the sphere."
    )
    return Drawing("cost", figure, caption)


def _excess_figure(record: Record) -> Drawing:
    table = record.tables["repeats"]
    met = table.column("share on sphere") > 0
    with style():
        figure, ((axes,),) = new_figure("single", 0.75)
        for index, a in enumerate(record.config["noises"]):
            rows = met & (table.column("a") == a)
            shift = 1.02 ** (2 * index - 1)  # the levels side by side
            axes.plot(
                table.column("r")[rows].astype(float) * shift,
                table.column("excess")[rows],
                "os^Dv"[index % 5],
                ms=3,
                color=COLOURS[-1 - index],
                alpha=0.5,
                label=f"$a$ = {a:g}",
                rasterized=True,
            )
        axes.axhline(record.config["rounding"], color="0.3", ls="--", lw=0.8)
        axes.set(xlabel="radius $r$", xscale="log", xticks=[1, 2, 4], xticklabels=["1", "2", "4"])
        axes.set(ylabel="largest $|u^t| - r$, in units of $\\epsilon\\,r$")
        axes.minorticks_off()
        figure.legend(*axes.get_legend_handles_labels(), loc="outside upper center", ncols=3)
    caption = (
        "The largest excess of the norm over the radius in every run that met its sphere, in units of the rounding "
        "of r; the dashed line is what counts as rounding. Negative: the last digit rounds inwards."
    )
    return Drawing("excess", figure, caption)
