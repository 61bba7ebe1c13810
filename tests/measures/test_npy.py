"""NumPy's own files: what is saved comes back bit for bit; pickles, truncated and damaged files are refused."""

from __future__ import annotations

import io
import pickle
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest

from swref.errors import DataError
from swref.measures import load_measure
from tests.measures.support import X, refused


@pytest.mark.parametrize("dtype", ["f8", ">f8", "f4", "f2", "i4", "u1", "?"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_npy_round_trip(tmp_path: Path, dtype: str, order: str) -> None:
    array = np.array(X * 10 > 0 if dtype == "?" else abs(X) * 10, dtype=dtype, order=order)
    np.save(tmp_path / "x.npy", array)
    np.testing.assert_array_equal(load_measure(tmp_path / "x.npy").points, array.astype(np.float64))


def test_npy_of_one_axis_is_one_column(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", X[:, 0])
    np.testing.assert_array_equal(load_measure(tmp_path / "x.npy").points, X[:, :1])


def test_npz_members(tmp_path: Path) -> None:
    np.savez(tmp_path / "one.npz", X[:, 0])
    np.savez_compressed(tmp_path / "pair.npz", images=X, labels=np.arange(5))
    np.savez(tmp_path / "two.npz", a=X, b=2 * X)
    np.testing.assert_array_equal(load_measure(tmp_path / "one.npz").points, X[:, :1])
    np.testing.assert_array_equal(load_measure(tmp_path / "pair.npz").points, X)
    np.testing.assert_array_equal(load_measure(f"{tmp_path}/pair.npz:labels").points, np.arange(5.0)[:, None])
    np.testing.assert_array_equal(load_measure(f"{tmp_path}/two.npz:b", columns=[1]).points, 2 * X[:, [1]])
    refused(
        tmp_path / "two.npz",
        r": expected one array of two axes .*, got a \(5, 3\), b \(5, 3\); choose .* two.npz:NAME$",
    )
    refused(f"{tmp_path}/two.npz:c", r": no array named 'c', only a \(5, 3\), b \(5, 3\)$")


def test_npz_with_files_of_other_kinds(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive:
        archive.writestr("notes.txt", "hello")
    refused(tmp_path / "x.npz", r": expected one array of two axes \[n, d\], got no array")
    with zipfile.ZipFile(tmp_path / "x.npz", "a") as archive:
        buffer = io.BytesIO()
        np.save(buffer, X)
        archive.writestr("x.npy", buffer.getvalue())
    np.testing.assert_array_equal(load_measure(tmp_path / "x.npz").points, X)


@pytest.mark.parametrize(
    ("array", "line"),
    [
        (np.zeros((2, 0, 2)), r": expected points \[n, d\] or \[n\], n and d >= 1, got shape \(2, 0, 2\)$"),
        (np.float64(1.0), r": expected points .*, got shape \(\)$"),
        (np.zeros((0, 2)), r": expected points .*, got shape \(0, 2\)$"),
        (np.array([[3.0, np.nan]]), r": row 0, column 1 \(both counted from 0\): nan is not finite$"),
        (np.array([1.0, -np.inf]), r": row 1, column 0 \(both counted from 0\): -inf is not finite$"),
        (np.array([[1j]]), r": expected real numbers, got dtype complex128$"),
        (np.array([["a"]]), r": expected real numbers, got dtype <U1$"),
        (np.zeros(2, dtype=[("a", "U3")]), r": expected records \[n\] with fields of numbers, got \[\('a', '<U3'\)\]"),
    ],
)
def test_arrays_that_are_no_points(tmp_path: Path, array: np.ndarray, line: str) -> None:
    np.save(tmp_path / "x.npy", array)
    refused(tmp_path / "x.npy", line)
    np.savez(tmp_path / "x.npz", a=array)
    with pytest.raises(DataError, match=r"x\.npz:a" + line):
        load_measure(tmp_path / "x.npz")


class Trap:
    """An object whose unpickling leaves a trace."""

    sprung = False

    def __reduce__(self):
        return (setattr, (Trap, "sprung", True))


def test_pickles_are_refused_and_not_run(tmp_path: Path) -> None:
    trap = np.array([Trap()], dtype=object)
    np.save(tmp_path / "trap.npy", trap)
    np.savez(tmp_path / "trap.npz", a=trap)
    (tmp_path / "bare.npy").write_bytes(pickle.dumps(Trap()))
    for name in ("trap.npy", "trap.npz", "bare.npy"):
        refused(tmp_path / name, r": no plain numeric array in it; pickled objects are refused")
    assert not Trap.sprung
    pickle.loads((tmp_path / "bare.npy").read_bytes())
    assert Trap.sprung  # the trap works, so that the refusal above means something


@pytest.mark.parametrize("save", [np.save, np.savez, np.savez_compressed])
def test_truncated_arrays(tmp_path: Path, save) -> None:
    buffer = io.BytesIO()
    save(buffer, X)
    path = tmp_path / ("x.npy" if save is np.save else "x.npz")
    for length in range(0, len(buffer.getvalue()), 11):
        path.write_bytes(buffer.getvalue()[:length])
        refused(path, r"( is damaged or cut short \(.+\)|: no plain numeric array in it; .*)$")


def test_damaged_archives(tmp_path: Path) -> None:
    """A flipped byte inside a member: the archive's checksum, or the header's parser, must say so in one line."""
    buffer = io.BytesIO()
    np.savez(buffer, a=X)
    content = bytearray(buffer.getvalue())
    at = content.index(b"NUMPY") + 60
    for offset in range(0, 100, 7):
        damaged = bytearray(content)
        damaged[at + offset] ^= 0x5A
        (tmp_path / "x.npz").write_bytes(damaged)
        refused(tmp_path / "x.npz", r" is damaged or cut short \(")


def test_a_name_for_the_only_array_of_a_npy(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", X)
    (tmp_path / "x.npy").rename(tmp_path / "x.npz")
    refused(f"{tmp_path}/x.npz:a", r": holds one array without a name, so 'a' cannot be chosen$")


def test_sets_of_images_are_vectors(tmp_path: Path) -> None:
    """Row by row, as NumPy lays them out; and beside their labels in an .npz."""
    images = np.arange(3 * 4 * 5).reshape(3, 4, 5)
    np.save(tmp_path / "x.npy", images)
    measure = load_measure(tmp_path / "x.npy")
    np.testing.assert_array_equal(measure.points, images.reshape(3, 20))
    assert measure.reading.notes == ("3 arrays of 4 x 5, each taken as one point, row by row",)
    np.savez(tmp_path / "x.npz", images=images, labels=np.arange(3))
    np.testing.assert_array_equal(load_measure(tmp_path / "x.npz").points, images.reshape(3, 20))


def test_fields_of_records_are_columns(tmp_path: Path) -> None:
    records = np.array([(1, "p", 2.5), (3, "q", 4.5)], dtype=[("x", "i4"), ("kind", "U1"), ("y", "f8")])
    np.save(tmp_path / "x.npy", records)
    measure = load_measure(tmp_path / "x.npy")
    assert measure.points.tolist() == [[1.0, 2.5], [3.0, 4.5]]
    assert measure.names == ("x", "y")
    assert measure.reading.notes == ("fields 'kind' left out: no single numbers",)
    assert load_measure(tmp_path / "x.npy", columns=["y"]).points.tolist() == [[2.5], [4.5]]


def test_rows_with_a_nan_are_left_out_or_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.array([[1.0, 2.0], [3.0, np.nan]]))
    measure = load_measure(tmp_path / "x.npy")
    assert measure.points.tolist() == [[1.0, 2.0]]
    assert measure.reading.notes == ("1 of 2 rows left out: missing values (nan)",)
    with pytest.raises(DataError, match=r"row 1, column 1 \(both counted from 0\): nan is not finite$"):
        load_measure(tmp_path / "x.npy", missing="error")


def test_what_a_header_announces_is_weighed_before_it_is_read(tmp_path):
    """Oracle: the memory that Python counts, and the clock."""
    path = tmp_path / "x.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in (("large", np.zeros((2000, 5000))), ("small", np.eye(3))):
            member = io.BytesIO()
            np.save(member, array)
            archive.writestr(f"{name}.npy", member.getvalue())
    refused(tmp_path / "x.npz:small", r"x\.npz: it unpacks to 800\d+ bytes, more than")
    np.savez_compressed(path, large=np.zeros((1000, 5000)), small=np.eye(3))
    tracemalloc.start()
    try:
        assert load_measure(f"{path}:small").m == 3
        assert tracemalloc.get_traced_memory()[1] < 4e6  # not the 40 MB beside them
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("header", "line"),
    [
        ("{" * 9000, "nested deeper"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,)}", "announces 8000000000000 bytes"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}", "its shape is"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': " + "9" * 9000 + "}", "SyntaxError"),
        ("{'descr': '<f8', 'fortran_order': False}", "KeyError: 'shape'"),
        ("x" * 20_000, "its header has 20000 bytes"),
        ("", "its header has 0 bytes"),
    ],
)
def test_a_header_that_is_none(tmp_path, header, line):
    text = header.encode()
    (tmp_path / "x.npy").write_bytes(b"\x93NUMPY\x02\x00" + len(text).to_bytes(4, "little") + text + bytes(64))
    refused(tmp_path / "x.npy", rf"x\.npy is damaged or cut short \(.*{line}")
