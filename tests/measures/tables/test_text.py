"""Encodings: oracle, the text that was encoded."""

from __future__ import annotations

import io

import pytest

from swref.errors import DataError
from swref.measures.tables.text import guess_encoding, lines_of

TEXT = "größe,b\r\n0.5,0.6\r\n1.5,1.6\r\n"


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("utf-8", False),
        ("utf-8-sig", False),
        ("utf-16", False),
        ("utf-32", False),
        ("utf-16-le", True),
        ("utf-16-be", True),
        ("latin-1", True),
        ("cp1252", True),
    ],
)
def test_the_lines_are_those_that_were_written(encoding: str, said: bool) -> None:
    content = TEXT.encode(encoding)
    guess, note = guess_encoding(lambda: io.BytesIO(content))
    assert list(lines_of(lambda: io.BytesIO(content), guess, "memory")) == TEXT.splitlines(keepends=True)
    assert (note is not None) == said


@pytest.mark.parametrize("end", ["\x1a", "\r\n\x1a", "\r\n" + 100 * "\x1a"])
def test_the_end_that_dos_marks_is_none_of_the_text(end: str) -> None:
    lines = lines_of(lambda: io.BytesIO(f"1\x1a\r\n2{end}".encode()), "utf-8", "memory")
    assert [line.rstrip("\r\n") for line in lines] == ["1\x1a", "2"]


def test_bytes_that_windows_leaves_open_are_latin_1() -> None:
    assert guess_encoding(lambda: io.BytesIO(b"a\x81\n"))[0] == "latin-1"


def test_another_encoding_than_was_said() -> None:
    """One line, with the place as far as it is known."""
    with pytest.raises(DataError, match=r"^memory: after line 0: not utf-8 text \(invalid .*\)$"):
        list(lines_of(lambda: io.BytesIO(TEXT.encode("latin-1")), "utf-8", "memory"))
