"""Logarithmic axes have a few round ticks, whose labels do not collide."""

from __future__ import annotations

import numpy as np
import pytest

from swref import plots
from swref.plots.ticks import log_labels, log_ticks


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.009, 0.8, [0.01, 0.03, 0.1, 0.3]),
        (0.03, 0.8, [0.03, 0.1, 0.3]),
        (0.19, 0.41, [0.2, 0.3, 0.4]),
        (0.5, 2000, [1, 10, 100, 1000]),
        (1e-150, 1e150, [1e-150, 1e-100, 1e-50, 1, 1e50, 1e100, 1e150]),
        (1.02, 1.09, [1.02, 1.04, 1.06, 1.08]),
        (1.0, 1.0 + 1e-9, None),
    ],
)
def test_ticks_are_round_and_few_and_two_at_least(low, high, expected):
    """Oracle: by eye; and any range has two ticks, inside it."""
    ticks = log_ticks(low, high)
    if expected is not None:
        np.testing.assert_allclose(ticks, expected, rtol=1e-12)
    assert 2 <= len(ticks) <= 7
    assert ((ticks >= low * (1 - 1e-12)) & (ticks <= high * (1 + 1e-12))).all()


def test_an_axis_is_labelled_in_one_way():
    assert log_labels([0.001, 0.1, 1000]) == ["$0.001$", "$0.1$", "$1000$"]
    assert log_labels([0.1, 2e4]) == [r"$10^{-1}$", r"$2\times10^{4}$"]


@pytest.mark.parametrize("span", [1.3, 4.0, 30.0, 1e3, 1e12])
def test_no_two_labels_of_a_logarithmic_axis_touch(span):
    """Oracle: the boxes that matplotlib draws them in, in panels of half an inch."""
    figure, panels = plots.new_figure("double", 0.3, nrows=2, ncols=4)
    for axes in panels.flat:
        axes.plot([0.037, 0.037 * span], [0.037, 0.037 * span])
        axes.set(xscale="log", yscale="log")
    figure.draw_without_rendering()
    for axis in (panels[0, 0].xaxis, panels[0, 0].yaxis):
        assert not any(label.get_text() for label in axis.get_ticklabels(minor=True))
        shown = [label for label in axis.get_ticklabels() if label.get_text()]
        boxes = [label.get_window_extent() for label in shown]
        assert len(boxes) >= 2
        assert not any(a.overlaps(b) for k, a in enumerate(boxes) for b in boxes[:k])
