"""Choosing columns, by name or by index counted from 0."""

from __future__ import annotations

import csv
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from swref import checks
from swref.errors import InputError, InputTypeError
from swref.measures.discrete import Discrete
from swref.measures.reading import listing
from swref.messages import short, shown

Columns = Sequence[str | int] | str


def column_label(index: int, names: Sequence[str] | None) -> str:
    """How messages speak of a column: by its name, or by the index that `columns` would take."""
    return f"column {index} (counted from 0)" if names is None or not names[index] else f"column {shown(names[index])}"


def resolve_columns(columns: Columns | None, names: Sequence[str] | None, width: int, where: str) -> list[int]:
    """Indices into `width` columns: all when `columns` is None; a name goes first, then a string of digits is an index.

    A text that is neither is cut at its commas, quotes understood: "a,b" is a and b where no column is called that.
    `where` opens the message. Raises InputError for an unknown, ambiguous, repeated or missing column and
    InputTypeError for what is no sequence of names and indices.

    >>> resolve_columns(["b", 0], ["a", "b"], 2, "table.csv")
    [1, 0]
    """
    if columns is None:
        return list(range(width))
    if isinstance(columns, str):
        columns = [columns]
    if not isinstance(columns, (Sequence, np.ndarray)):
        raise InputTypeError(f"columns must be a sequence of names or indices, got {checks.shown(columns)}")
    if len(columns) == 0:
        raise InputError("columns must choose at least one column, got none")
    separate = [one for column in columns for one in _separated(column, names or ())]
    chosen = [_resolve_one(column, names, width, where) for column in separate]
    repeated = [] if len(set(chosen)) == len(chosen) else [index for index in chosen if chosen.count(index) > 1]
    if repeated:
        raise InputError(f"{where}: columns must be distinct, got {column_label(repeated[0], names)} twice")
    return chosen


def _separated(column: str | int, names: Sequence[str]) -> list[str | int]:
    """A text with commas as the columns that it names: as few as possible, for a name may hold commas itself.

    >>> _separated("mass, kg,b", ["mass, kg", "b"])
    ['mass, kg', 'b']
    """
    if not isinstance(column, str) or "," not in column or column in names:
        return [column]
    parts = next(csv.reader([column], skipinitialspace=True)) if '"' in column else column.split(",")
    found: list[str | int] = []
    while parts:
        for many in range(len(parts), 0, -1):
            name = ",".join(parts[:many]).strip()
            if many == 1 or name in names:
                break
        if not name:
            raise InputError(f"columns must have no empty entry between commas, got {checks.shown(column)}")
        found.append(name)
        del parts[:many]
    return found


def columns_for_config(indices: Sequence[int], names: Sequence[str] | None) -> tuple[str, ...]:
    """The texts that resolve_columns takes for these columns: names where each is one column's alone, else indices.

    >>> columns_for_config([0, 2], ["a", "b", "b"]), columns_for_config([0, 1], ["a", "b"])
    (('0', '2'), ('a', 'b'))
    """
    counts = Counter(names or ())
    if names is None or any(not names[index] or counts[names[index]] > 1 for index in indices):
        return tuple(map(str, indices))
    return tuple(names[index] for index in indices)


def left_out_of(indices: Sequence[int], width: int, names: Sequence[str] | None) -> tuple[str, ...]:
    """The columns that are not in `indices`, by name or, without names, by index."""
    kept = set(indices)
    return tuple(str(j) if names is None else names[j] for j in range(width) if j not in kept)


def _resolve_one(column: str | int, names: Sequence[str] | None, width: int, where: str) -> int:
    if isinstance(column, str):
        same = [index for index, name in enumerate(names or ()) if name == column]
        if len(same) > 1:
            raise InputError(
                f"{where}: several columns are named {checks.shown(column)}; choose by index, counted from 0"
            )
        if same:
            return same[0]
        if not (column.isascii() and column.isdigit() and len(column) <= 20):
            if names is None:
                raise InputError(
                    f"{where}: has no column names, so {checks.shown(column)} cannot be chosen; use indices from 0"
                )
            raise InputError(f"{where}: {checks.unknown('columns', column, names)}")
        column = int(column)
    index = checks.integer("columns", column, minimum=0)
    if index >= width:
        raise InputError(f"{where}: columns must be below {width}, the number of columns, got {index}")
    return index


def aligned_columns(measure: Discrete, like: Discrete) -> Discrete:
    """`measure` with its columns in the order of those of `like`, by their names; as it is where one has no names.

    Raises InputError where the names are not the same, or where they do not tell the columns apart.

    >>> a, b = Discrete([[1.0, 2.0]], names=("x", "y")), Discrete([[4.0, 3.0]], names=("y", "x"))
    >>> aligned_columns(b, a).points
    array([[3., 4.]])
    """
    if measure.names is None or like.names is None or measure.names == like.names:
        return measure
    if sorted(measure.names) != sorted(like.names) or len(set(like.names)) < len(like.names):
        raise InputError(
            f"the two data sets must have the same columns, got {listing(map(short, like.names))} "
            f"and {listing(map(short, measure.names))}; "
            "choose columns, by index from 0 to compare differently named ones"
        )
    return choose_columns(measure, like.names, "data")


def common_columns(first: Discrete, second: Discrete) -> tuple[Discrete, Discrete]:
    """Both with the columns that both have kept, in the order of `first`; a column that the reading of a file left out
    is left out of the other, with a note. Errors as in aligned_columns.

    >>> from swref.measures.reading import Reading
    >>> a = Discrete([[1.0, 2.0]], names=("x", "y")).with_reading(Reading("a.csv"))
    >>> b = Discrete([[4.0]], names=("x",)).with_reading(Reading("b.csv", left_out=("y",)))
    >>> common_columns(a, b)[0].reading.notes
    ("column 'y' left out, as in b.csv",)
    """
    first, second = _without(first, second), _without(second, first)
    return first, aligned_columns(second, first)


def _without(measure: Discrete, other: Discrete) -> Discrete:
    """`measure` without the columns that the other does not have because of how it was read, or trained on."""
    reading, names = measure.reading, measure.names
    if reading is None or (names is None) != (other.names is None):
        return measure
    if names is None:
        names = None if reading.options is None else tuple(map(str, reading.options.columns))
    gone = set() if other.reading is None else set(other.reading.left_out)
    if other.reading is None and other.names is not None and set(other.names) < set(names or ()):
        gone = set(names or ()) - set(other.names)  # a run, that was trained on some columns
    kept = [index for index, name in enumerate(names or ()) if name not in gone]
    if names is None or not kept or len(kept) == len(names):
        return measure
    listed = listing([shown(name) for name in names if name in gone])
    where = "the other" if other.reading is None else os.path.basename(other.reading.where)
    note = f"column{'s' if len(names) - len(kept) > 1 else ''} {listed} left out, as in {where}"
    return choose_columns(measure, kept, reading.where).with_reading(reading.and_note(note))


def choose_columns(measure: Discrete, columns: Columns | None, where: str) -> Discrete:
    """`measure` with the chosen columns only, in the order given; errors as in resolve_columns.

    >>> choose_columns(Discrete([[1.0, 2.0]], names=("a", "b")), ["b"], "data")
    Discrete(m=1, dim=1, uniform, names=('b',))
    """
    if columns is None:
        return measure
    chosen = resolve_columns(columns, measure.names, measure.dim, where)
    names = None if measure.names is None else tuple(measure.names[index] for index in chosen)
    reading = None if measure.reading is None else replace(measure.reading, shape=())
    return Discrete(measure.points[:, chosen], measure.weights, names).with_reading(reading)
