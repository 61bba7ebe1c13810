"""The form of a table, guessed from its first lines where it is not given; a guess that could be wrong has a note."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from swref.errors import DataError
from swref.measures.reading import TableOptions
from swref.measures.tables.cells import is_grouped, is_missing, is_truth, number
from swref.measures.tables.header import find_names, index_like, names_in_comment
from swref.measures.tables.rows import LONGEST, SPACE, SPACES, Lines, Row, split
from swref.messages import shown

HEAD_LINES: Final = 200
HEAD_CHARACTERS: Final = 300_000
HEAD_BLANK: Final = 100_000  # lines, blank ones, too
CANDIDATES: Final = (";", "\t", "|", ",", SPACE, SPACES)  # the rarer inside of cells first
_COMMENTS: Final = ("#", "%")
_SEP_LINE: Final = re.compile(r'\s*"?sep=(.)"?\s*', re.IGNORECASE)
_COMMA: Final = re.compile(r"[+-]?[0-9]*,[0-9]+(?:[eE][+-]?[0-9]+)?")


@dataclass(frozen=True)
class Dialect:
    """How the lines of a table become cells, and what the first of them are."""

    sep: str
    decimal: str
    names: tuple[str, ...] | None
    width: int  # cells of a row
    skip: int  # lines before the first row of data
    comment: str  # what begins a line that is none of the table, or ""
    index: bool  # whether the first column is an index that pandas or R wrote
    notes: tuple[str, ...]


def detect(lines: Iterable[str], options: TableOptions, where: str, tab: bool = False) -> Dialect:
    """The dialect of the table that begins with `lines`; what `options` says is not guessed.

    tab: whether the name of the file speaks for tabs. Raises DataError where there is no row.

    >>> detect(["a;b", "0,5;0,6"], TableOptions(), "memory").decimal
    ','
    """
    head = _head(lines, where)
    notes: list[str] = []
    sep, skip = options.sep, next((k for k, line in enumerate(head) if line.strip()), 0)
    announced = _SEP_LINE.fullmatch(head[skip]) if head else None
    if announced:  # by Excel
        sep, skip = sep or announced[1], skip + 1
    comment = _comment_mark(head[skip:])
    sep = sep or _separator(head, skip, comment, tab)
    rows = _rows(head, skip, comment, sep, where)
    if not rows:
        raise DataError(f"{where}: the file is empty")
    decimal = options.decimal or _decimal(rows, sep, notes)
    width = _width(rows)
    start = _preamble(rows, width)
    if start:
        notes.append(f"the lines above line {rows[start][0]} left out: they have not the {width} cells of the table")
        skip, rows = rows[start][0] - 1, rows[start:]
    found = find_names(rows, width, decimal, options.header)
    if comment and options.header != "no" and find_names(rows, width, decimal, "").names is None:
        found = names_in_comment(head[: rows[0][0] - 1], comment, sep, width) or found
    skip = rows[found.rows - 1][0] if found.rows else skip
    return Dialect(sep, decimal, found.names, width, skip, comment, found.index, (*notes, *found.notes))


def _head(lines: Iterable[str], where: str) -> list[str]:
    """The first lines: so many or so long, but two that are not blank at least. Raises DataError where these come too
    late, or one is too long.
    """
    head: list[str] = []
    characters = filled = 0
    for line in lines:
        head.append(line)
        if len(line) > LONGEST:
            raise DataError(f"{where}: line {len(head)}: a row of more than {LONGEST} characters")
        characters += len(line)
        filled += bool(line.strip())
        if filled >= HEAD_LINES or (characters > HEAD_CHARACTERS and filled >= 2):
            break
        if len(head) > HEAD_BLANK:
            raise DataError(f"{where}: no table begins in its first {HEAD_BLANK} lines")
    return head


def _comment_mark(head: Sequence[str]) -> str:
    """The mark of comments: it begins some lines, all before the others or fewer than them."""
    filled = [line.lstrip() for line in head if line.strip()]
    for mark in _COMMENTS:
        marked = [line.startswith(mark) for line in filled]
        count = sum(marked)
        if 0 < count < len(marked) and (count < len(marked) - count or all(marked[:count])):
            return mark
    return ""


def _rows(head: Sequence[str], skip: int, comment: str, sep: str, where: str) -> list[Row]:
    """The rows in the head; where it is cut inside a quoted cell, that row is none of them."""
    rows = []
    try:
        for row in split(Lines(head, skip, comment), sep, where):
            rows.append(row)
    except DataError:
        if len(rows) < 2:
            raise
    return rows


def _width(rows: Sequence[Row]) -> int:
    """The width of most rows, the first quarter (titles, names) aside; the first row's in doubt."""
    counts = Counter(len(cells) for _, cells in rows[len(rows) // 4 :])
    most = max(counts.values())
    widths = [width for width, count in counts.items() if count == most]
    return len(rows[0][1]) if len(rows[0][1]) in widths else max(widths)


def _separator(head: Sequence[str], skip: int, comment: str, tab: bool) -> str:
    """Where cut there, nearly all rows are of one width, and most cells numbers; a comma if nothing speaks for any."""
    best, most = ",", (0.0, False)
    for sep in CANDIDATES:
        try:
            rows = _rows(head, skip, comment, sep, "")
        except DataError:
            continue
        width = _width(rows) if rows else 1
        start = _preamble(rows, width)
        rows = rows[start:]
        alike = [cells for _, cells in rows if len(cells) == width]
        short = len(rows[0][1]) == width - 1 and (width > 2 or sep != ",") if rows else False  # for the index of R
        if width == 1 or len(alike) + short < 0.9 * len(rows):
            continue
        if tab and sep == "\t":
            return sep
        if sep in (SPACE, SPACES) and most > (0.0, False) and best not in (SPACE, SPACES):
            words = (any(best in cell and not _is_number(cell) for cell in row) for row in alike)
            if sum(words) > 0.5 * len(alike):  # MSFT,Jan is no word, and its comma none of a decimal
                continue
        cells = [cell for row in alike[len(alike) > 1 :] for cell in row]
        fit = round(sum(map(_is_number, cells)) / len(cells), 2), start == 0
        if fit > most:
            best, most = sep, fit
    return best


def _is_number(cell: str) -> bool:
    text = cell.strip()
    return is_missing(text) or is_truth(text) or number(text, ".") is not None or number(text, ",") is not None


def _decimal(rows: Sequence[Row], sep: str, notes: list[str]) -> str:
    """A comma where cells are numbers only with it; what could be either goes by the habit of the separator."""
    cells = [cell.strip() for _, row in rows for cell in row]
    commas = [cell for cell in cells if "," in cell and (_COMMA.fullmatch(cell) or is_grouped(cell, ","))]
    sure = [cell for cell in commas if not is_grouped(cell, ".")]  # 0,5 but not 1,234
    points = sum("." in cell and number(cell, ".") is not None and not is_grouped(cell, ",") for cell in cells)
    if len(sure) > points or (commas and not points and sep == ";"):
        example = (sure or commas)[0]
        notes.append(f"commas are decimal marks: {shown(example)} is {number(example, ','):g} (else --decimal .)")
        return ","
    return "."


def _preamble(rows: Sequence[Row], width: int) -> int:
    """How many rows at the top are a title or the like: of other widths than the next ten, and nine of ten below.

    Where numbers come before a row of another width, the table has begun: that row is left out, or an error.
    """
    widths = [len(cells) - empty_beyond(cells, width) for _, cells in rows]
    if width < 2:
        return 0
    for start in range(len(rows) - 2):
        fits = [w == width for w in widths[start:]]
        if widths[start] == width - 1 and fits[1]:  # names, and none for the index of R; or a title
            below = [cells for _, cells in rows[start + 1 :]]
            fits[0] = any(map(_is_number, below[0])) and index_like([cells[0] for cells in below])
        if all(fits[:10]) and sum(fits) >= 0.9 * len(fits):
            return start
        fitting = itertools.takewhile(lambda row: len(row[1]) == width, rows[start:])
        if any(all(_is_number(cell) and not is_missing(cell) for cell in cells) for _, cells in fitting):
            return start
    return 0


def empty_beyond(cells: Sequence[str], width: int) -> int:
    """How many cells the row has beyond its width, if all of them are empty."""
    beyond = cells[width:]
    return 0 if any(cell.strip() for cell in beyond) else len(beyond)
