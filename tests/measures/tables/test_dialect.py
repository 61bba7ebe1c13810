"""The form of a table: oracle, what a person says who sees it."""

from __future__ import annotations

import pytest

from swref.errors import DataError
from swref.measures.reading import TableOptions
from swref.measures.tables.dialect import Dialect, detect
from swref.measures.tables.rows import SPACE, SPACES


def dialect(text: str, **options: str) -> Dialect:
    return detect(text.splitlines(keepends=True), TableOptions(**options), "memory")


@pytest.mark.parametrize(
    ("text", "sep", "decimal"),
    [
        ("a,b\n1,2\n", ",", "."),
        ("a\n1\n2\n", ",", "."),
        ("a;b\n0,5;0,6\n", ";", ","),
        ("0,5;0,6\n1,5;1,6\n", ";", ","),
        ("0,5 0,6\n1,5 1,6\n", SPACE, ","),
        ("a\tb\n1,5\t2\n", "\t", ","),
        ("a|b\n1|2\n", "|", "."),
        ("x  y\n 1.5   2\n 10  3\n", SPACE, "."),
        ("city      x\nNew York  1.5\nRome      2\nSan Juan  4\n", SPACES, "."),
        ('a,b\n"1,234.5",0.6\n', ",", "."),
        ("a;b\n1.234,5;1\n", ";", ","),
        ("a;b\n1.5;2\n", ";", "."),
        ("date,b\n2020-01-01 10:00,1\n2020-01-02 10:00,2\n", ",", "."),
        ("sep=;\na;b\n1;2\n", ";", "."),
        ("of,on,price\nA,Jan 1 2000,39.81\nB,Feb 1 2000,36\nC,Mar 1 2000,43.22\n", ",", "."),
        ("Pay, by year\nA 1960 1,5\nB 1961 2,5\nC 1962 0,5\n", SPACE, ","),
        ("14.005,61.818,2\n9.16,29.682,1\n", ",", "."),
        ('"a;b","c,d"\n1,2\n', ",", "."),
    ],
)
def test_separator_and_decimal_mark(text: str, sep: str, decimal: str) -> None:
    found = dialect(text)
    assert (found.sep, found.decimal) == (sep, decimal)


def test_what_is_given_is_not_guessed() -> None:
    found = dialect("a;b\n1;2\n", sep=",", decimal=",", header="no")
    assert (found.sep, found.decimal, found.names) == (",", ",", None)


def test_a_decimal_comma_is_said() -> None:
    assert "--decimal ." in dialect("a;b\n0,5;0,6\n").notes[0]


@pytest.mark.parametrize(
    ("text", "skip", "names"),
    [
        ("# by a logger\n# units: m\na,b\n1,2\n", 3, ("a", "b")),
        ("# by a logger\n# a,b\n1,2\n", 0, ("a", "b")),
        ("% a b\n1 2\n", 0, ("a", "b")),
        ("Areas\nof countries, 1996\n\nname,a,b\nx,1,2\ny,3,4\nz,5,6\n", 4, ("name", "a", "b")),
        ("/* two series\nof a bank */\n<1960 Q1>\nu v w\n1 2 3\n4 5 6\n7 8 9\n", 4, ("u", "v", "w")),
    ],
)
def test_lines_above_the_table(text: str, skip: int, names: tuple[str, ...]) -> None:
    found = dialect(text)
    assert (found.skip, found.names) == (skip, names)


def test_rows_that_begin_with_the_mark_of_comments_are_rows() -> None:
    assert dialect("id,a\n#1,5\n#2,6\n").comment == ""


@pytest.mark.parametrize("text", ["", "\n \n"])
def test_nothing_in_it(text: str) -> None:
    with pytest.raises(DataError, match=r"^memory: the file is empty$"):
        dialect(text)


def test_the_example_of_a_decimal_comma_is_the_first_that_is_sure() -> None:
    notes = detect(["a;b", "1,234;0,5", "2,345;0,75"], TableOptions(), "x.csv").notes
    assert any("'0,5' is 0.5" in note for note in notes), notes
