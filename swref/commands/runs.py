"""`swref runs`: a table of the runs below a folder."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import click

from swref.commands.lines import show


@click.command(short_help="List the runs below a folder.")
@click.argument("folder", type=click.Path(path_type=Path), default=Path("runs"), required=False)
@click.option("--sort", default="name", show_default=True, metavar="COLUMN", help="Column to sort by.")
@click.option("--descending", is_flag=True, help="The largest first.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV.")
def runs(folder: Path, sort: str, descending: bool, as_json: bool, as_csv: bool) -> None:
    """List the runs below a folder.

    FOLDER is runs/ without it. A row a run: its name, the data, directions L, step, batch, steps done, the loss over
    the last tenth of them, the ratio "generated / two halves" (near 1: as good as fresh data), seconds and seed.

    \b
    Example:
      swref runs
      swref runs runs --sort ratio --csv
    """
    from swref.commands.output import show_json
    from swref.runs.listing import COLUMNS, as_text, list_runs, sorted_rows

    if as_json and as_csv:
        raise click.UsageError("--json and --csv cannot be given together")
    rows, unreadable = list_runs(folder)
    rows = sorted_rows(rows, sort, descending)
    if as_json:
        show_json({"runs": [row.to_dict() for row in rows]})
    elif as_csv:
        writer = csv.DictWriter(sys.stdout, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(row.to_dict() for row in rows)
    else:
        show(as_text(rows) if rows else f"no runs below {folder}")
    for line in unreadable:
        show(f"Left out: {line}", err=True)
