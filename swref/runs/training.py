"""Training as a resumable run: the SGD generator, with its record and checkpoints put into a folder."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np

from swref import checks
from swref.errors import DivergenceError, RunError
from swref.kernels import blas
from swref.kernels.cuda import device as cuda_device
from swref.measures import Discrete
from swref.measures.catalog import is_builtin
from swref.measures.files import split_key
from swref.reprs import Shown, short
from swref.runs.advice import advice
from swref.runs.config import TrainConfig
from swref.runs.evaluation import HeldOutDistances, LossReference, evaluate, warnings_of
from swref.runs.folder import Checkpoint, RunFolder
from swref.runs.kept import Kept
from swref.runs.problem import GIVEN, Problem
from swref.runs.progress import Progress, check_progress, run_through
from swref.sgd import Iterate
from swref.theory.flow.tracking import Row, Tracker, check_trackable, record_interval
from swref.theory.population.exact_loss import ExactLoss

CHECKPOINT_SECONDS, CHECKPOINT_ROWS = 2.0, 1 << 14  # whichever comes first; the rows are held until then


@dataclass(frozen=True, repr=False)
class Summary(Shown):
    """What a finished run reports; also summary.json, there with the name of the folder alone."""

    folder: Path
    config: TrainConfig
    steps: int
    seconds: float
    loss: float  # mean over the last tenth of the steps
    evaluation: HeldOutDistances
    reference: LossReference
    warnings: list[str]

    @property
    def advice(self) -> list[str]:
        """What the numbers mean, and what to change: see swref.runs.advice."""
        return advice(self.evaluation, self.loss, self.reference.floor, self.config)

    def facts(self) -> dict[str, str]:
        """What a prompt shows."""
        ratio = self.evaluation.ratio_to_halves
        return {
            "folder": str(self.folder),
            "steps": str(self.steps),
            "seconds": f"{self.seconds:.1f}",
            "loss": short(self.loss),
            "generated": f"{self.evaluation.generated:.4g} +- {self.evaluation.generated_standard_error:.1g}",
            "halves": f"{self.evaluation.halves:.4g} +- {self.evaluation.halves_standard_error:.1g}",
            "generated / two halves": "-" if ratio is None else f"{ratio:.2f}",
            **{f"warning {k}": line for k, line in enumerate(self.warnings, 1)},
        }

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {
            "format": 1,
            "folder": str(self.folder),
            "steps": self.steps,
            "seconds": round(self.seconds, 3),
            "loss": self.loss,
            "loss_floor": self.reference.floor,
            "loss_collapsed": self.reference.collapsed,
            "distances": self.evaluation.to_dict(),
            "advice": self.advice,
            "warnings": self.warnings,
            "departures": self.config.departures(),
            "config": {
                k: str(v) if isinstance(v, float) and math.isinf(v) else v for k, v in self.config.to_dict().items()
            },
        }


def train(
    config: TrainConfig | Problem,
    path: Path,
    progress: Progress | None = None,
    *,
    target: Any = None,
    source: Any = None,
    tell: Callable[[str], None] | None = None,
    started: Callable[[], None] | None = None,
) -> Summary:
    """Run `config` in a new or empty folder `path`.

    progress: see swref.runs.progress. target, source: measures or points [m, d] to take instead of what the config
    names; a Problem is a config whose data are there already. tell: called, before the first step, with a line for
    everything that was guessed about the files or left out of them; `started()`, once all is checked.
    Raises RunError for a folder that cannot be used, DivergenceError for a run that diverged (the last good iterate is
    in the folder), and what loading the data raises. KeyboardInterrupt saves first.
    """
    if not isinstance(config, Problem):
        checks.instance("config", config, TrainConfig)
    folder = RunFolder(path)
    check_progress(progress)
    check_functions(tell=tell, started=started)
    # Before the folder: bad input leaves nothing behind.
    problem = (config if isinstance(config, Problem) else Problem.of(config, target, source)).portable()
    if problem.config.backend == "cuda":
        cuda_device.require()
    _tracker(problem)
    if tell is not None:
        for note in problem.notes:
            tell(note)
    folder.make()
    with folder.locked():
        folder.check_empty()
        folder.remove_leftovers()
        folder.write_config(problem.config)
        folder.write_data(Kept.of(problem, path).to_bytes())
        if started is not None:
            started()
        return _run(problem, folder, None, progress)


def resume(
    path: Path,
    steps: int | None = None,
    progress: Progress | None = None,
    started: Callable[[int], None] | None = None,
    *,
    target: Any = None,
    source: Any = None,
) -> Summary:
    """Continue the run in `path` from its checkpoint, to its number of steps or to a new one, `steps`.

    `started(t)` is called with the step that it goes on from, once all is checked. target, source: the data, where they
    are no more where they lay, as files, measures or points.
    The result has the bits of a run never interrupted (times aside). Raises RunError for a folder that is no run, a
    damaged checkpoint, one of another config or other data, or a run already past `steps`.
    """
    folder = RunFolder(path)
    check_progress(progress)
    check_functions(started=started)
    folder.check_run()
    with folder.locked():
        config = folder.config()
        if steps is not None:
            steps = checks.integer("steps", steps, minimum=1)
            if steps != config.steps and config.schedule == "linear":
                raise RunError(
                    f"{path} has a step that falls to 0 at step {config.steps}, so that {steps} steps are another run: "
                    f"start it with --config {folder.config_path} --steps {steps}"
                )
            config = dataclasses.replace(config, steps=steps)
        problem, checkpoint = _opened(folder, config, target, source)
        if checkpoint is not None:
            if checkpoint.t > config.steps:
                raise RunError(f"{path} has done {checkpoint.t} steps already, more than the {config.steps} asked for")
            folder.check_history(checkpoint.history_bytes, checkpoint.track_bytes)
        if checkpoint is None or checkpoint.t < config.steps:
            folder.forget_summary()
        folder.remove_leftovers()
        folder.write_config(config)
        folder.write_data(Kept.of(problem, path).to_bytes())
        if started is not None:
            started(0 if checkpoint is None else checkpoint.t)
        return _run(problem, folder, checkpoint, progress)


def check_functions(**functions: Callable[..., Any] | None) -> None:
    """Raise InputTypeError for one that is neither a function nor None."""
    for name, function in functions.items():
        if function is not None:
            checks.function(name, function)


def open_run(path: Path) -> tuple[Problem, Checkpoint]:
    """The problem of the run in `path` and its last checkpoint, to look at: finished, interrupted or going on.

    Raises RunError for a folder that is no run, has no checkpoint yet, or has a damaged one or one of another config
    or other data.
    """
    folder = RunFolder(path)
    folder.check_run()
    problem, checkpoint = _opened(folder, folder.config())
    if checkpoint is None:
        raise RunError(f"{path} has no checkpoint yet; start its training with --resume {path}")
    return problem, checkpoint


def replayed(path: Path) -> dict[str, Any]:
    """The values of a configuration file, checked when a config is made of them, to run them again.

    In a run's folder, data that are not here are named by where they lie, seen from there. Raises DataError for a file
    that is missing or not TOML.
    """
    path = checks.path("path", path)
    values, folder = TrainConfig.read(path), RunFolder(path.parent)
    if path.name == folder.config_path.name and folder.data_path.exists():
        for name, place in Kept.read(folder.data_path).places.items():
            there = folder.path / place
            if place and not Path(str(values.get(name))).exists() and split_key(there)[0].is_file():
                values[name] = str(there)
    return values


def _opened(
    folder: RunFolder, config: TrainConfig, target: Any = None, source: Any = None
) -> tuple[Problem, Checkpoint | None]:
    """The problem of `config` and the folder's checkpoint, if there is one; RunError unless they belong together."""
    checkpoint = folder.checkpoint_of(config)
    kept = Kept.read(folder.data_path) if folder.data_path.exists() else None
    if kept is not None and kept.own_loop:
        raise RunError(f"{folder.path} was saved from a loop of your own: go on in that, from load_run(...).u")
    places = {} if kept is None else kept.places
    given = {
        name: _found(folder, name, getattr(config, name), places.get(name, "")) if value is None else value
        for name, value in (("target", target), ("source", source))
    }
    problem = Problem.of(dataclasses.replace(config, target_sha256="", source_sha256=""), **given)
    problem = dataclasses.replace(problem, config=config)
    expected = {"target": config.target_sha256, "source": config.source_sha256}
    same = all(sha256 in ("", problem.came[name].fingerprint) for name, sha256 in expected.items())
    if not same or (checkpoint is not None and checkpoint.data_digest != problem.data_digest()):
        raise RunError(f"the data of {config.target} have changed since {folder.checkpoint_path} was written")
    return problem, checkpoint


def _found(folder: RunFolder, name: str, data: str, place: str) -> str:
    """Where the data of a run are now: as they lay, seen from its folder, or here. RunError where they are not."""
    seen_from_folder = str(folder.path / place) if place else ""
    for path in (seen_from_folder, data):
        if path and (is_builtin(path) or split_key(Path(path))[0].is_file()):
            return path
    argument = "swref train FILE" if name == "target" else "swref train --source FILE"
    how = f"{argument} --resume {folder.path}" if data != GIVEN else f"resume(..., {name}=...) in Python"
    raise RunError(f"{folder.path} needs its {name} to go on, {data}, and it is not here: give it, {how}")


def _run(problem: Problem, folder: RunFolder, checkpoint: Checkpoint | None, progress: Progress | None) -> Summary:
    config = problem.config
    with blas.limited(config.blas_threads):
        recorder = Recorder(problem, folder, checkpoint)
        start, u = recorder.state[:2]
        try:
            run_through(recorder.recorded(problem.iterates(u, start=start)), config.steps - start, progress)
        except DivergenceError as error:
            raise DivergenceError(f"{error}; the iterate before it is in {folder.checkpoint_path}") from None
        finally:
            recorder.save()
        return finish(problem, folder, recorder)


def _tracker(problem: Problem) -> Tracker | None:
    """What watches the run, if its config asks for anything. Raises InputError where F is not exact."""
    config, source, target = problem.config, problem.source, problem.target
    if not config.track:
        return None
    check_trackable(target.dim, config.batch, isinstance(source, Discrete), isinstance(target, Discrete))
    loss = ExactLoss(problem.net, cast(Discrete, source), cast(Discrete, target), config.batch)  # as was just checked
    return Tracker(loss, problem.initial(), config.step, config.radius, config.track)


class Recorder:
    """Keeps the rows and the iterate since the last save, and saves every CHECKPOINT_SECONDS, or CHECKPOINT_ROWS.

    Two tables: a row of history a step, and a row of what is tracked every `interval` steps, the start included.
    """

    def __init__(self, problem: Problem, folder: RunFolder, checkpoint: Checkpoint | None):
        self.folder, self.place = folder, folder.place()
        self.digests = problem.config.digest(), problem.data_digest()
        self.rows: list[tuple[int, float, float, float, float]] = []
        self.track_rows: list[Row] = []
        self.tracker, self.interval = _tracker(problem), _interval(problem)
        if checkpoint is None:
            self.state = 0, problem.initial(), np.empty(0)
            self.size, self.track_size, self.before = 0, 0, 0.0
            if self.tracker is not None:
                self.state = *self.state[:2], self.tracker.initial_state()
                self.track_rows.append(self.tracker.row(self.state[2], 0, self.state[1]))
        else:
            self.state = checkpoint.t, checkpoint.u, checkpoint.track_state
            self.size, self.track_size = checkpoint.history_bytes, checkpoint.track_bytes
            self.before = checkpoint.seconds
        self.began = time.perf_counter()
        self.save()

    @property
    def seconds(self) -> float:
        """Of all sessions of the run so far."""
        return self.before + time.perf_counter() - self.began

    def add(self, t: int, u: np.ndarray, loss: float, phi: np.ndarray) -> None:
        """Note step t, u and phi [d_u], and save now and then."""
        with np.errstate(over="ignore"):  # squares of float32 do beyond 1e19
            norms = float(np.sqrt(u @ u)), float(np.sqrt(phi @ phi))
        self.rows.append((t, loss, *norms, self.seconds))
        seen = self.state[2]
        if self.tracker is not None:
            seen = self.tracker.advance(seen, t, self.state[1], u)
            if t % self.interval == 0:
                self.track_rows.append(self.tracker.row(seen, t, u))
        self.state = t, u, seen  # one assignment: Ctrl-C finds all old or all new
        if time.perf_counter() - self.saved > CHECKPOINT_SECONDS or len(self.rows) >= CHECKPOINT_ROWS:
            self.save()

    def recorded(self, iterates: Iterator[Iterate]) -> Iterator[Iterate]:
        """The iterates, each given on once it is noted."""
        for iterate in iterates:
            u = iterate.u.copy()  # whoever sees the iterate may change it
            self.add(iterate.t, u, iterate.loss, iterate.phi)
            yield iterate

    def save(self) -> None:
        """Put everything noted on the disk."""
        # First the rows, then the checkpoint that counts them: a kill between the two leaves rows that the resumed
        # run cuts away. Whatever Ctrl-C interrupts, the save after it does again or goes on from, and bytes that a
        # checkpoint counts are never cut.
        t, u, seen = self.state
        if self.folder.place() != self.place:
            raise RunError(
                f"{self.folder.path} is another folder than the one the run began in, which was moved or replaced: "
                "nothing more is written; go on with --resume where it is now"
            )
        size = self.folder.append_history(self.size, [row for row in self.rows if row[0] <= t])
        self.size, self.rows = size, [row for row in self.rows if row[0] > t]
        if self.tracker is not None:
            size = self.folder.append_track(self.track_size, [row for row in self.track_rows if row[0] <= t])
            self.track_size, self.track_rows = size, [row for row in self.track_rows if row[0] > t]
        self.folder.write_checkpoint(Checkpoint(t, u, *self.digests, self.size, self.seconds, self.track_size, seen))
        self.saved = time.perf_counter()


def _interval(problem: Problem) -> int:
    """Steps between two rows of track.csv."""
    config = problem.config
    if config.track_every or not config.track:
        return max(1, config.track_every)
    return record_interval(cast(Discrete, problem.source).m, problem.train.m, config.batch, problem.net.n_params)


def finish(problem: Problem, folder: RunFolder, recorder: Recorder) -> Summary:
    """Evaluate the last iterate and write the summary."""
    history = folder.history()
    losses = history["loss"]
    reference = LossReference.of(problem)
    summary = Summary(
        folder=folder.path,
        config=problem.config,
        steps=recorder.state[0],
        seconds=float(history["seconds"][-1]),
        loss=float(losses[-max(1, len(losses) // 10) :].mean()),
        evaluation=evaluate(problem, recorder.state[1]),
        reference=reference,
        warnings=warnings_of(losses, reference, problem.config.noise),
    )
    folder.write_summary({**summary.to_dict(), "folder": folder.path.resolve().name})  # no path of this machine
    return summary
