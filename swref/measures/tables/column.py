"""One column of a table while it is read: its numbers, and what else stood in it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from swref.errors import DataError
from swref.measures.tables.cells import CONTROL, TRUTH, is_date, is_grouped, is_missing, is_truth, number
from swref.messages import shown

TEXT_SHARE: Final = 0.1  # of the cells that are there: from here on a column is one of text, below it has faulty cells
WORDS: Final = 20  # for missing values, that are kept to be told
SURE_AFTER: Final = 5000  # cells after which a column of text is not looked at any more


@dataclass(eq=False)
class Column:
    """The values so far, NaN where there is none, and the first place of each kind of other cell."""

    index: int
    label: str
    chosen: bool  # by the user: then text is a fault, not a reason to leave the column out
    lenient: bool = False  # text among numbers is no fault, but a missing number
    parts: list[np.ndarray] = field(default_factory=list)
    numbers: int = 0
    missing: int = 0
    texts: int = 0
    dates: int = 0
    grouped: str = ""  # a cell with thousands separators
    truth: bool | None = None  # whether it holds TRUE and FALSE, as its first cell that is there says
    first_text: tuple[int, str] = (0, "")
    first_missing: tuple[int, str] = (0, "")
    words: set[str] = field(default_factory=set)  # for missing values
    closed: bool = False

    def add(self, where: str, lines: Sequence[int], cells: Sequence[str], decimal: str, odd: bool) -> None:
        """Take the next cells; odd: they hold characters that float() would pass over.

        Raises DataError for a control character beside a number, and for text in a column that was chosen.
        """
        if self.closed:
            return
        if self.truth is None:
            there = next((cell for cell in cells if not is_missing(cell)), None)
            self.truth = None if there is None else is_truth(there)
        values = None if odd or self.truth else _converted(cells, decimal)
        if values is None or not np.isfinite(values).all():
            values = np.array(
                [self._value(where, line, cell, decimal, odd) for line, cell in zip(lines, cells, strict=True)]
            )
        else:
            self.numbers += len(values)
        self.parts.append(values)
        if self.is_text and self.texts > SURE_AFTER and not self.chosen:
            self.closed, self.parts = True, []

    @property
    def is_text(self) -> bool:
        """Whether it is one of text, not of numbers with a fault here and there."""
        return self.texts > TEXT_SHARE * (self.texts + self.numbers)

    @property
    def gaps(self) -> int:
        """Cells without a number."""
        return self.missing + self.texts

    @property
    def values(self) -> np.ndarray:
        """All numbers so far [m], NaN where there is none."""
        if len(self.parts) > 1:
            self.parts = [np.concatenate(self.parts)]
        return self.parts[0] if self.parts else np.empty(0)

    def fault(self, text: str, decimal: str) -> str:
        """What is wrong with a cell that should be a number, and what to do."""
        other = "," if decimal == "." else "."
        comma = not self.truth and number(text, other) is not None
        hint = f"--decimal {other}" if comma else "leave such rows out (--missing any)"
        expected = "neither TRUE nor FALSE, as the first is" if self.truth else "not a number"
        return f"{shown(text)} is {expected}; choose numeric columns (--columns), or {hint}"

    def _value(self, where: str, line: int, cell: str, decimal: str, odd: bool) -> float:
        """The number in a cell, or NaN, and note what it is."""
        text = cell.strip(" \t\r\n\u00a0\u2009\u202f\ufeff") if odd else cell.strip()
        value = TRUTH.get(text.lower()) if self.truth else number(text, decimal)
        if value is not None and math.isfinite(value):
            self.numbers += 1
            if not self.grouped and is_grouped(text, decimal):
                self.grouped = text
            return value
        if odd and CONTROL.search(text):
            bare = CONTROL.sub("", text)
            if is_missing(bare) or number(bare.strip(), decimal) is not None:
                hint = "remove it, or choose other columns (--columns)"
                raise DataError(f"{where}: line {line}, {self.label}: {shown(text)} holds a control character; {hint}")
        missing = is_missing(text) or value is not None  # an infinite one is no coordinate
        if not missing and self.chosen and not self.lenient:
            raise DataError(f"{where}: line {line}, {self.label}: {self.fault(text, decimal)}")
        if missing or self.lenient:
            if len(self.words) < WORDS:
                self.words.add(text)
            self.first_missing = self.first_missing if self.first_missing[0] else (line, text)
        if missing:
            self.missing += 1
            return math.nan
        self.texts += 1
        self.dates += is_date(text)
        if not self.first_text[0]:
            self.first_text = (line, text)
        return math.nan


def _converted(cells: Sequence[str], decimal: str) -> np.ndarray | None:
    """All cells as numbers [k] at once; None where that fails for one."""
    if decimal == ",":
        if "." in "".join(cells):  # a thousands separator, or a fault
            return None
        cells = [cell.replace(",", ".") for cell in cells]
    try:
        return np.fromiter(map(float, cells), np.float64, len(cells))
    except ValueError:
        return None
