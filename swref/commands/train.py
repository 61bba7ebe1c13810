"""`swref train`: a run from flags or a TOML file, its continuation, and what it reports at the end."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import click

from swref import runs
from swref.commands import completion
from swref.commands.config_flags import config_flags
from swref.commands.lines import show
from swref.commands.output import say, show_json, telling_of_compilation
from swref.commands.progress import ProgressBar
from swref.commands.signals import as_interrupts, until_caught
from swref.errors import SwrefError
from swref.messages import one_line
from swref.runs.columns import Columns

PATH = click.Path(path_type=Path)


@click.command(short_help="Train a generator on data.")
@click.argument("target", required=False, shell_complete=completion.data)
@click.option("--config", "config_file", type=PATH, metavar="FILE", help="Values from a TOML file; flags win.")
@click.option("--out", type=PATH, metavar="DIR", help="Run folder, new or empty.  [default: runs/TARGET-001, ...]")
@click.option(
    "--resume",
    "resumed",
    type=PATH,
    metavar="RUN",
    help="Continue the run in this folder.",
    shell_complete=completion.run_folders,
)
@click.option("--minutes", type=float, metavar="M", help="Steps that take so long on this machine, not --steps.")
@click.option("--as-in-paper", is_flag=True, help="Choose nothing from the data: L = 1 and a constant step.")
@click.option("--no-figures", is_flag=True, help="Draw no figures.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object.")
@config_flags
@click.pass_context
def train(
    ctx: click.Context,
    /,
    target: str | None,
    config_file: Path | None,
    out: Path | None,
    resumed: Path | None,
    minutes: float | None,
    as_in_paper: bool,
    no_figures: bool,
    as_json: bool,
    **flags: Any,
) -> None:
    """Train a generator on data.

    TARGET is a built-in name (penguins, digits, moons, circles, gaussian:3, ...) or a file: a table of text (.csv .tsv
    .txt .dat, packed or not), .parquet, .feather, .npy, .npz, .png, .tif, IDX; penguins without it. Of a table the
    columns of numbers are taken; what was guessed or left out is said. A network T(u, x) is trained by SGD on the
    sliced Wasserstein loss between T(u, x), x drawn from --source, and the target. What no flag gives is chosen from
    the data, and shown. The run is kept in a folder that replays it (--config RUN/config.toml), and that --resume
    continues after any interruption, with the bits of a run without one; with a larger --steps, it extends a finished
    run whose step is constant. Where the data have moved since, a replay and --resume take the file as TARGET.

    \b
    Example:
      swref train moons --steps 500
      swref train moons --as-in-paper --steps 500
      swref train --resume runs/moons-002 --steps 1000
      swref train --columns bill_length_mm,body_mass_g --hidden 32 --steps 500 --json
    """
    given = {name: value for name, value in flags.items() if value is not None}
    layers = [] if config_file is None else [runs.replayed(config_file)]
    if resumed is not None:
        _refuse_beside_resume(ctx)
        config = runs.RunFolder(resumed).config()
        place: AbstractContextManager[Path] = nullcontext(resumed)
        begin = partial(runs.resume, steps=given.get("steps"), started=partial(_say_where, resumed))
        begin = partial(begin, target=target, source=given.get("source"))
    else:
        layers += [{} if target is None else {"target": target}, given]
        choice = runs.chosen(*layers, minutes=minutes, as_in_paper=as_in_paper)
        config = choice.config
        place = nullcontext(out) if out is not None else runs.claimed_folder(Path("runs"), config.target)
        begin = partial(runs.train_chosen, choice, tell=say)
    with place as folder, as_interrupts() as signals:
        try:
            with telling_of_compilation(config.backend), ProgressBar() as bar:
                summary = begin(folder, progress=lambda iterates, total: bar(until_caught(signals, iterates), total))
        except KeyboardInterrupt:
            _say_how_to_resume(ctx, folder)
            ctx.exit(128 + signals[-1] if signals else 130)
    figures = [] if no_figures else _figures(folder)
    if as_json:
        show_json({**summary.to_dict(), "figures": [str(path) for path in figures]})
    else:
        _show(summary, figures)
    expected = "" if config_file is None or target is None else str(layers[0].get("target_sha256", ""))
    if expected and summary.config.target_sha256 != expected:
        show(f"Note: {target} holds other data than the run of {config_file}: this is no replay of it", err=True)
    for line in summary.warnings:
        show(f"Warning: {line}", err=True)


def _refuse_beside_resume(ctx: click.Context) -> None:
    allowed = ("resumed", "steps", "no_figures", "as_json", "target", "source")  # the data, if they lie elsewhere now
    for parameter in ctx.command.params:
        source = ctx.get_parameter_source(parameter.name or "")
        if parameter.name not in allowed and source is click.core.ParameterSource.COMMANDLINE:
            raise click.UsageError(
                f"--resume continues a run as it began: {parameter.opts[0]} cannot be given beside it", ctx
            )


def _say_where(folder: Path, t: int) -> None:
    show(f"continuing {folder} from step {t}", err=True)


def _say_how_to_resume(ctx: click.Context, folder: Path) -> None:
    checkpoint = runs.RunFolder(folder).checkpoint()
    if checkpoint is None:
        show("Interrupted before anything was saved.", err=True)
        return
    again = f"{ctx.command_path} --resume {folder}"
    show(f"Interrupted: {checkpoint.t} steps are saved in {folder}. Continue with: {again}", err=True)


def _figures(folder: Path) -> list[Path]:
    from swref.runs.figures import draw_run

    try:
        return draw_run(folder)
    except SwrefError as error:  # the run itself is done and safe
        show(f"No figures: {error}", err=True)
        return []


def _show(summary: runs.Summary, figures: list[Path]) -> None:
    distances, config = summary.evaluation, summary.config
    show(f"{summary.folder}: {summary.steps} steps in {summary.seconds:.1f} s, loss {summary.loss:.4g}")
    show(f"SW_{config.p:g} over {distances.directions} directions, the target scaled as in training; +- is the")
    show("standard error of 20 draws, 19 degrees of freedom:")
    show(f"  generated to held-out data   {distances.generated:.4f} +- {distances.generated_standard_error:.4f}")
    show(f"  two halves of the data       {distances.halves:.4f} +- {distances.halves_standard_error:.4f}")
    show(f"  training points resampled    {distances.resampled:.4f} +- {distances.resampled_standard_error:.4f}")
    show(f"  untrained to held-out data   {distances.untrained:.4f}")
    ratios = distances.ratio_to_halves, distances.ratio_to_resampled, distances.rank_ratio
    for name, ratio in zip(("two halves", "resampled ", "the same of ranks"), ratios, strict=True):
        if ratio is not None:
            show(f"  {name if name.startswith('the') else f'generated / {name}':<27}  {ratio:.2f}")
    for line in _of_columns(distances.columns):
        show(line)
    for line in summary.advice:
        show(line)
    for line in config.departures():
        show(f"This run leaves the hypotheses of the theorems: {line}.")
    for path in figures:
        show(f"figure: {path}")


def _of_columns(columns: Columns) -> list[str]:
    """The worst three, and the correlations."""
    if len(columns.worst) < 2:
        return []
    worst = ", ".join(f"{one_line(c.name)}: {c.ratio:.2f}" for c in columns.worst[:3] if c.ratio is not None)
    halves = columns.correlation_error_halves
    return [
        f"  generated / resampled by column, the worst first: {worst}",
        f"  correlations off by {columns.correlation_error:.3f}, those of two halves by {halves:.3f}",
    ]
