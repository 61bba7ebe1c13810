"""From the bytes of a file to its lines of text: which encoding, guessed where none is given."""

from __future__ import annotations

import codecs
import io
from collections.abc import Callable, Iterator
from typing import IO, Final

from swref.errors import DataError

_BLOCK: Final = 2**20
# The longer first: the mark of UTF-32 begins with that of UTF-16.
_MARKS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def guess_encoding(open_bytes: Callable[[], IO[bytes]]) -> tuple[str, str | None]:
    """(encoding, a note if the guess could be wrong) of a file: its mark, or UTF-8 if all of it is, or windows-1252.

    >>> guess_encoding(lambda: io.BytesIO("größe".encode("latin-1")))
    ('cp1252', 'no UTF-8 text; read as windows-1252, that is Latin-1 (else --encoding)')
    """
    with open_bytes() as stream:
        head = stream.read(4096)
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name, None
    zeros = head[0::2].count(0), head[1::2].count(0)
    if max(zeros) > len(head) // 8 and min(zeros) == 0:  # half of the bytes of Latin text in UTF-16
        name = "utf-16-be" if zeros[0] else "utf-16-le"
        return name, f"every other byte is 0; read as {name} (else --encoding)"
    if _is(open_bytes, "utf-8"):
        return "utf-8", None
    if _is(open_bytes, "cp1252"):
        return "cp1252", "no UTF-8 text; read as windows-1252, that is Latin-1 (else --encoding)"
    return "latin-1", "no UTF-8 text; read as Latin-1 (else --encoding)"


def _is(open_bytes: Callable[[], IO[bytes]], encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with open_bytes() as stream:
            while block := stream.read(_BLOCK):
                decoder.decode(block)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def lines_of(open_bytes: Callable[[], IO[bytes]], encoding: str, where: str) -> Iterator[str]:
    """The lines, their ends kept, as the csv module wants them. Raises DataError where the bytes are not the text."""
    count = 0
    try:
        with open_bytes() as stream, io.TextIOWrapper(stream, encoding=encoding, newline="") as text:
            for line in text:
                count += 1
                if line.endswith("\x1a"):  # only the last line has no end of its own: DOS ends files so
                    line = line.rstrip("\x1a")
                if line:
                    yield line
    except UnicodeError as error:
        raise DataError(f"{where}: after line {count}: not {encoding} text ({_detail(error)})") from None


def _detail(error: UnicodeError) -> str:
    return error.reason if isinstance(error, UnicodeDecodeError) else str(error)
