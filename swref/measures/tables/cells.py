"""What one cell of a table says: a number in its notation, a missing value, a date, or text."""

from __future__ import annotations

import math
import re
from typing import Final

MISSING: Final = frozenset(
    ("", "na", "n/a", "n.a.", "<na>", "nan", "-nan", "null", "none", "\\n", "#n/a", "#na", "?", ".", "-", "--")
)
TRUTH: Final = {"true": 1.0, "false": 0.0}  # not T and F, which are words and names, too
CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
ODD: Final = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|[0-9]_[0-9]"
)  # what float() passes over, or takes for part of a number

_NUMBER: Final = {
    mark: re.compile(rf"[+-]?(?:[0-9]+(?:{re.escape(mark)}[0-9]*)?|{re.escape(mark)}[0-9]+)(?:[eE][+-]?[0-9]+)?")
    for mark in ".,"
}
# 1,234.5 or 1'234 or 1 234, the last two with any of the spaces that typesetters use.
_GROUPED: Final = {
    mark: re.compile(
        rf"[+-]?[0-9]{{1,3}}([{other}'’ \u00a0\u2009\u202f])[0-9]{{3}}(?:\1[0-9]{{3}})*(?:{re.escape(mark)}[0-9]*)?"
    )
    for mark, other in ((".", ","), (",", "."))
}
_INFINITE: Final = re.compile(r"[+-]?inf(?:inity)?", re.IGNORECASE)
_DATE: Final = re.compile(
    r"\d{4}[-/.]\d{1,2}([-/.]\d{1,2})?([T ].*)?|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}([T ].*)?|\d{1,2}:\d{2}(:\d{2}.*)?"
    r"|((\d{1,2}[ -])?(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[ .-]*(\d{1,2}[, -]*)?\d{2,4})"
    r"|\d{4}:\d{1,2}|\d{4}[ -]?[qm]\d{1,2}",
    re.IGNORECASE,
)


def is_missing(text: str) -> bool:
    """Whether a cell stands for no value."""
    return text.strip().lower() in MISSING


def is_truth(text: str) -> bool:
    """Whether a cell says TRUE or FALSE, in any case."""
    return text.strip().lower() in TRUTH


def number(text: str, decimal: str) -> float | None:
    """The value of a stripped cell in the notation of its file, thousands separators passed over; None for no number.

    >>> number("1,234.5", "."), number("1,5", "."), number("1,5", ","), number("2007_11", ".")
    (1234.5, None, 1.5, None)
    """
    text = text.replace("\u2212", "-")  # the minus sign of typesetters
    if _NUMBER[decimal].fullmatch(text):
        return float(text.replace(",", "."))
    grouped = _GROUPED[decimal].fullmatch(text)
    if grouped:
        return float(text.replace(grouped[1], "").replace(",", "."))
    if _INFINITE.fullmatch(text):
        return -math.inf if text.startswith("-") else math.inf
    return None


def is_grouped(text: str, decimal: str) -> bool:
    """Whether a stripped cell is a number with thousands separators.

    >>> is_grouped("1,234", "."), is_grouped("1.234", ".")
    (True, False)
    """
    return _GROUPED[decimal].fullmatch(text) is not None


def is_date(text: str) -> bool:
    """Whether a stripped cell looks like a date or a time.

    >>> is_date("2020-01-31"), is_date("Jan 5, 2020"), is_date("12.5")
    (True, True, False)
    """
    return _DATE.fullmatch(text) is not None


def is_text(text: str, decimal: str) -> bool:
    """Whether a cell is neither a number nor missing."""
    return not is_missing(text) and number(text.strip(), decimal) is None
