"""`swref experiment`: the theorems as experiments, by name or all of them."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from swref.commands import completion, place_flags
from swref.commands.lines import show
from swref.commands.signals import as_interrupts, until_caught
from swref.commands.whole_number import WHOLE

if TYPE_CHECKING:
    from swref.experiments.frame.folder import Finished
    from swref.experiments.frame.settings import Settings
    from swref.runs.executors import Place

PATH = click.Path(path_type=Path)


@click.command(short_help="Run the theorems as experiments.")
@click.argument("name", metavar="NAME", shell_complete=completion.experiments)
@click.option("--quick", is_flag=True, help="Within a minute each (default).")
@click.option("--full", is_flag=True, help="What the documentation shows: up to 20 minutes each.")
@place_flags.workers
@place_flags.scheduler
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="DIR", help="Folder.  [default: runs/experiments-MODE/NAME]"
)
@click.option("--seed", type=WHOLE, help="Of all randomness.  [default: 0]")
@click.option("--config", "config_file", type=PATH, metavar="FILE", help="Values from a TOML file, over the mode's.")
@click.option("--pdf", is_flag=True, help="Draw the figures as .pdf, too.")
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as one JSON object.")
@click.pass_context
def experiment(
    ctx: click.Context,
    name: str,
    quick: bool,
    full: bool,
    workers: int | None,
    scheduler: str | None,
    out: Path | None,
    seed: int | None,
    config_file: Path | None,
    pdf: bool,
    as_json: bool,
) -> None:
    """Run the theorems as experiments.

    NAME is one of those that `swref experiment list` names, or all. Each measures a claim against the exact flow or
    the exact critical set, with its uncertainty, and says whether the data agree. It leaves a folder: config, records
    (.npz, .csv), figures (.png, .svg), verdict.json, and index.html, the page to read. After an interruption the same
    command goes on where it was; of what is finished, it draws the figures anew.

    \b
    Example:
      swref experiment list
      swref experiment flow --pdf
      swref experiment all --quick --out results
      swref experiment critical --full --workers 2 --seed 1
    """
    from swref import experiments
    from swref.checks import integer, one_of
    from swref.commands.output import show_json
    from swref.experiments.frame import folder as runner
    from swref.runs.fields import read_toml

    if name == "list":
        _show_list(as_json)
        return
    one_of("NAME", name, (*experiments.EXPERIMENTS, "all", "list"))
    if quick and full:
        raise click.UsageError("--quick and --full exclude each other", ctx)
    if name == "all" and config_file is not None:
        raise click.UsageError("--config is for one experiment, not for all", ctx)
    mode = "full" if full else "quick"
    place = place_flags.place_of(workers, scheduler)
    values: dict[str, Any] = {} if config_file is None else read_toml(config_file)
    if config_file is not None:
        _check_origin(name, values)
    if seed is not None:
        values["seed"] = integer("--seed", seed, minimum=0)
    root = Path("runs", f"experiments-{mode}") if out is None else out
    folders = {each: root / each for each in experiments.EXPERIMENTS} if name == "all" else {name: root}
    if name != "all" and out is None:
        folders = {name: root / name}
    if name == "all":
        from swref.experiments.frame.overview import claim_index, write_index

        claim_index(root)
    configs = {each: runner.settings(each, mode, values) for each in folders}
    for each, folder in folders.items():  # all of them, before the first is run
        runner.check_folder(each, configs[each], folder)
    commands = {each: f"swref experiment {each} --{mode} --seed {config.seed}" for each, config in configs.items()}
    if set(values) - {"seed"}:
        commands[name] += f" --config {shlex.quote(str(folders[name] / 'config.toml'))}"  # complete: it replays the run
    finished = [_run(ctx, each, configs[each], folders[each], place, commands[each], pdf, as_json) for each in folders]
    overview = None
    if name == "all":
        overview = write_index(root, finished)
        if not as_json:
            show(f"index: {overview}")
    if as_json:
        documents = [one.to_dict() for one in finished]
        show_json(documents[0] if overview is None else {"index": str(overview), "experiments": documents})


def _check_origin(name: str, values: dict[str, Any]) -> None:
    """Take what the config.toml of a finished experiment has besides its choices out of `values`, if it fits."""
    from swref.errors import InputError
    from swref.experiments.frame.record import FORMAT

    values.pop("swref", None)
    for key, wanted in (("experiment", (name,)), ("format", (FORMAT, 1))):  # formats differ in the records alone
        found = values.pop(key, wanted[0])
        if found not in wanted:
            raise InputError(f"--config must be of {key} {wanted[0]!r}, got {found!r}")


def _run(
    ctx: click.Context, name: str, config: Settings, folder: Path, place: Place, command: str, pdf: bool, as_json: bool
) -> Finished:
    from swref.commands.output import telling_of_compilation
    from swref.commands.progress import PartsBar
    from swref.experiments.frame import folder as runner

    with as_interrupts() as signals, telling_of_compilation("cpu"), PartsBar(name) as bar:

        def progress(*part: Any) -> None:
            for each in until_caught(signals, [part]):
                bar(*each)

        try:
            one = runner.run(name, config, folder, place=place, progress=progress, command=command, pdf=pdf)
        except KeyboardInterrupt:
            bar.clear()
            show(f"Interrupted: what is done is kept in {folder}; the same command goes on from there", err=True)
            ctx.exit(128 + signals[-1] if signals else 130)
    if not as_json:
        _show(one)
    return one


def _show(one: Finished) -> None:
    show(f"{one.name}: {one.record.summary}")
    for verdict in one.record.verdicts:
        show(f"  {verdict.outcome:<10}{verdict.claim}; {verdict.statistic}: {verdict.estimate}")
    show(f"  page: {one.page}")


def _show_list(as_json: bool) -> None:
    from swref import experiments
    from swref.commands.output import show_json

    if as_json:
        show_json({"experiments": experiments.EXPERIMENTS})
        return
    for each, line in experiments.EXPERIMENTS.items():
        show(f"{each:<14}{line}")
