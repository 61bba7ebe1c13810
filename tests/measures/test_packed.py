"""Packed files: oracle, the bytes before packing; and no more of them than the budget."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import lzma
import resource
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from swref.errors import DataError
from swref.measures import load_measure
from swref.measures.packed import open_unpacked, read_unpacked, unpacked_name
from tests.measures.support import refused

TEXT = b"a,b\n0.5,0.6\n1.5,1.6\n"


def zipped(content: bytes, path: Path, *names: str) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, content)


PACK: dict[str, Callable[[bytes, Path], object]] = {
    ".gz": lambda content, path: path.write_bytes(gzip.compress(content)),
    ".bz2": lambda content, path: path.write_bytes(bz2.compress(content)),
    ".xz": lambda content, path: path.write_bytes(lzma.compress(content)),
    ".zip": lambda content, path: zipped(content, path, "points.csv"),
    "": lambda content, path: path.write_bytes(content),
}


@pytest.mark.parametrize("suffix", PACK)
def test_a_packed_table_is_the_table(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"points.csv{suffix}"
    PACK[suffix](TEXT, path)
    assert read_unpacked(path) == TEXT
    np.testing.assert_array_equal(load_measure(path).points, [[0.5, 0.6], [1.5, 1.6]])
    assert unpacked_name(path) == "points.csv"


@pytest.mark.parametrize("suffix", [".gz", ".bz2", ".xz", ".zip"])
def test_damaged_and_cut_files(tmp_path: Path, suffix: str) -> None:
    """Every cut, and every flipped byte in the middle: read, or one line; never another exception."""
    path = tmp_path / f"points.csv{suffix}"
    PACK[suffix](TEXT * 3, path)
    content = path.read_bytes()
    for length in range(8, len(content) - 1, 3):
        path.write_bytes(content[:length])
        refused(path, r": damaged or truncated packed file \(")
    for at in range(8, len(content), 3):
        path.write_bytes(content[:at] + bytes([content[at] ^ 0x5A]) + content[at + 1 :])
        with contextlib.suppress(DataError):
            load_measure(path)


@pytest.mark.parametrize("suffix", [".gz", ".bz2", ".xz", ".zip"])
def test_a_bomb_is_not_unpacked(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"bomb.csv{suffix}"
    PACK[suffix](b"0\n" * 500_000, path)
    line = r"unpacks to more than 200 times its size and 64 MiB; unpack it yourself$"
    with open_unpacked(path, least=2**16) as stream, pytest.raises(DataError, match=line):
        stream.read()


def test_an_archive_of_several_files(tmp_path: Path) -> None:
    zipped(TEXT, tmp_path / "x.zip", "a.csv", "b.csv")
    refused(tmp_path / "x.zip", r"expected one file in it, got 2: unpack it and name one")
    zipped(TEXT, tmp_path / "x.zip", "folder/a.csv", "__MACOSX/a.csv")
    assert load_measure(tmp_path / "x.zip").m == 2


def test_a_huge_dictionary_costs_nothing(tmp_path: Path) -> None:
    """Oracle: the format's own field: a dictionary of 4 GiB announced by a table of 100 rows."""
    packed = bytearray(lzma.compress(b"a,b\n" + b"1,2\n" * 100))
    block = memoryview(packed)[12 : 12 + 4 * (packed[12] + 1)]
    properties = bytes(block).index(b"\x21\x01") + 2
    block[properties] = 40
    block[-4:] = zlib.crc32(block[:-4]).to_bytes(4, "little")
    path = tmp_path / "points.csv.xz"
    path.write_bytes(packed)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert load_measure(path).m == 100
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200 * 1024
