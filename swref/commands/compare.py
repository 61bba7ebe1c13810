"""`swref compare`: runs beside each other on the same held-out data."""

from __future__ import annotations

from pathlib import Path

import click

from swref.commands import completion
from swref.commands.lines import show


@click.command(short_help="Compare runs on the same held-out data.")
@click.argument(
    "runs",
    nargs=-1,
    required=True,
    type=click.Path(path_type=Path),
    metavar="RUN RUN...",
    shell_complete=completion.run_folders,
)
@click.option("--figure", type=click.Path(path_type=Path), metavar="FILE", help="Draw the losses: .png, .svg or .pdf.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def compare(runs: tuple[Path, ...], figure: Path | None, as_json: bool) -> None:
    """Compare runs on the same held-out data.

    Two or more folders of runs; all are compared with the first. It prints the settings that differ, and SW_p from as
    many generated as held-out points to the held-out part of the first run's data, in its units, with the difference to
    the first and its paired standard error. The data themselves are not needed: at most 2000 held-out points lie in
    the folder.

    \b
    Example:
      swref train moons --steps 500 --directions 8 --out runs/eight
      swref compare runs/moons-001 runs/eight
      swref compare runs/moons-001 runs/eight --figure losses.png --json
    """
    from swref.commands.output import show_json, telling_of_compilation
    from swref.files import check_writable
    from swref.plots.saving import format_of
    from swref.runs import Run
    from swref.runs.comparison import compare as compare_runs
    from swref.runs.figures import draw_losses

    if figure is not None:
        format_of("--figure", figure)
        check_writable(figure)
    loaded = [Run.load(path) for path in runs]
    with telling_of_compilation("auto"):
        result = compare_runs(loaded)
    if figure is not None:
        draw_losses(loaded, figure)
    if as_json:
        show_json({**result.to_dict(), "figure": None if figure is None else str(figure)})
        return
    for key, values in result.settings.items():
        show(f"{key}: {' | '.join(map(str, values))}")
    show(f"SW_{result.p:g} to {result.held_out} held-out points, over {result.directions} directions; +- is a")
    show("standard error, of 20 draws, 19 degrees of freedom; of a difference paired, with that of the held-out")
    show("points:")
    width = max(len(row.run) for row in result.runs)
    for k, row in enumerate(result.runs):
        error = "" if row.paired_standard_error is None else f" +- {row.paired_standard_error:.1g}"
        difference = f"   difference {row.difference:+.4g}{error}" if k else ""
        loss = "" if row.loss is None else f", loss {row.loss:.4g}"
        distance = f"{row.distance:.4g} +- {row.standard_error:.1g}"
        show(f"  {row.run:<{width}}  {distance}{difference}   ({row.steps} steps{loss})")
    for line in result.remarks:
        show(f"Note: {line}", err=True)
    if figure is not None:
        show(f"figure: {figure}")
