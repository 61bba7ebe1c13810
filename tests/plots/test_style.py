"""What every figure obeys: sizes, legible text, rcParams left alone, the published palette, bytes that repeat."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import matplotlib
import matplotlib.image
import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from swref import plots
from swref.errors import InputError
from swref.plots.samples import samples_figure
from swref.plots.saving import save_figure
from swref.plots.style import legible, plain
from tests.plots.support import FIGURES
from tests.support import tol


@pytest.fixture(params=FIGURES)
def figure(request: pytest.FixtureRequest) -> Figure:
    return FIGURES[request.param]()


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


def test_legend_covers_no_panel() -> None:
    for name in ("histogram", "scatter", "pairs"):
        figure = FIGURES[name]()
        figure.draw_without_rendering()
        box = figure.legends[0].get_window_extent()
        assert not any(box.overlaps(axes.get_window_extent()) for axes in figure.axes)


@pytest.mark.parametrize("text", ["$\\bad$", "100 $", "a_b^c", "größe", "大 \x1b[31m\u202e", "\n"])
def test_text_from_outside_is_drawn_as_it_is(text: str, tmp_path: Path) -> None:
    """Oracle: matplotlib, which warns of letters that its font lacks and raises where a formula is none."""
    figure = samples_figure(np.eye(2), np.eye(2), [text, "b"], title=plain(text))
    save_figure(figure, tmp_path / "a.png")
    assert figure.get_suptitle().strip() == plain(text).strip()
    assert legible("大 \x1b") == "\\u5927 \\x1b"
