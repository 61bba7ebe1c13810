"""A column while it is read: its values against float(), and the first cell of each other kind."""

from __future__ import annotations

import numpy as np
import pytest

from swref.errors import DataError
from swref.measures.tables.column import SURE_AFTER, Column


def column(*cells: str, decimal: str = ".", odd: bool = False, chosen: bool = False, lenient: bool = False) -> Column:
    result = Column(0, "column 'a'", chosen, lenient)
    result.add("memory", range(2, 2 + len(cells)), cells, decimal, odd)
    return result


def test_values_and_gaps() -> None:
    result = column("1.5", " 2 ", "", "NA", "1,234", "inf")
    np.testing.assert_array_equal(result.values, [1.5, 2.0, np.nan, np.nan, 1234.0, np.nan])
    assert (result.numbers, result.missing, result.first_missing, result.grouped) == (3, 3, (4, ""), "1,234")
    assert result.words == {"", "NA", "inf"}


def test_a_line_end_inside_of_a_cell_moves_no_value() -> None:
    assert column("0,5", "2,5\n7,5", "3,5", decimal=",").values.tolist()[::2] == [0.5, 3.5]
    np.testing.assert_array_equal(column("0,5", "2,5\n", decimal=",").values, [0.5, 2.5])


def test_truth_values_where_the_first_cell_is_one() -> None:
    result = column("", "TRUE", "false", "True")
    np.testing.assert_array_equal(result.values, [np.nan, 1.0, 0.0, 1.0])
    assert (result.truth, result.numbers, result.texts) == (True, 3, 0)
    mixed = column("1", "TRUE", "0")
    assert (mixed.truth, mixed.numbers, mixed.texts) == (False, 2, 1)
    with pytest.raises(DataError, match=r"line 3, column 'a': '1' is neither TRUE nor FALSE, as the first is; choose"):
        column("TRUE", "1", chosen=True)
    assert column("T", "F").texts == 2


def test_decimal_commas_in_bulk_and_one_by_one() -> None:
    np.testing.assert_array_equal(column("1,5", "2", decimal=",").values, [1.5, 2.0])
    np.testing.assert_array_equal(column("1,5", "1.234,5", decimal=",").values, [1.5, 1234.5])
    assert column("1.5", "2", decimal=",").texts == 1


def test_text_dates_and_where_they_begin() -> None:
    result = column("1", "x", "2020-01-01")
    assert (result.texts, result.dates, result.first_text, result.is_text) == (2, 1, (3, "x"), True)
    assert not column(*["1"] * 20, "x").is_text


@pytest.mark.parametrize("cell", ["2\x1c", "\x1f", "\x00", "1\x0b"])
def test_a_control_character_beside_a_number_is_a_fault(cell: str) -> None:
    with pytest.raises(DataError, match=r"^memory: line 3, column 'a': '.*' holds a control character; remove it"):
        column("1", cell, odd=True)


def test_what_float_takes_and_a_table_does_not() -> None:
    """float("2007_11") is 200711, float("１") is 1."""
    assert column("2007_11", "１", odd=True).texts == 2


def test_text_in_a_chosen_column_is_a_fault() -> None:
    with pytest.raises(DataError, match=r"^memory: line 3, column 'a': 'x' is not a number; choose numeric columns"):
        column("1", "x", chosen=True)
    assert column("1").fault("1,5", ".").endswith("or --decimal ,")


def test_a_long_column_of_text_is_not_kept() -> None:
    result = column(*["x"] * (SURE_AFTER + 1))
    result.add("memory", [9], ["1"], ".", False)
    assert result.closed
    assert len(result.values) == 0
    assert not column(*["x"] * (SURE_AFTER + 1), chosen=True, lenient=True).closed
