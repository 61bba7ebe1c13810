"""The value of a flag that takes several: texts, whole numbers or columns between commas."""

from __future__ import annotations

from typing import Any

import click

from swref.commands.whole_number import WHOLE
from swref.messages import shown


class CommaList(click.ParamType):
    """Comma-separated texts or numbers, as a tuple; spaces around them do not count, and "" is ().

    >>> CommaList(str).convert("height, weight", None, None), CommaList(float).convert("1e-2,inf", None, None)
    (('height', 'weight'), (0.01, inf))
    """

    def __init__(self, kind: type[int] | type[float] | type[str]):
        self.kind = kind
        self.name = f"list of {kind.__name__}"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[Any, ...]:
        """The tuple of a text; a tuple stays. A usage error for an empty entry or one of another kind."""
        if isinstance(value, tuple):
            return value
        parts = [part.strip() for part in value.split(",")]
        if parts == [""]:
            return ()
        if "" in parts:
            self.fail(f"{shown(value)} has an empty entry between its commas", param, ctx)
        try:
            return tuple(WHOLE.convert(part, None, None) if self.kind is int else self.kind(part) for part in parts)
        except (click.BadParameter, ValueError):
            what = "whole numbers such as 64,64" if self.kind is int else "numbers such as 0.1,0.2"
            self.fail(f"{shown(value)} is not a list of {what}", param, ctx)


class ColumnList(click.ParamType):
    """Columns between commas, left in one text: only the names in the file tell which commas are inside of one.

    >>> ColumnList().convert("mass, kg", None, None), ColumnList().convert("", None, None)
    (('mass, kg',), ())
    """

    name = "list of columns"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """The text in a tuple, none of an empty one; a tuple stays."""
        if isinstance(value, tuple):
            return value
        return (value,) if value.strip() else ()
