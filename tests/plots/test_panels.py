"""Panels of experiments: intervals, bands and numbers, read back from the artists."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.colors import to_hex

from swref import plots
from swref.plots.panels import MARKERS, draw_band, draw_heat_map, draw_intervals, symlog_axis
from tests.support import tol


def axes():
    return plots.new_figure()[1][0, 0]


def test_intervals_reach_from_low_to_high_and_have_a_marker_each():
    """Oracle: the numbers that went in; a bound on the wrong side of the value leaves no bar there."""
    panel, x, value = axes(), np.array([1.0, 2.0, 3.0]), np.array([5.0, 6.0, 7.0])
    low, high = np.array([4.0, 6.5, 6.0]), np.array([9.0, 8.0, 7.0])
    for index in (0, len(MARKERS) + 1):
        draw_intervals(panel, x, value, low, high, index=index, color="#0072B2")
    line, _, (bars,) = panel.containers[0].lines
    np.testing.assert_array_equal(line.get_xydata(), np.column_stack([x, value]))
    ends = np.array([segment[:, 1] for segment in bars.get_segments()])
    np.testing.assert_allclose(
        ends, np.column_stack([np.minimum(low, value), np.maximum(high, value)]), rtol=tol(float)
    )
    assert to_hex(line.get_color()).upper() == "#0072B2"
    assert [container.lines[0].get_marker() for container in panel.containers] == [MARKERS[0], MARKERS[1]]


@pytest.mark.parametrize("share", [0.8, 0.5])
def test_a_band_holds_its_share_of_the_runs_about_their_median(share):
    """Oracle: the sorted runs by hand: of 11 the median is the sixth, and a tenth of the rest is one run."""
    panel, x = axes(), np.arange(4.0)
    samples = np.random.default_rng(0).permuted(np.arange(11.0)[:, None] * np.ones(4), axis=0)
    draw_band(panel, x, samples, color="#000000", label="runs", share=share)
    (line,) = panel.get_lines()
    assert (line.get_label(), set(line.get_ydata())) == ("runs", {5.0})
    edges = panel.collections[0].get_paths()[0].vertices[:, 1]
    assert (edges.min(), edges.max()) == pytest.approx((5 - 5 * share, 5 + 5 * share))


def test_a_heat_map_writes_every_number_where_it_can_be_read():
    """Oracle: the table: one text a finite cell, white below the middle of the scale and black above."""
    panel = axes()
    draw_heat_map(panel, [[0.0, 10.0, np.nan], [4.0, 6.0, 1.0]], ["a", "b"], ["x", "y", "z"])
    found = {text.get_position(): (text.get_text(), text.get_color()) for text in panel.texts}
    assert found == {
        (0, 0): ("0", "white"),
        (1, 0): ("10", "black"),
        (0, 1): ("4", "white"),
        (1, 1): ("6", "black"),
        (2, 1): ("1", "white"),
    }
    assert [label.get_text() for label in panel.get_xticklabels()] == ["x", "y", "z"]
    assert [label.get_text() for label in panel.get_yticklabels()] == ["a", "b"]


def test_a_logarithmic_heat_map_shades_powers_and_still_writes_what_has_none():
    """Oracle: log of the table; 0 has no shade, and its number is there."""
    panel = axes()
    draw_heat_map(panel, [[1e-4, 0.0], [1.0, 1e-3]], ["a", "b"], ["x", "y"], logarithmic=True, form=".0e")
    shades = np.ma.filled(panel.images[0].get_array(), np.nan)
    np.testing.assert_allclose(shades, [[np.log(1e-4), np.nan], [0.0, np.log(1e-3)]])
    colours = {text.get_text(): text.get_color() for text in panel.texts}
    assert colours == {"1e-04": "white", "0e+00": "black", "1e+00": "black", "1e-03": "white"}


def test_a_symlog_axis_is_marked_as_one():
    """Oracle: the scale, the grey span about 0 and the label."""
    panel = axes()
    symlog_axis(panel, 0.5, "step $t$")
    assert panel.get_xscale() == "symlog"
    assert panel.get_xlabel() == "step $t$ (grey: linear)"
    (span,) = panel.patches
    assert (span.get_x(), span.get_x() + span.get_width()) == (-0.5, 0.5)
