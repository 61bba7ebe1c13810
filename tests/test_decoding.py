"""Files of ours: oracle, each rule of a schema broken in turn; bytes of all kinds are in test_fuzz.py."""

from __future__ import annotations

import json
import zipfile

import numpy as np
import pytest

from swref.decoding import Array, check, check_archive, check_size, decoding, read_json, read_npz, read_table
from swref.errors import DataError, RunError


def test_a_schema(tmp_path):
    """Oracle: each rule broken in turn."""
    schema = {"x": Array("f", "nd"), "w": Array("f", "n", optional=True, least=0.0), "t": Array("iu", least=1)}
    right = {"x": np.ones((3, 2)), "w": np.ones(3), "t": np.array(1), "more": np.array("a")}
    check(right, schema)
    check({name: right[name] for name in ("x", "t")}, schema)
    for changes, words in (
        ({"x": np.ones(3)}, r"x has shape \(3,\), not \[n = None, d = None\]"),
        ({"w": np.ones(4)}, r"w has shape \(4,\), not \[n = 3\]"),
        ({"x": np.ones((3, 2), int)}, "x has dtype int64"),
        ({"x": np.full((3, 2), np.nan)}, "x is not finite"),
        ({"w": -np.ones(3)}, "w is below 0"),
        ({"t": np.array(0)}, "t is below 1"),
        ({"t": b"1"}, "t is no array"),
    ):
        with pytest.raises(ValueError, match=words):
            check({**right, **changes}, schema)
    with pytest.raises(ValueError, match="x is missing"):
        check({}, schema)


def test_readers_of_one_kind_each(tmp_path):
    path = tmp_path / "a"
    np.savez(tmp_path / "a.npz", format=2, x=np.eye(2))
    assert read_npz(tmp_path / "a.npz", RunError, {"x": Array("f", "dd")})["x"].tolist() == [[1, 0], [0, 1]]
    with pytest.raises(RunError, match=r"a\.npz has another format than 1, the one this version reads$"):
        read_npz(tmp_path / "a.npz", RunError, format=1)
    path.write_text(json.dumps({"a": 1}))
    assert read_json(path, DataError) == {"a": 1}
    for text in ("[1]", "{", '{"a": ' + "[" * 100_000):
        path.write_text(text)
        with pytest.raises(DataError, match="a is damaged or cut short"):
            read_json(path, DataError)
    with pytest.raises(FileNotFoundError):
        read_json(tmp_path / "none", DataError)
    path.write_text("a,b\n1,2\n3,inf\n4,")
    assert [column.tolist() for column in read_table(path, ("a", "b"), RunError).values()] == [[1, 3], [2, np.inf]]
    for text in (
        "a,c\n1,2\n",
        "a,b\n1\n",
        "a,b\n1,x\n",
        "a,b\n1,2\x1c\n3\n",
        "",
        "a,b\n\xff,1\n",
        "a,b\n1_0,2\n",
        "a,b\n1, 2\n",
    ):
        path.write_text(text, encoding="latin-1")
        with pytest.raises(RunError, match="a is damaged or cut short"):
            read_table(path, ("a", "b"), RunError)


def test_archives_are_asked_before_they_are_unpacked(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", bytes(2**26 + 1))
    with pytest.raises(ValueError, match="it unpacks to 67108865 bytes, more than 200 times its size and 64 MiB"):
        check_archive(path, path.stat().st_size)
    check_size(2**26, 1)
    check_size(200 * 2**20, 2**20)


def test_an_error_of_ours_stays_and_of_another_kind_becomes_one(tmp_path):
    with pytest.raises(RunError, match=r"^mine$"), decoding(tmp_path / "a", RunError):
        raise RunError("mine")
    damaged = pytest.raises(RunError, match=r"a is damaged or cut short \(other\); begin anew$")
    with damaged, decoding(tmp_path / "a", RunError, "; begin anew"):
        raise DataError("other")
    absent = pytest.raises(RunError, match=r"a cannot be read \(No such file or directory\)$")
    with absent, decoding(tmp_path / "a", RunError):
        (tmp_path / "a").read_bytes()
    with pytest.raises(KeyboardInterrupt), decoding(tmp_path / "a", RunError):
        raise KeyboardInterrupt
