"""The flags that say where many calls are computed, and the place that they name."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from swref.commands.whole_number import WHOLE

if TYPE_CHECKING:
    from swref.runs.executors import Place

workers: Final = click.option("--workers", type=WHOLE, metavar="K", help="Processes.  [default: one a core]")
scheduler: Final = click.option("--scheduler", metavar="ADDRESS", help="Of a Dask scheduler, tcp://HOST:PORT.")
cluster: Final = click.option(
    "--cluster", type=click.Path(path_type=Path), metavar="FILE", help="A dask-jobqueue cluster, described in TOML."
)

threads: Final = click.option(
    "--threads", type=WHOLE, default=1, metavar="K", help="Of the kernels, in each worker.  [default: 1]"
)


def place_of(workers: int | None, scheduler: str | None, cluster: Path | None = None) -> Place:
    """What was given, or a process for each core. Raises InputError for more than one of them."""
    from swref.checks import integer
    from swref.errors import InputError
    from swref.runs.executors import MOST_WORKERS, Place

    flags = {"--workers": workers, "--scheduler": scheduler, "--cluster": cluster}
    given = [flag for flag, value in flags.items() if value is not None]
    if len(given) > 1:
        raise InputError(f"{' and '.join(given)} exclude each other")
    if scheduler is not None or cluster is not None:
        return Place(scheduler=scheduler, cluster=cluster)
    asked = _cores() if workers is None else integer("--workers", workers, minimum=1)
    return Place(min(asked, MOST_WORKERS))


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
