"""What a run tracked: the natural residual of the exact loss, and its distance to the exact flow."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from swref import checks
from swref.errors import InputError
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
    """One panel for the natural residual [T], one for the gap [T] and the bracket of d_c [T], against the time s [T].

    NaN is no value: a panel without any is left out, and the gap ends where the flow does. Residuals and gaps of
    exactly 0 have no place on their logarithmic axes. Raises InputError for lengths that differ or nothing to draw,
    BackendError without matplotlib.

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
            draw(axes, columns)
            axes.set(xlabel="time $s$ = step number × step size", xlim=padded_limits(columns["s"]))
        set_title(figure, title)
    return figure


def _any(column: np.ndarray) -> bool:
    return bool(np.any(np.isfinite(column)))


def _residual(axes: Axes, columns: dict[str, np.ndarray]) -> None:
    residual = columns["natural_residual"]
    axes.plot(columns["s"], np.where(residual > 0, residual, np.nan), ".-", ms=3, lw=0.8, color=TARGET)
    axes.set(ylabel="natural residual of the exact $F$", yscale="log")


def _distance(axes: Axes, columns: dict[str, np.ndarray]) -> None:
    s = columns["s"]
    axes.fill_between(
        s, columns["dc_lower"], columns["dc_upper"], color=PALETTE["sky"], alpha=0.5, lw=1.4, label="$d_c$ lies in here"
    )
    axes.plot(s, columns["gap"], ".-", ms=3, lw=0.8, color=GENERATED, label="$|u_\\alpha(s) - u(s)|$")
    axes.set(ylabel="distance to the exact flow", ylim=(0.0, None))
    axes.legend(loc="best")
