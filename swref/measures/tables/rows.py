"""From lines to rows of cells, each with the number of its line."""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from swref.errors import DataError
from swref.measures.tables.cells import ODD

Row = tuple[int, list[str]]  # number of its last line in the file, cells

SPACE: Final = " "  # as a separator: any run of spaces and tabs
SPACES: Final = "  "  # two at least, or a tab: cells may hold single ones

LONGEST: Final = 2**22  # characters of a row
WIDEST: Final = 100_000  # cells of a row: a column takes some hundred times the memory of a cell

_BLANKS: Final = {SPACE: re.compile(r"[ \t]+"), SPACES: re.compile(r" *\t[ \t]*| {2,}\t?[ \t]*")}
_ESCAPED: Final = re.compile(r'\\[\\"]')
_RULER: Final = re.compile(r"\s*([-=*_~])\1{3}[-=*_~\s+|]*")


class QuoteError(DataError):
    """A quote that is neither closed nor doubled."""


class Lines:
    """Lines counted as they are read, those that hold no row left out: blank ones, rulers (-----), comments.

    odd: whether a line since it was last set to False holds a character that float() would pass over.
    """

    def __init__(self, lines: Iterable[str], skip: int = 0, comment: str = ""):
        self._lines, self._skip, self._comment = iter(lines), skip, comment
        self.line, self.comments, self.odd = 0, 0, False
        self.characters = 0  # of the row that is being read

    def take(self, count: int) -> list[str]:
        """The next lines behind those to skip, none left out; `give_back` them, or they have been read."""
        while self.line < self._skip and (text := next(self._lines, None)) is not None:
            self.line += 1
            self.comments += bool(self._comment) and text.lstrip().startswith(self._comment)
        taken = list(itertools.islice(self._lines, count))
        self.line += len(taken)
        return taken

    def give_back(self, lines: list[str]) -> None:
        """Let these be the next lines again."""
        self._lines = itertools.chain(lines, self._lines)
        self.line -= len(lines)

    def __iter__(self) -> Iterator[str]:
        comment = self._comment
        for text in self._lines:
            self.line += 1
            if comment and text.lstrip().startswith(comment):
                self.comments += 1
                continue
            if self.line <= self._skip or not text.strip(" \t\r\n"):
                continue
            if text[0] in " -=*_~" and _RULER.fullmatch(text):
                continue
            if not text.isascii() or ODD.search(text):
                self.odd = True
            yield text


def split(lines: Lines, sep: str, where: str) -> Iterator[Row]:
    """The rows; quotes are understood. Raises QuoteError, with the line, for one that is not closed or not doubled, and
    DataError for a row of more than LONGEST characters or WIDEST cells.

    >>> list(split(Lines(["a;b", "", "1;'2'"]), ";", "memory"))
    [(1, ['a', 'b']), (3, ['1', "'2'"])]
    """
    try:
        for row in _rows(lines, sep, where):
            if len(row) > WIDEST:
                raise DataError(f"{where}: line {lines.line}: {len(row)} cells, and {WIDEST} are the most")
            lines.characters = 0
            yield lines.line, row
    except csv.Error as error:
        raise QuoteError(f"{where}: line {lines.line}: {error}") from None


def _rows(lines: Lines, sep: str, where: str) -> Iterator[list[str]]:
    if sep not in _BLANKS:
        yield from csv.reader(_bounded(lines, where), delimiter=sep, strict=True, skipinitialspace=sep != "\t")
        return
    blanks = _BLANKS[sep]
    for text in _bounded(lines, where):
        text = text.strip(" \t\r\n")
        quoted = '"' in text and sep == SPACE
        yield _quoted_words(text, where, lines.line) if quoted else blanks.split(text)


def _bounded(lines: Lines, where: str) -> Iterator[str]:
    for text in lines:
        lines.characters += len(text)
        if lines.characters > LONGEST:
            raise DataError(f"{where}: line {lines.line}: a row of more than {LONGEST} characters")
        yield text


def double_quotes(line: str) -> str:
    r"""A line with its quotes inside of cells doubled, where they stand behind a backslash, as MySQL writes them.

    >>> double_quotes(r'"5\" pipe","C:\\"')
    '"5"" pipe","C:\\"'
    """
    return _ESCAPED.sub(lambda found: '""' if found[0] == '\\"' else "\\", line)


def plain_columns(lines: Sequence[str], sep: str, width: int, comment: str) -> list[tuple[str, ...]] | None:
    """The columns of cells of these lines at once, if each is a row of `width` plain cells: no comments, no characters
    but ASCII, and none that float() would pass over. None where `split` has to look at them one by one.

    >>> plain_columns(["1,2", "3,4"], ",", 2, "#"), plain_columns(["1,2", "3"], ",", 2, "#")
    ([('1', '3'), ('2', '4')], None)
    """
    text = "".join(lines)
    if width == 1 or sep == SPACES or not text.isascii() or ODD.search(text):
        return None
    if any(mark in text for mark in ("----", "====", "****", "~~~~")) or (comment and comment in text):
        return None
    if sep == SPACE:
        rows = [line.split() for line in lines] if '"' not in text else []
    else:
        try:
            rows = list(csv.reader(lines, delimiter=sep, strict=True, skipinitialspace=sep != "\t"))
        except csv.Error:  # or a cell that goes on in the next lines
            return None
    if len(rows) != len(lines) or any(len(cells) != width for cells in rows):
        return None
    return list(zip(*rows, strict=True))


def _quoted_words(text: str, where: str, line: int) -> list[str]:
    reader = csv.reader([_BLANKS[SPACE].sub(" ", text)], delimiter=" ", strict=True, skipinitialspace=True)
    try:
        return next(reader)
    except csv.Error as error:
        raise QuoteError(f"{where}: line {line}: {error}") from None
