"""The figures of `flow`, from its record alone."""

from __future__ import annotations

import numpy as np

from swref.experiments.decay import (
    COLOURS,
    share_figure,
    slope_figure,
)
from swref.experiments.flow.config import SCHEMES
from swref.experiments.recipe import Drawing
from swref.experiments.record import Record
from swref.plots import PALETTE, draw_band, new_figure, style


def figures(record: Record) -> list[Drawing]:
    """Losses along time, d_c against alpha, and the shares above eta."""
    distance = slope_figure(record.tables["repeats"], "d_c", "$d_c(u_\\alpha, u)$", record.arrays["slopes"])
    share = share_figure(record, SCHEMES, SCHEMES[:1], "share with $d_c > \\eta$")
    return [
        _loss_figure(record),
        Drawing(
            "distance",
            distance,
            "The distance between SGD and the exact flow against the step, on logarithmic axes: every run a dot. The "
            "slope is fitted to the means; its 95 % interval comes from resampling the repeats.",
        ),
        Drawing(
            "exceedance",
            share,
            "How often SGD was further than eta from the flow, with Wilson's 95 % intervals. Dotted: the "
            "criterion for plain SGD; the interval of the middle eta is to lie below it at the smallest step.",
        ),
    ]


def _loss_figure(record: Record) -> Drawing:
    alphas, grid = record.config["alphas"], record.arrays["grid"]
    shown = range(0, len(alphas), max(1, len(alphas) // 3))
    with style():
        figure, ((axes,),) = new_figure("single", 0.8)
        for colour, j in zip(COLOURS, shown, strict=False):
            draw_band(axes, grid, record.arrays["loss"][:, j], color=colour, label=f"SGD, $\\alpha$ = {alphas[j]:g}")
        flow = np.median(record.arrays["flow_loss"], axis=0)
        axes.plot(grid, flow, "--", color=PALETTE["blue"], lw=1.6, label="gradient flow")
        axes.set(xlabel="time $s$ = steps × $\\alpha$", ylabel="population loss $F(u_\\alpha(s))$", yscale="log")
        axes.legend()
    caption = (
        "The exact population loss along runs of SGD and along the gradient flow from the same starts: medians over "
        "the repeats, and the middle 80 % as bands. If Theorem 1 holds, the runs close up on the flow as alpha falls."
    )
    return Drawing("loss", figure, caption)
