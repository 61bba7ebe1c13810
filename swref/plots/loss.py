"""The loss of a run on a logarithmic axis: every step, thinned to what the eye needs, and a running mean."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from swref import checks
from swref.errors import InputError, InputTypeError
from swref.plots.loading import load_matplotlib
from swref.plots.series import SMOOTHING_SHARE, running_mean, thin_extremes
from swref.plots.style import (
    GENERATED,
    PALETTE,
    TARGET,
    Figure,
    new_figure,
    padded_limits,
    set_title,
    style,
)


def loss_figure(
    steps: ArrayLike,
    loss: ArrayLike,
    *,
    floor: float | None = None,
    floor_label: str = "floor",
    title: str = "",
) -> Figure:
    """Batch loss [T] against step [T] on a logarithmic axis: every step lightly, their running mean on top.

    `floor`, a lower bound of the expected loss, is a dashed line. Long runs show the extremes of each of about 2500
    bins. Losses of exactly 0, which have no place on the axis, are triangles on its lower edge. `title` and
    `floor_label` may hold mathtext. Raises InputError for steps that do not increase, a loss or floor that is negative
    or not finite and lengths that differ, BackendError without matplotlib.

    >>> figure = loss_figure([1, 2, 3], [1.0, 0.1, 0.0], floor=0.05)
    >>> figure.axes[0].get_yscale()
    'log'
    """
    t, values = _series(steps, loss)
    checks.text("floor_label", floor_label)
    checks.text("title", title)
    level = None if floor is None else checks.number("floor", floor, minimum=0.0)
    index, mean = running_mean(values)
    shown = thin_extremes(values)
    with style():
        figure, grid = new_figure("single", 0.8)
        axes = grid[0, 0]
        axes.set(xlabel="step", ylabel="batch loss", yscale="log", xlim=padded_limits(t))
        axes.set_ylim(_log_limits(values, level))
        axes.xaxis.set_major_locator(
            load_matplotlib().ticker.MaxNLocator(6, steps=[1, 2, 5, 10], integer=True, min_n_ticks=1)
        )
        trace = {"marker": ".", "alpha": 1.0} if len(t) <= 50 else {"alpha": 0.6}
        axes.plot(t[shown], _positive(values[shown]), color=PALETTE["sky"], lw=0.5, label="each step", **trace)
        if len(t) * SMOOTHING_SHARE >= 2:
            label = f"mean over {SMOOTHING_SHARE:.0%} of the run"
            axes.plot(t[index], _positive(mean), color=TARGET, lw=1.4, label=label)
        zeros = t[shown][values[shown] == 0]
        if len(zeros):
            edge = axes.get_xaxis_transform()
            axes.plot(zeros, 0 * zeros, "v", ms=4, color=GENERATED, transform=edge, clip_on=False, label="exactly 0")
        if level:
            axes.axhline(level, color=PALETTE["black"], lw=0.9, ls=(0, (4, 2)), label=floor_label)
        elif level is not None:
            axes.plot([], [], " ", label=f"{floor_label}: 0")  # below every logarithmic axis: said, not drawn
        set_title(figure, title)
        legend = axes.legend(loc="upper right", handlelength=1.6)
        room = 0.04 + 0.09 * len(legend.get_lines())  # of the height, by the type size
        low, high = np.log10(axes.get_ylim())
        right = values[t >= t[0] + 0.3 * (t[-1] - t[0])].max()  # the legend reaches no further to the left
        top = math.log10(max(right, level or 0.0, 10**low))
        axes.set_ylim(10**low, 10 ** max(high, min(150.0, low + (top - low) / (1 - room))))
        for line in legend.get_lines():
            line.set(linewidth=max(1.0, line.get_linewidth()), alpha=1.0)  # hairlines do not show their colour
    return figure


def losses_figure(runs: Mapping[str, tuple[ArrayLike, ArrayLike]], *, title: str = "") -> Figure:
    """Running means of the batch losses of several runs over each other: label -> (steps [T], losses [T]).

    Raises InputError for no runs, more than there are colours, and as loss_figure does.

    >>> figure = losses_figure({"a": ([1, 2], [1.0, 0.5]), "b": ([1, 2], [2.0, 0.1])})
    >>> [line.get_label() for line in figure.axes[0].lines]
    ['a', 'b']
    """
    checks.instance("runs", runs, Mapping, "a mapping of labels to (steps, losses)")
    checks.text("title", title)
    if not 1 <= len(runs) <= len(PALETTE):
        raise InputError(f"runs must be 1 to {len(PALETTE)}, one a colour, got {len(runs)}")
    for label, pair in runs.items():
        if (
            not isinstance(checks.text("a label of runs", label), str)
            or not isinstance(pair, (tuple, list))
            or len(pair) != 2
        ):
            raise InputTypeError(f"runs[{label!r}] must be a pair (steps, losses), got {checks.shown(pair)}")
    series = {label: _series(*pair) for label, pair in runs.items()}
    with style():
        figure, grid = new_figure("single", 0.8)
        axes = grid[0, 0]
        axes.set(xlabel="step", ylabel="batch loss", yscale="log")
        axes.set_xlim(padded_limits(np.concatenate([t for t, _ in series.values()])))
        for k, (label, (t, values)) in enumerate(series.items()):
            index, mean = running_mean(values)
            dashes = (0, (4, 1 + k)) if k else "-"  # beside colour, for readers who do not see it
            shown = f" {label}" if label.startswith("_") else label  # matplotlib leaves _names out of legends
            axes.plot(t[index], _positive(mean), label=shown, lw=1.4, ls=dashes)
        axes.set_ylim(_log_limits(np.concatenate([line.get_ydata() for line in axes.lines]), None))
        set_title(figure, title)
        figure.legend(loc="outside lower center", ncols=2, handlelength=2.4, columnspacing=1.2)
    return figure


def _series(steps: ArrayLike, loss: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Steps [T] and losses [T] in float64, checked."""
    t = checks.float_array("steps", steps).astype(np.float64)
    values = checks.float_array("loss", loss).astype(np.float64)
    if t.ndim != 1 or t.shape != values.shape or t.size == 0:
        raise InputError(f"steps and loss must have the same shape [T], T >= 1, got {t.shape} and {values.shape}")
    checks.finite("steps", t)
    checks.finite("loss", values)
    if (np.diff(t) <= 0).any():
        index = int(np.argmax(np.diff(t) <= 0)) + 1
        raise InputError(f"steps must increase, got {t[index]:g} after {t[index - 1]:g} at [{index}]")
    if (values < 0).any():
        index = int(np.argmax(values < 0))
        raise InputError(f"loss must be >= 0, got {values[index]} at [{index}]")
    return t, values


def _positive(values: np.ndarray) -> np.ndarray:
    """`values` with NaN, a gap in the line, where a logarithmic axis has no place."""
    return np.where(values > 0, values, np.nan)


def _log_limits(values: np.ndarray, level: float | None) -> tuple[float, float]:
    """Limits on a logarithmic axis that hold every positive value and `level`; a decade around 1 if there is none."""
    positive = [*values[values > 0], level] if level else values[values > 0]
    if len(positive) == 0:
        return 10**-0.5, 10**0.5
    # Ticks of a wider axis overflow in matplotlib; a loss out there is off the axis.
    low, high = np.clip([math.log10(min(positive)), math.log10(max(positive))], -150.0, 150.0)
    margin = max(0.05 * (high - low), 0.1)
    return 10 ** (low - margin), 10 ** (high + margin)
