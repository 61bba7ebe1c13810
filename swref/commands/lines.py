"""Lines for a person: whatever a file, a folder or a target is called, no line of ours drives the terminal."""

from __future__ import annotations

import click

from swref.messages import escaped


def show(text: str, err: bool = False) -> None:
    """Write `text`, with what is no printable letter escaped but the ends of its lines, to stdout or stderr."""
    click.echo("\n".join(map(escaped, text.split("\n"))), err=err)
