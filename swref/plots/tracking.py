"""What a run tracked: the natural residual of the exact loss, and its distance to the exact flow."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from swref import checks
from swref.errors import InputError
from swref.plots.series import SMOOTHING_SHARE, running_mean, thin_extremes
from swref.plots.style import GENERATED, PALETTE, TARGET, Axes, Figure, new_figure, padded_limits, set_title, style


def track_figure(
    s: ArrayLike,
    natural_residual: ArrayLike,
    gap: ArrayLike,
    dc_lower: ArrayLike,
    dc_upper: ArrayLike,
    *,
    title: str = "",
) -> Figure:
    """The natural residual [T] and its running mean in one panel, the gap [T] and the bracket of d_c [T] in another,
    against the time s [T].

    NaN is no value: a panel without any is left out, and where the gap ends before the run, its panel ends with it and
    says so. Residuals of exactly 0 have no place on their logarithmic axis. Raises InputError for lengths that differ
    or nothing to draw, BackendError without matplotlib.

    >>> figure = track_figure([0.0, 1.0], [1.0, 0.1], [0.0, 0.2], [0.0, 0.1], [1.0, 0.6])
    >>> [axes.get_yscale() for axes in figure.axes]
    ['log', 'linear']
    """
    checks.text("title", title)
    named = {"s": s, "natural_residual": natural_residual, "gap": gap, "dc_lower": dc_lower, "dc_upper": dc_upper}
    columns = {name: checks.float_array(name, value).astype(np.float64) for name, value in named.items()}
    for name, column in columns.items():
        if column.ndim != 1 or column.shape != columns["s"].shape:
            raise InputError(f"{name} must have the shape [T] of s, got {column.shape}, and s {columns['s'].shape}")
    panels = [draw for name, draw in (("natural_residual", _residual), ("dc_lower", _distance)) if _any(columns[name])]
    if not panels:
        raise InputError("natural_residual or dc_lower must hold a number, got none")
    with style():
        figure, grid = new_figure("double" if len(panels) > 1 else "single", 0.4 * 2 / len(panels), ncols=len(panels))
        for axes, draw in zip(grid[0], panels, strict=True):
            axes.set(xlabel="time $s$ = step number × step size", xlim=padded_limits(columns["s"]))
            draw(axes, columns)
        set_title(figure, title)
    return figure


def _any(column: np.ndarray) -> bool:
    return bool(np.any(np.isfinite(column)))


def _residual(axes: Axes, columns: dict[str, np.ndarray]) -> None:
    known = np.isfinite(columns["natural_residual"])
    s, residual = columns["s"][known], columns["natural_residual"][known]
    few = len(s) * SMOOTHING_SHARE < 2
    look: dict[str, Any] = {"marker": ".", "ms": 3, "lw": 0.8} if few else {"lw": 0.5, "alpha": 0.6}
    shown = thin_extremes(residual)
    seen = np.where(residual > 0, residual, np.nan)[shown]
    axes.plot(s[shown], seen, color=TARGET if few else PALETTE["sky"], label="each record", **look)
    axes.set(ylabel="natural residual of the exact $F$", yscale="log")
    if not few:
        index, mean = running_mean(residual)
        label = f"mean over {SMOOTHING_SHARE:.0%} of the run"
        axes.plot(s[index], np.where(mean > 0, mean, np.nan), color=TARGET, lw=1.4, label=label)
        axes.legend(loc="upper right")


def _distance(axes: Axes, columns: dict[str, np.ndarray]) -> None:
    s, followed = columns["s"], np.isfinite(columns["gap"])
    end = s[followed].max() if followed.any() else s.max()
    axes.fill_between(
        s, columns["dc_lower"], columns["dc_upper"], color=PALETTE["sky"], alpha=0.5, lw=1.4, label="$d_c$ lies in here"
    )
    axes.plot(s, columns["gap"], ".-", ms=3, lw=0.8, color=GENERATED, label="$|u_\\alpha(s) - u(s)|$")
    axes.set(ylabel="distance to the exact flow", ylim=(0.0, None), xlim=padded_limits(s[s <= end]))
    cut = f"the flow was followed to $s$ = {end:.3g} of {s.max():.3g}" if end < s.max() else None
    axes.legend(loc="upper right", title=cut)
