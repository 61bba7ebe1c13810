"""Which columns and rows of a table are points: numbers, neither constant nor row numbers, with no value missing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import numpy as np

from swref.errors import DataError
from swref.measures.reading import listing
from swref.measures.tables.column import Column
from swref.messages import shown

# Names that say so, whatever the numbers; and names that say so of 1, 2, 3, ...
_IDENTIFIER: Final = re.compile(r"(.*[_ .-])?(?i:id|uuid|guid|rownames?|row[_ ]?(id|number))|.*[a-z]I[dD]", re.DOTALL)
_COUNTER: Final = re.compile(
    r"index|idx|no\.?|nr\.?|num(ber)?|obs\.?|observation|case|row|rec(ord)?|#|sample.number|unnamed.*"
)
_VARIABLE: Final = re.compile(r"[xyzt]|time|year|month|week|day|date|hour|age|step|iteration|epoch")
LONG: Final = 10  # rows from which on 1, 2, 3, ... in the first column counts them, unless its name is a variable's


def choose(
    columns: Sequence[Column], index: int | None, keep_constant: bool, where: str, notes: list[str]
) -> list[Column]:
    """The columns of numbers in a table; a note for the others. index: which of them pandas or R wrote as an index.

    Raises DataError where there is none, and for a faulty cell.
    """
    left: dict[str, list[Column]] = {}
    numeric = []
    for column in columns:
        reason = "the index" if column.index == index else _no_number(column)
        if reason:
            left.setdefault(reason, []).append(column)
        else:
            numeric.append(column)
    for column in [column for column in numeric if _is_identifier(column)] if len(numeric) > 1 else []:
        left.setdefault("numbers of rows", []).append(column)
        numeric.remove(column)
    if not numeric:
        found = "; ".join(f"{labels(group)}: {reason}" for reason, group in left.items())
        raise DataError(f"{where}: no column of numbers in it ({found or 'no column at all'})")
    for column in numeric:
        if column.texts and not column.lenient:
            line, text = column.first_text
            raise DataError(f"{where}: line {line}, {column.label}: {column.fault(text, '.')}")
    for column in _too_empty(numeric):
        left.setdefault("missing in too many rows", []).append(column)
        numeric.remove(column)
    gaps = [np.isnan(column.values) for column in numeric if column.gaps]
    whole = ~np.logical_or.reduce(gaps) if gaps else np.ones(len(numeric[0].values), dtype=bool)  # [n]
    constant = [column for column in numeric if _is_constant(column.values[whole])]
    if not keep_constant and len(constant) < len(numeric):
        for column in constant:
            left.setdefault("constant", []).append(column)
            numeric.remove(column)
    for reason, group in left.items():
        could = " (else --columns)" if not any(column.texts for column in group) and reason != "no values" else ""
        notes.append(f"{labels(group)} left out: {reason}{could}")
    return numeric


def labels(columns: Sequence[Column]) -> str:
    """How a note speaks of several columns."""
    if len(columns) == 1:
        return columns[0].label
    counted = " (counted from 0)"
    names = [column.label.removeprefix("column ") for column in columns]
    end = counted if all(name.endswith(counted) for name in names) else ""
    return f"columns {listing([name.removesuffix(end) for name in names])}{end}"


def complete_rows(columns: Sequence[Column], missing: str, where: str, notes: list[str]) -> np.ndarray:
    """The points [m, d] of the rows that have all their numbers; the others are counted in a note.

    Raises DataError, with line and column, for a missing number where `missing` is "error", and where no row is left.
    """
    gaps = [column for column in columns if column.gaps]
    if gaps and missing == "error":
        line, text, label = min((*column.first_missing, column.label) for column in gaps)
        hint = "choose other columns (--columns), or leave such rows out (--missing drop)"
        raise DataError(f"{where}: line {line}, {label}: missing value {shown(text)}; {hint}")
    points = np.column_stack([column.values for column in columns])  # [n, d]
    if not gaps:
        return points
    whole = ~np.isnan(points).any(axis=1)  # [n]
    if not whole.any():
        line, text, label = min((*column.first_missing, column.label) for column in gaps)
        raise DataError(
            f"{where}: line {line}, {label}: missing value {shown(text)}, and one in every row; choose other columns "
            "(--columns)"
        )
    words = listing(sorted({shown(word) for column in gaps for word in column.words}))
    lost = int((~whole).sum())
    notes.append(f"{lost} of {len(points)} rows left out: missing values ({words}) in {labels(gaps)}")
    return points[whole]


def _no_number(column: Column) -> str:
    if column.numbers == 0 and column.texts == 0:
        return "no values"
    if not column.is_text:
        return ""
    if column.dates > 0.5 * column.texts:
        return "dates"
    if column.numbers < column.texts:
        return "text"
    line, text = column.first_text  # a word among numbers may be a fault: say where it is
    expected = "not TRUE and FALSE alone" if column.truth else "no numbers"
    return f"{expected} (line {line}: {shown(text)})"


def _is_identifier(column: Column) -> bool:
    values = column.values
    if column.gaps or len(values) < 2 or not np.array_equal(values, np.floor(values)):
        return False
    name = column.label.removeprefix("column ").strip("'\"")
    if re.fullmatch(_IDENTIFIER, name):
        return len(np.unique(values)) == len(values)
    counts = values[0] in (0.0, 1.0) and bool((np.diff(values) == 1.0).all())
    first = column.index == 0 and len(values) >= LONG and not _VARIABLE.fullmatch(name.lower())
    return counts and (first or _COUNTER.fullmatch(name.lower()) is not None)


def _too_empty(columns: Sequence[Column]) -> list[Column]:
    """The columns with most gaps, as many as have to go until half of the rows have no gap; never all."""
    holes = np.zeros(len(columns[0].values), dtype=np.int64)  # [n], gaps of each row
    for column in columns:
        if column.gaps:
            holes += np.isnan(column.values)
    gone: list[Column] = []
    for column in sorted(columns, key=lambda column: -column.gaps)[:-1]:
        if np.mean(holes > 0) <= 0.5:
            break
        holes -= np.isnan(column.values)
        gone.append(column)
    return gone


def _is_constant(values: np.ndarray) -> bool:
    return len(values) > 2 and bool((values == values[0]).all())
