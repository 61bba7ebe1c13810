"""Files written whole: the old content or the new, never a part, whatever stops the writer."""

from __future__ import annotations

import os
import shutil
import stat
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from swref.errors import InputError
from swref.files import check_writable, leftovers, open_regular, read_regular, write_atomically, write_output
from tests.faults import Disk, faults, watched
from tests.support import run_python


def test_content_is_replaced_and_neighbours_are_left_alone(tmp_path):
    path = tmp_path / "a.csv"
    (tmp_path / "a.csv.tmp").write_bytes(b"the user's")
    for content in (b"first", b"", b"second"):
        write_atomically(path, content)
        assert path.read_bytes() == content
    assert (tmp_path / "a.csv.tmp").read_bytes() == b"the user's"
    assert sorted(os.listdir(tmp_path)) == ["a.csv", "a.csv.tmp"]


@pytest.mark.parametrize("old", [b"old", None])
@pytest.mark.parametrize("write", [write_atomically, write_output])
def test_a_fault_at_every_operation_leaves_the_old_content_or_the_new(tmp_path, monkeypatch, old, write):
    """Of whatever kind; only the end of the process leaves more than that, which `leftovers` finds."""
    path = tmp_path / "disk" / "a.csv"

    def begin() -> None:
        shutil.rmtree(path.parent, ignore_errors=True)
        path.parent.mkdir()
        if old is not None:
            path.write_bytes(old)

    begin()
    for fault in faults(lambda: write(path, b"new"), path.parent, monkeypatch):
        begin()
        disk = Disk(path.parent, fault)
        with suppress(*fault.may_raise(InputError)), watched(disk, monkeypatch):
            write(path, b"new")
        assert path.exists() or old is None
        assert not path.exists() or path.read_bytes() in (old, b"new"), fault
        assert disk.dead or leftovers(path.parent) == [], fault
        assert {*path.parent.iterdir()} <= {path, *leftovers(path.parent)}


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


def test_a_file_keeps_its_permissions_and_a_new_one_has_the_umask_s(tmp_path):
    path = tmp_path / "secret.csv"
    path.write_bytes(b"old")
    path.chmod(0o600)
    write_atomically(path, b"new")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = os.umask(0o027)
    try:
        write_atomically(tmp_path / "fresh.csv", b"new")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "fresh.csv").stat().st_mode) == 0o640


def test_inside_a_folder_a_link_is_replaced_and_as_an_output_followed(tmp_path):
    """Oracle: what the link leads to, before and after."""
    (tmp_path / "victim").write_bytes(b"precious")
    (tmp_path / "link").symlink_to("victim")
    write_atomically(tmp_path / "link", b"new")
    assert ((tmp_path / "victim").read_bytes(), (tmp_path / "link").is_symlink()) == (b"precious", False)
    (tmp_path / "output").symlink_to("victim")
    check_writable(tmp_path / "output")
    write_output(tmp_path / "output", b"newer")
    assert ((tmp_path / "victim").read_bytes(), (tmp_path / "output").is_symlink()) == (b"newer", True)


def test_outputs_may_be_devices_and_pipes(tmp_path):
    check_writable(Path("/dev/null"))
    write_output(Path("/dev/null"), b"away")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    os.mkfifo(tmp_path / "pipe")
    seen = []
    reader = threading.Thread(target=lambda: seen.append((tmp_path / "pipe").read_bytes()))
    reader.start()
    check_writable(tmp_path / "pipe")
    write_output(tmp_path / "pipe", b"through")
    reader.join(timeout=10)
    assert seen == [b"through"]
    assert (tmp_path / "pipe").is_fifo()


def test_only_regular_files_are_read_and_nothing_waits(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").write_bytes(b"content")
    (tmp_path / "link").symlink_to("file")
    assert read_regular(tmp_path / "file") == b"content"
    for name, message in (("pipe", "no regular file"), ("link", "it is a link"), (".", "no regular file")):
        with pytest.raises(OSError, match=message):
            read_regular(tmp_path / name)
    with pytest.raises(OSError, match="it is a link"):
        open_regular(tmp_path / "link", os.O_WRONLY | os.O_APPEND)
