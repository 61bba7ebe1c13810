"""Tables of text, of whatever form: a reader that guesses, says what it guessed, and can be overruled."""

from __future__ import annotations

from swref.measures.tables.reader import parse_table, read_table

__all__ = ["parse_table", "read_table"]
