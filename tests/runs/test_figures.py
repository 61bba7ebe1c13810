"""The figures of a run: what is handed to the plots is what the folder holds, in the data's units."""

from __future__ import annotations

import dataclasses
import json
import shutil

import numpy as np
import pytest

from swref import plots
from swref.errors import InputError, RunError
from swref.measures import load_measure
from swref.runs import Run, RunFolder, train
from swref.runs.figures import draw_run
from tests.runs.support import QUICK


@pytest.fixture
def handed(monkeypatch):
    """The arguments of every figure, by its name; nothing is drawn."""
    calls = {}

    def note(name):
        return lambda *arguments, **options: calls.setdefault(name, (arguments, options)) and name

    for name in ("loss_figure", "samples_figure", "columns_figure", "image_grid_figure", "track_figure"):
        monkeypatch.setattr(plots, name, note(name))
    monkeypatch.setattr(plots, "save_figure", lambda figure, path: path.write_text(figure))
    return calls


def test_losses_and_samples_are_those_of_the_folder(finished, handed, tmp_path):
    """Oracle: the history, the summary's floor, and as many samples as points kept."""
    path, summary = finished
    paths = draw_run(path, tmp_path / "a" / "b", "svg")
    assert paths == [tmp_path / "a" / "b" / name for name in ("loss.svg", "samples.svg", "columns.svg")]
    assert [file.read_text() for file in paths] == ["loss_figure", "samples_figure", "columns_figure"]
    (steps, losses), options = handed["loss_figure"]
    history = RunFolder(path).history()
    np.testing.assert_array_equal(steps, history["step"])
    np.testing.assert_array_equal(losses, history["loss"])
    assert options["floor"] == summary.to_dict()["loss_floor"]
    (target, generated, names), _ = handed["samples_figure"]
    np.testing.assert_array_equal(generated, Run.load(path).sample(len(target)))
    assert len(target) == 2000  # points drawn from a continuous law
    assert names is None
    (held_out, again, _), options = handed["columns_figure"]
    worst = summary.evaluation.columns.worst
    assert [str(j) for j in options["order"]] == [column.name for column in worst]  # the text's
    np.testing.assert_array_equal(held_out, Run.load(path).kept.held_out)
    np.testing.assert_array_equal(again, generated)


def test_a_folder_of_before_the_columns_had_an_index_is_drawn(finished, handed, tmp_path):
    path = shutil.copytree(finished[0], tmp_path / "run")
    summary = RunFolder(path).summary()
    for column in summary["distances"]["columns"]["worst"]:
        del column["index"]
    (path / "summary.json").write_text(json.dumps(summary))
    draw_run(path, tmp_path / "out")
    assert handed["columns_figure"][1]["order"] is None


def test_data_are_shown_in_their_own_units(handed, tmp_path):
    """Oracle: the penguins as they are published; in the network's units their columns have variance 1."""
    train(dataclasses.replace(QUICK, target="penguins", source="gaussian:4", steps=2), tmp_path / "run")
    paths = draw_run(tmp_path / "run")
    assert paths[0].parent == tmp_path / "run" / "figures"
    (target, _, names), _ = handed["samples_figure"]
    penguins = load_measure("penguins")
    np.testing.assert_allclose(target, penguins.points, rtol=1e-12)
    assert tuple(names) == penguins.names


def test_square_images_are_shown_as_images(handed, tmp_path):
    """Oracle: digits of 64 columns without names are 8 x 8."""
    train(dataclasses.replace(QUICK, target="digits", source="gaussian:2", steps=2), tmp_path / "run")
    assert [file.name for file in draw_run(tmp_path / "run")] == ["loss.png", "samples.png"]
    (target, generated, *shape), _ = handed["image_grid_figure"]
    assert (target.shape[1], generated.shape, shape) == (64, target.shape, [8, 8])


def test_what_cannot_be_drawn_is_refused(finished, handed, tmp_path):
    path, _ = finished
    with pytest.raises(InputError, match="format must be one of png, svg, pdf, got 'gif'"):
        draw_run(path, format="gif")
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match=r"file/below cannot be made \(Not a directory\)"):
        draw_run(path, tmp_path / "file" / "below")
    with pytest.raises(RunError, match="none is no run folder"):
        draw_run(tmp_path / "none")
