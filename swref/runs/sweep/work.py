"""What a worker does: some runs, one after the other, each from where its folder has it.

Where the worker sees the sweep's folder it works in it. Where it does not, the files come with the call and go back
with the answer: it works below a folder of its own in which everything lies as it lies there, for SLICE seconds at a
time, so that what a checkpoint holds is brought home that often.
"""

from __future__ import annotations

import dataclasses
import platform
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from swref.decoding import decoding
from swref.environment import versions
from swref.errors import DivergenceError, InUseError, RunError, SwrefError
from swref.files import read_regular, write_atomically
from swref.kernels.threads import set_num_threads
from swref.messages import one_line
from swref.runs import training
from swref.runs.executors import one_thread
from swref.runs.folder import RunFolder
from swref.runs.problem import Problem
from swref.runs.progress import Progress
from swref.runs.sweep.folder import DIVERGED, DONE, FAILED, State, SweepFolder
from swref.runs.sweep.members import Member
from swref.sgd import Iterate

SLICE: Final = 30.0  # seconds of a run whose files go back and forth
BUSY, PAUSED, UNSEEN = "busy", "paused", "unseen"  # to be asked again: later, with what it has, with its files
Files = Mapping[Any, bytes]  # by name, or by path


@dataclass(frozen=True)
class Order:
    """A run to be done; files: what its folder holds, for a worker that does not see it."""

    member: Member
    files: Files = field(default_factory=dict)


@dataclass(frozen=True)
class Circumstances:
    """What holds for all orders of a sweep."""

    folder: Path  # of the sweep, from the root
    token: str  # that its holder.json has, where the worker sees it
    versions: Mapping[str, str | None]
    threads: int = 1  # of the kernels
    data: Sequence[Path] | None = None  # the files that runs read, once they go with the orders


@dataclass(frozen=True)
class Answer:
    """What became of a run: a state, or that it is to be asked again; and its files, where they go back."""

    state: State
    seconds: float = 0.0
    files: Files | None = None


class _PausedError(Exception):
    """The slice is over."""


@cache
def my_versions() -> Mapping[str, str | None]:
    """All that the bits of a run follow from, beside the machine."""
    return {"python": platform.python_version(), **versions(("swref", "numpy", "numba", "scipy"))}


def compute(orders: Sequence[Order], circumstances: Circumstances, data: Sequence[bytes] = ()) -> list[Answer]:
    """Do the orders, and answer each. Raises RunError in a worker of other versions.

    data: what the files of circumstances.data hold.
    """
    for name, wanted in circumstances.versions.items():
        if my_versions()[name] != wanted:
            came = f"{name} {my_versions()[name]}, not {wanted} as here"
            raise RunError(f"a worker on {platform.node()} has {came}: give all the same versions")
    sees = SweepFolder(circumstances.folder).token() == circumstances.token
    if not sees and circumstances.data is None:
        return [Answer(State(UNSEEN)) for _ in orders]
    with one_thread():  # which gives the number back
        set_num_threads(circumstances.threads)
        if sees:
            return [_timed(order.member, circumstances.folder, None) for order in orders]
        files = dict(zip(circumstances.data or (), data, strict=True))
        return [_elsewhere(order, circumstances.folder, files) for order in orders]


def _timed(member: Member, folder: Path, seconds: float | None) -> Answer:
    began = time.perf_counter()
    state = _state(member, RunFolder(folder / member.name), None if seconds is None else partial(_slice, seconds))
    return Answer(state, time.perf_counter() - began)


def _slice(seconds: float, iterates: Iterator[Iterate], /, *, total: int) -> Iterator[Iterate]:
    """The iterates of so many seconds."""
    until = time.monotonic() + seconds
    for iterate in iterates:
        yield iterate
        if time.monotonic() > until:
            raise _PausedError


def _state(member: Member, folder: RunFolder, progress: Progress | None) -> State:
    """Do the run in `folder`, or go on with it; what comes of it."""
    target, source = member.data
    try:
        if folder.summary_path.exists():  # done by a call whose answer was lost
            return State(DONE)
        if folder.config_path.exists():
            training.resume(folder.path, progress=progress, target=target, source=source)
        else:
            training.train(Problem.of(member.config, target, source), folder.path, progress)
    except _PausedError:
        return State(PAUSED)
    except InUseError:  # of a call that nobody waits for any more
        return State(BUSY)
    except Exception as error:
        said = str(error) if isinstance(error, SwrefError) else f"{type(error).__name__}: {error}"
        reason = one_line(said.replace(str(folder.path), folder.path.name))  # the same wherever the folder is
        return State(DIVERGED if isinstance(error, DivergenceError) else FAILED, reason)
    return State(DONE)


def _elsewhere(order: Order, home: Path, data: Files) -> Answer:
    """Do a slice of the run below a folder of this worker, in which every path is as it is at home."""
    with TemporaryDirectory(prefix="swref-") as root:

        def here(path: Path) -> Path:
            return Path(root, *path.parts[1:])

        member = dataclasses.replace(order.member, places={n: here(p) for n, p in order.member.places.items()})
        run = here(home / member.name)
        for path, content in [*data.items(), *((home / member.name / n, c) for n, c in order.files.items())]:
            here(path).parent.mkdir(parents=True, exist_ok=True)
            here(path).write_bytes(content)
        answer = _timed(member, here(home), SLICE)
        files = {path.name: path.read_bytes() for path in run.iterdir() if path.is_file()} if run.exists() else {}
        state = State(answer.state.kind, answer.state.reason.replace(root, ""))
        return Answer(state, answer.seconds, files)


def read_files(folder: RunFolder) -> Files:
    """What a run's folder holds, to be taken elsewhere."""
    paths = [folder.path / name for name in _order(folder)]
    with decoding(folder.path, RunError):
        return {path.name: read_regular(path) for path in paths if path.exists()}


def write_files(folder: RunFolder, files: Files) -> None:
    """Put what came back into the run's folder: what a checkpoint counts before it, the summary last."""
    folder.make()
    for name in _order(folder):
        if name in files:
            write_atomically(folder.path / name, files[name], RunError)


def _order(folder: RunFolder) -> Sequence[str]:
    paths = (folder.config_path, folder.data_path, folder.history_path, folder.track_path)
    return [path.name for path in (*paths, folder.checkpoint_path, folder.summary_path)]
