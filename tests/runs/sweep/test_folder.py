"""The folder of a sweep. Oracle: the files in it."""

from __future__ import annotations

import os

import pytest

from swref.errors import InUseError, RunError
from swref.runs.config import TrainConfig
from swref.runs.sweep.folder import State, SweepFolder
from swref.runs.sweep.members import Member

ONE = Member({}, TrainConfig(), {})


def test_a_second_sweep_is_told_who_holds_the_folder(tmp_path):
    folder = SweepFolder(tmp_path / "sweep")
    assert not folder.path.exists()
    with folder.held() as token:
        assert folder.token() == token
        assert f"process {os.getpid()} of" in folder.held_by()
        with pytest.raises(InUseError, match=rf"is in use by another sweep: process {os.getpid()} of .*, since 20"):
            folder.held().__enter__()
        assert folder.token() == token
    assert (folder.token(), folder.held_by(), list(folder.path.iterdir())) == ("", "", [])


def test_a_run_has_the_state_that_its_files_say(tmp_path):
    folder = SweepFolder(tmp_path)
    assert folder.state(ONE) == State("missing")
    folder.write_failure(ONE, State("diverged", "at step 3"))
    assert folder.state(ONE) == State("diverged", "at step 3")
    folder.write_failure(ONE, State("failed", "no memory"))
    assert folder.state(ONE) == State("failed", "no memory")
    folder.forget_failure(ONE)
    folder.run(ONE).write_config(ONE.config)
    assert folder.state(ONE) == State("begun")
    folder.run(ONE).summary_path.touch()
    assert folder.state(ONE) == State("done")


@pytest.mark.parametrize("content", ["{", '{"kind": "failed"}', "[]"])
def test_a_damaged_failure_is_one_line(tmp_path, content):
    folder = SweepFolder(tmp_path)
    folder.write_failure(ONE, State("failed", "x"))
    (tmp_path / ONE.name / "failure.json").write_text(content)
    with pytest.raises(RunError, match=r"failure.json is damaged or cut short"):
        folder.state(ONE)
    folder.holder_path.write_text(content)
    assert folder.token() == folder.holder() == ""


def test_only_a_sweep_or_nothing_may_be_there(tmp_path):
    SweepFolder(tmp_path / "new").check()
    SweepFolder(tmp_path).check()
    (tmp_path / "notes.txt").touch()
    with pytest.raises(RunError, match="must be new or empty, or the folder of a sweep"):
        SweepFolder(tmp_path).check()
    with pytest.raises(RunError, match=r"is no folder of a sweep: it has no sweep\.toml"):
        SweepFolder(tmp_path).plan()
