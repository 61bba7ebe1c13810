"""Comma, semicolon or tab separated tables, read row by row so that an error can name line and column."""

from __future__ import annotations

import csv
import itertools
import math
import re
from array import array
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from swref.errors import DataError
from swref.measures.columns import Columns, column_label, resolve_columns
from swref.measures.discrete import Discrete

MISSING: Final = frozenset({"", "na", "n/a", "nan", "null", "none"})

Row = tuple[int, list[str]]  # line number in the file, cells


def read_table(path: Path, columns: Columns | None = None) -> Discrete:
    """The rows of a .csv or .tsv file (UTF-8) as a Discrete measure with uniform weights.

    A .tsv is cut at tabs, a .csv at commas, or at semicolons where its first line has them. Blank lines are skipped,
    quotes understood. The first row is a header when one of its cells is text and the cell below it is not; its
    names become `names`. columns: names, or indices from 0; only those are read as numbers. Raises DataError with
    file, line and column for a ragged row, a missing, non-numeric or non-finite cell, or an empty file.
    """
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return parse_table(stream, str(path), columns, tab=path.suffix.lower() == ".tsv")


def parse_table(lines: Iterable[str], where: str, columns: Columns | None = None, tab: bool = False) -> Discrete:
    """What read_table does, from lines of text; `where` opens every message.

    >>> parse_table(["a,b", "1,2", "3,4"], "memory", columns=["b"])
    Discrete(m=2, dim=1, uniform, names=('b',))
    """
    rows = _rows(iter(lines), where, tab)
    head = list(itertools.islice(rows, 2))
    if not head:
        raise DataError(f"{where}: the file is empty")
    names = _header(head)
    if names is not None and len(head) == 1:
        raise DataError(f"{where}: there is a header but no row of numbers below it")
    width = len(head[0][1])
    chosen = resolve_columns(columns, names, width, where)
    points = _numbers(itertools.chain(head[names is not None :], rows), where, names, width, chosen)  # [m, d]
    return Discrete(points, names=None if names is None else tuple(names[index] for index in chosen))


def _rows(lines: Iterator[str], where: str, tab: bool) -> Iterator[Row]:
    """The rows that are not blank, each with the number of its last line."""
    blank = 0
    try:
        for first in lines:
            if first.strip():
                break
            blank += 1
        else:
            return
        delimiter = "\t" if tab else _delimiter(first)
        reader = csv.reader(itertools.chain([first], lines), delimiter=delimiter, strict=True)
        for row in reader:
            if len(row) > 1 or (row and row[0].strip()):
                yield blank + reader.line_num, row
    except UnicodeDecodeError:
        raise DataError(f"{where}: the file is not UTF-8 text") from None
    except csv.Error as error:
        raise DataError(f"{where}: line {blank + reader.line_num}: {error}") from None


def _delimiter(line: str) -> str:
    # A semicolon in a comma-separated header is rarer than a decimal comma in a semicolon-separated one.
    return ";" if ";" in re.sub(r'"[^"]*"', "", line) else ","


def _header(head: Sequence[Row]) -> list[str] | None:
    """The names in the first row, if it is one: text above a cell that is none (a text column proves nothing)."""
    first = head[0][1]
    below = head[1][1] if len(head) > 1 else [""] * len(first)
    # Rows of different lengths are for _numbers to report.
    if not any(_is_text(cell) and not _is_text(under) for cell, under in zip(first, below, strict=False)):
        return None
    # numpy.savetxt writes its header as a comment.
    return [cell.strip().removeprefix("#").strip() if i == 0 else cell.strip() for i, cell in enumerate(first)]


def _is_text(cell: str) -> bool:
    """Whether a cell is a word, rather than a number, a missing value or a number in another notation (1,5)."""
    return cell.strip().lower() not in MISSING and not _is_float(cell.replace(",", "."))


def _is_float(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _numbers(
    rows: Iterable[Row], where: str, names: Sequence[str] | None, width: int, chosen: Sequence[int]
) -> np.ndarray:
    """The chosen cells as points[m, d]; the first cell that is no finite number raises DataError."""
    values = array("d")
    for line, row in rows:
        if len(row) != width:
            raise DataError(f"{where}: line {line}: expected {width} cells, as in the first row, got {len(row)}")
        cells = [row[index] for index in chosen]
        try:
            numbers = [float(cell) for cell in cells]
        except ValueError:
            numbers = [math.nan]
        # float() takes 2007_11 for 200711; in a table that is an identifier. One NaN or infinity spoils the sum.
        if not math.isfinite(sum(numbers)) or "_" in "".join(cells):
            _raise_fault(where, line, row, names, chosen)
        values.extend(numbers)
    return np.frombuffer(values).reshape(-1, len(chosen))


def _raise_fault(where: str, line: int, row: Sequence[str], names: Sequence[str] | None, chosen: Sequence[int]) -> None:
    """Raise DataError at the first faulty cell; a row of huge numbers whose sum overflows has none."""
    for index in chosen:
        fault = _fault(row[index])
        if fault is not None:
            raise DataError(f"{where}: line {line}, {column_label(index, names)}: {fault}")


def _fault(cell: str) -> str | None:
    """What is wrong with a cell that should hold a finite number, or None."""
    text = cell.strip()
    if text.lower() in MISSING:
        return f"missing value {text!r}; choose other columns, or remove the rows that lack it"
    if not _is_float(text) or "_" in text:
        hint = "write a decimal point" if _is_float(text.replace(",", ".")) and "," in text else "correct the cell"
        return f"{text!r} is not a number; choose numeric columns, or {hint}"
    return None if math.isfinite(float(text)) else f"{text!r} is not finite"
