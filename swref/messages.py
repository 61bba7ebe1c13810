"""How a value is shown: in a message on one line and cut, whatever it is; in JSON, which has no infinity, as null."""

from __future__ import annotations

import math
import re
import reprlib
from typing import Any, Final

SHOWN: Final = 80  # characters of a value in a message
WORD: Final = 300  # of a word of a whole message: a path may be long


class _Short(reprlib.Repr):
    """Python's own shortened repr, which fails neither at an integer too long to print nor at an object's own error."""

    def __init__(self) -> None:
        super().__init__()
        self.maxstring = self.maxother = SHOWN
        self.maxlevel = 3

    def repr_int(self, x: int, level: int) -> str:
        """Its digits, or how many there are."""
        if abs(x) < 10**40:
            return repr(x)
        return f"{'a negative' if x < 0 else 'an'} integer of about {x.bit_length() * math.log10(2):.0f} digits"


def shown(value: Any) -> str:
    """`value` as a message shows it: its repr, cut, on one line.

    >>> shown("a" * 3), shown(-(10**5000))
    ("'aaa'", 'a negative integer of about 5000 digits')
    """
    try:
        return one_line(_Short().repr(value))
    except Exception:  # the repr of a stranger's class may raise anything, and what is being said is another fault
        return f"an object of the class {type(value).__name__}"


def short(name: str) -> str:
    """A name in a list of them: as it is, or as `shown` where it is long or no printable text.

    >>> short("mass"), short("\x1b[2J")
    ('mass', "'\\\\x1b[2J'")
    """
    return name if len(name) <= SHOWN and name.isprintable() else shown(name)


def escaped(text: str) -> str:
    """`text` with what is no printable letter as Python writes it: nothing in it drives a terminal or turns the line.

    >>> print(escaped("gr\u00f6\u00dfe \x1b[2J\u202e"))
    größe \\x1b[2J\\u202e
    """
    return text if text.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def one_line(text: str) -> str:
    """`text` without line breaks, escaped, of at most 4 SHOWN characters."""
    text = escaped(re.sub(r"\s*\n\s*", " ", text))
    return text if len(text) <= 4 * SHOWN else f"{text[: 2 * SHOWN]}...{text[-SHOWN:]}"


def cut_words(text: str) -> str:
    """`text` on one line, escaped, its words of at most WORD characters: what a parser repeats may be long.

    >>> len(cut_words("a  " + "9" * 5000))
    165
    """
    long = re.compile(rf"\S{{{WORD + 1},}}")
    return escaped(" ".join(long.sub(lambda word: f"{word[0][:SHOWN]}...{word[0][-SHOWN:]}", text).split()))


def json_number(value: float | None) -> float | None:
    """`value`, or None (JSON's null) where it is not finite.

    >>> json_number(math.inf), json_number(2.0)
    (None, 2.0)
    """
    return value if value is not None and math.isfinite(value) else None
