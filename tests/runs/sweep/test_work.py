"""What a worker does. Oracle: the run that `train` makes in one go."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from swref.errors import RunError
from swref.runs import RunFolder, train, training
from swref.runs.problem import Problem
from swref.runs.sweep import work
from swref.runs.sweep.folder import State, SweepFolder
from swref.runs.sweep.members import members, with_bases
from swref.runs.sweep.plan import Plan
from tests.runs.support import assert_same_run
from tests.runs.sweep.support import values


@pytest.fixture
def member(tmp_path):
    plan = values(tmp_path)
    plan["config"]["steps"] = 4
    plan = with_bases(Plan.of(plan), tmp_path / "sweep", lambda line: None)
    return members(plan, tmp_path / "sweep")[0]


def circumstances(tmp_path: Path, token: str, **more) -> work.Circumstances:
    return work.Circumstances((tmp_path / "sweep").resolve(), token, work.my_versions(), **more)


def whole(tmp_path, member) -> Path:
    """Beside the sweep, so that the data are seen from it as from the sweep's runs."""
    train(Problem.of(member.config, *member.data), tmp_path / "other" / "whole")
    return tmp_path / "other" / "whole"


def test_a_run_is_done_in_its_folder_and_a_broken_one_is_gone_on_with(tmp_path, member):
    folder = SweepFolder(tmp_path / "sweep")
    with folder.held() as token:
        given = circumstances(tmp_path, token)
        (answer,) = work.compute([work.Order(member)], given)
        assert (answer.state, answer.files) == (State("done"), None)
        assert_same_run(folder.run(member).path, whole(tmp_path, member))
        folder.run(member).forget_summary()
        with RunFolder(folder.run(member).path).locked():
            assert work.compute([work.Order(member)], given)[0].state == State("busy")


@pytest.mark.parametrize("slice_seconds", [1000.0, -1.0])
def test_without_the_folder_files_go_back_and_forth(tmp_path, member, monkeypatch, slice_seconds):
    """A slice of no time is a step a call."""
    monkeypatch.setattr(work, "SLICE", slice_seconds)
    files = [tmp_path / "points.npy"]
    content = [files[0].read_bytes()]
    assert work.compute([work.Order(member)], circumstances(tmp_path, "x"))[0].state == State("unseen")
    given, home = circumstances(tmp_path, "x", data=files), SweepFolder(tmp_path / "sweep").run(member)
    files[0].unlink()
    calls = 0
    while calls < 20:
        calls += 1
        (answer,) = work.compute([work.Order(member, work.read_files(home))], given, content)
        work.write_files(home, answer.files)
        if answer.state.kind != "paused":
            break
    assert answer.state == State("done")
    assert calls == (1 if slice_seconds > 0 else 5)
    files[0].write_bytes(content[0])
    expected = whole(tmp_path, member)
    assert_same_run(home.path, expected)
    assert home.data_path.read_bytes() == (expected / "data.npz").read_bytes()
    assert {path.name for path in home.path.iterdir()} == {path.name for path in expected.iterdir()}


def test_a_worker_of_other_versions_is_named(tmp_path, member):
    other = dataclasses.replace(circumstances(tmp_path, "x"), versions={**work.my_versions(), "numpy": "1.0"})
    with pytest.raises(RunError, match=rf"has numpy {np.__version__}, not 1.0 as here: give all the same versions"):
        work.compute([work.Order(member)], other)


@pytest.mark.parametrize(
    ("settings", "error", "kind", "reason"),
    [
        ({"step": 1e300}, None, "diverged", "checkpoint.npz"),
        ({"target_sha256": "00"}, None, "failed", "points.npy holds other data"),
        ({}, MemoryError("8 GiB"), "failed", "MemoryError: 8 GiB"),
    ],
)
def test_what_goes_wrong_is_an_answer(tmp_path, member, monkeypatch, settings, error, kind, reason):
    if error is not None:

        def fail(*_: object) -> None:
            raise error

        monkeypatch.setattr(training, "train", fail)
    bad = dataclasses.replace(member, config=dataclasses.replace(member.config, **settings))
    with SweepFolder(tmp_path / "sweep").held() as token:
        (answer,) = work.compute([work.Order(bad)], circumstances(tmp_path, token))
    assert answer.state.kind == kind
    assert reason in answer.state.reason
    assert str(tmp_path / "sweep") not in answer.state.reason
