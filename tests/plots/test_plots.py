"""Figures: what stands on their axes, read back from the artists; files, read back from the disk.

The oracles are the data that went in, brute-force loops for smoothing and thinning, published sizes and colours.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import matplotlib
import matplotlib.image
import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.text import Text

from swref import plots
from swref.errors import BackendError, InputError
from tests.support import tol

SEED = 20240


def rng() -> np.random.Generator:
    return np.random.default_rng(SEED)


def clusters(n: int, d: int) -> np.ndarray:
    """Points [n, d] around three centres, columns on scales from 1 to 1000, like measured tables."""
    centres = rng().normal(size=(3, d))[rng().integers(0, 3, n)]
    return (centres + 0.3 * np.random.default_rng(SEED + n).normal(size=(n, d))) * np.logspace(0, 3, d)


def loss_run(T: int) -> np.ndarray:
    return (np.exp(-8 * np.arange(T) / T) + 0.003) * rng().gamma(1.0, size=T)


FIGURES = {
    "loss": lambda: plots.loss_figure(np.arange(300), loss_run(300), floor=0.002, floor_label="floor", title="Loss"),
    "loss one step": lambda: plots.loss_figure([0], [0.5]),
    "histogram": lambda: plots.samples_figure(clusters(60, 1), clusters(50, 1), ["mass"]),
    "scatter": lambda: plots.samples_figure(clusters(60, 2), clusters(50, 2)),
    "pairs": lambda: plots.samples_figure(clusters(60, 4), clusters(50, 4), ["a", "b_c", "d", "cost_$"]),
    "images": lambda: plots.image_grid_figure(rng().random((20, 16)), rng().random((5, 16)), 4, count=16),
}


@pytest.fixture(params=FIGURES)
def figure(request: pytest.FixtureRequest) -> Figure:
    return FIGURES[request.param]()


def line(figure: Figure, label: str) -> Any:
    (found,) = [line for line in figure.axes[0].get_lines() if line.get_label() == label]
    return found


# Every figure.


def test_every_figure_has_labels_a_column_width_and_legible_text(figure: Figure) -> None:
    figure.draw_without_rendering()
    assert figure.get_figwidth() in (3.4, 7.0)
    for axes in figure.axes:
        if axes.axison:
            spec = axes.get_subplotspec()
            assert axes.get_xlabel() or not spec.is_last_row()
            assert axes.get_ylabel() or not spec.is_first_col()
        else:
            assert axes.get_title()
    texts = [text for text in figure.findobj(Text) if text.get_text()]
    assert texts
    assert min(text.get_fontsize() for text in texts) >= 8.0 * (1 - tol(np.float64))


@pytest.mark.parametrize("suffix", [".png", ".svg"])
def test_the_same_data_give_the_same_bytes_and_no_temporary_file(suffix: str, tmp_path: Path) -> None:
    for make in FIGURES.values():
        figure = make()
        paths = [tmp_path / f"{k}{suffix}" for k in range(3)]
        for path, each in zip(paths, (figure, figure, make()), strict=True):
            plots.save_figure(each, path)
        contents = [path.read_bytes() for path in paths]
        assert len(contents[0]) > 1000
        assert contents[0] == contents[1] == contents[2]
    assert sorted(tmp_path.iterdir()) == paths


def test_png_and_svg_are_whole_and_carry_no_version_or_date(tmp_path: Path) -> None:
    figure = FIGURES["pairs"]()
    plots.save_figure(figure, tmp_path / "f.png")
    plots.save_figure(figure, str(tmp_path / "f.SVG"))
    pixels = matplotlib.image.imread(tmp_path / "f.png")
    assert pixels.shape[:2] == (1330, 1400)  # 7 x 6.65 inches at 200 dots an inch
    assert pixels[..., :3].std() > 0.05
    svg = (tmp_path / "f.SVG").read_text()
    assert ElementTree.fromstring(svg).tag.endswith("svg")
    assert "<dc:date>" not in svg
    assert matplotlib.__version__ not in svg
    assert matplotlib.__version__.encode() not in (tmp_path / "f.png").read_bytes()


# The style.


def test_drawing_leaves_rcparams_alone_and_does_not_depend_on_them(tmp_path: Path) -> None:
    plots.save_figure(FIGURES["scatter"](), tmp_path / "a.png")
    with matplotlib.rc_context({"axes.facecolor": "red", "font.size": 20.0, "savefig.dpi": 30}):
        before = dict(matplotlib.rcParams)
        plots.save_figure(FIGURES["scatter"](), tmp_path / "b.png")
        assert dict(matplotlib.rcParams) == before
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_threads_leave_rcparams_as_they_were() -> None:
    before = dict(matplotlib.rcParams)
    threads = [threading.Thread(target=FIGURES["loss"]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert dict(matplotlib.rcParams) == before


def test_new_figure_has_the_size_and_axes_asked_for() -> None:
    figure, axes = plots.new_figure("single", 0.5, nrows=2, ncols=3)
    assert axes.shape == (2, 3)
    np.testing.assert_allclose(figure.get_size_inches(), [3.4, 1.7], rtol=tol(np.float64))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"width": "singel"}, "width must be one of single, double, got 'singel'; did you mean 'single'"),
        ({"height_ratio": 0.0}, "height_ratio must be > 0"),
        ({"nrows": 0}, "nrows must be >= 1"),
    ],
)
def test_new_figure_refuses(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        plots.new_figure(**arguments)


def test_palette_is_that_of_okabe_and_ito() -> None:
    published = ["#000000", "#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7"]
    assert sorted(plots.PALETTE.values()) == sorted(published)


def test_no_pyplot_and_no_matplotlib_before_the_first_figure(tmp_path: Path) -> None:
    code = """
import sys
from swref import plots
assert "matplotlib" not in sys.modules
figure = plots.samples_figure([[0.0], [1.0]], [[0.5], [2.0]])
plots.save_figure(figure, sys.argv[1])
assert "matplotlib" in sys.modules
assert "matplotlib.pyplot" not in sys.modules
"""
    result = subprocess.run([sys.executable, "-c", code, tmp_path / "f.png"], capture_output=True, text=True)
    assert (result.returncode, result.stderr) == (0, "")
    assert (tmp_path / "f.png").stat().st_size > 1000


@pytest.mark.parametrize("name", FIGURES)
def test_without_matplotlib_the_error_says_what_to_install(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(BackendError) as caught:
        FIGURES[name]()
    assert str(caught.value) == 'figures need matplotlib: pip install "matplotlib>=3.8"'


# Thinning and smoothing.


@pytest.mark.parametrize("T", [1, 4, 5, 99, 100, 101, 1000, 1237])
@pytest.mark.parametrize("limit", [4, 7, 100])
def test_thinning_keeps_ends_and_extremes_within_the_limit(T: int, limit: int) -> None:
    values = rng().normal(size=T)
    index = plots.thin_extremes(values, limit)
    assert len(index) <= limit
    assert (np.diff(index) > 0).all()
    assert (index[0], index[-1]) == (0, T - 1)
    assert {int(values.argmin()), int(values.argmax())} <= set(index.tolist())


def test_thinning_keeps_the_extremes_of_each_bin_of_a_long_run() -> None:
    values = rng().normal(size=10**6)
    shown = set(plots.thin_extremes(values).tolist())
    size = -(-(10**6) // 2499)  # (5000 - 2) / 2 bins
    for first in range(0, 10**6, size):
        part = values[first : first + size]
        assert {first + int(part.argmin()), first + int(part.argmax())} <= shown


@pytest.mark.parametrize("T", [1, 2, 39, 40, 41, 400, 1000])
def test_running_mean_equals_a_plain_loop(T: int) -> None:
    values = loss_run(T)
    index, mean = plots.running_mean(values, share=0.05)
    assert (index[0], index[-1]) == (0, T - 1)
    half = (T // 20) // 2
    expected = []
    for t in index:
        window = [values[s] for s in range(T) if abs(s - t) <= half]
        expected.append(sum(window) / len(window))
    np.testing.assert_allclose(mean, expected, rtol=tol(np.float64, T))


def test_running_mean_keeps_a_loss_that_falls_by_twenty_orders_of_magnitude() -> None:
    values = np.concatenate([np.full(500, 1e8), np.full(500, 1e-12)])
    _, mean = plots.running_mean(values)
    assert mean[-1] == pytest.approx(1e-12, rel=tol(np.float64, 1000))


def test_running_mean_of_a_long_run_has_few_windows() -> None:
    index, mean = plots.running_mean(np.ones(10**6))
    assert len(index) == len(mean) == 401
    assert (mean == 1).all()


# Losses.


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
    (legend,) = figure.legends
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
    assert "floor: 0" in [text.get_text() for text in figure.legends[0].get_texts()]


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


# Samples.


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


def test_scatter_shows_the_points_in_their_colours_and_holds_those_thinned_out() -> None:
    x, y = clusters(60, 2), clusters(5000, 2)
    y[1] = [100.0, -1e5]
    axes = plots.samples_figure(x, y).axes[0]
    (cloud,) = axes.collections
    colours = np.array([to_hex(colour).upper() for colour in cloud.get_facecolor()])
    offsets = np.asarray(cloud.get_offsets())
    np.testing.assert_array_equal(offsets[colours == plots.TARGET], x)
    shown = offsets[colours == plots.GENERATED]
    assert len(shown) == 2000
    assert set(map(tuple, shown)) <= set(map(tuple, y))
    assert axes.get_xlim()[1] > 100.0
    assert axes.get_ylim()[0] < -1e5
    # Neither is drawn after the other: half of the generated points come before the middle of the target.
    assert abs(np.flatnonzero(colours == plots.TARGET).mean() - (len(colours) - 1) / 2) < 20


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


def test_legend_covers_no_panel() -> None:
    for name in ("histogram", "scatter", "pairs", "loss"):
        figure = FIGURES[name]()
        figure.draw_without_rendering()
        box = figure.legends[0].get_window_extent()
        assert not any(box.overlaps(axes.get_window_extent()) for axes in figure.axes)


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
        (np.zeros((3, 2)), ["a"], r"names must be one name for each of 2 coordinates, got \['a'\]"),
        (np.zeros((3, 2)), "ab", "names must be one name for each of 2 coordinates, got 'ab'"),
    ],
)
def test_samples_figure_refuses(generated: np.ndarray, names: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        plots.samples_figure(np.zeros((3, 2)), generated, names)


# Images.


def test_square_side_equals_a_search() -> None:
    expected = [next((s for s in range(4, 33) if s * s == d), None) for d in range(1, 1025)]
    assert [plots.square_side(d) for d in range(1, 1025)] == expected


def test_image_grids_show_each_image_in_its_cell_on_the_scale_of_the_target() -> None:
    target = rng().random((6, 16))
    generated = 3 * rng().random((20, 16)) - 1
    figure = plots.image_grid_figure(target, generated, 4, count=10)
    grids = [axes.images[0] for axes in figure.axes]
    assert [axes.get_title() for axes in figure.axes] == ["data", "generated"]
    assert [grid.get_clim() for grid in grids] == [(target.min(), target.max())] * 2
    for grid, images in zip(grids, (target, generated[::2]), strict=True):
        mosaic = np.ma.filled(grid.get_array(), np.nan)
        assert mosaic.shape == (3 * 5 - 1, 4 * 5 - 1)  # 10 images in 3 rows of 4, one pixel between them
        assert np.isfinite(mosaic).sum() == images.size
        for k, image in enumerate(images):
            row, column = 5 * (k // 4), 5 * (k % 4)
            np.testing.assert_array_equal(mosaic[row : row + 4, column : column + 4], image.reshape(4, 4))


def test_image_grid_refuses_images_of_another_size() -> None:
    with pytest.raises(InputError, match="generated must have 16 columns"):
        plots.image_grid_figure(np.zeros((2, 16)), np.zeros((2, 15)), 4)


# Files.


@pytest.mark.parametrize("name", ["missing/f.png", "file/f.png", "folder.png"])
def test_a_path_that_cannot_be_written_is_one_line_and_leaves_nothing(name: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "folder.png").mkdir()
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(InputError, match="cannot be written") as caught:
        plots.save_figure(plots.new_figure()[0], tmp_path / name)
    assert "\n" not in str(caught.value)
    assert str(tmp_path / name) in str(caught.value)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_failed_write_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "f.png"
    path.write_bytes(b"old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match="No space left on device"):
        plots.save_figure(plots.new_figure()[0], path)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["f.pdf", "f"])
def test_another_suffix_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"path must end in .png or .svg"):
        plots.save_figure(plots.new_figure()[0], tmp_path / name)
