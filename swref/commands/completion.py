"""What the shell is offered for a half-written value: names, the user's files, folders of runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from glob import escape, glob
from pathlib import Path

import click
from click.shell_completion import CompletionItem

Completer = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def of_names(names: Iterable[str]) -> Completer:
    """These names."""
    return lambda _ctx, _param, incomplete: [CompletionItem(name) for name in names if name.startswith(incomplete)]


def data(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Built-in names, and files: the shell's own completion where no name begins so."""
    from swref.measures.catalog import measure_names

    names = [name for name in measure_names() if name.startswith(incomplete)]
    files = [path for path in sorted(glob(f"{escape(incomplete)}*")) if Path(path).is_file()] if names else []
    return [CompletionItem(incomplete, type="file"), *map(CompletionItem, (*names, *files))]


def run_folders(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Folders of runs, those in runs/ from the first letter on; where none begins so, the shell's folders."""
    from swref.runs.run import is_run

    near = {*glob(f"{escape(incomplete)}*"), *(glob("runs/*") if "runs/".startswith(incomplete) else ())}
    found = [path for path in sorted(near) if is_run(path)]
    return [CompletionItem(path) for path in found] or [CompletionItem(incomplete, type="dir")]


def data_or_run_folders(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Both, for an argument that takes both."""
    runs = [item for item in run_folders(ctx, param, incomplete) if item.type == "plain"]
    return [*data(ctx, param, incomplete), *runs]


def experiments(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The experiments with their lines, all and list."""
    from swref.experiments import EXPERIMENTS

    lines = {**EXPERIMENTS, "all": "all of them, and an index", "list": "what there is"}
    return [CompletionItem(name, help=line) for name, line in lines.items() if name.startswith(incomplete)]
