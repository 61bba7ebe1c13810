"""What is shown to a person, whatever is in the names of files, folders, columns and targets."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from swref.commands.lines import show
from tests.commands.support import invoke, write

ESC = "\x1b[31m"


def test_line_ends_stay_and_nothing_else_that_is_no_letter(capsys):
    show(f"größe\n{ESC}\u202e\r")
    assert capsys.readouterr().out == "größe\n\\x1b[31m\\u202e\\r\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is full")
def test_a_remark_that_cannot_be_written_ends_no_work_and_a_result_does(monkeypatch):
    with open("/dev/full", "wb", buffering=0) as device:
        for name in ("stdout", "stderr"):
            monkeypatch.setattr(sys, name, io.TextIOWrapper(device, write_through=True))
        show("a remark", err=True)
        with pytest.raises(OSError, match="No space left"):
            show("a result")


@pytest.mark.slow
def test_no_name_reaches_the_terminal():
    """Oracle: no control character in what is printed but the ends of lines."""
    data = write(f"{ESC}\n.csv", f'"{ESC}","b\u202e",c\n1,2,x\n3,4,y\n5,1,z\n2,2,x\n')
    folder = f"run{ESC}"
    for arguments in (
        ("train", data, "--steps", "2", "--no-figures", "--out", folder),
        ("runs", "."),
        ("compare", folder, folder),
        ("distance", data, "moons"),
        ("distance", data, data, "--permutations", "0"),
        ("sample", folder, "-n", "3", "--out", f"{ESC}out.csv"),
        ("train", "--resume", folder + "x"),
        ("train", "moons", f"--{ESC}"),
        ("crosscheck", f"{ESC}.py:f"),
    ):
        result = invoke(*arguments)
        assert result.exception is None or isinstance(result.exception, SystemExit), arguments
        for text in (result.stdout, result.stderr):
            assert all(letter.isprintable() for letter in text.replace("\n", "")), (arguments, text)
    assert Path(folder).is_dir()
