"""Whether the first row of a table holds names, whether units follow, and whether the first column is an index."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from swref.errors import DataError
from swref.measures.reading import listing
from swref.measures.tables.cells import is_missing, is_text, is_truth, number
from swref.measures.tables.rows import Lines, Row, split
from swref.messages import shown

_UNNAMED: Final = re.compile(r"|Unnamed: 0(_level_\d)?|\.\.\.1")
_INTEGER: Final = re.compile(r"-?[0-9]{1,15}")
_YEARS: Final = range(1800, 2101)


@dataclass(frozen=True)
class Found:
    """What the top of a table is."""

    names: tuple[str, ...] | None
    rows: int = 0  # how many of the first rows hold names and units
    index: bool = False
    notes: tuple[str, ...] = ()


def find_names(rows: Sequence[Row], width: int, decimal: str, header: str) -> Found:
    """The names in the first of `rows`; header "yes" or "no" says it, "" guesses.

    A header has text above a column of numbers, or of TRUE and FALSE; or whole numbers that count on, or years, above
    other numbers.

    >>> find_names([(1, ["a", "b"]), (2, ["1", "2"])], 2, ".", "")
    Found(names=('a', 'b'), rows=1, index=False, notes=())
    """
    if header == "no":
        return Found(None)
    first = [cell.strip() for cell in rows[0][1]]
    while len(first) > width and not first[-1]:  # ends with a separator, as no other row
        del first[-1]
    body = [cells for _, cells in rows[1:] if len(cells) == width]
    short = len(first) == width - 1 and bool(body)
    if short and all(not cells[-1].strip() for cells in body):
        first.append("")  # every row but the first ends with a separator
    elif short and index_like([cells[0] for cells in body]):
        first.insert(0, "")
    if len(first) != width:
        return Found(None)
    text = _text_above_numbers(first, body, decimal) or (
        _is_units(rows, 1, width, decimal) and _text_above_numbers(first, body[1:], decimal)
    )
    cornered = width > 1 and not first[0] and all(is_text(name, decimal) for name in first[1:])
    text = text or (cornered and bool(body) and index_like([cells[0] for cells in body]))
    counted = not text and _counts_on(first, body, decimal)
    if not (header or text or counted):
        return Found(None)
    notes = []
    if not header and (counted or any(number(cell, decimal) is not None for cell in first)):
        named = listing([shown(cell) for cell in first if cell])
        notes.append(f"the first row is taken for names: {named} (else --no-header)")
    units = 0
    while _is_units(rows, 1 + units, width, decimal):
        units += 1
        line, cells = rows[units]
        notes.append(f"line {line} left out, taken for units: {listing([shown(cell.strip()) for cell in cells])}")
    index = width > 1 and _UNNAMED.fullmatch(first[0]) is not None and all(first[1:])
    if all(len(cell) > 2 and cell[0] == cell[-1] == "'" for cell in first):
        first = [cell[1:-1] for cell in first]
    return Found(tuple(first), 1 + units, index, tuple(notes))


def names_in_comment(above: Sequence[str], comment: str, sep: str, width: int) -> Found | None:
    """The names in the last comment above the first row, as numpy.savetxt writes them, if it has any.

    >>> names_in_comment(["# a,b"], "#", ",", 2).names
    ('a', 'b')
    """
    last = next((line.strip() for line in reversed(above) if line.strip()), "")
    text = last.lstrip(comment).strip()
    if not last.startswith(comment) or not text:
        return None
    try:
        cells = next(split(Lines([text]), sep, ""))[1]
    except DataError:
        return None
    names = tuple(cell.strip() for cell in cells)
    words = len(set(names)) == width == len(names) and all(is_text(name, ".") for name in names)
    # A comment above a single column is a name only as a single word.
    if not words or (width == 1 and " " in text):
        return None
    return Found(names, notes=(f"names from the comment {shown(last)} (else --no-header)",))


def index_like(cells: Sequence[str]) -> bool:
    """Whether the first cells of the rows are names of rows, or numbers of rows: distinct, and no fractions.

    >>> index_like(["1", "2", "3"]), index_like(["0.5", "0.7"])
    (True, False)
    """
    texts = [cell.strip() for cell in cells]
    return len(set(texts)) == len(texts) and all(_INTEGER.fullmatch(text) or is_text(text, ".") for text in texts)


def _text_above_numbers(first: Sequence[str], body: Sequence[Sequence[str]], decimal: str) -> bool:
    for j, name in enumerate(first):
        if not is_text(name, decimal):
            continue
        below = [cells[j].strip() for cells in body if not is_missing(cells[j])]
        words = [cell for cell in below if is_text(cell, decimal) and (is_truth(name) or not is_truth(cell))]
        if len(words) <= 0.1 * len(below):
            return True
    return False


def _counts_on(first: Sequence[str], body: Sequence[Sequence[str]], decimal: str) -> bool:
    """Whether the numbers in the first row, words or nothing beside them, are 0, 1, 2 above fractions, or years above
    what is none, or either beside an index."""
    counted = [j for j, name in enumerate(first) if _INTEGER.fullmatch(name)]
    rest = [name for name in first if not _INTEGER.fullmatch(name)]
    if len(counted) < 1 + (len(rest) == 0) or not body or any(number(name, decimal) is not None for name in rest):
        return False
    values = [int(first[j]) for j in counted]
    consecutive = values == list(range(values[0], values[0] + len(values)))
    rising = consecutive or (len(values) > 2 and values == sorted(set(values)))
    years = rising and all(value in _YEARS for value in values)
    if not (years or (consecutive and values[0] in (0, 1))):
        return False
    if rest == [""] and not first[0]:
        return index_like([cells[0] for cells in body])
    cells = [row[j].strip() for row in body for j in counted if not is_missing(row[j])]
    if years and not any(_INTEGER.fullmatch(cell) and int(cell) in _YEARS for cell in cells):
        return len(counted) > 1 or bool(rest and is_text(rest[0], decimal))
    fractions = sum(number(cell, decimal) is not None and not _INTEGER.fullmatch(cell) for cell in cells)
    return fractions > 0.5 * len(cells)


def _is_units(rows: Sequence[Row], at: int, width: int, decimal: str) -> bool:
    """Whether row `at` has text above numbers, no number, and a row below."""
    if at + 1 >= len(rows) or len(rows[at][1]) != width or at > 3:
        return False
    cells = rows[at][1]
    if any(number(cell.strip(), decimal) is not None for cell in cells):
        return False
    return _text_above_numbers(cells, [below for _, below in rows[at + 1 :] if len(below) == width], decimal)
