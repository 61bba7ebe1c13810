"""Tables of other libraries in memory (pandas, polars, pyarrow), known by what they can do; none is imported."""

from __future__ import annotations

from typing import Any

import numpy as np

from swref.errors import InputError, InputTypeError
from swref.measures.reading import listing
from swref.messages import shown


def is_frame(value: object) -> bool:
    """Whether `value` is a table of columns with names.

    >>> is_frame(np.zeros((2, 2)))
    False
    """
    return hasattr(value, "shape") and (hasattr(value, "column_names") or hasattr(value, "columns"))


def frame_points(name: str, frame: Any) -> tuple[np.ndarray, tuple[str, ...]]:
    """The columns of a table as points [m, d] in float64, and their names.

    Raises InputTypeError for columns that are no numbers, InputError for missing ones, naming them.
    """
    names = [str(column) for column in getattr(frame, "column_names", None) or list(frame.columns)]
    columns = [_numbers(_column(frame, index)) for index in range(len(names))]
    others = [shown(label) for label, column in zip(names, columns, strict=True) if column is None]
    if others or not names:
        came = f"{listing(others)} that are none" if others else "no column"
        raise InputTypeError(f"{name} must have columns of numbers, got {came}; choose those to keep")
    points = np.column_stack([column for column in columns if column is not None])  # [m, d]
    gaps = np.argwhere(np.isnan(points))
    if len(gaps):
        row, column = (int(i) for i in gaps[0])
        raise InputError(
            f"{name} must have no missing values, got one in row {row} (counted from 0), column "
            f"{shown(names[column])}; leave such rows out"
        )
    return points, tuple(names)


def _column(frame: Any, index: int) -> Any:
    """A column by its place: two may have one name."""
    if hasattr(frame, "iloc"):
        return frame.iloc[:, index]
    return frame.column(index) if hasattr(frame, "column") else frame[:, index]


def _numbers(column: Any) -> np.ndarray | None:
    """The numbers [m] of a column, NaN where one is missing; None for a column of something else."""
    array = np.asarray(column)
    if array.dtype.kind in "iubf":
        return array.astype(np.float64)
    if array.dtype != object:
        return None
    try:  # integers beside missing values
        return np.array([float("nan") if _is_missing(entry) else _plain(entry) for entry in array], dtype=np.float64)
    except (TypeError, ValueError):
        return None


def _is_missing(entry: Any) -> bool:
    return entry is None or type(entry).__name__ in ("NAType", "NaTType")


def _plain(entry: Any) -> float:
    if isinstance(entry, (str, bytes)):
        raise TypeError
    return float(entry)
