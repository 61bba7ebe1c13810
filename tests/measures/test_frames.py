"""Tables of other libraries; oracle: the columns as lists. A stand-in has what all share; the others where they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from swref.errors import InputError, InputTypeError
from swref.measures import Discrete
from swref.measures.frames import is_frame
from swref.measures.given import as_measure


class Table:
    """What of an Arrow table is asked for."""

    def __init__(self, columns: dict[str, list[Any]]):
        self.column_names = list(columns)
        self.columns = [np.array(cells) for cells in columns.values()]
        self.shape = (len(self.columns[0]), len(self.columns))

    def column(self, index: int) -> np.ndarray:
        """A column by its place."""
        return self.columns[index]


def frame(library: str) -> Callable[[dict[str, list[Any]]], Any]:
    if library == "stand-in":
        return Table
    module = pytest.importorskip(library)
    return module.table if library == "pyarrow" else module.DataFrame


@pytest.mark.parametrize("library", ["stand-in", "pandas", "polars", "pyarrow"])
def test_columns_and_names(library: str) -> None:
    make = frame(library)
    given = make({"length": [39.1, 46.5], "mass": [3750, 3900], "wild": [True, False]})
    assert is_frame(given)
    measure = Discrete(given)
    assert measure.points.tolist() == [[39.1, 3750.0, 1.0], [46.5, 3900.0, 0.0]]
    assert measure.names == ("length", "mass", "wild")
    assert Discrete(given, names=("a", "b", "c")).names == ("a", "b", "c")
    assert as_measure("target", given).names == measure.names
    with pytest.raises(InputTypeError, match=r"^points must have columns of numbers, got 'species' that are none"):
        Discrete(make({"species": ["A", "B"], "mass": [3750, 3900]}))
    with pytest.raises(InputError, match=r"^points must have no missing values, got one in row 1 .*, column 'mass'"):
        Discrete(make({"length": [39.1, 46.5], "mass": [3750, None]}))


def test_arrays_are_no_tables() -> None:
    assert not is_frame(np.zeros((2, 2)))
    assert not is_frame([[1.0]])
