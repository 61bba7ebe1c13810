"""Rows: oracle, the cells and line numbers as a person counts them, and the csv module for what it wrote."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swref.errors import DataError
from swref.measures.tables.rows import SPACE, SPACES, Lines, plain_columns, split


@pytest.mark.parametrize(
    ("sep", "text", "cells"),
    [
        (",", '1, 2,"a,b"', ["1", "2", "a,b"]),
        ("\t", "1\t\t 2", ["1", "", " 2"]),
        (SPACE, "  1 \t 2   3 ", ["1", "2", "3"]),
        (SPACE, '"New York"  1', ["New York", "1"]),
        (SPACES, " New York   1\t2 ", ["New York", "1", "2"]),
    ],
)
def test_cells(sep: str, text: str, cells: list[str]) -> None:
    assert list(split(Lines([text]), sep, "memory")) == [(1, cells)]


def test_lines_are_counted_over_what_is_left_out() -> None:
    lines = Lines(["skipped", "", "# note", "-----", '1,"a', 'b"', "2,c"], skip=1, comment="#")
    assert list(split(lines, ",", "memory")) == [(6, ["1", "a\nb".replace("\n", "")]), (7, ["2", "c"])]
    assert lines.comments == 1


def test_a_negative_number_is_no_ruler() -> None:
    assert [row for _, row in split(Lines(["-5", "----", "====  ===="]), ",", "memory")] == [["-5"]]


def test_a_quote_that_is_not_closed() -> None:
    with pytest.raises(DataError, match=r"^memory: line 2: unexpected end of data$"):
        list(split(Lines(["1,2", '3,"4']), ",", "memory"))


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\r\n#"))


@given(st.lists(st.lists(CELL, min_size=2, max_size=3), min_size=1))
def test_what_the_csv_module_writes_comes_back(rows: list[list[str]]) -> None:
    """But for blanks behind a separator, which it keeps, and lines of dashes or of nothing."""
    rows = [[f"c{cell}" for cell in row] for row in rows]
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=";").writerows(rows)
    assert [cells for _, cells in split(Lines(io.StringIO(buffer.getvalue(), newline="")), ";", "memory")] == rows


def test_control_characters() -> None:
    lines = Lines(["1,2\x1f"])
    list(split(lines, ",", "memory"))
    assert lines.odd


def test_plain_lines_at_once_are_the_same_cells() -> None:
    """Oracle: split, line by line."""
    for sep in (",", ";", "\t", "|", SPACE):
        lines = [
            sep.join(cells) + "\r\n" for cells in (("1.5", "NA", '"x y"' if sep != SPACE else "x_1"), ("2", "3", "-"))
        ]
        rows = [cells for _, cells in split(Lines(lines), sep, "memory")]
        assert plain_columns(lines, sep, 3, "#") == list(zip(*rows, strict=True))


@pytest.mark.parametrize(
    "line", ['"1",2,3', '"1,2', '"1"x,2', "# 1,2", "é,2", "1\x1c,2", "1_0,2", "-----", "1,2,3", "", " "]
)
def test_lines_that_have_to_be_looked_at(line: str) -> None:
    assert plain_columns(["1,2", line], ",", 2, "#") is None


def test_a_cell_that_goes_on_in_the_next_line_is_no_plain_one() -> None:
    assert plain_columns(['1,"a\n', 'b"\n', "2,c\n"], ",", 2, "") is None
    assert plain_columns(['1,"a"\n', "2,c\n"], ",", 2, "") == [("1", "2"), ("a", "c")]


def test_lines_are_taken_and_given_back() -> None:
    lines = Lines(["# skipped", "skipped", "1", "2", "# 3", "4"], skip=2, comment="#")
    assert lines.take(2) == ["1", "2"]
    lines.give_back(["2"])
    assert list(split(lines, ",", "memory")) == [(4, ["2"]), (6, ["4"])]
    assert lines.comments == 2
