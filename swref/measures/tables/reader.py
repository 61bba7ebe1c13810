"""Tables of text as measures: the rows are the points, the columns of numbers their coordinates."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final

from swref.errors import DataError
from swref.measures.columns import column_label, columns_for_config, left_out_of, resolve_columns
from swref.measures.discrete import Discrete
from swref.measures.packed import open_unpacked, unpacked_name
from swref.measures.reading import Reading, TableOptions, listing
from swref.measures.tables.cells import number
from swref.measures.tables.choose import choose, complete_rows, labels
from swref.measures.tables.column import Column
from swref.measures.tables.dialect import Dialect, detect, empty_beyond
from swref.measures.tables.rows import SPACE, SPACES, Lines, QuoteError, Row, double_quotes, plain_columns, split
from swref.measures.tables.text import guess_encoding, lines_of

CHUNK: Final = 4096  # rows that are turned into numbers at once
OTHERS: Final = 0.1  # rows of another width against the rest: up to here left out, beyond a fault
_SEPARATORS: Final = {SPACE: "blanks", SPACES: "two blanks or more", "\t": "tabs"}
_AUTOMATIC: Final = TableOptions()


def read_table(path: Path, options: TableOptions = _AUTOMATIC, keep_constant: bool = False) -> Discrete:
    """The rows of a table of text, packed or not, as a Discrete measure with uniform weights; `reading` says how.

    What `options` leaves open is guessed from the file (see dialect.detect). Without chosen columns those of numbers
    are taken; constant ones too where `keep_constant`. Rows with a missing value are left out, or refused.
    Raises DataError with file, line and column for a ragged row, a cell that is no finite number in a chosen column or
    a faulty one in a column of numbers, or a file without numbers; InputError for columns that do not exist.
    """
    open_bytes = lambda: open_unpacked(path)  # noqa: E731
    encoding, note = (options.encoding, None) if options.encoding else guess_encoding(open_bytes)
    measure = parse_table(
        lambda: lines_of(open_bytes, encoding, str(path)),
        str(path),
        dataclasses.replace(options, encoding=encoding),
        tab=unpacked_name(path).lower().endswith((".tsv", ".tab")),
        keep_constant=keep_constant,
    )
    reading = measure.reading
    return (
        measure
        if note is None or reading is None
        else measure.with_reading(dataclasses.replace(reading, notes=(note, *reading.notes)))
    )


def parse_table(
    lines: Callable[[], Iterable[str]],
    where: str,
    options: TableOptions = _AUTOMATIC,
    *,
    tab: bool = False,
    keep_constant: bool = False,
) -> Discrete:
    """What read_table does, from lines of text that can be had more than once; `where` opens every message.

    Where the quotes do not close as they should, they may be those of MySQL, behind a backslash instead of doubled.

    >>> parse_table(lambda: ["a,b", "1,2", "3,4"], "memory", TableOptions(columns=("b",)))
    Discrete(m=2, dim=1, uniform, names=('b',))
    """
    try:
        return _parse(lines, where, options, tab, keep_constant)
    except QuoteError as error:
        try:
            measure = _parse(lambda: map(double_quotes, lines()), where, options, tab, keep_constant)
        except DataError:
            raise error from None
        reading = measure.reading
        return measure if reading is None else measure.with_reading(reading.and_note("backslashes escape quotes"))


def _parse(
    lines: Callable[[], Iterable[str]], where: str, options: TableOptions, tab: bool, keep_constant: bool
) -> Discrete:
    dialect = detect(lines(), options, where, tab)
    names, notes = dialect.names, list(dialect.notes)
    wanted = resolve_columns(options.columns or None, names, dialect.width, where)
    chosen = bool(options.columns)
    columns = [Column(index, column_label(index, names), chosen, options.missing == "any") for index in wanted]
    counted = Lines(lines(), dialect.skip, dialect.comment)
    others = _fill(columns, counted, dialect, options.missing, where)
    if others:
        numbers = listing([str(line) for line, _ in others])
        rows = "row" if len(others) == 1 else "rows"
        notes.append(f"{len(others)} {rows} left out: not of {dialect.width} cells (line {numbers})")
    if counted.comments:
        lines_ = "line" if counted.comments == 1 else "lines"
        notes.append(f"{counted.comments} {lines_} left out: comments ({dialect.comment})")
    kept = columns if chosen else choose(columns, 0 if dialect.index else None, keep_constant, where, notes)
    points = complete_rows(kept, options.missing, where, notes)  # [m, d]
    for column in kept:
        if column.grouped:
            notes.append(_thousands(column, dialect.decimal))
            break
    if truths := [column for column in kept if column.truth]:
        notes.append(f"{labels(truths)}: TRUE is 1 and FALSE is 0 (else --columns)")
    indices = [column.index for column in kept]
    reading = Reading(
        where,
        tuple(notes),
        dataclasses.replace(
            options,
            sep=dialect.sep,
            decimal=dialect.decimal,
            header="no" if names is None else "yes",
            columns=columns_for_config(indices, names),
        ),
        () if chosen else left_out_of(indices, dialect.width, names),
    )
    measure = Discrete(points, names=None if names is None else tuple(names[index] for index in indices))
    return measure.with_reading(reading)


def _fill(columns: Sequence[Column], lines: Lines, dialect: Dialect, missing: str, where: str) -> list[Row]:
    """Read all rows into the columns, some thousands at once; the rows of another width are returned."""
    width, count = dialect.width, 0
    while taken := lines.take(CHUNK):
        table = plain_columns(taken, dialect.sep, width, dialect.comment)
        if table is None:
            lines.give_back(taken)
            break
        first = lines.line - len(taken) + 1
        for column in columns:
            column.add(where, range(first, lines.line + 1), table[column.index], dialect.decimal, False)
        count += len(taken)
    rows = split(lines, dialect.sep, where)
    others: list[Row] = []
    while chunk := list(itertools.islice(rows, CHUNK)):
        odd, lines.odd = lines.odd, False
        if any(len(cells) != width for _, cells in chunk):
            fitting = [row for row in chunk if _fits(row[1], width)]
            others += [row for row in chunk if len(row[1]) != width]
            chunk = fitting
        if not chunk:
            continue
        numbers, table = [line for line, _ in chunk], list(zip(*(cells for _, cells in chunk), strict=True))
        for column in columns:
            column.add(where, numbers, table[column.index], dialect.decimal, odd)
        count += len(chunk)
    if count + len(others) == 0:
        raise DataError(f"{where}: there is a header but no row of numbers below it")
    if others and (missing == "error" or len(others) > OTHERS * count):
        line, cells = others[0]
        raise DataError(
            f"{where}: line {line}: expected {width} {_cells(width)}, as in most rows, got {len(cells)} "
            f"(cut at {_SEPARATORS.get(dialect.sep, repr(dialect.sep))}; else --sep)"
        )
    return others


def _fits(cells: list[str], width: int) -> bool:
    """Whether a row has its width, once empty cells behind the last column are cut."""
    del cells[len(cells) - empty_beyond(cells, width) :]
    return len(cells) == width


def _cells(count: int) -> str:
    return "cell" if count == 1 else "cells"


def _thousands(column: Column, decimal: str) -> str:
    value = number(column.grouped, decimal)
    other = "," if decimal == "." else "."
    return f"{column.label}: {column.grouped!r} is {value!r}, with thousands separators (else --decimal {other})"
