"""`swref plot`: the figures of a run."""

from __future__ import annotations

from pathlib import Path

import click

from swref.commands import completion
from swref.commands.lines import show


@click.command(short_help="Draw the figures of a run.")
@click.argument("run", type=click.Path(path_type=Path), shell_complete=completion.run_folders)
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Folder; figures/ in the run without it.")
@click.option("--format", "kind", default="png", show_default=True, metavar="KIND", help="png, svg or pdf.")
@click.option("--json", "as_json", is_flag=True, help="Print the paths as one JSON object.")
def plot(run: Path, out: Path | None, kind: str, as_json: bool) -> None:
    """Draw the figures of a run.

    RUN is the folder of a run, finished or interrupted; the data themselves are not needed. The loss of every step
    on a logarithmic axis with its running mean; the data, at most 2000 points, beside as many generated samples, as
    images where the data are images, as shades and lines where points would cover each other; where the columns are
    wrong. A run with --track has also the natural residual of the exact loss and the distance to its exact flow.

    \b
    Example:
      swref plot runs/moons-001
      swref plot runs/moons-001 --out figures --format pdf
    """
    from swref.commands.output import show_json
    from swref.runs.figures import draw_run

    paths = draw_run(run, out, kind)
    if as_json:
        show_json({"figures": [str(path) for path in paths]})
    else:
        show("\n".join(map(str, paths)))
