"""Reading the user's files: what is written comes back, and what is wrong gets one line with file and place."""

from __future__ import annotations

import gzip
import io
import pickle
import struct
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from swref.errors import BackendError, DataError, InputError
from swref.measures import Discrete, load_measure
from swref.measures.image import ImageDensity

X = np.random.default_rng(0).normal(size=(5, 3))


def refused(path: Path | str, line: str, columns=None) -> None:
    """load_measure raises DataError with one line that opens with the path and then matches `line`."""
    with pytest.raises(DataError, match=line) as caught:
        load_measure(path, columns=columns)
    message = str(caught.value)
    assert message.startswith(str(Path(path)).split(".npz:")[0])
    assert "\n" not in message


def table(folder: Path, text: str, name: str = "data.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode("utf-8"))
    return path


# Any file.


def test_missing_folder_and_unknown_kind(tmp_path: Path) -> None:
    refused(tmp_path / "no.csv", r": no such file$")
    refused(tmp_path, r": is a folder, expected a file$")
    refused(table(tmp_path, "1,2", "data.xlsx"), r": unknown kind of file; expected .csv, .tsv, .npy, .*IDX file")
    refused(table(tmp_path, "1,2", "data"), r": unknown kind of file")


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

    monkeypatch.setattr(Path, "open", denied)
    refused(path, r": cannot be read \(Permission denied\)$")


# Tables.


@pytest.mark.parametrize("header", [None, "a,b,c"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_csv_round_trip(tmp_path: Path, header: str | None, newline: str) -> None:
    """Oracle: repr of a float reads back to the same bits."""
    rows = [",".join(map(repr, row)) for row in X.tolist()]
    text = newline.join(([header] if header else []) + rows) + newline
    measure = load_measure(table(tmp_path, text))
    np.testing.assert_array_equal(measure.points, X)
    assert measure.names == (None if header is None else ("a", "b", "c"))
    assert measure.weights is None


def test_savetxt_reads_back(tmp_path: Path) -> None:
    np.savetxt(tmp_path / "plain.csv", X, delimiter=",")
    np.savetxt(tmp_path / "named.tsv", X, delimiter="\t", header="a\tb\tc")
    np.testing.assert_array_equal(load_measure(tmp_path / "plain.csv").points, X)
    named = load_measure(tmp_path / "named.tsv")
    np.testing.assert_array_equal(named.points, X)
    assert named.names == ("a", "b", "c")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("semicolon.csv", "a;b\n1;2\n3;4\n"),
        ("tab.tsv", "a\tb\n1\t2\n3\t4\n"),
        ("upper.CSV", "a,b\n1,2\n3,4\n"),
        ("quotes.csv", '"a","b"\n"1","2"\n"3","4"\n'),
        ("blank.csv", "\n  \na,b\n\n1,2\n   \n3,4\n\n"),
        ("spaces.csv", " a , b \n 1 , 2 \n3, 4\n"),
        ("mark.csv", "\ufeffa,b\n1,2\n3,4\n"),
        ("no_end.csv", "a,b\n1,2\n3,4"),
        ("exponents.csv", "a,b\n1e0,+2\n.3e1,4.\n"),
    ],
)
def test_dialects_give_the_same_table(tmp_path: Path, name: str, text: str) -> None:
    measure = load_measure(table(tmp_path, text, name))
    assert measure.points.tolist() == [[1.0, 2.0], [3.0, 4.0]]
    assert measure.names == ("a", "b")


def test_quoted_names_may_hold_delimiters(tmp_path: Path) -> None:
    measure = load_measure(table(tmp_path, '"a;b","c,d"\n1,2\n'))
    assert measure.names == ("a;b", "c,d")


def test_a_table_of_one_column(tmp_path: Path) -> None:
    assert load_measure(table(tmp_path, "a\n1\n\n2\n")).points.tolist() == [[1.0], [2.0]]


IRIS = "5.1,setosa,1.4\n4.9,setosa,1.3\n"
NAMED = "id,species,size,mass\n2007_1,Adelie,1.5,NA\n2007_2,Gentoo,2.5,7\n"


def test_columns_by_name_index_and_digits(tmp_path: Path) -> None:
    path = table(tmp_path, NAMED)
    for columns in (["size"], [2], ["2"], (np.int64(2),)):
        measure = load_measure(path, columns=columns)
        assert measure.points.tolist() == [[1.5], [2.5]]
        assert measure.names == ("size",)


def test_a_column_named_by_a_number_goes_by_its_name(tmp_path: Path) -> None:
    path = table(tmp_path, "x,0\n1,2\n")
    assert load_measure(path, columns=["0"]).points.tolist() == [[2.0]]
    assert load_measure(path, columns=[0]).points.tolist() == [[1.0]]


def test_a_text_column_does_not_make_the_first_row_a_header(tmp_path: Path) -> None:
    """The first flower must not be lost."""
    measure = load_measure(table(tmp_path, IRIS), columns=[0, 2])
    assert measure.points.tolist() == [[5.1, 1.4], [4.9, 1.3]]
    assert measure.names is None


def test_a_header_is_known_by_text_above_a_missing_cell(tmp_path: Path) -> None:
    measure = load_measure(table(tmp_path, "species,size,mass\nAdelie,NA,1\nGentoo,2,3\n"), columns=["mass"])
    assert measure.points.tolist() == [[1.0], [3.0]]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", r": the file is empty$"),
        ("\n \n\n", r": the file is empty$"),
        ("a,b\n", r": there is a header but no row of numbers below it$"),
        ("a,b\n1,2\n3\n", r": line 3: expected 2 cells, as in the first row, got 1$"),
        ("a,b\n\n1,2\n\n3,4,5\n", r": line 5: expected 2 cells, as in the first row, got 3$"),
        ("a,b\n1,2,3\n", r": line 2: expected 2 cells, as in the first row, got 3$"),
        ("a,b\n1,2\n3,x\n", r": line 3, column 'b': 'x' is not a number; choose numeric columns, or correct"),
        ("1,2\n3,x\n", r": line 2, column 1 \(counted from 0\): 'x' is not a number"),
        ("\n\n1,2\n3,x\n", r": line 4, column 1 \(counted from 0\): 'x' is not a number"),
        ("a,b\n1,2\n,4\n", r": line 3, column 'a': missing value ''; choose other columns, or remove the rows"),
        ("a,b\n1,2\n3, NA\n", r": line 3, column 'b': missing value 'NA'"),
        ("a,b\nnan,2\n", r": line 2, column 'a': missing value 'nan'"),
        ("a,b\n1,2\n-inf,2\n", r": line 3, column 'a': '-inf' is not finite$"),
        ("a,b\n1,1e999\n", r": line 2, column 'b': '1e999' is not finite$"),
        ("a;b\n1,5;2,5\n", r": line 2, column 'a': '1,5' is not a number; choose .*, or write a decimal point$"),
        ("a,b\n2007_11,x2\n", r": line 2, column 'a': '2007_11' is not a number"),
        (IRIS, r": line 1, column 1 \(counted from 0\): 'setosa' is not a number; choose numeric columns"),
        (NAMED, r": line 2, column 'id': '2007_1' is not a number"),
        ('a,b\n1,"2\n', r": line \d: unexpected end of data$"),
        ('a,b\n1,"2"x\n', r": line 2: ',' expected after '\"'$"),
        ("a,b\n1,\0\n", r": line 2, column 'b': '\\x00' is not a number"),
    ],
)
def test_faulty_tables(tmp_path: Path, text: str, line: str) -> None:
    refused(table(tmp_path, text), line)


def test_identifiers_are_not_numbers(tmp_path: Path) -> None:
    """float("2007_11") is 200711 to Python: in a table that would turn an identifier into a coordinate."""
    refused(table(tmp_path, "a,b\n1,2\n2007_11,5\n"), r": line 3, column 'a': '2007_11' is not a number")


def test_text_that_is_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / "latin.csv"
    path.write_bytes("Länge,b\n1,2\n".encode("latin-1"))
    refused(path, r": the file is not UTF-8 text$")
    path.write_bytes("a,b\n1,2\n".encode("utf-16"))
    refused(path, r": the file is not UTF-8 text$")


def test_huge_finite_numbers_are_numbers(tmp_path: Path) -> None:
    """Their sum overflows, they do not."""
    assert load_measure(table(tmp_path, "1e308,1e308\n")).points.tolist() == [[1e308, 1e308]]


def test_wide_table(tmp_path: Path) -> None:
    """A first line longer than the csv module's limit for one cell (131072 characters)."""
    row = np.random.default_rng(0).normal(size=10_000)
    measure = load_measure(table(tmp_path, ",".join(map(repr, row.tolist())) + "\n"))
    np.testing.assert_array_equal(measure.points, row[None])


@pytest.mark.parametrize(
    ("text", "columns", "line"),
    [
        (NAMED, ["sise"], r"columns must be one of id, species, size, mass, got 'sise'; did you mean 'size'\?"),
        (NAMED, [4], r"columns must be below 4, the number of columns, got 4"),
        (IRIS, ["size"], r"has no column names, so 'size' cannot be chosen; use indices from 0"),
        ("a,a,b\n1,2,3\n", ["a"], r"several columns are named 'a'; choose by index, counted from 0"),
    ],
)
def test_columns_that_are_not_there(tmp_path: Path, text: str, columns, line: str) -> None:
    path = table(tmp_path, text)
    with pytest.raises(InputError, match=line) as caught:
        load_measure(path, columns=columns)
    assert str(caught.value).startswith(str(path))


# NumPy's own files.


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
        (np.zeros((2, 2, 2)), r": expected points \[n, d\] or \[n\], n and d >= 1, got shape \(2, 2, 2\)$"),
        (np.float64(1.0), r": expected points .*, got shape \(\)$"),
        (np.zeros((0, 2)), r": expected points .*, got shape \(0, 2\)$"),
        (np.array([[1.0, 2.0], [3.0, np.nan]]), r": row 1, column 1 \(both counted from 0\): nan is not finite$"),
        (np.array([1.0, -np.inf]), r": row 1, column 0 \(both counted from 0\): -inf is not finite$"),
        (np.array([[1j]]), r": expected real numbers, got dtype complex128$"),
        (np.array([["a"]]), r": expected real numbers, got dtype <U1$"),
        (np.zeros(2, dtype=[("a", "f8")]), r": expected real numbers, got dtype \[\('a', '<f8'\)\]$"),
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
        refused(path, r": (damaged or truncated \(.+\)|no plain numeric array in it; .*)$")


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
        refused(tmp_path / "x.npz", r": damaged or truncated \(")


def test_a_name_for_the_only_array_of_a_npy(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", X)
    (tmp_path / "x.npy").rename(tmp_path / "x.npz")
    refused(f"{tmp_path}/x.npz:a", r": holds one array without a name, so 'a' cannot be chosen$")


# IDX.


def idx_bytes(array: np.ndarray, type_code: int = 8) -> bytes:
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, type_code, array.ndim, *array.shape) + array.tobytes()


IMAGES = np.random.default_rng(1).integers(0, 256, (4, 3, 2), dtype=np.uint8)


@pytest.mark.parametrize("name", ["train-images-idx3-ubyte", "train-images.idx3-ubyte", "t10k-images-idx3-ubyte.gz"])
def test_idx_images(tmp_path: Path, name: str) -> None:
    content = idx_bytes(IMAGES)
    (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    measure = load_measure(str(tmp_path / name))
    np.testing.assert_array_equal(measure.points, IMAGES.reshape(4, 6) / 255.0)
    np.testing.assert_array_equal(load_measure(tmp_path / name, columns=[5]).points, measure.points[:, 5:])


def test_idx_image_of_known_bytes(tmp_path: Path) -> None:
    """Oracle: one image [[0, 255], [51, 102]] written by hand from the description of the format."""
    (tmp_path / "a-idx3-ubyte").write_bytes(bytes.fromhex("00000803 00000001 00000002 00000002 00ff3366"))
    np.testing.assert_array_equal(load_measure(tmp_path / "a-idx3-ubyte").points, [[0.0, 1.0, 0.2, 0.4]])


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (idx_bytes(np.zeros(4, np.uint8)), r": one number a row \(idx1\), so these are labels, not points"),
        (idx_bytes(IMAGES)[:-1], r": truncated: the header announces \(4, 3, 2\), 24 bytes of pixels, got 23$"),
        (idx_bytes(IMAGES) + b"0", r": too long: the header announces \(4, 3, 2\), 24 bytes of pixels, got 25$"),
        (idx_bytes(IMAGES)[:10], r": truncated: the header needs 16 bytes, the file has 10$"),
        (idx_bytes(np.zeros((0, 2, 2), np.uint8)), r": no image in it: the header announces \(0, 2, 2\)$"),
        (idx_bytes(IMAGES, 13), r": expected images of unsigned bytes .*, got type 13, 3 axes$"),
        (b"", r": no IDX file: it must begin with two zero bytes"),
        (b"hello world", r": no IDX file"),
        (gzip.compress(idx_bytes(IMAGES))[:-9], r": damaged or truncated gzip file \("),
        (b"\x1f\x8bnot gzip", r": damaged or truncated gzip file \("),
    ],
)
def test_faulty_idx(tmp_path: Path, content: bytes, line: str) -> None:
    (tmp_path / "x-idx3-ubyte").write_bytes(content)
    refused(tmp_path / "x-idx3-ubyte", line)


# Pictures.


def picture(path: Path, pixels: np.ndarray) -> Path:
    image = pytest.importorskip("PIL.Image")
    image.fromarray(pixels).save(path)
    return path


def pixel_counts(measure: ImageDensity, n: int) -> np.ndarray:
    """How many of n points fall in each pixel, [rows, cols], from the coordinates alone."""
    rows, cols = measure.mass.shape
    x = measure.sample(np.random.default_rng(0), n) * max(rows, cols) / 2.0
    col, row = np.floor(x[:, 0] + cols / 2.0).astype(int), np.floor(rows / 2.0 - x[:, 1]).astype(int)
    return np.bincount(row * cols + col, minlength=rows * cols).reshape(rows, cols)


def test_picture_is_drawn_by_darkness(tmp_path: Path) -> None:
    """Oracle: a pixel's frequency is its share of the darkness, within 5 standard errors; white is never drawn."""
    pixels = np.array([[255, 0, 255], [255, 204, 51]], np.uint8)  # darkness 0, 1, 0 / 0, 0.2, 0.8
    measure = load_measure(picture(tmp_path / "a.png", pixels))
    np.testing.assert_allclose(measure.mass, [[0, 1, 0], [0, 0.2, 0.8]], atol=1e-15)
    probability = np.array([[0, 0.5, 0], [0, 0.1, 0.4]])
    counts = pixel_counts(measure, 20_000)
    assert (counts[probability == 0] == 0).all()
    assert (abs(counts / 20_000 - probability) <= 5 * np.sqrt(probability * (1 - probability) / 20_000)).all()


def test_picture_coordinates(tmp_path: Path) -> None:
    """x to the right, y up, the longest side from -1 to 1, uniform inside the pixel (mean at its centre)."""
    pixels = np.full((2, 4), 255, np.uint8)
    pixels[0, 3] = 0  # top right
    x = load_measure(picture(tmp_path / "a.png", pixels)).sample(np.random.default_rng(0), 10_000)
    assert (x.min(axis=0) >= [0.5, 0.0]).all()
    assert (x.max(axis=0) <= [1.0, 0.5]).all()
    assert (abs(x.mean(axis=0) - [0.75, 0.25]) <= 5 * 0.5 / np.sqrt(12 * 10_000)).all()
    assert (abs(x.var(axis=0) - 0.25 / 12) <= 5 * 0.25 * np.sqrt(1 / 180 / 10_000)).all()


def test_transparent_pixels_hold_no_mass(tmp_path: Path) -> None:
    pixels = np.zeros((1, 2, 4), np.uint8)
    pixels[0, 1, 3] = 255  # black twice, the first fully transparent
    np.testing.assert_array_equal(load_measure(picture(tmp_path / "a.png", pixels)).mass, [[0.0, 1.0]])


def test_sixteen_bit_grey_is_scaled_not_clipped(tmp_path: Path) -> None:
    pixels = np.array([[0, 13107, 65535]], np.uint16)
    np.testing.assert_allclose(load_measure(picture(tmp_path / "a.png", pixels)).mass, [[1.0, 0.8, 0.0]], atol=1e-15)


def test_jpeg_is_read_and_its_orientation_kept(tmp_path: Path) -> None:
    """Orientation 3 means: show it turned by 180 degrees, as every viewer does."""
    image = pytest.importorskip("PIL.Image")
    pixels = np.full((16, 16), 255, np.uint8)
    pixels[:8] = 0
    exif = image.Exif()
    exif[0x0112] = 3
    image.fromarray(pixels).save(tmp_path / "plain.jpg")
    image.fromarray(pixels).save(tmp_path / "turned.jpeg", exif=exif)
    np.testing.assert_allclose(load_measure(tmp_path / "plain.jpg").mass, 1.0 - pixels / 255.0, atol=0.02)
    np.testing.assert_allclose(load_measure(tmp_path / "turned.jpeg").mass, 1.0 - pixels[::-1] / 255.0, atol=0.02)


def test_faulty_pictures(tmp_path: Path) -> None:
    refused(picture(tmp_path / "white.png", np.full((2, 2), 255, np.uint8)), r": every pixel is white or transparent")
    noise = np.random.default_rng(0).integers(0, 256, (40, 40), dtype=np.uint8)
    for name in ("cut.png", "cut.jpg"):
        path = picture(tmp_path / name, noise)
        content = path.read_bytes()
        path.write_bytes(content[: len(content) // 2])
        refused(path, r": damaged or truncated picture \(")
        path.write_bytes(b"hello")
        refused(path, r": not a readable picture \(")
    with pytest.raises(InputError, match=r"columns cannot be chosen from a picture, a continuous law"):
        load_measure(picture(tmp_path / "a.png", noise), columns=[0])


def test_other_formats_behind_a_png_suffix_are_refused(tmp_path: Path) -> None:
    """Pillow would hand PostScript to an external program."""
    pytest.importorskip("PIL.Image")
    path = tmp_path / "a.png"
    path.write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 2 2\n%%EndComments\nshowpage\n")
    refused(path, r": not a readable picture \(")


def test_pillow_missing_is_said_in_one_line(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "a.png").write_bytes(b"")
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(BackendError, match=r'a\.png: reading a picture needs Pillow: pip install "pillow>=10"$'):
        load_measure(tmp_path / "a.png")


@pytest.mark.parametrize("mass", [[[0.0, 0.0]], [[1.0, -1.0]]])
def test_image_density_refuses_masses_that_are_none(mass) -> None:
    with pytest.raises(InputError, match="mass must be non-negative and not 0 everywhere"):
        ImageDensity(mass)


def test_file_measures_are_discrete(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", X)
    assert isinstance(load_measure(tmp_path / "x.npy"), Discrete)
