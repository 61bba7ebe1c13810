"""The figure of a tracked run: its panels hold the columns they are given."""

from __future__ import annotations

import numpy as np
import pytest

from swref.errors import InputError
from swref.plots import running_mean, track_figure


def test_panels_of_the_figure():
    nothing = np.full(3, np.nan)
    s, column = np.arange(3.0), np.array([1.0, 0.5, 0.25])
    assert len(track_figure(s, column, nothing, nothing, nothing).axes) == 1
    both = track_figure(s, column, column, 0.1 * column, column, title="a run")
    assert [axes.get_ylabel() for axes in both.axes] == [
        "natural residual of the exact $F$",
        "distance to the exact flow",
    ]
    assert np.array_equal(both.axes[0].lines[0].get_ydata(), column)
    assert np.array_equal(both.axes[1].lines[0].get_ydata(), column)
    with pytest.raises(InputError, match="must hold a number, got none"):
        track_figure(s, nothing, nothing, nothing, nothing)
    with pytest.raises(InputError, match=r"natural_residual must have the shape \[T\] of s, got \(2,\)"):
        track_figure(s, column[:2], nothing, nothing, nothing)


def test_a_long_run_has_the_mean_of_its_residuals_and_its_panel_ends_with_the_flow():
    """Oracle: running_mean; the last time with a gap, and the axis about it."""
    s = np.arange(1000.0)
    residual = 1.0 + np.random.default_rng(0).random(1000)
    gap = np.where(s <= 80, s, np.nan)
    left, right = track_figure(s, residual, gap, 0 * s, 0 * s + 1).axes
    index, mean = running_mean(residual)
    np.testing.assert_array_equal(left.lines[1].get_xydata(), np.column_stack([index, mean]))
    assert 80 < right.get_xlim()[1] < 90
    assert right.get_legend().get_title().get_text() == "the flow was followed to $s$ = 80 of 999"
