"""Quantiles against quantiles and correlations: what is drawn, against NumPy's own; order, limits and refusals."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from swref import plots
from swref.errors import InputError
from swref.plots.columns import LEVELS, MOST_COLUMNS
from tests.plots.support import clusters


def test_quantiles_and_correlations_are_numpys_the_worst_column_first():
    x, y = clusters(60, 3), clusters(50, 3)
    y[:, 1] += 30
    figure = plots.columns_figure(x, y, ["a", "b_c", "cost_$"])
    titles = [axes.get_title() for axes in figure.axes]
    assert (titles[0], titles[-1]) == ("b_c", "correlations of pairs")
    assert set(titles[1:-1]) == {"a", "cost_\\$"}
    drawn = figure.axes[0].get_lines()[1]
    np.testing.assert_array_equal(drawn.get_xdata(), np.quantile(x[:, 1], LEVELS))
    np.testing.assert_array_equal(drawn.get_ydata(), np.quantile(y[:, 1], LEVELS))
    pairs = figure.axes[-1].get_lines()[1]
    upper = np.triu_indices(3, 1)
    np.testing.assert_allclose(pairs.get_xdata(), np.corrcoef(x, rowvar=False)[upper], rtol=1e-12)
    np.testing.assert_allclose(pairs.get_ydata(), np.corrcoef(y, rowvar=False)[upper], rtol=1e-12)


def test_of_many_columns_the_worst_are_shown_as_the_title_says():
    x = np.random.default_rng(0).permuted(np.tile(np.linspace(-1, 1, 40)[:, None], 30), axis=0)
    y = x + np.where(np.arange(30) % 2, 0.0, 10.0 + 10 * np.arange(30))
    figure = plots.columns_figure(x, y, title="Run")
    assert figure.get_suptitle() == f"Run: quantiles, 1 % to 99 %, of the worst {MOST_COLUMNS} of 30 columns"
    assert [axes.get_title() for axes in figure.axes[:3]] == ["$x_{29}$", "$x_{27}$", "$x_{25}$"]
    assert len(figure.axes) == MOST_COLUMNS + 1


def test_an_order_that_is_given_is_kept():
    x, y = clusters(60, 3), clusters(50, 3)
    y[:, 1] += 30
    figure = plots.columns_figure(x, y, ["a", "b", "c"], order=[2, 0, 1])
    assert [axes.get_title() for axes in figure.axes[:3]] == ["c", "a", "b"]


@pytest.mark.parametrize("d", [1, 2])
def test_constant_columns_and_single_points_are_drawn(d: int, tmp_path: Path):
    figure = plots.columns_figure(np.ones((3, d)), np.ones((1, d)))
    plots.save_figure(figure, tmp_path / "constant.png")
    assert len(figure.axes) == (1 if d == 1 else 3)


def test_refusals():
    with pytest.raises(InputError, match="generated must"):
        plots.columns_figure(np.zeros((3, 2)), np.zeros((3, 1)))
    with pytest.raises(InputError, match="names must be one name for each of 2"):
        plots.columns_figure(np.zeros((3, 2)), np.zeros((3, 2)), ["a"])
    with pytest.raises(InputError, match=r"order\[1\] must be at most 1, got 2"):
        plots.columns_figure(np.zeros((3, 2)), np.zeros((3, 2)), order=[0, 2])
