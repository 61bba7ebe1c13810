"""Columns chosen by name or index; names that are numbers, names that are not there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from swref.errors import InputError
from swref.measures import Discrete, load_measure
from swref.measures.columns import aligned_columns, common_columns
from swref.measures.reading import Reading
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


def test_columns_of_two_tables() -> None:
    """What one left out goes from both; what a file does not have at all is an error."""
    a = Discrete([[1.0, 2.0, 3.0]], names=("x", "y", "z")).with_reading(Reading("a.csv", left_out=("w",)))
    b = Discrete([[5.0, 4.0, 6.0]], names=("y", "x", "w")).with_reading(Reading("b.csv", left_out=("z",)))
    one, other = common_columns(a, b)
    assert (one.points.tolist(), other.points.tolist()) == ([[1.0, 2.0]], [[4.0, 5.0]])
    assert one.reading is not None
    assert one.reading.notes == ("column 'z' left out, as in b.csv",)
    run = Discrete([[7.0]], names=("z",))
    assert common_columns(a, run)[0].points.tolist() == [[3.0]]
    others = Discrete([[7.0, 8.0]], names=("z", "v"))  # no run on some of the columns: nothing is left out for it
    fewer = Discrete([[7.0]], names=("z",)).with_reading(Reading("c.csv"))  # a file that has no more: a mistake
    for other in (others, fewer):
        with pytest.raises(InputError, match="must have the same columns"):
            common_columns(a, other)
    with pytest.raises(InputError, match="must have the same columns"):
        common_columns(a, Discrete([[7.0, 8.0]], names=("x", "v")).with_reading(Reading("c.csv")))


def test_where_one_has_no_names_columns_stay() -> None:
    named, plain = Discrete([[1.0, 2.0]], names=("x", "y")), Discrete([[3.0, 4.0]])
    assert aligned_columns(plain, named) is plain
    assert aligned_columns(named, plain) is named


def test_tables_without_names_go_by_the_place_of_a_column(tmp_path: Path) -> None:
    a = load_measure(table(tmp_path, "1.5,u,2,x\n3.5,v,4,y\n4.5,w,7,z\n", "a.csv"))
    b = load_measure(table(tmp_path, "1.5,1,2,x\n3.5,2,4,y\n4.5,5,7,z\n", "b.csv"))
    one, other = common_columns(a, b)
    assert one.points.tolist() == other.points.tolist()
