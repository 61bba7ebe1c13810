"""The value of a flag that counts: 10000, or 1e4."""

from __future__ import annotations

from typing import Any, Final

import click

from swref.messages import shown


class WholeNumber(click.ParamType):
    """A whole number, also in the notation of floats where it is one.

    >>> WholeNumber().convert("1e4", None, None), WholeNumber().convert("12", None, None)
    (10000, 12)
    """

    name = "integer"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The int; a usage error for any other text."""
        if isinstance(value, int):
            return value
        try:
            return int(value)
        except ValueError:
            pass
        try:
            number = float(value)
        except ValueError:
            self.fail(f"{shown(value)} is not a valid integer.", param, ctx)
        if not number.is_integer() or abs(number) > 2**53:  # beyond, a float names several
            self.fail(f"{shown(value)} is not a valid integer.", param, ctx)
        return int(number)


WHOLE: Final = WholeNumber()
