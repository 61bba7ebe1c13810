"""Tables of text: what is written comes back bit for bit, and a fault is named by line and column."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from swref.measures import load_measure
from tests.measures.support import IRIS, NAMED, X, refused, table


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
