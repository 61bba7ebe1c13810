"""The figure of losses: what stands on its axes, read back from the artists."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from swref import plots
from swref.errors import InputError
from tests.plots.support import FIGURES, line, loss_run, rng
from tests.support import tol


@pytest.fixture(params=FIGURES)
def figure(request: pytest.FixtureRequest) -> Figure:
    return FIGURES[request.param]()


def test_loss_is_on_a_log_axis_with_trace_mean_and_floor() -> None:
    loss = loss_run(300)
    figure = plots.loss_figure(np.arange(300), loss, floor=1e-6, floor_label="population floor", title="Run")
    axes = figure.axes[0]
    assert (axes.get_xscale(), axes.get_yscale()) == ("linear", "log")
    np.testing.assert_array_equal(line(figure, "each step").get_ydata(), loss)
    index, mean = plots.running_mean(loss)
    np.testing.assert_array_equal(line(figure, "mean over 5% of the run").get_xydata(), np.column_stack([index, mean]))
    assert set(line(figure, "population floor").get_ydata()) == {1e-6}
    low, high = axes.get_ylim()
    assert 0 < low < 1e-6 < loss.max() < high
    legend = axes.get_legend()
    names = [text.get_text() for text in legend.get_texts()]
    assert names == ["each step", "mean over 5% of the run", "population floor"]
    assert figure.get_suptitle() == "Run"


def test_long_loss_is_thinned_and_keeps_its_extremes() -> None:
    loss = loss_run(10**6)
    figure = plots.loss_figure(np.arange(10**6), loss)
    trace = line(figure, "each step").get_ydata()
    assert len(trace) <= 5000
    assert (trace.min(), trace.max()) == (loss.min(), loss.max())


def test_zero_losses_are_marked_on_the_lower_edge_and_left_out_of_the_line() -> None:
    figure = plots.loss_figure([1, 2, 3, 4], [1.0, 0.0, 0.5, 0.0], floor=0.0)
    np.testing.assert_array_equal(line(figure, "each step").get_ydata(), [1.0, np.nan, 0.5, np.nan])
    marks = line(figure, "exactly 0")
    np.testing.assert_array_equal(marks.get_xdata(), [2, 4])
    figure.draw_without_rendering()
    heights = marks.get_transform().transform(marks.get_xydata())[:, 1]
    np.testing.assert_allclose(heights, figure.axes[0].get_window_extent().y0, rtol=tol(np.float64))
    assert "floor: 0" in [text.get_text() for text in figure.axes[0].get_legend().get_texts()]


@pytest.mark.parametrize("loss", [[0.0], [2.0], [0.0, 0.0], [1.0, 1.0], [1e-310, 1e-310], [1e-300, 1e300]])
def test_degenerate_losses_are_drawn_without_a_warning(loss: list[float], tmp_path: Path) -> None:
    figure = plots.loss_figure(np.arange(len(loss)), loss)
    plots.save_figure(figure, tmp_path / "loss.png")
    low, high = figure.axes[0].get_ylim()
    assert 0 < low < high < np.inf


@pytest.mark.parametrize(
    ("steps", "loss", "floor", "message"),
    [
        ([], [], None, r"same shape \[T\], T >= 1, got \(0,\)"),
        ([1, 2], [1.0], None, r"got \(2,\) and \(1,\)"),
        ([1, 1], [1.0, 2.0], None, r"steps must increase, got 1 after 1 at \[1\]"),
        ([1, 2], [1.0, -2.0], None, r"loss must be >= 0, got -2.0 at \[1\]"),
        ([1, 2], [1.0, np.nan], None, r"loss must be finite, got nan at \[1\]"),
        ([1, 2], [1.0, 2.0], -1.0, "floor must be >= 0"),
    ],
)
def test_loss_figure_refuses(steps: Any, loss: Any, floor: float | None, message: str) -> None:
    with pytest.raises(InputError, match=message):
        plots.loss_figure(steps, loss, floor=floor)


def test_losses_of_several_runs_are_over_each_other() -> None:
    """Oracle: the running mean of each."""
    runs = {"a": (np.arange(300), loss_run(300)), "b": (np.arange(900), 10 * loss_run(900))}
    figure = plots.losses_figure(runs, title="two")
    for label, (_, loss) in runs.items():
        index, mean = plots.running_mean(loss)
        np.testing.assert_array_equal(line(figure, label).get_xydata(), np.column_stack([index, mean]))
    assert len({line(figure, label).get_linestyle() for label in runs}) == 2
    low, high = figure.axes[0].get_ylim()
    assert low < min(line(figure, "a").get_ydata())
    assert high > max(line(figure, "b").get_ydata())
    hidden = plots.losses_figure({"_a": runs["a"]})
    assert [text.get_text() for text in hidden.legends[0].get_texts()] == [" _a"]
    with pytest.raises(InputError, match="runs must be 1 to 8, one a colour, got 0"):
        plots.losses_figure({})


@pytest.mark.parametrize("make", ["falling", "level", "rising"])
def test_the_legend_is_inside_and_covers_no_loss(make: str) -> None:
    """Oracle: the points of all lines, in pixels, against the box of the legend."""
    loss = loss_run(300)
    loss = {"falling": loss, "level": 1 + rng().random(300), "rising": loss[::-1]}[make]
    figure = plots.loss_figure(np.arange(300), loss, floor=float(loss.max()))
    figure.draw_without_rendering()
    axes = figure.axes[0]
    box = axes.get_legend().get_window_extent()
    assert axes.get_window_extent().expanded(1.01, 1.01).contains(box.x0, box.y0)
    for each in axes.lines[:2]:
        assert not any(box.contains(*point) for point in each.get_transform().transform(each.get_xydata()))
