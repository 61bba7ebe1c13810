"""Lists between commas: what a shell may hand over, and what is no list."""

from __future__ import annotations

import click
import pytest

from swref.commands.comma_list import CommaList


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        (int, "64,32", (64, 32)),
        (int, " 64 , 32 ", (64, 32)),
        (int, "", ()),
        (int, "  ", ()),
        (int, (1, 2), (1, 2)),
        (str, "height, weight", ("height", "weight")),
        (str, "0", ("0",)),
    ],
)
def test_lists_that_are_lists(kind, text, expected):
    assert CommaList(kind).convert(text, None, None) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1,,2", "'1,,2' has an empty entry between its commas"),
        (",", "has an empty entry"),
        ("1,x", "'1,x' is not a list of whole numbers such as 64,64"),
        ("1.5", "is not a list of whole numbers"),
    ],
)
def test_lists_that_are_not(text, message):
    with pytest.raises(click.UsageError, match=message):
        CommaList(int).convert(text, None, None)
