"""Columns chosen by name or index; names that are numbers, names that are not there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from swref.errors import InputError
from swref.measures import load_measure
from tests.measures.support import IRIS, NAMED, table


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
