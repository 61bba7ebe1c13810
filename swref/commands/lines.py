"""Lines for a person: whatever a file, a folder or a target is called, no line of ours drives the terminal."""

from __future__ import annotations

from contextlib import nullcontext, suppress

import click

from swref.messages import escaped


def show(text: str, err: bool = False) -> None:
    """Write `text`, with what is no printable letter escaped but the ends of its lines, to stdout or stderr.

    No work ends because stderr, where nothing but remarks goes, is full or gone.
    """
    with suppress(OSError) if err else nullcontext():
        click.echo("\n".join(map(escaped, text.split("\n"))), err=err)
