"""The figures of the comparison on real data, drawn from its record alone."""

from __future__ import annotations

import numpy as np

from swref.experiments.frame.recipe import Drawing
from swref.experiments.frame.record import Record
from swref.experiments.practice.config import DATA, SCHEMES
from swref.plots import MARKERS, PALETTE, draw_band, new_figure, style

COLOURS = tuple(PALETTE[name] for name in ("black", "blue", "orange", "vermilion", "green"))
LINES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))


def figures(record: Record) -> list[Drawing]:
    """Every figure, in the order of the page."""
    return [_curves(record), _ratios(record)]


def _curves(record: Record) -> Drawing:
    with style():
        figure, panels = new_figure("double", 0.5, ncols=len(DATA))
        for data, axes in zip(DATA, panels[0], strict=True):
            steps, curves = record.arrays[f"{data}_steps"][1:], record.arrays[f"{data}_curve"][:, :, 1:]
            draw_band(axes, steps, curves[:, 0], color=COLOURS[0], label=SCHEMES[0].name)
            for k in range(1, len(SCHEMES)):
                axes.plot(steps, np.median(curves[:, k], axis=0), ls=LINES[k], color=COLOURS[k], label=SCHEMES[k].name)
            rows = record.tables["yardsticks"].column("data") == data
            halves = record.tables["yardsticks"].column("two random halves")[rows].mean()
            axes.axhline(halves, color="0.5", lw=0.8, label="two halves of the data")
            axes.set(xscale="log", xlabel="step $t$", title=data)
            axes.set_ylim(bottom=0)
            axes.set_xticks(steps[::-3], [str(t) for t in steps[::-3]])
            axes.minorticks_off()
        panels[0, 0].set_ylabel("held-out distance $SW_2$")
        figure.legend(*panels[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    caption = (
        "The sliced Wasserstein distance of generated points to the held-out half along training: medians over the "
        "seeds, and for plain SGD the middle 80 % as a band. The grey line is what sampling alone leaves."
    )
    return Drawing("training", figure, caption)


def _ratios(record: Record) -> Drawing:
    finals = record.tables["runs"]
    with style():
        figure, panels = new_figure("double", 0.36, ncols=len(DATA))
        for data, axes in zip(DATA, panels[0], strict=True):
            ratios, rows = record.arrays[f"{data}_ratios"], finals.column("data") == data
            final = finals.column("held-out SW_2")[rows].reshape(-1, len(SCHEMES))
            for k in range(1, len(SCHEMES)):
                value, low, high = ratios[k]
                axes.plot(final[:, k] / final[:, 0], np.full(len(final), k + 0.22), ".", ms=3, color="0.6")
                axes.errorbar(
                    value, k, xerr=[[value - low], [high - value]], marker=MARKERS[k], ms=4, capsize=2, color=COLOURS[k]
                )
            axes.axvline(1.0, ls=":", lw=0.8, color="0.4")
            axes.set(xlabel="final $SW_2$ over that of plain SGD", title=data, ylim=(len(SCHEMES) - 0.4, 0.6))
            axes.set_yticks(
                range(1, len(SCHEMES)), [scheme.name if axes is panels[0, 0] else "" for scheme in SCHEMES[1:]]
            )
    caption = (
        "The final held-out distance over that of plain SGD of the same seed: geometric means with Student's 95 % "
        "interval, and every seed as a grey dot. Left of the dotted line is better than plain SGD."
    )
    return Drawing("ratios", figure, caption)
