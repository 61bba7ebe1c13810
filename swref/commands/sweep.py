"""`swref sweep`: many runs of one plan, how far they are, and what they say together."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from swref.commands import completion, place_flags
from swref.commands.comma_list import CommaList
from swref.commands.config_flags import ALONE, sweep_flags
from swref.commands.lines import show

if TYPE_CHECKING:
    from swref.inference.statistics import Estimate
    from swref.runs.executors import Place
    from swref.runs.sweep import Sweep
    from swref.runs.sweep.drive import Standing
    from swref.runs.sweep.groups import Best

PATH = click.Path(path_type=Path)
FOLDER = click.argument("folder", type=PATH, metavar="DIR")
JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
METRIC = click.option(
    "--metric", default="ratio_to_resampled", show_default=True, metavar="NAME", help="Of a run; the less, the better."
)
SHOWN = 10  # groups, or failures


class SweepGroup(click.Group):
    """A group whose first word may also be a plan or a flag of `run`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """The word run is put in where no command is named."""
        named = bool(args) and (args[0] in self.commands or args[0] in ctx.help_option_names)
        return super().parse_args(ctx, list(args) if named else ["run", *args])


@click.group(cls=SweepGroup, short_help="Train many runs over settings and seeds.")
def sweep() -> None:
    """Train many runs over settings and seeds.

    Settings are a grid, a list or samples of a box, of any fields of `swref train`. The word run may be left out:
    `swref sweep moons --step 0.01,0.02` is `swref sweep run moons --step 0.01,0.02`. Each run is a folder of its own,
    named by the digest of its config; the same command does only what is missing.

    \b
    Example:
      swref sweep penguins --step 0.05,0.1 --steps 200 --seeds 2 --out runs/steps
      swref sweep results runs/steps
    """


@sweep.command()
@click.argument("what", required=False, metavar="[PLAN.toml | TARGET]", shell_complete=completion.data)
@click.option(
    "--seeds", metavar="K", type=CommaList(int), help="So many runs of each, or seeds S1,S2,...  [default: 1]"
)
@click.option("--out", type=PATH, metavar="DIR", help="Folder of the sweep.  [default: runs/sweep-NAME-DIGEST]")
@click.option("--dry-run", is_flag=True, help="Say how many runs there are, and about how long they take; do none.")
@click.option("--yes", is_flag=True, help="More than 10,000 runs are meant.")
@click.option("--as-in-paper", is_flag=True, help="Choose nothing from the data: L = 1 and a constant step.")
@place_flags.workers
@place_flags.scheduler
@place_flags.cluster
@place_flags.threads
@JSON
@sweep_flags
@click.pass_context
def run(
    ctx: click.Context,
    /,
    what: str | None,
    seeds: tuple[int, ...] | None,
    out: Path | None,
    dry_run: bool,
    yes: bool,
    as_in_paper: bool,
    workers: int | None,
    scheduler: str | None,
    cluster: Path | None,
    threads: int,
    as_json: bool,
    **flags: Any,
) -> None:
    """Do the runs of a plan, or what is missing of them.

    A file PLAN.toml has the sections [config], what all runs have, [grid], every combination of its lists, [[list]],
    settings one by one, and [sobol], samples of a box, and seeds (docs/scale.md). Flags win over it: one value is for
    all runs, several between commas are a grid. A TARGET is one as of `swref train`. What nothing gives is chosen once
    for each set of data, for all its runs alike. A run that diverges is a result; one that fails keeps its reason and
    stops no other.

    \b
    Example:
      swref sweep run moons --step 0.05,0.1 --noise 0,0.1 --seeds 6 --workers 2 --dry-run
    """
    from swref.commands.output import say, show_json
    from swref.runs.sweep.api import planned, prepared

    place = place_flags.place_of(workers, scheduler, cluster)
    given = {name: value for name, value in flags.items() if value is not None}
    options = {"many": yes, "as_in_paper": as_in_paper}
    plan, folder = planned(what, given, alone=ALONE, seeds=seeds, options=options, out=out)
    found = prepared(plan, folder, say)
    if dry_run:
        forecast = found.forecast()
        if as_json:
            show_json({"sweep": str(folder), **forecast.to_dict()})
        else:
            minutes = forecast.seconds / 60
            show(f"{folder}: {forecast.runs} runs, {forecast.missing} missing, about {minutes:.1f} min of one process")
        return
    _go_on(ctx, found, place, threads, as_json, retry=False)


@sweep.command()
@FOLDER
@place_flags.workers
@place_flags.scheduler
@place_flags.cluster
@place_flags.threads
@JSON
@click.pass_context
def retry(
    ctx: click.Context,
    folder: Path,
    workers: int | None,
    scheduler: str | None,
    cluster: Path | None,
    threads: int,
    as_json: bool,
) -> None:
    """Do the runs that failed, once more, and no others.

    \b
    Example:
      swref sweep retry runs/steps
    """
    from swref.runs.sweep import load_sweep

    place = place_flags.place_of(workers, scheduler, cluster)
    _go_on(ctx, load_sweep(folder), place, threads, as_json, retry=True)


@sweep.command()
@FOLDER
@JSON
def status(folder: Path, as_json: bool) -> None:
    """Say how far a sweep is, who works on it, and why runs have failed.

    \b
    Example:
      swref sweep status runs/steps --json
    """
    from swref.commands.output import show_json
    from swref.runs.sweep import load_sweep

    found = load_sweep(folder).status()
    show_json(found) if as_json else _show_status(found)


@sweep.command()
@FOLDER
@METRIC
@click.option("--out", type=PATH, metavar="FILE", help="Write a row a run: .csv or .parquet.")
@click.option("--csv", "as_csv", is_flag=True, help="Print a row a run as CSV.")
@JSON
def results(folder: Path, metric: str, out: Path | None, as_csv: bool, as_json: bool) -> None:
    """Print the best settings with their uncertainty, or a row a run.

    Of each setting the median over its seeds, with an interval at the level 0.95 where there are six, and what it is
    worse by than the best one, seed by seed; those marked = are not told apart from it. The last line is what choosing
    the best is worth on seeds that had no part in the choice. Runs that diverged count as infinite.

    \b
    Example:
      swref sweep results runs/steps --metric loss --out steps.csv --json
    """
    from swref.commands.output import show_json
    from swref.runs.sweep import load_sweep
    from swref.runs.sweep.table import check_table_path, to_csv, write_table

    if as_json and as_csv:
        raise click.UsageError("--json and --csv cannot be given together")
    if out is not None:
        check_table_path("--out", out)
    found = load_sweep(folder)
    table = found.table()
    if out is not None:
        write_table(out, table)
    if as_csv:
        show(to_csv(table).rstrip("\n"))
    elif as_json:
        show_json({"sweep": str(folder), "rows": table, **found.best(metric).to_dict()})
    else:
        _show_best(found.best(metric))


@sweep.command()
@FOLDER
@METRIC
@click.option("--x", metavar="FIELD", help="Along the axis.  [default: that of most values]")
@click.option("--by", metavar="FIELD", help="A line each.  [default: that of the next most]")
@click.option("--format", default="png", show_default=True, metavar="NAME", help="png, svg or pdf.")
@JSON
def plot(folder: Path, metric: str, x: str | None, by: str | None, format: str, as_json: bool) -> None:
    """Draw medians against one or two fields, as lines and as a map, into figures/ of the sweep.

    Every run is a dot, a cross on the upper edge says that some diverged; other fields are held at the values of the
    best setting.

    \b
    Example:
      swref sweep plot runs/steps --metric loss --format svg
    """
    from swref.commands.output import show_json
    from swref.runs.sweep import load_sweep

    paths = load_sweep(folder).plot(metric, x=x, by=by, format=format)
    if as_json:
        show_json({"figures": [str(path) for path in paths]})
        return
    for path in paths:
        show(f"figure: {path}")


def _go_on(ctx: click.Context, found: Sweep, place: Place, threads: int, as_json: bool, *, retry: bool) -> None:
    from swref.checks import THREADS, integer
    from swref.commands.output import show_json, telling_of_compilation
    from swref.commands.progress import SweepBar
    from swref.commands.signals import as_interrupts, until_caught

    integer("--threads", threads, minimum=1, maximum=THREADS)
    with as_interrupts() as signals, telling_of_compilation("cpu"), SweepBar() as bar:

        def progress(standing: Standing) -> None:
            for each in until_caught(signals, [standing]):
                bar(each)

        try:
            found.go_on(place, progress, threads=threads, retry=retry)
        except KeyboardInterrupt:
            bar.__exit__()
            show(f"Interrupted: what is done is kept in {found.path}; the same command goes on from there", err=True)
            ctx.exit(128 + signals[-1] if signals else 130)
    status = found.status()
    show_json(status) if as_json else _show_status(status)
    if status["failed"]:
        ctx.exit(1)


def _show_status(status: dict[str, Any]) -> None:
    folder, kinds = status["sweep"], ("done", "diverged", "failed", "begun", "missing")
    show(f"{folder}: {status['runs']} runs, " + ", ".join(f"{status[kind]} {kind}" for kind in kinds if status[kind]))
    if status["held"]:
        show(f"at work: {status['held']}")
    for failure in status["failures"][:SHOWN]:
        show(f"failed: {failure['run']}: {failure['reason']}")
    if status["failed"] > SHOWN:
        show(f"... and {status['failed'] - SHOWN} more: swref sweep results {folder} --csv")
    if status["failed"] and not status["held"]:
        show(f"again: swref sweep retry {folder}")


def _show_best(best: Best) -> None:
    show(f"{best.metric}: median over seeds, worse than the first by, = where that may be nothing")
    for entry in best.ranked[:SHOWN]:
        point = ", ".join(f"{name} = {value}" for name, value in entry.group.point.items()) or "all runs"
        lost = f", {entry.group.diverged} diverged" if entry.group.diverged else ""
        mark = "=" if entry.tied else " "
        runs = f"({len(entry.group.values)} of {entry.group.runs} runs{lost})"
        show(f"{mark} {_shown(entry.group.median)}   {_shown(entry.worse)}   {point}   {runs}")
    if len(best.ranked) > SHOWN:
        show(f"... and {len(best.ranked) - SHOWN} more settings")
    show(f"chosen by one half of the seeds, judged by the other: {_shown(best.chosen)}")
    if any(math.isinf(entry.worse.low) for entry in best.ranked):
        show("Intervals at the level 0.95 take six seeds.", err=True)


def _shown(estimate: Estimate) -> str:
    """Without an interval where it has none."""
    return f"{estimate.value:.3g}" if math.isinf(estimate.high - estimate.low) else str(estimate)
