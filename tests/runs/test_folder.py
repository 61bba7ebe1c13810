"""Run folders: what they hold, and every way in which one can be damaged, each in one line."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from swref.errors import RunError
from swref.files import leftovers
from swref.runs import Run, RunFolder, next_folder, open_run, resume, train
from swref.runs.folder import Checkpoint
from tests.runs.support import KILLED, QUICK, contents, start_child


def test_a_folder_killed_before_its_config_counts_as_empty(tmp_path):
    (tmp_path / f".{'0' * 32}.tmp").write_text("target = ")
    train(dataclasses.replace(QUICK, steps=5), tmp_path)
    assert leftovers(tmp_path) == []
    assert open_run(tmp_path)[1].t == 5


def test_two_processes_cannot_train_in_one_folder(tmp_path):
    child = start_child(tmp_path / "a" / "run", KILLED)
    try:
        with pytest.raises(RunError, match="in use by another process"):
            resume(tmp_path / "a" / "run")
        with pytest.raises(RunError, match="in use by another process"):
            train(QUICK, tmp_path / "a" / "run")
    finally:
        child.kill()
        child.wait()


def test_non_empty_folder_is_left_alone(finished, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(RunError, match=r"must be new or empty$"):
        train(QUICK, tmp_path)
    assert contents(tmp_path) == {"notes.txt": b"mine"}
    before = contents(finished[0])
    with pytest.raises(RunError, match="must be new or empty; continue its run with --resume"):
        train(QUICK, finished[0])
    assert contents(finished[0]) == before


def test_a_folder_below_a_file_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file", tmp_path / "file" / "run"):
        with pytest.raises(RunError, match="cannot be made"):
            train(QUICK, path)


def test_no_run_folder(tmp_path):
    for action in (resume, open_run, Run.load):
        with pytest.raises(RunError, match=r"is no run folder: it has no config\.toml"):
            action(tmp_path)


def test_checkpoint_of_another_config(copied):
    RunFolder(copied).write_config(dataclasses.replace(QUICK, seed=1))
    before = contents(copied)
    for action in (lambda: resume(copied, 300), lambda: Run.load(copied)):
        with pytest.raises(RunError, match="belongs to another configuration"):
            action()
    assert contents(copied) == before


@pytest.mark.parametrize("keep", [0, 1, 100, 0.5, 0.99])
def test_truncated_checkpoint(copied, keep):
    path = copied / "checkpoint.npz"
    content = path.read_bytes()
    path.write_bytes(content[: keep if isinstance(keep, int) else int(keep * len(content))])
    before = contents(copied)
    for action in (lambda: resume(copied, 300), lambda: Run.load(copied)):
        with pytest.raises(RunError, match=r"checkpoint\.npz is damaged or cut short"):
            action()
    assert contents(copied) == before


def test_checkpoint_that_is_something_else(copied):
    path = copied / "checkpoint.npz"
    for write in (
        lambda file: np.save(file, np.ones(3)),
        lambda file: np.savez(file, other=1),
        lambda file: np.savez(file, format=1, u=np.array([None], dtype=object)),
    ):
        with path.open("wb") as file:
            write(file)
        with pytest.raises(RunError, match="is damaged or cut short"):
            resume(copied)
    with path.open("wb") as file:
        np.savez(file, format=2)
    with pytest.raises(RunError, match="has another format than 1"):
        resume(copied)


def test_changed_data(tmp_path):
    data = tmp_path / "data.npy"
    np.save(data, np.random.default_rng(0).standard_normal((40, 2)))
    train(dataclasses.replace(QUICK, target=str(data), steps=20), tmp_path / "run")
    np.save(data, np.random.default_rng(1).standard_normal((40, 2)))
    before = contents(tmp_path / "run")
    for action in (lambda: resume(tmp_path / "run", 30), lambda: open_run(tmp_path / "run")):
        with pytest.raises(RunError, match="have changed since"):
            action()
    assert contents(tmp_path / "run") == before


def test_truncated_or_missing_history(copied):
    path = copied / "history.csv"
    path.write_bytes(path.read_bytes()[:-40])
    for _ in range(2):
        before = contents(copied)
        with pytest.raises(RunError, match="shorter than its checkpoint says"):
            resume(copied, 300)
        assert contents(copied) == before
        path.unlink(missing_ok=True)


def test_damaged_history(copied):
    path = copied / "history.csv"
    path.write_text(path.read_text().replace(",", ";", 30))
    with pytest.raises(RunError, match="is damaged"):
        RunFolder(copied).history()


def test_a_half_written_row_is_not_read(copied):
    path = copied / "history.csv"
    path.write_bytes(path.read_bytes() + b"201,0.12")
    assert len(RunFolder(copied).history()["step"]) == 200


def test_damaged_summary(copied):
    (copied / "summary.json").write_text("{")
    with pytest.raises(RunError, match=r"summary\.json is damaged or cut short"):
        RunFolder(copied).summary()


def test_next_folder_counts_up_and_makes_nothing(tmp_path):
    assert next_folder(tmp_path, "moons").name == "moons-001"
    (tmp_path / "moons-001").mkdir()
    assert next_folder(tmp_path, "moons").name == "moons-002"
    assert next_folder(tmp_path, "../we ird:3.csv").parent == tmp_path
    assert [path.name for path in tmp_path.iterdir()] == ["moons-001"]


def test_checkpoint_round_trip(tmp_path):
    folder = RunFolder(tmp_path)
    for dtype in (np.float32, np.float64):
        u = np.random.default_rng(0).standard_normal(7).astype(dtype)
        folder.write_checkpoint(Checkpoint(3, u, "c", "d", 17, 1.5))
        back = folder.checkpoint()
        assert (back.t, back.config_digest, back.data_digest, back.history_bytes, back.seconds) == (
            3,
            "c",
            "d",
            17,
            1.5,
        )
        assert back.u.dtype == dtype
        assert np.array_equal(back.u, u)
