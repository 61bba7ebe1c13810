"""What two experiments ask of a distance D as alpha goes to 0: its slope on logarithmic axes, and the shares above eta.

Samples are D [R, A]: row r is one repeat over all steps alpha [A].
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from swref.errors import InputError
from swref.experiments.record import Record, Table
from swref.experiments.statistics import Estimate, wilson
from swref.plots import PALETTE, draw_intervals, new_figure, style

if TYPE_CHECKING:
    from swref.plots.panels import Axes
    from swref.plots.style import Figure

COLOURS = tuple(PALETTE[name] for name in ("vermilion", "orange", "green", "sky", "purple", "black", "blue"))
Samples = Mapping[str, tuple[Sequence[float], np.ndarray]]  # scheme -> alphas [A], D [R, A]


def middle(etas: Sequence[float]) -> float:
    """The middle one of the thresholds eta.

    >>> middle((0.4, 0.1, 0.2))
    0.2
    """
    return sorted(etas)[len(etas) // 2]


def share_above(distances: np.ndarray, eta: float) -> Estimate:
    """The share of the repeats, D [R] in `distances`, that are above eta, with Wilson's interval."""
    return wilson(int(np.sum(distances > eta)), len(distances))


def check_steps(name: str, alphas: Sequence[float]) -> None:
    """Raise InputError unless `alphas` are two or more different steps, positive and finite.

    >>> check_steps("alphas", (0.1, 0.1))
    Traceback (most recent call last):
    swref.errors.InputError: alphas must be at least two different numbers > 0, got (0.1, 0.1)
    """
    if len(set(alphas)) < max(2, len(alphas)) or not all(0 < alpha < math.inf for alpha in alphas):
        raise InputError(f"{name} must be at least two different numbers > 0, got {alphas}")


def check_etas(etas: Sequence[float]) -> None:
    """Raise InputError for more thresholds than there are colours to draw them in."""
    if len(etas) > len(COLOURS):
        raise InputError(f"etas must be at most {len(COLOURS)} numbers, got {len(etas)}")


def check_share(share_below: float) -> None:
    """Raise InputError unless the criterion is a share that can be missed."""
    if not 0 < share_below < 1:
        raise InputError(f"share_below must be between 0 and 1, got {share_below:g}")


def distance_table(title: str, name: str, samples: Samples, bounds: Mapping[str, float]) -> Table:
    """Mean and quantiles of D, for every scheme and alpha; alpha also in units of alpha_0, the scheme's of `bounds`."""
    rows = [
        (scheme, alpha, alpha / bounds[scheme], len(D), D[:, j].mean(), *np.quantile(D[:, j], [0.1, 0.5, 0.9]))
        for scheme, (alphas, D) in samples.items()
        for j, alpha in enumerate(alphas)
    ]
    names = ("alpha", "alpha / alpha_0", "runs", f"mean {name}", "10 %", "median", "90 %")
    return Table.of_rows(title, {"scheme": "", **dict.fromkeys(names, "1")}, rows)


def share_table(title: str, samples: Samples, etas: Sequence[float]) -> Table:
    """The shares above every eta, for every scheme and alpha."""
    rows = []
    for scheme, (alphas, D) in samples.items():
        for j, alpha in enumerate(alphas):
            for eta in etas:
                share = share_above(D[:, j], eta)
                rows.append((scheme, alpha, eta, share.value, share.low, share.high))
    names = ("alpha", "eta", "share above", "low", "high")
    return Table.of_rows(title, {"scheme": "", **dict.fromkeys(names, "1")}, rows)


def run_table(name: str, samples: Samples) -> Table:
    """Every D, a row each."""
    rows = [
        (scheme, alpha, repeat, D[repeat, j])
        for scheme, (alphas, D) in samples.items()
        for repeat in range(len(D))
        for j, alpha in enumerate(alphas)
    ]
    return Table.of_rows("Every run", {"scheme": "", "alpha": "1", "repeat": "1", name: "1"}, rows)


def slope_figure(table: Table, name: str, label: str, slopes: np.ndarray) -> Figure:
    """A panel a scheme: every run of a `run_table` as a dot, the means, and the slope of `slopes` [schemes, 3]."""
    schemes = list(dict.fromkeys(table.column("scheme").tolist()))
    with style():
        figure, panels = new_figure("double", 1.14 / max(2, len(schemes)), ncols=len(schemes))
        for k, (scheme, axes) in enumerate(zip(schemes, panels[0], strict=True)):
            rows = table.column("scheme") == scheme
            alpha, D = table.column("alpha")[rows], table.column(name)[rows]
            axes.plot(alpha, D, ".", ms=2.5, color=PALETTE["sky"], alpha=0.5, rasterized=True)
            x = np.unique(alpha)
            means = np.array([D[alpha == a].mean() for a in x])
            axes.plot(x, means, "o", ms=4, color=PALETTE["blue"], label="mean")
            slope, low, high = slopes[k]
            fit = np.exp(np.mean(np.log(means)) + slope * (np.log(x) - np.mean(np.log(x))))
            axes.plot(x, fit, color=PALETTE["vermilion"], label=f"slope {slope:.2f} [{low:.2f}, {high:.2f}]")
            axes.set(xscale="log", yscale="log", xlabel="step $\\alpha$", title=scheme)
            _mark_steps(axes, x)
            axes.legend(loc="lower right", fontsize=7)
        panels[0, 0].set_ylabel(label)
    return figure


def share_figure(record: Record, schemes: Sequence[str], judged: Sequence[str], label: str) -> Figure:
    """A panel a scheme: the shares of the record's table `exceedance` against alpha, one line an eta.

    The panels of the schemes that are `judged` by `share_below` show it as a dotted line.
    """
    table, etas = record.tables["exceedance"], record.config["etas"]
    with style():
        wide = len(schemes) > 1
        figure, panels = new_figure("double" if wide else "single", 0.38 if wide else 0.75, ncols=len(schemes))
        for scheme, axes in zip(schemes, panels[0], strict=True):
            for index, eta in enumerate(etas):
                rows = (table.column("scheme") == scheme) & (table.column("eta") == eta)
                alpha, *shares = (table.column(name)[rows] for name in ("alpha", "share above", "low", "high"))
                beside = alpha * 1.06 ** (index - (len(etas) - 1) / 2)  # so that the bars do not cover each other
                draw_intervals(axes, beside, *shares, index=index, color=COLOURS[index], label=f"$\\eta$ = {eta:g}")
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
