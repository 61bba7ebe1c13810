"""`swref sample`: points of a trained generator, in the data's units."""

from __future__ import annotations

from pathlib import Path

import click

from swref.commands import completion
from swref.commands.lines import show
from swref.commands.whole_number import WHOLE


@click.command(short_help="Draw samples from a trained generator.")
@click.argument("run", type=click.Path(path_type=Path), shell_complete=completion.run_folders)
@click.option("-n", "n", type=WHOLE, required=True, metavar="N", help="Number of points, >= 1.")
@click.option("--seed", type=WHOLE, default=0, show_default=True, help="Of the draw; it has nothing of the run's seed.")
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help=".csv or .npy; CSV on stdout without it.")
def sample(run: Path, n: int, seed: int, out: Path | None) -> None:
    """Draw samples from a trained generator.

    RUN is the folder of a run, finished or interrupted; the data themselves are not needed. The samples are in their
    units, under the names of their columns.

    \b
    Example:
      swref sample runs/moons-001 -n 5
      swref sample runs/moons-001 -n 1000 --seed 1 --out samples.csv
    """
    from swref import runs
    from swref.commands.output import check_points_file, csv_text, write_points

    check_points_file("--out", out)
    loaded = runs.Run.load(run)
    check_points_file("--out", out, loaded.files)
    points = loaded.sample(n, seed)
    if out is None:
        click.echo(csv_text(points, loaded.names), nl=False)
    else:
        write_points(out, points, loaded.names)
        show(f"{n} samples of {points.shape[1]} columns in {out}")
