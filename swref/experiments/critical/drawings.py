"""The figures of `critical`, from its record alone."""

from __future__ import annotations

import numpy as np

from swref.experiments.critical.config import SCHEMES, STAGES
from swref.experiments.decay import (
    COLOURS,
    share_figure,
    slope_figure,
)
from swref.experiments.recipe import Drawing
from swref.experiments.record import Record
from swref.plots import draw_band, new_figure, style


def figures(record: Record) -> list[Drawing]:
    """Residuals along the runs, distances against alpha, and the shares above eta."""
    distance = slope_figure(
        record.tables["repeats"], "distance", "mean distance to $C_r$, late", record.arrays["slopes"]
    )
    share = share_figure(record, SCHEMES, SCHEMES, "share further than $\\eta$")
    return [
        Drawing(
            "distance",
            distance,
            "The distance to the nearest critical point found, averaged over the late times, against the step: every "
            "run a dot. Left: the minimisers lie inside the ball. Right: they lie outside, and the critical points are "
            "on its sphere. Intervals of the slopes come from resampling the repeats.",
        ),
        Drawing(
            "exceedance",
            share,
            "How many runs were further than eta from the critical set at any of the late times, with Wilson's 95 % "
            "intervals. The dotted line is the share below which the interval is to lie at the smallest step, for the "
            "middle eta.",
        ),
        _course_figure(record),
    ]


def _course_figure(record: Record) -> Drawing:
    alphas, horizon, looks = (record.config[name] for name in ("alphas", "horizon", "looks"))
    s = horizon * np.linspace(0, 1, looks + 1)[1:]
    shown = range(0, len(alphas), max(1, len(alphas) // 3))
    rows = (("residuals", "natural residual of $F$"), ("distances", "distance to $C_r$"))
    with style():
        figure, panels = new_figure("double", 0.75, nrows=2, ncols=2)
        for (name, label), row in zip(rows, panels, strict=True):
            for stage, scheme, axes in zip(STAGES, SCHEMES, row, strict=True):
                for colour, j in zip(COLOURS, shown, strict=False):
                    samples = record.arrays[f"{stage}_{name}"][:, j]
                    draw_band(axes, s, samples, color=colour, label=f"$\\alpha$ = {alphas[j]:g}")
                axes.set(yscale="log", title=scheme if name == "residuals" else "")
            row[0].set_ylabel(label)
        for axes in panels[1]:
            axes.set_xlabel("time $s = \\alpha t$")
        figure.legend(*panels[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=len(alphas))
    caption = (
        "The natural residual and the distance to the nearest critical point found, along the runs: medians over the "
        "repeats, and the middle 80 % as bands. If Theorem 2 holds, the level at which they stay falls with the step."
    )
    return Drawing("course", figure, caption)
