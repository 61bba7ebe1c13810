"""How a file was read: what was chosen for a table, and a line for everything guessed or left out."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from swref import checks
from swref.errors import InputError, InputTypeError

MISSING_RULES: Final = ("drop", "any", "error")
HEADERS: Final = ("", "yes", "no")
_SEPARATORS: Final = {
    "\\t": "\t",
    "tab": "\t",
    "space": " ",
    "spaces": "  ",
    "comma": ",",
    "semicolon": ";",
    "pipe": "|",
}


@dataclass(frozen=True)
class TableOptions:
    """How a table is to be read; what is "" or () is left to a guess.

    sep: one character between cells; " " (or "space") stands for any run of spaces and tabs, "  " ("spaces") for two
    or more. decimal: "." or ",". header: whether the first row holds names, "yes" or "no". encoding: as Python names
    it. missing: rows with a missing number are left out ("drop"), also those with a word in a column of numbers
    ("any"), or refused ("error"). columns: names, or indices from 0; a text is one name or several between commas.
    Raises InputError or InputTypeError for anything else.

    >>> TableOptions(sep="tab").sep
    '\\t'
    """

    sep: str = ""
    decimal: str = ""
    header: str = ""
    encoding: str = ""
    missing: str = "drop"
    columns: tuple[str | int, ...] = ()

    def __post_init__(self) -> None:
        for name in ("sep", "decimal", "header", "encoding", "missing"):
            if not isinstance(getattr(self, name), str):
                raise InputTypeError(f"{name} must be a string, got {checks.shown(getattr(self, name))}")
        sep = _SEPARATORS.get(self.sep, self.sep)
        object.__setattr__(self, "sep", sep)
        if (len(sep) > 1 and sep != "  ") or sep.isalnum() or sep in set("\"'\r\n.+-_"):
            raise InputError(f"sep must be one character such as ';', tab or space, got {checks.shown(self.sep)}")
        if self.decimal not in ("", ".", ","):
            raise InputError(f"decimal must be '.' or ',', got {checks.shown(self.decimal)}")
        if self.sep and self.sep == self.decimal and self.sep != ",":
            raise InputError(f"sep and decimal must differ, got {checks.shown(self.sep)} for both")
        if self.header not in HEADERS:
            raise InputError(f"header must be yes or no, got {checks.shown(self.header)}")
        checks.one_of("missing", self.missing, MISSING_RULES)
        try:
            "".encode(self.encoding or "utf-8")
        except (LookupError, ValueError):
            raise InputError(
                f"encoding must be one that Python knows, such as latin-1, got {checks.shown(self.encoding)}"
            ) from None

    @classmethod
    def of(cls, columns: Any = None, header: bool | str | None = None, **given: Any) -> TableOptions:
        """From the keywords of load_measure: columns may be a sequence or a text, header a truth value."""
        if isinstance(header, (bool, np.bool_)):
            header = "yes" if header else "no"
        kept = {name: value for name, value in given.items() if value is not None}
        return cls(columns=_as_columns(columns), header="" if header is None else header, **kept)

    def to_dict(self) -> dict[str, Any]:
        """The fields, columns as texts."""
        return {**dataclasses.asdict(self), "columns": [str(column) for column in self.columns]}


def _as_columns(columns: Any) -> tuple[str | int, ...]:
    if columns is None:
        return ()
    if isinstance(columns, str):
        return (columns,)
    if not isinstance(columns, (Sequence, np.ndarray)):
        raise InputTypeError(f"columns must be a sequence of names or indices, got {checks.shown(columns)}")
    if len(columns) == 0:
        raise InputError("columns must choose at least one column, got none")
    return tuple(columns)


@dataclass(frozen=True)
class Reading:
    """What reading a file decided: a line each for what was guessed or left out, and the options that read it again.

    options: of a table, with every guess put in; None for other files. shape: of the arrays that were taken as points,
    [h, w] for images; () where a point is no more than its coordinates. left_out: columns that were not chosen, by
    their names or, without names, their indices.
    """

    where: str
    notes: tuple[str, ...] = ()
    options: TableOptions | None = None
    left_out: tuple[str, ...] = ()
    shape: tuple[int, ...] = ()

    def and_note(self, note: str) -> Reading:
        """The same with one more note."""
        return dataclasses.replace(self, notes=(*self.notes, note))


def notes_of(measure: Any) -> list[str]:
    """The notes of a measure that was read from a file, each opened by the file's name; none of another.

    >>> notes_of(Reading("a.csv"))
    []
    """
    reading = getattr(measure, "reading", None)
    return [] if reading is None else [f"{os.path.basename(reading.where)}: {note}" for note in reading.notes]


def listing(names: Iterable[str], most: int = 6) -> str:
    """Names in one short line.

    >>> listing(["a", "b", "c"], most=2)
    'a, b and 1 more'
    """
    names = list(names)
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
