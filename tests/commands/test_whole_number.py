"""Counts as people write them; oracle: Python's own notation of the same numbers."""

from __future__ import annotations

import click
import pytest

from swref.commands.whole_number import WHOLE
from tests.commands.support import commands, refuse


@pytest.mark.parametrize(("text", "number"), [("7", 7), ("-3", -3), ("1e4", 10_000), ("2.5e3", 2500), ("4.0", 4)])
def test_whole_numbers(text: str, number: int) -> None:
    value = WHOLE.convert(text, None, None)
    assert (value, type(value)) == (number, int)


@pytest.mark.parametrize("text", ["1.5", "x", "", "nan", "inf", "1e-3", "1e300"])
def test_what_is_none(text: str) -> None:
    with pytest.raises(click.BadParameter, match="is not a valid integer"):
        WHOLE.convert(text, None, None)


def test_every_count_of_every_command_takes_them() -> None:
    for name, command in commands().items():
        kinds = {parameter.name: parameter.type for parameter in command.params}
        assert click.INT not in kinds.values(), name
    assert "is not a valid integer" in refuse("distance", "moons", "circles", "-n", "1.5")
