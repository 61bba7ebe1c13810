"""Ticks of logarithmic axes: a few round values, written out, and no labels between them that would collide."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from typing import Any, Final

import numpy as np

from swref.plots.loading import load_matplotlib

FEWEST, MOST = 3, 7
DIGITS: Final = ((1,), (1, 3), (1, 2, 5), (1, 2, 3, 4, 6, 8))  # of the ticks in a decade, the coarsest first
STRIDES: Final = (2, 3, 5, 10, 20, 50, 100, 200, 500)  # of powers of ten
WRITTEN_OUT: Final = (1e-3, 1e4)  # from here to below there; else as powers of ten


def log_ticks(low: float, high: float, most: int = MOST) -> np.ndarray:
    """At most `most` >= 2 round values in 0 < low < high: 3 or more where the range has so many of two digits.

    >>> log_ticks(0.03, 0.8).tolist(), log_ticks(1e-9, 2.0).tolist()
    ([0.03, 0.1, 0.3], [1e-08, 1e-06, 0.0001, 0.01, 1.0])
    """
    powers = range(math.floor(math.log10(low)), math.floor(math.log10(high)) + 1)
    found: list[float] = []
    for digits in DIGITS:
        ladder = [float(f"{digit}e{power}") for power in powers for digit in digits]
        ticks = [tick for tick in ladder if low <= tick <= high]
        if found and len(ticks) > most:
            break
        found = ticks
        if len(found) >= min(FEWEST, most):
            break
    if len(found) > most:  # powers alone, of many decades
        stride = next(stride for stride in STRIDES if stride * most >= len(found))
        found = [tick for tick in found if round(math.log10(tick)) % stride == 0]
    if len(found) < 2:  # a range of less than two digits is as good as linear
        ticks = load_matplotlib().ticker.MaxNLocator(most, steps=[1, 2, 5, 10]).tick_values(low, high)
        found = [tick for tick in ticks if low <= tick <= high]
    return np.array(found)


def log_labels(ticks: Sequence[float]) -> list[str]:
    """The ticks in mathtext: all written out where they lie from 0.001 to below 10000, else all as powers of ten.

    >>> log_labels([0.05, 0.1]), log_labels([2e-7, 1e-6])
    (['$0.05$', '$0.1$'], ['$2\\\\times10^{-7}$', '$10^{-6}$'])
    """
    if all(WRITTEN_OUT[0] <= tick < WRITTEN_OUT[1] for tick in ticks):
        return [f"${tick:.12g}$" for tick in ticks]
    parts = [f"{tick:.11e}".split("e") for tick in ticks]
    return [
        ("$" if float(digits) == 1 else f"${float(digits):g}\\times") + f"10^{{{int(power)}}}$"
        for digits, power in parts
    ]


@cache
def axes_class() -> type:
    """Axes of matplotlib whose logarithmic axes have these ticks, whenever their scale is set."""
    matplotlib = load_matplotlib()

    class Ticks(matplotlib.ticker.LogLocator):  # type: ignore[name-defined, misc]  # known once imported
        def tick_values(self, vmin: float, vmax: float) -> np.ndarray:
            low, high = sorted((vmin, vmax))
            low = low if low > 0 else self.axis.get_minpos()
            return log_ticks(low, high, int(np.clip(self.axis.get_tick_space(), 2, MOST)))

    class Labels(matplotlib.ticker.Formatter):  # type: ignore[name-defined, misc]
        def format_ticks(self, values: Sequence[float]) -> list[str]:
            return log_labels(values)

        def __call__(self, x: float, pos: int | None = None) -> str:
            return log_labels([x])[0]

    def tidy(axis: Any) -> None:
        if axis.get_scale() == "log":
            axis.set_major_locator(Ticks())
            axis.set_major_formatter(Labels())
            axis.set_minor_formatter(matplotlib.ticker.NullFormatter())

    class LogAxes(matplotlib.axes.Axes):  # type: ignore[name-defined, misc]
        def set_xscale(self, value: Any, **more: Any) -> None:
            super().set_xscale(value, **more)
            tidy(self.xaxis)

        def set_yscale(self, value: Any, **more: Any) -> None:
            super().set_yscale(value, **more)
            tidy(self.yaxis)

    return LogAxes
