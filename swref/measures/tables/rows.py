"""From lines to rows of cells, each with the number of its line."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from typing import Final

from swref.errors import DataError
from swref.measures.tables.cells import CONTROL, ODD

Row = tuple[int, list[str]]  # number of its last line in the file, cells

SPACE: Final = " "  # as a separator: any run of spaces and tabs
SPACES: Final = "  "  # two at least, or a tab: cells may hold single ones

_BLANKS: Final = {SPACE: re.compile(r"[ \t]+"), SPACES: re.compile(r" *\t[ \t]*| {2,}\t?[ \t]*")}
_RULER: Final = re.compile(r"\s*([-=*_~])\1{3,}[-=*_~\s+|]*")


class Lines:
    """Lines counted as they are read, those that hold no row left out: blank ones, rulers (-----), comments.

    odd: whether a line since it was last set to False holds a character that float() would pass over.
    """

    def __init__(self, lines: Iterable[str], skip: int = 0, comment: str = ""):
        self._lines, self._skip, self._comment = iter(lines), skip, comment
        self.line, self.comments, self.odd = 0, 0, False

    def __iter__(self) -> Iterator[str]:
        comment = self._comment
        for line, text in enumerate(self._lines, start=1):
            self.line = line
            if comment and text.lstrip().startswith(comment):
                self.comments += 1
                continue
            if line <= self._skip or not text.strip(" \t\r\n"):
                continue
            if text[0] in " -=*_~" and _RULER.fullmatch(text):
                continue
            if not text.isascii() or ODD.search(text):
                self.odd = True
            yield text


def split(lines: Lines, sep: str, where: str) -> Iterator[Row]:
    """The rows; quotes are understood. Raises DataError, with the line, for a quote that is not closed.

    >>> list(split(Lines(["a;b", "", "1;'2'"]), ";", "memory"))
    [(1, ['a', 'b']), (3, ['1', "'2'"])]
    """
    if sep in _BLANKS:
        blanks = _BLANKS[sep]
        for text in lines:
            text = text.strip(" \t\r\n")
            quoted = '"' in text and sep == SPACE
            yield lines.line, _quoted_words(text, where, lines.line) if quoted else blanks.split(text)
        return
    reader = csv.reader(lines, delimiter=sep, strict=True, skipinitialspace=sep != "\t")
    try:
        for row in reader:
            yield lines.line, row
    except csv.Error as error:
        raise DataError(f"{where}: line {lines.line}: {error}") from None


def _quoted_words(text: str, where: str, line: int) -> list[str]:
    reader = csv.reader([_BLANKS[SPACE].sub(" ", text)], delimiter=" ", strict=True, skipinitialspace=True)
    try:
        return next(reader)
    except csv.Error as error:
        raise DataError(f"{where}: line {line}: {error}") from None


def has_control(cells: Iterable[str]) -> bool:
    """Whether a cell holds a control character."""
    return any(CONTROL.search(cell) for cell in cells)
