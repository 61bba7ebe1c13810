"""Cells: what is a number in which notation; oracle: the numbers themselves, written out by hand or by Python."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swref.measures.tables.cells import is_date, is_grouped, is_missing, is_text, number


@given(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(".,"))
def test_a_float_written_out_is_that_float(value: float, decimal: str) -> None:
    assert number(repr(value).replace(".", decimal), decimal) == value


@given(
    st.integers(-(10**12), 10**12), st.sampled_from([(".", ","), (",", "."), (".", "'"), (",", "\u202f"), (".", " ")])
)
def test_a_number_with_thousands_separators_is_that_number(value: int, marks: tuple[str, str]) -> None:
    decimal, separator = marks
    assert number(f"{value:,}".replace(",", separator), decimal) == value
    assert number(f"{value:,}".replace(",", separator) + decimal + "5", decimal) == float(f"{value}.5")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "1,5",
        "1.2.3",
        "2007_11",
        "0x10",
        "1 2",
        "12,34",
        "1,2345",
        "1,234,5",
        "1e",
        "e5",
        "+-1",
        "１２",
        "1\x1c",
        "--",
    ],
)
def test_what_is_no_number(text: str) -> None:
    assert number(text, ".") is None


@pytest.mark.parametrize("text", ["1e", "e5", "+-1", "１２", "1\x1c", "--"])
def test_what_is_no_number_for_float_either_or_only_for_float(text: str) -> None:
    assert number(text, ".") is None


def test_infinite_numbers_are_numbers_beyond_the_range_of_floats() -> None:
    assert [number(text, ".") for text in ("inf", "-Infinity", "1e999")] == [math.inf, -math.inf, math.inf]


@pytest.mark.parametrize("text", ["", " ", "NA", "n/a", "NaN", "null", "None", "#N/A", "?", ".", "-", "<NA>"])
def test_missing_values_are_no_text(text: str) -> None:
    assert is_missing(text)
    assert not is_text(text, ".")


@pytest.mark.parametrize(
    "text", ["2020-01-31", "2020/1/31 00:00", "31.12.2020", "12:30", "Jan-1-1995", "Mar 1 2004", "5 June 2020"]
)
def test_dates(text: str) -> None:
    assert is_date(text)
    assert is_text(text, ".")


def test_the_minus_sign_of_typesetters() -> None:
    assert number("\u22121,234.5", ".") == -1234.5


def test_groups_of_three() -> None:
    assert is_grouped("1,234,567", ".")
    assert not is_grouped("1234", ".")
    assert not is_grouped("1,234'567", ".")
