"""The figure of samples: what stands on its axes, read back from the artists."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.collections import PathCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from swref import plots
from swref.errors import InputError, InputTypeError
from tests.plots.support import FIGURES, clusters, rng
from tests.support import tol


@pytest.fixture(params=FIGURES)
def figure(request: pytest.FixtureRequest) -> Figure:
    return FIGURES[request.param]()


def test_histograms_have_area_one_and_hold_every_value() -> None:
    x, y = clusters(500, 1), 2 + clusters(300, 1)
    axes = plots.samples_figure(x, y, ["mass"]).axes[0]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("mass", "density")
    low, high = axes.get_xlim()
    assert low < min(x.min(), y.min()) <= max(x.max(), y.max()) < high
    filled = [patch for patch in axes.patches if patch.get_fill()]
    assert [to_hex(patch.get_facecolor()).upper() for patch in filled] == [plots.TARGET, plots.GENERATED]
    for patch in filled:
        corners = patch.get_xy()
        area = abs(np.sum(corners[:-1, 0] * corners[1:, 1] - corners[1:, 0] * corners[:-1, 1])) / 2  # shoelace
        np.testing.assert_allclose(area, 1.0, rtol=tol(np.float64, len(corners)))


def test_scatter_shows_the_points_in_their_colours_thinned_to_what_can_be_told_apart() -> None:
    """Oracle: the points; of 5000 some 2000, and all of 60."""
    x, y = 100 * rng().random((60, 2)), 100 * rng().random((5000, 2))
    axes = plots.samples_figure(x, y).axes[0]
    (cloud,) = axes.collections
    colours = np.array([to_hex(colour).upper() for colour in cloud.get_facecolor()])
    offsets = np.asarray(cloud.get_offsets())
    np.testing.assert_array_equal(offsets[colours == plots.TARGET], x)
    shown = offsets[colours == plots.GENERATED]
    assert len(shown) == 2000
    assert set(map(tuple, shown)) <= set(map(tuple, y))
    # Neither is drawn after the other: half of the generated points come before the middle of the target.
    assert abs(np.flatnonzero(colours == plots.TARGET).mean() - (len(colours) - 1) / 2) < 20


@pytest.mark.parametrize("d", [2, 3])
def test_points_that_would_cover_each_other_are_shades_and_lines(d: int) -> None:
    """Oracle: two narrow clouds of 2000 points; no panel has marks, and the legend says what is drawn."""
    figure = plots.samples_figure(rng().normal(size=(2000, d)), rng().normal(size=(2000, d)))
    assert figure.legends[0].get_title().get_text() == "around 50 % and 90 % of the points"
    pairs = [axes for axes in figure.axes if not axes.patches]
    assert len(pairs) == d * (d - 1) // 2
    for axes in pairs:
        assert not any(isinstance(found, PathCollection) for found in axes.collections)
        assert len(axes.collections) == 3  # two shades, and the lines


@pytest.mark.parametrize("d", [1, 2, 3])
def test_heavy_tails_are_cut_off_and_the_title_says_how_many_points_that_are(d: int) -> None:
    """Oracle: points of a square, but for one a cloud that is far away; numbers of 1e6 are in powers of ten."""
    x = 1e6 * rng().random((400, d))
    x[7] = 1e9
    figure = plots.samples_figure(x, x, title="Run")
    count = re.search(r"quantile, (\d+) of 800 points beyond", figure.get_suptitle().replace("\n", " "))
    assert count is not None
    assert 2 <= int(count[1]) <= 16 * d
    axes = figure.axes[-1]
    assert axes.get_xlim()[1] < 1.1
    assert axes.get_xlabel().endswith("[$10^{6}$]")


@pytest.mark.parametrize(
    ("scale", "equal", "aspect"),
    [(1.0, None, 1.0), (10.0, None, "auto"), (1.0, False, "auto"), (10.0, True, 1.0)],
)
def test_aspect_is_equal_where_asked_or_where_the_ranges_are_alike(
    scale: float, equal: bool | None, aspect: float | str
) -> None:
    x = rng().random((50, 2)) * [1.0, scale]
    assert plots.samples_figure(x, x, equal=equal).axes[0].get_aspect() == aspect


@pytest.mark.parametrize("d", [3, 4])
def test_pairs_are_a_lower_triangle_with_common_limits(d: int) -> None:
    x, y = clusters(60, d), clusters(50, d)
    names = [f"column {j}" for j in range(d)]
    figure = plots.samples_figure(x, y, names)
    panels = {
        (spec.rowspan.start, spec.colspan.start): axes for axes in figure.axes if (spec := axes.get_subplotspec())
    }
    assert set(panels) == {(i, j) for i in range(d) for j in range(i + 1)}
    assert [panels[d - 1, j].get_xlabel() for j in range(d)] == names
    assert [panels[i, 0].get_ylabel() for i in range(d)] == ["density", *names[1:]]
    for (i, j), axes in panels.items():
        assert axes.get_xlim() == panels[d - 1, j].get_xlim()
        assert bool(axes.patches) == (i == j)
        if i > j:
            points = np.asarray(axes.collections[0].get_offsets())
            assert set(map(tuple, points)) == set(map(tuple, np.concatenate([x, y])[:, [j, i]]))
            assert axes.get_ylim() == panels[i, i].get_xlim()
    assert len(figure.legends) == 1


def test_many_coordinates_show_the_first_five_and_say_so() -> None:
    figure = plots.samples_figure(clusters(30, 8), clusters(20, 8), title="Run")
    assert len(figure.axes) == 15
    assert figure.get_suptitle() == "Run: first 5 of 8 coordinates"


def test_names_stand_as_they_are_however_they_look(tmp_path: Path) -> None:
    names = ["cost_$", r"$\frac", "a$b$c"]
    figure = plots.samples_figure(clusters(30, 3), clusters(20, 3), names)
    plots.save_figure(figure, tmp_path / "names.png")
    drawn = [text._preprocess_math(text.get_text()) for text in (axes.xaxis.label for axes in figure.axes[-3:])]
    assert drawn == [(name, False) for name in names]


def test_identical_points_are_drawn_without_a_warning(tmp_path: Path) -> None:
    for d in (1, 2, 3):
        plots.save_figure(plots.samples_figure(np.full((3, d), 1e6), np.full((1, d), 1e6)), tmp_path / "point.png")
        assert (tmp_path / "point.png").stat().st_size > 1000


@pytest.mark.parametrize(
    ("generated", "names", "message"),
    [
        (np.zeros((3, 3)), None, r"generated must have 2 columns, got shape \(3, 3\)"),
        (np.full((3, 2), np.inf), None, "generated must be finite"),
        (np.zeros((3, 2)), ["a"], r"names must be one name for each of 2 coordinates, got \('a',\)"),
        (np.zeros((3, 2)), "ab", "names must be a sequence of strings, got 'ab'"),
    ],
)
def test_samples_figure_refuses(generated: np.ndarray, names: Any, message: str) -> None:
    with pytest.raises((InputError, InputTypeError), match=message):
        plots.samples_figure(np.zeros((3, 2)), generated, names)
