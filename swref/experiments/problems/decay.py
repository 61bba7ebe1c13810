"""What two experiments ask of a distance D as alpha goes to 0: its slope on logarithmic axes, and the shares above eta.

Samples are D[repeat, alpha] of each scheme: a repeat is one start and its runs with every step alpha.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np

from swref.experiments.frame.drawing import COLOURS, draw_table
from swref.experiments.frame.record import Record
from swref.experiments.frame.samples import Sample, estimated
from swref.experiments.frame.settings import require
from swref.experiments.frame.tables import Table, stacked, table
from swref.inference.statistics import share
from swref.plots import PALETTE, Axes, Figure, new_figure, style
from swref.theory import StepBounds

Schemes = Mapping[str, Sample]  # scheme -> D[repeat, alpha]


def middle(etas: Sequence[float]) -> float:
    """The middle one of the thresholds eta.

    >>> middle((0.4, 0.1, 0.2))
    0.2
    """
    return sorted(etas)[len(etas) // 2]


def shares_above(D: Sample, etas: Sequence[float]) -> Sample:
    """The share of the repeats that are above each eta, with the interval of Clopper and Pearson."""
    above = Sample(D.values[..., None] > np.array(etas), {**D.axes, "eta": etas})
    return estimated(above, share)


def check_steps(name: str, alphas: Sequence[float]) -> None:
    """Raise InputError unless `alphas` are two or more different steps, positive and finite.

    >>> check_steps("alphas", (0.1, 0.1))
    Traceback (most recent call last):
    swref.errors.InputError: alphas must be at least two different numbers > 0, got (0.1, 0.1)
    """
    different = len(set(alphas)) == len(alphas) >= 2 and all(0 < alpha < math.inf for alpha in alphas)
    require(different, f"{name} must be at least two different numbers > 0, got {alphas}")


def check_etas(etas: Sequence[float]) -> None:
    """Raise InputError for more thresholds than there are colours to draw them in."""
    require(len(etas) <= len(COLOURS), f"etas must be at most {len(COLOURS)} numbers, got {len(etas)}")


def check_share(share_below: float) -> None:
    """Raise InputError unless the criterion is a share that can be missed."""
    require(0 < share_below < 1, f"share_below must be between 0 and 1, got {share_below:g}")


def distance_table(title: str, name: str, schemes: Schemes, bounds: Mapping[str, StepBounds]) -> Table:
    """Mean and quantiles of D, for every scheme and alpha; alpha also over both alpha_0, the scheme's of `bounds`."""

    def of(scheme: str, D: Sample) -> Table:
        alpha = Sample(np.array(D.axes["alpha"]), {"alpha": D.axes["alpha"]})
        low, median, high = (D.over("repeat", partial(np.quantile, q=q)) for q in (0.1, 0.5, 0.9))
        columns = {
            "alpha / printed alpha_0": alpha / (bounds[scheme].printed or math.nan),
            "alpha / sharp alpha_0": alpha / (bounds[scheme].sharp or math.nan),
            "runs": D.count("repeat"),
            f"mean {name}": D.over("repeat", np.mean),
            "10 %": low,
            "median": median,
            "90 %": high,
        }
        return table(title, columns)

    return stacked("scheme", {scheme: of(scheme, D) for scheme, D in schemes.items()})


def share_table(title: str, schemes: Schemes, etas: Sequence[float]) -> Table:
    """The shares above every eta, for every scheme and alpha."""
    return stacked("scheme", {s: table(title, {"share above": shares_above(D, etas)}) for s, D in schemes.items()})


def run_table(name: str, schemes: Schemes) -> Table:
    """Every D, a row each."""
    return stacked("scheme", {scheme: table("Every run", {name: D}) for scheme, D in schemes.items()})


def slope_figure(runs: Table, name: str, label: str, slopes: np.ndarray) -> Figure:
    """A panel a scheme: every run of a `run_table` as a dot, the means, and the slope of `slopes` [schemes, 3]."""
    schemes = list(dict.fromkeys(runs.column("scheme").tolist()))
    with style():
        figure, panels = new_figure("double", 1.14 / max(2, len(schemes)), ncols=len(schemes))
        for scheme, (slope, low, high), axes in zip(schemes, slopes, panels[0], strict=True):
            mine = runs.where(scheme=scheme)
            axes.plot(mine.column("alpha"), mine.column(name), ".", ms=2.5, color=PALETTE["sky"], alpha=0.5,
                      rasterized=True)  # fmt: skip
            x = np.unique(mine.column("alpha"))
            means = np.array([mine.where(alpha=alpha).column(name).mean() for alpha in x])
            axes.plot(x, means, "o", ms=4, color=PALETTE["blue"], label="mean")
            fit = np.exp(np.mean(np.log(means)) + slope * (np.log(x) - np.mean(np.log(x))))
            text = f"slope {slope:.2f} [{low:.2f}, {high:.2f}]"
            axes.plot(x, fit, color=PALETTE["vermilion"], label=text)
            axes.set(xscale="log", yscale="log", xlabel="step $\\alpha$", title=scheme)
            _mark_steps(axes, x)
            axes.legend(loc="lower right", fontsize=7)
        panels[0, 0].set_ylabel(label)
    return figure


def share_figure(record: Record, schemes: Sequence[str], judged: Sequence[str], label: str) -> Figure:
    """A panel a scheme: the shares of the record's table `exceedance` against alpha, one line an eta.

    The panels of the schemes that are `judged` by `share_below` show it as a dotted line.
    """
    shares, etas = record.tables["exceedance"], record.config["etas"]
    with style():
        wide = len(schemes) > 1
        figure, panels = new_figure("double" if wide else "single", 0.38 if wide else 0.75, ncols=len(schemes))
        for scheme, axes in zip(schemes, panels[0], strict=True):
            for index, eta in enumerate(etas):
                mine = shares.where(scheme=scheme, eta=eta)
                alpha = mine.column("alpha")
                beside = alpha * 1.06 ** (index - (len(etas) - 1) / 2)  # so that the bars do not cover each other
                text = f"$\\eta$ = {eta:g}"
                draw_table(axes, mine, beside, "share above", index=index, color=COLOURS[index], label=text)
            if scheme in judged:
                axes.axhline(record.config["share_below"], ls=":", lw=0.8, color="0.4")
            axes.set(xscale="log", xlabel="step $\\alpha$", ylim=(-0.03, 1.03), title=scheme if wide else "")
            _mark_steps(axes, np.unique(alpha))
        panels[0, 0].set_ylabel(label)
        figure.legend(*panels[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=len(etas))
    return figure


def _mark_steps(axes: Axes, alphas: np.ndarray) -> None:
    """Ticks at the steps of the experiment and nowhere else; with many steps only powers of ten have labels."""
    decades = [alpha for alpha in alphas if math.isclose(math.log10(alpha), round(math.log10(alpha)), abs_tol=1e-9)]
    labelled = decades if len(alphas) > 4 and len(decades) > 1 else list(alphas)
    axes.set_xticks(labelled, [f"{alpha:g}" for alpha in labelled])
    rest = [alpha for alpha in alphas if alpha not in labelled]
    axes.set_xticks(rest, [""] * len(rest), minor=True)
