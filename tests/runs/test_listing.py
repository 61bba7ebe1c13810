"""The table of runs: what the folders hold, in any order, and what is said of folders that cannot be read."""

from __future__ import annotations

import dataclasses
import shutil

import pytest

from swref.errors import InputError, RunError
from swref.runs import RunFolder
from swref.runs.listing import COLUMNS, Row, as_text, list_runs, sorted_rows
from tests.runs.support import QUICK


@pytest.fixture
def runs(finished, tmp_path):
    """A finished run, one without a step, an experiment, a damaged one, and a folder that is none of these."""
    shutil.copytree(finished[0], tmp_path / "b" / "run")
    RunFolder(tmp_path / "a").path.mkdir()
    RunFolder(tmp_path / "a").write_config(dataclasses.replace(QUICK, directions=7, steps=9))
    for name, text in (("experiment", 'experiment = "flow"\n'), ("damaged", "target = "), ("wrong", "stpes = 3\n")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.toml").write_text(text)
    (tmp_path / "else").mkdir()
    return tmp_path


def test_rows_are_what_the_folders_hold(runs, finished):
    """Oracle: the config and the summary of the run."""
    (first, second), unreadable = list_runs(runs)
    assert first == Row("a", "moons", 7, QUICK.step, 32, 0, 9, None, None, None, 0)
    summary = finished[1]
    expected = (summary.loss, summary.evaluation.ratio_to_halves)
    assert (second.name, second.steps, second.of, second.L) == ("b/run", 200, 200, 1)
    assert (second.loss, second.ratio) == expected
    assert second.seconds == pytest.approx(summary.seconds, abs=0.05)
    assert len(unreadable) == 2
    assert any("not a TOML file" in line for line in unreadable)
    assert any("did you mean 'steps'" in line for line in unreadable)


def test_a_run_itself_is_a_table_of_one(finished):
    rows, unreadable = list_runs(finished[0])
    assert [row.name for row in rows] == ["finished"]
    assert unreadable == []


def test_order():
    rows = [
        Row(name, "d", 1, 0.1, 1, 1, 1, loss, None, None, 0) for name, loss in (("a", 3.0), ("b", None), ("c", 1.0))
    ]
    assert [row.name for row in sorted_rows(rows, "loss")] == ["c", "a", "b"]
    assert [row.name for row in sorted_rows(rows, "loss", descending=True)] == ["a", "c", "b"]
    with pytest.raises(InputError, match=r"sort must be one of name, .*, got 'lost'; did you mean 'loss'"):
        sorted_rows(rows, "lost")


def test_text_says_what_is_not_there_yet():
    lines = as_text([Row("run", "d", 1, 0.02, 8, 3, 9, None, None, None, 0)]).splitlines()
    assert lines[0].split() == [name for name in COLUMNS if name != "of"]
    assert lines[1].split() == ["run", "d", "1", "0.02", "8", "3", "of", "9", "-", "-", "-", "0"]


def test_no_folder(tmp_path):
    with pytest.raises(RunError, match="none is no folder"):
        list_runs(tmp_path / "none")
