"""Sweeps from Python: do one, or open the folder of one."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from swref import checks
from swref.errors import InputError, InputTypeError, RunError
from swref.files import write_atomically
from swref.runs.config import TrainConfig
from swref.runs.executors import HERE, Place, opened
from swref.runs.fields import read_toml
from swref.runs.folder import RunFolder
from swref.runs.sweep.drive import Drive, Standing
from swref.runs.sweep.estimate import Forecast, forecast
from swref.runs.sweep.figures import draw_sweep
from swref.runs.sweep.folder import BEGUN, FAILED, MISSING, STATES, State, SweepFolder
from swref.runs.sweep.groups import Best, Group, best, grouped
from swref.runs.sweep.members import Member, members, with_bases
from swref.runs.sweep.plan import Plan, default_folder, with_flags
from swref.runs.sweep.table import METRICS, Row, rows, to_csv

Told = Callable[[Standing], None]


@dataclass(frozen=True)
class Sweep:
    """A sweep as its folder has it, finished, interrupted or going on."""

    path: Path
    plan: Plan

    @property
    def folder(self) -> SweepFolder:
        """Its files."""
        return SweepFolder(self.path)

    @cached_property
    def members(self) -> list[Member]:
        """Its runs, in the order of the plan."""
        return members(self.plan, self.path)

    @property
    def states(self) -> list[State]:
        """How far each run is."""
        return [self.folder.state(member) for member in self.members]

    @property
    def missing(self) -> list[Member]:
        """The runs without a result that have not failed."""
        states = zip(self.members, self.states, strict=True)
        return [member for member, state in states if state.kind in (BEGUN, MISSING)]

    def status(self) -> dict[str, Any]:
        """Numbers of runs by state, who works on it, and why runs have failed."""
        states = self.states
        failures = [
            {"run": member.name, "reason": state.reason}
            for member, state in zip(self.members, states, strict=True)
            if state.kind == FAILED
        ]
        counts = {kind: sum(state.kind == kind for state in states) for kind in STATES}
        return {
            "sweep": str(self.path),
            "runs": len(states),
            **counts,
            "held": self.folder.held_by(),
            "failures": failures,
        }

    def table(self) -> list[Row]:
        """A row a run: what is varied, the seed, the outcome, and what the summary measures."""
        return rows(self.folder, self.members)

    def groups(self, metric: str = METRICS[0]) -> list[Group]:
        """Medians over the seeds with their intervals. Raises InputError for an unknown metric."""
        return grouped(self.table(), self.plan.varied, metric)

    def best(self, metric: str = METRICS[0]) -> Best:
        """The groups, the best first, each with what it is worse by. Raises InputError where there is no result."""
        return best(self.table(), self.plan.varied, metric)

    def plot(self, metric: str = METRICS[0], **options: Any) -> list[Path]:
        """Draw the figures into figures/: see swref.runs.sweep.figures."""
        destination = RunFolder(self.path).figures
        plan = self.plan
        return draw_sweep(self.table(), plan.varied, destination, scattered=plan.scattered, metric=metric, **options)

    def forecast(self) -> Forecast:
        """How many runs are missing, and about how long they take."""
        return forecast(len(self.members), self.missing)

    def go_on(
        self, place: Place = HERE, progress: Told | None = None, *, threads: int = 1, retry: bool = False
    ) -> Sweep:
        """Do what is missing; retry: what has failed instead, once more. Returns itself.

        threads: of the kernels, in each worker; they change no bit. progress: called with a Standing after every
        change. Raises RunError for a folder that another sweep holds, a scheduler that does not answer or goes away, a
        worker of other versions, a disk that takes nothing any more: what is done is kept.
        """
        with self.folder.held() as token:
            self.folder.write_plan(self.plan)
            drive = Drive(self.folder, self.members, token, progress, threads=threads, retry=retry)
            if drive.waiting:
                with opened(place) as workers:
                    drive.run(workers)
            write_atomically(self.folder.results_path, to_csv(self.table()).encode(), RunError)
        return self


def sweep(
    plan: Plan | Mapping[str, Any] | str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    workers: int = 1,
    scheduler: str | None = None,
    cluster: str | os.PathLike[str] | None = None,
    threads: int = 1,
    progress: Told | None = None,
) -> Sweep:
    """Do all runs of a plan in the folder `out`, or what is missing of them, and return the sweep.

    plan: a file, or the values that it would hold (swref.runs.sweep.plan). workers: processes of this machine (1: this
    process); scheduler: a Dask scheduler instead; cluster: a file that describes one of dask-jobqueue. threads: of the
    kernels, in each worker. progress: called after every change with an object that has total, done, diverged, failed,
    running and seconds_left. Raises InputError or InputTypeError for a plan that is none, DataError for its file, and
    RunError as Sweep.go_on.

    >>> from tempfile import TemporaryDirectory
    >>> tiny = {"hidden": (4,), "steps": 5, "batch": 8}
    >>> with TemporaryDirectory() as folder:
    ...     found = sweep({"config": tiny, "grid": {"step": [0.1, 0.2]}, "as_in_paper": True}, folder)
    ...     [row["outcome"] for row in found.table()]
    ['done', 'done']
    """
    if progress is not None:
        checks.function("progress", progress)
    place = Place(workers, scheduler, None if cluster is None else checks.path("cluster", cluster))
    threads = checks.integer("threads", threads, minimum=1, maximum=checks.THREADS)
    return prepared(plan, checks.path("out", out)).go_on(place, progress, threads=threads)


def load_sweep(path: str | os.PathLike[str]) -> Sweep:
    """The sweep in the folder `path`: .table(), .groups(metric), .best(metric), .plot(), .go_on(retry=True).

    Raises RunError for a folder that is none, DataError or InputError for a damaged plan.
    """
    folder = SweepFolder(checks.path("path", path))
    return Sweep(folder.path, folder.plan())


def planned(
    what: str | None,
    flags: Mapping[str, Any],
    *,
    alone: Sequence[str],
    seeds: Sequence[int] | None,
    options: Mapping[str, bool],
    out: Path | None,
) -> tuple[Plan, Path]:
    """The plan of a file, or on a target, under `flags` (see plan.with_flags), and the folder where it goes.
    options: many, as_in_paper.

    Raises InputError where nothing is given, and as Plan.of.
    """
    if what is None and not flags and seeds is None:
        raise InputError("a sweep needs a plan, a target, or fields to vary: swref sweep moons --step 0.01,0.02")
    values: dict[str, Any] = {}
    if what is not None and Path(what).suffix == ".toml":
        values = read_toml(what)
    elif what is not None:
        values = {"config": {"target": what}}
    values = with_flags(values, flags, alone)
    if seeds is not None:
        values["seeds"] = seeds[0] if len(seeds) == 1 else list(seeds)
    plan = Plan.of(values | {name: True for name, wanted in options.items() if wanted})
    return plan, default_folder(plan, what or TrainConfig().target) if out is None else out


def prepared(
    plan: Plan | Mapping[str, Any] | str | os.PathLike[str],
    out: Path,
    tell: Callable[[str], None] | None = None,
) -> Sweep:
    """The sweep of a plan in a folder, nothing written yet: its data loaded, what it leaves open chosen.

    tell: called with a line for what was guessed about files, what was chosen, and where the folder held another plan.
    In the folder of the same plan nothing is chosen anew.
    """
    say = tell or (lambda _: None)
    if isinstance(plan, (str, os.PathLike)):
        plan = Plan.read(checks.path("plan", plan))
    elif isinstance(plan, Mapping):
        plan = Plan.of(plan)
    elif not isinstance(plan, Plan):
        raise InputTypeError(f"plan must be a file, a mapping of its values or a Plan, got {checks.shown(plan)}")
    folder = SweepFolder(out)
    folder.check()
    before = Sweep(out, folder.plan()) if folder.plan_path.exists() else None
    if before is not None and before.plan.without_base() == plan.without_base():
        plan = before.plan
    elif not plan.base:
        plan = with_bases(plan, out, say)
    found = Sweep(out, plan)
    names = {member.name for member in found.members}  # raises where two are one, or one cannot be
    if before is not None and before.plan is not plan:
        shared = sum(member.name in names for member in before.members)
        say(f"{out} held another plan, whose runs stay: {shared} of its {len(before.members)} are in this one")
    return found
