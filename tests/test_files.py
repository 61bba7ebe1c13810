"""Files written whole: the old content or the new, never a part, whatever stops the writer."""

from __future__ import annotations

import os
import threading

import pytest

from swref.errors import InputError, RunError
from swref.files import check_writable, leftovers, write_atomically
from tests.support import run_python


def test_content_is_replaced_and_neighbours_are_left_alone(tmp_path):
    path = tmp_path / "a.csv"
    (tmp_path / "a.csv.tmp").write_bytes(b"the user's")
    for content in (b"first", b"", b"second"):
        write_atomically(path, content)
        assert path.read_bytes() == content
    assert (tmp_path / "a.csv.tmp").read_bytes() == b"the user's"
    assert sorted(os.listdir(tmp_path)) == ["a.csv", "a.csv.tmp"]


@pytest.mark.parametrize("step", ["fsync", "replace"])
@pytest.mark.parametrize("failure", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_failed_write_keeps_the_old_content_and_leaves_nothing(tmp_path, monkeypatch, step, failure):
    path = tmp_path / "a.csv"
    path.write_bytes(b"old")

    def fail(*_: object) -> None:
        raise failure

    monkeypatch.setattr(os, step, fail)
    with pytest.raises((RunError, KeyboardInterrupt), match=r"a\.csv cannot be written \(No space left|^$"):
        write_atomically(path, b"new", RunError)
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.csv"]


@pytest.mark.parametrize("name", ["missing/a.csv", "file/a.csv", "folder", "x" * 300])
def test_a_path_that_cannot_be_written_is_one_line(tmp_path, name):
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match=r"cannot be written \([^\n]+\)$"):
        write_atomically(tmp_path / name, b"new")
    assert sorted(os.listdir(tmp_path)) == ["file", "folder"]


def test_what_cannot_be_written_is_found_out_before_the_work(tmp_path):
    """Oracle: write_atomically itself; and nothing is left in the folder."""
    (tmp_path / "old.txt").write_bytes(b"old")
    (tmp_path / "folder").mkdir()
    for name in ("new.txt", "old.txt"):
        check_writable(tmp_path / name)
    for name in ("folder", "none/a.txt", "old.txt/a.txt"):
        with pytest.raises(InputError) as early:
            check_writable(tmp_path / name)
        with pytest.raises(InputError) as late:
            write_atomically(tmp_path / name, b"new")
        assert str(early.value) == str(late.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "old.txt"]
    assert (tmp_path / "old.txt").read_bytes() == b"old"


def test_a_killed_writer_leaves_the_old_content_and_a_leftover(tmp_path):
    """os._exit runs no handler, as a kill does not."""
    (tmp_path / "a.csv").write_bytes(b"old")
    (tmp_path / ".mine.tmp").write_bytes(b"")
    script = f"""
import os
from pathlib import Path
from swref.files import write_atomically
os.replace = lambda *paths: os._exit(9)
write_atomically(Path({str(tmp_path / "a.csv")!r}), b"new")
"""
    assert run_python(script, timeout=60).returncode == 9
    assert (tmp_path / "a.csv").read_bytes() == b"old"
    (left,) = leftovers(tmp_path)
    assert left.read_bytes() == b"new"


def test_writers_of_one_path_do_not_meet(tmp_path):
    """Every moment shows one writer's whole content."""
    path = tmp_path / "a.csv"
    contents = {bytes([k]) * 200_000 for k in range(4)}
    write_atomically(path, next(iter(contents)))
    writers = [threading.Thread(target=lambda c=c: [write_atomically(path, c) for _ in range(5)]) for c in contents]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        assert path.read_bytes() in contents
    for writer in writers:
        writer.join()
    assert os.listdir(tmp_path) == ["a.csv"]
