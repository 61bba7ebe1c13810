"""Clouds read in blocks. Oracle: the array that was written."""

from __future__ import annotations

import re

import numpy as np
import pytest

from swref.distributed.sources import BLOCK_ELEMENTS, source_of
from swref.errors import DataError, SwrefError


class Lazy:
    """What has a shape, can be sliced and is turned into an array."""

    def __init__(self, array):
        self.array, self.shape, self.dtype = array, array.shape, array.dtype

    def __getitem__(self, rows):
        return Lazy(self.array[rows])

    def __array__(self, dtype=None, copy=None):
        return self.array


@pytest.mark.parametrize("dtype", ["float32", ">f8", "int16"])
def test_whatever_holds_the_points_they_are_read(tmp_path, dtype):
    points = np.random.default_rng(0).normal(size=(1000, 2)).round(1).astype(dtype)
    np.save(tmp_path / "all.npy", points)
    np.save(tmp_path / "none.npy", points[:0])
    np.save(tmp_path / "columns.npy", np.asfortranarray(points[300:]))
    np.save(tmp_path / "first.npy", points[:300])
    files = [str(tmp_path / f"{name}.npy") for name in ("first", "none", "columns")]
    sources = [source_of("x", value) for value in (points, Lazy(points), tmp_path / "all.npy", files)]
    for source in sources:
        assert (source.rows, source.dim) == (1000, 2)
        blocks = [source.read(*block) for block in source.blocks()]
        np.testing.assert_array_equal(np.concatenate(blocks), points.astype(float))
        assert all(block.flags.c_contiguous and block.dtype == source.dtype for block in blocks)
        assert source.dtype == ("float32" if dtype == "float32" else "float64")
        np.testing.assert_array_equal(source.read(250, 401), points[250:401].astype(float))
        np.testing.assert_array_equal(source.sample(), sources[0].sample())


def test_a_sample_goes_through_a_long_file():
    points = np.arange(10**6, dtype=float).reshape(-1, 1)
    sample = source_of("x", points).sample()
    assert len(sample) == 4096
    assert sample[0] == 0
    assert sample[-1] == 10**6 - 1
    points[::2] = np.nan
    assert np.isfinite(source_of("x", points).sample()).all()


def test_groups_of_a_table_are_parts(tmp_path):
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    a, b = np.arange(10.0), np.arange(10.0)[::-1]
    table = pa.table({"a": a, "text": ["-"] * 10, "b": pa.array([*b[:9], None]), "c": b.astype("f4")})
    parquet.write_table(table, tmp_path / "t.parquet", row_group_size=4)
    source = source_of("x", tmp_path / "t.parquet", ("b", "a"))
    assert list(source.blocks()) == [(0, 4), (4, 8), (8, 10)]
    np.testing.assert_array_equal(source.read(2, 9), np.column_stack((b, a))[2:9])
    assert source.parts[0].names == ("b", "a")
    assert source_of("x", tmp_path / "t.parquet").dim == 3
    assert source_of("x", tmp_path / "t.parquet", ("c",)).dtype == np.float32
    with pytest.raises(DataError, match=r"t.parquet: row 9, column 0 \(both counted from 0\): nan is not finite"):
        source.refuse(8, source.read(8, 10))
    with pytest.raises(DataError, match="expected columns of numbers, got text"):
        source_of("x", tmp_path / "t.parquet", ("text",))
    parquet.write_table(pa.Table.from_arrays([pa.array(a), pa.array(b)], ["a", "a"]), tmp_path / "t.parquet")
    with pytest.raises(DataError, match="several columns of one name"):
        source_of("x", tmp_path / "t.parquet")
    parquet.write_table(pa.table({"a": np.zeros(10**7)}), tmp_path / "t.parquet", row_group_size=10**7)
    with pytest.raises(DataError, match="unpacks to 80000000 bytes, more than 200 times its size"):
        source_of("x", tmp_path / "t.parquet")


def test_blocks_are_bounded():
    source = source_of("x", np.zeros((BLOCK_ELEMENTS, 2)))
    assert {stop - start for start, stop in source.blocks()} == {BLOCK_ELEMENTS // 2}


@pytest.mark.parametrize(
    ("make", "line"),
    [
        (lambda folder: folder / "no.npy", "no.npy: no such file"),
        (lambda folder: folder, "is a folder, expected a file"),
        (lambda folder: folder / "a.csv", "a.csv: expected .npy or .parquet, the files that are read in blocks"),
        (lambda folder: folder / "cube.npy", r"expected points [n, d] or [n], d >= 1, got shape (2, 2, 2)"),
        (lambda folder: folder / "text.npy", "must be of float32, float64 or integers, got dtype <U1"),
        (lambda folder: folder / "cut.npy", "announces 144 bytes of numbers, and there are fewer than 130"),
        (lambda folder: [folder / "one.npy", folder / "two.npy"], "as many columns in all parts, got 1 in"),
        (lambda folder: np.zeros((0, 2)), "x must hold at least one point, got none"),
        (lambda folder: np.zeros((2, 2), complex), "x must be of float32, float64 or integers, got dtype complex128"),
        (lambda folder: np.zeros(3), "x must have two axes [n, d], d >= 1, got shape (3,)"),
    ],
)
def test_what_is_no_cloud_is_refused_in_one_line(tmp_path, make, line):
    np.save(tmp_path / "cube.npy", np.zeros((2, 2, 2)))
    np.save(tmp_path / "text.npy", np.array([["a"]]))
    np.save(tmp_path / "one.npy", np.zeros(3))
    np.save(tmp_path / "two.npy", np.zeros((3, 2)))
    (tmp_path / "cut.npy").write_bytes((tmp_path / "two.npy").read_bytes().replace(b"(3, 2)", b"(9, 2)")[:130])
    (tmp_path / "a.csv").write_text("1,2\n")
    with pytest.raises(SwrefError, match=re.escape(line)):
        source_of("x", make(tmp_path))
