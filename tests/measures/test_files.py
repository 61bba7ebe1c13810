"""Files and names of data: which reader a path gets, and what is wrong in one line with file and place."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from swref.errors import InputError
from swref.measures import Discrete, load_measure
from tests.measures.support import X, refused, table


def test_missing_folder_and_unknown_kind(tmp_path: Path) -> None:
    refused(tmp_path / "no.csv", r": no such file$")
    refused(tmp_path, r": is a folder, expected a file$")
    (tmp_path / "loop.csv").symlink_to("loop.csv")
    refused(tmp_path / "loop.csv", r": cannot be read \(Too many levels of symbolic links\)$")
    refused(table(tmp_path, "1,2", "data.xlsx"), r": unknown kind of file; expected .csv, .tsv, .*, .npy, .*IDX file")
    refused(table(tmp_path, "1,2", "data"), r": unknown kind of file")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="the superuser may search every folder")
def test_a_folder_that_may_not_be_searched_is_not_called_empty(tmp_path: Path) -> None:
    path = table(tmp_path, "1,2", "data.csv")
    tmp_path.chmod(0)
    try:
        refused(path, r": cannot be read \(Permission denied\)$")
    finally:
        tmp_path.chmod(0o700)


def test_a_path_is_told_from_a_name(tmp_path: Path, monkeypatch) -> None:
    """A built-in name wins over a file of that name; a separator, a suffix or a Path object makes it a path."""
    monkeypatch.chdir(tmp_path)
    table(tmp_path, "1,2", "digits")
    assert load_measure("digits").m == 1797
    for path in ("./digits", Path("digits")):
        refused(path, r"digits: unknown kind of file")
    refused("gone.npy", r"^gone.npy: no such file$")
    table(tmp_path, "1,2", "a.csv")
    assert load_measure("a.csv").points.tolist() == [[1.0, 2.0]]


def test_operating_system_errors_are_one_line(tmp_path: Path, monkeypatch) -> None:
    path = table(tmp_path, "1,2")

    def denied(*_args, **_kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", denied)
    refused(path, r": cannot be read \(Permission denied\)$")


def test_file_measures_are_discrete(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", X)
    assert isinstance(load_measure(tmp_path / "x.npy"), Discrete)


def test_what_is_no_regular_file_is_not_opened(tmp_path: Path) -> None:
    """A pipe without a writer would be waited for."""
    os.mkfifo(tmp_path / "x.csv")
    refused(tmp_path / "x.csv", r": is no regular file; save the data to one$")


def test_options_of_text_are_refused_elsewhere(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", X)
    with pytest.raises(InputError, match=r"x\.npy: sep is for tables of text"):
        load_measure(tmp_path / "x.npy", sep=",")
    with pytest.raises(InputError, match=r"^moons: header is for tables of text"):
        load_measure("moons", header=True)
