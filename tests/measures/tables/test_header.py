"""Names, units, index: oracle, what a person says who sees the first lines of such tables."""

from __future__ import annotations

import pytest

from swref.measures.tables.header import Found, find_names, index_like, names_in_comment


def found(*rows: str, header: str = "", width: int | None = None) -> Found:
    cells = [(line, row.split(",")) for line, row in enumerate(rows, start=1)]
    return find_names(cells, width or len(cells[-1][1]), ".", header)


@pytest.mark.parametrize(
    ("rows", "names"),
    [
        (("a,b", "1,2"), ("a", "b")),
        (("1,2", "3,4"), None),
        (("5.1,setosa", "4.9,setosa"), None),
        (("species,size", "Adelie,NA", "Gentoo,2"), ("species", "size")),
        (("0,1", "1.5,2.5", "3.5,4.5"), ("0", "1")),
        (("0,1", "2,3", "4,5"), None),
        (("1960,1961,1962", "41,40,39", "67,66,64"), ("1960", "1961", "1962")),
        (("1960,1961,1962", "1970,1971,1972"), None),
        (("1960,1990,1920", "4.5,4.4,4.1"), None),
        (("country,1960,1961", "Aruba,5.1,5.2", "Chad,6.1,6.2"), ("country", "1960", "1961")),
        ((",0,1", "0,7,8", "1,9,6"), ("", "0", "1")),
        (("150,4,setosa", "5.1,3.5,0", "4.9,3.0,1"), ("150", "4", "setosa")),
    ],
)
def test_names(rows: tuple[str, ...], names: tuple[str, ...] | None) -> None:
    assert found(*rows).names == names


@pytest.mark.parametrize("rows", [("0,1", "1.5,2.5"), ("1960,1961", "4.1,4.0"), ("150,setosa", "5.1,0", "5.2,1")])
def test_names_that_could_be_data_are_said(rows: tuple[str, ...]) -> None:
    assert "--no-header" in found(*rows).notes[0]
    assert found(*rows, header="no") == Found(None)
    assert found(*rows, header="yes").notes == ()


def test_units() -> None:
    result = found("a,b", "m,s", "0.5,0.6")
    assert (result.names, result.rows) == (("a", "b"), 2)
    assert result.notes == ("line 2 left out, taken for units: 'm', 's'",)
    assert found("species,a", "Adelie,NA", "Gentoo,2").rows == 1  # a missing number is no unit


@pytest.mark.parametrize("corner", [",a,b", "Unnamed: 0,a,b", "a,b"])
def test_the_index_of_pandas_and_of_r(corner: str) -> None:
    result = found(corner, "1,0.5,0.6", "2,1.5,1.6", width=3)
    assert result.index
    assert (result.names or ())[1:] == ("a", "b")


def test_a_separator_at_the_end_of_every_row_is_no_index() -> None:
    result = found("a,b", "1,2,", "3,4,", width=3)
    assert not result.index
    assert result.names == ("a", "b", "")


def test_names_in_a_comment() -> None:
    found = names_in_comment(["# by a logger", "# a,b"], "#", ",", 2)
    assert found is not None
    assert found.names == ("a", "b")
    assert "--no-header" in found.notes[0]
    assert names_in_comment(["# by a logger"], "#", ",", 1) is None
    assert names_in_comment(["# 1,2"], "#", ",", 2) is None


def test_rows_have_names_or_numbers_of_their_own() -> None:
    assert index_like(["Oslo", "Rome"])
    assert not index_like(["1", "1"])
