"""Shades and lines for dense clouds: how dense, and what share of the points is inside."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.path import Path as Outline

from swref import plots
from swref.plots.density import SHARES, coverage, draw_densities, levels_of

SQUARE = ((0.0, 1.0), (0.0, 1.0))


def test_coverage_is_the_number_of_marks_over_a_mark():
    """Oracle: n points at one place lie over each other, n - 1 of them; spread evenly, n times their area."""
    cell = 1 / 32**2
    assert coverage(np.full((10, 2), 0.5), SQUARE, cell, 1.0) == pytest.approx(9.0)
    many = np.random.default_rng(0).random((20000, 2))
    assert coverage(many, SQUARE, 1e-4, 1.0) == pytest.approx(2.0, rel=0.1)
    assert coverage(many + 5, SQUARE, 1e-4, 1.0) == 0.0


def test_lines_hold_their_shares_of_the_points():
    """Oracle: points counted inside the drawn lines; smoothing widens them a little."""
    x = 0.5 + 0.1 * np.random.default_rng(0).normal(size=(4000, 2))
    axes = plots.new_figure()[1][0, 0]
    draw_densities(axes, x, x, SQUARE)
    for outline, share in zip(axes.collections[-1].get_paths(), SHARES, strict=True):
        inside = Outline(outline.to_polygons()[0]).contains_points(x).mean()
        assert inside == pytest.approx(share, abs=0.07)


def test_levels_hold_at_least_their_shares():
    density = np.random.default_rng(0).random((8, 8))
    for share, level in zip((0.9, 0.5), levels_of(density, (0.9, 0.5)), strict=True):
        assert density[density >= level].sum() >= share * density.sum() > density[density > level].sum()


def test_single_points_and_clouds_outside_are_drawn():
    axes = plots.new_figure()[1][0, 0]
    draw_densities(axes, np.full((3, 2), 0.5), np.full((3, 2), 9.0), SQUARE)
