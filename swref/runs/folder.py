"""The folder of a run. A kill at any moment leaves it resumable: what is replaced is replaced by a rename.

config.toml      the complete configuration, with its format version
history.csv      one row a step: t, loss, |u|, |phi|, seconds; appended to, and cut back to the checkpoint on resume
track.csv        with --track: rows of what is tracked, at an interval, written as history.csv is
data.npz         units, names and a part of the data: what sampling and drawing need of them
checkpoint.npz   t, u^t, the digests of config and data, how many bytes of history and track belong to it, and the
                 state of what is tracked
summary.json     the result, written when the run ends
figures/         what `swref train` and `swref plot` draw
"""

from __future__ import annotations

import errno
import io
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from swref import checks
from swref.decoding import Array, decoding, read_json, read_npz, read_table
from swref.errors import InUseError, RunError
from swref.files import leftovers, open_regular, refuse_link, refused_as, write_atomically
from swref.runs.config import TrainConfig
from swref.theory.flow.tracking import COLUMNS as TRACK_COLUMNS

FORMAT = 1
LONGEST_STEM = 200  # characters of a target in the name of its folder
COLUMNS = ("step", "loss", "norm_u", "norm_phi", "seconds")
HEADER = ",".join(COLUMNS) + "\n"
CHECKPOINT = {
    "t": Array("iu", least=0),
    "u": Array("f", "u"),
    "config_digest": Array("U"),
    "data_digest": Array("U"),
    "history_bytes": Array("iu", least=0),
    "seconds": Array("f", least=0.0),
    "track_bytes": Array("iu", optional=True, least=0),
    "track_state": Array("f", "k", optional=True, finite=False),
}
TRACK_HEADER = ",".join(TRACK_COLUMNS) + "\n"


@dataclass(frozen=True)
class Checkpoint:
    """The state of a run after t steps."""

    t: int
    u: np.ndarray  # [d_u]
    config_digest: str
    data_digest: str
    history_bytes: int
    seconds: float
    track_bytes: int = 0
    track_state: np.ndarray = field(default_factory=lambda: np.empty(0))  # empty where nothing is tracked


@dataclass(frozen=True)
class RunFolder:
    """Reads and writes the files of one run; knows nothing of what they mean. InputTypeError for a path that is none.

    >>> RunFolder(Path("runs/penguins-001")).checkpoint_path.name
    'checkpoint.npz'
    """

    path: Path

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", checks.path("path", self.path))

    @property
    def config_path(self) -> Path:
        """config.toml."""
        return self.path / "config.toml"

    @property
    def history_path(self) -> Path:
        """history.csv."""
        return self.path / "history.csv"

    @property
    def track_path(self) -> Path:
        """track.csv."""
        return self.path / "track.csv"

    @property
    def data_path(self) -> Path:
        """data.npz."""
        return self.path / "data.npz"

    @property
    def checkpoint_path(self) -> Path:
        """checkpoint.npz."""
        return self.path / "checkpoint.npz"

    @property
    def summary_path(self) -> Path:
        """summary.json."""
        return self.path / "summary.json"

    @property
    def figures(self) -> Path:
        """figures/, made when first asked for."""
        folder = self.path / "figures"
        refuse_link(folder)
        with refused_as(RunError, folder):
            folder.mkdir(exist_ok=True)
        return folder

    def check_run(self) -> None:
        """Raise RunError where there is no run."""
        if not self.config_path.is_file():
            raise RunError(f"{self.path} is no run folder: it has no config.toml")

    def make(self) -> None:
        """Make the folder and its parents. Raises RunError where that is impossible."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RunError(f"run folder {self.path} cannot be made ({error.strerror})") from None

    def check_empty(self) -> None:
        """Raise RunError where the folder holds anything but what a run killed in its first moment left."""
        if set(self.path.iterdir()) == set(leftovers(self.path)):
            return
        hint = f"; continue its run with --resume {self.path}" if self.config_path.exists() else ""
        raise RunError(f"run folder {self.path} must be new or empty{hint}")

    def remove_leftovers(self) -> None:
        """Take away what killed writers left in the folder of a run."""
        with refused_as(RunError, self.path):
            for path in leftovers(self.path):
                path.unlink(missing_ok=True)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder for this process alone; the lock goes with the process, however that ends.

        Raises InUseError where another process works in it. Without POSIX locks (Windows, some network disks) the
        folder is not protected.
        """
        try:
            import fcntl
        except ImportError:
            yield
            return
        try:
            descriptor = os.open(self.path, os.O_RDONLY)
        except OSError as error:
            raise RunError(f"run folder {self.path} cannot be read ({error.strerror})") from None
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise InUseError(f"run folder {self.path} is in use by another process") from None
            except OSError as error:
                if error.errno not in (errno.ENOLCK, errno.ENOTSUP, errno.EBADF):  # a disk without such locks
                    raise
            yield
        finally:
            os.close(descriptor)

    def write_config(self, config: TrainConfig) -> None:
        """Write config.toml."""
        write_atomically(self.config_path, config.to_toml().encode(), RunError)

    def write_data(self, content: bytes) -> None:
        """Replace data.npz."""
        write_atomically(self.data_path, content, RunError)

    def config(self) -> TrainConfig:
        """The config of the run. Raises RunError where there is no run, DataError or InputError for a bad file."""
        self.check_run()
        if self.is_experiment():
            raise RunError(f"{self.path} is no run of swref train but an experiment: see its index.html")
        return TrainConfig.from_values(TrainConfig.read(self.config_path))

    def is_experiment(self) -> bool:
        """Whether its config.toml is of an experiment. Raises DataError for a bad file."""
        return "experiment" in TrainConfig.read(self.config_path)

    def append_history(self, size: int, rows: Iterable[tuple[int, float, float, float, float]]) -> int:
        """Put rows behind the first `size` bytes of history.csv; return its new size, once it is on the disk.

        What stood behind those bytes goes: steps after the checkpoint that are run again. Raises RunError where the
        file is shorter than `size`.
        """
        lines = [f"{t},{loss!r},{u!r},{phi!r},{seconds:.4f}\n" for t, loss, u, phi, seconds in rows]
        return _append(self.history_path, size, HEADER, lines)

    def append_track(self, size: int, rows: Iterable[tuple[int, float, float, float, float, float]]) -> int:
        """The same for track.csv."""
        return _append(self.track_path, size, TRACK_HEADER, [",".join(map(repr, row)) + "\n" for row in rows])

    def check_history(self, size: int, track_size: int = 0) -> None:
        """Raise RunError where history.csv has fewer than `size` bytes, or track.csv fewer than `track_size`."""
        _check_size(self.history_path, size)
        _check_size(self.track_path, track_size)

    def history(self) -> dict[str, np.ndarray]:
        """The columns of history.csv, whole rows only. Raises RunError for a missing or damaged file."""
        return read_table(self.history_path, COLUMNS, RunError)

    def track(self) -> dict[str, np.ndarray] | None:
        """The columns of track.csv, whole rows only; None in a run that tracks nothing. Raises RunError as history."""
        return read_table(self.track_path, TRACK_COLUMNS, RunError) if self.track_path.exists() else None

    def write_checkpoint(self, checkpoint: Checkpoint) -> None:
        """Replace checkpoint.npz in one step."""
        content = io.BytesIO()
        np.savez(content, format=FORMAT, **vars(checkpoint))
        write_atomically(self.checkpoint_path, content.getvalue(), RunError)

    def checkpoint(self) -> Checkpoint | None:
        """The last checkpoint; None before the first. Raises RunError where it is cut short or of another format."""
        if not self.checkpoint_path.exists():
            return None
        values = read_npz(self.checkpoint_path, RunError, CHECKPOINT, FORMAT)
        return Checkpoint(
            t=int(values["t"]),
            u=values["u"],
            config_digest=str(values["config_digest"]),
            data_digest=str(values["data_digest"]),
            history_bytes=int(values["history_bytes"]),
            seconds=float(values["seconds"]),
            track_bytes=int(values.get("track_bytes", 0)),
            track_state=values.get("track_state", np.empty(0)),
        )

    def checkpoint_of(self, config: TrainConfig) -> Checkpoint | None:
        """The last checkpoint, as `checkpoint`; RunError where it is of another config than this."""
        checkpoint = self.checkpoint()
        if checkpoint is not None and checkpoint.config_digest != config.digest():
            raise RunError(f"{self.checkpoint_path} belongs to another configuration than {self.config_path}")
        if checkpoint is not None and checkpoint.u.dtype != config.dtype:
            came = checkpoint.u.dtype
            raise RunError(f"{self.checkpoint_path} holds numbers of {came}, and the run is of {config.dtype}")
        return checkpoint

    def write_summary(self, summary: dict[str, Any]) -> None:
        """Replace summary.json."""
        text = json.dumps(summary, indent=2, allow_nan=False) + "\n"
        write_atomically(self.summary_path, text.encode(), RunError)

    def summary(self) -> dict[str, Any] | None:
        """What summary.json holds; None while the run has not ended. Raises RunError for a damaged file."""
        if not self.summary_path.exists():
            return None
        values = read_json(self.summary_path, RunError)
        with decoding(self.summary_path, RunError):
            distances = values["distances"]
            numbers = (values["loss"], values["loss_floor"], distances["ratio_to_halves"])
            if not all(number is None or isinstance(number, (int, float)) for number in numbers):
                raise ValueError("a loss or a ratio in it is no number")
            columns = distances.get("columns", {"worst": []})["worst"]
            if not all(isinstance(column.get("index", 0), int) for column in columns):
                raise ValueError("its columns are none")
        return values

    def discard(self) -> None:
        """Remove what a run has put here: it begins anew."""
        written = (self.config_path, self.data_path, self.history_path, self.track_path, self.checkpoint_path)
        for path in (*written, self.summary_path):
            with refused_as(RunError, path):
                path.unlink(missing_ok=True)

    def place(self) -> tuple[int, int]:
        """What tells this folder from any other, wherever it is moved. Raises RunError where there is none."""
        with refused_as(RunError, self.path):
            found = self.path.stat()
        return found.st_dev, found.st_ino

    def forget_summary(self) -> None:
        """Remove summary.json: the run goes on, and what it said is true no more."""
        with refused_as(RunError, self.summary_path):
            self.summary_path.unlink(missing_ok=True)


def _append(path: Path, size: int, header: str, lines: list[str]) -> int:
    """Put lines behind the first `size` bytes of a table, and its header before the first; see append_history."""
    _check_size(path, size)
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
    with refused_as(RunError, path), os.fdopen(open_regular(path, flags), "ab") as file:
        file.truncate(size)
        file.write("".join(lines if size else [header, *lines]).encode("ascii"))
        file.flush()
        os.fsync(file.fileno())
        return os.fstat(file.fileno()).st_size  # after a cut, tell() still counts from the old end


def _check_size(path: Path, size: int) -> None:
    if size and not (path.is_file() and path.stat().st_size >= size):
        raise RunError(f"{path} is shorter than its checkpoint says: it was cut or replaced")


@contextmanager
def claimed_folder(root: Path, target: str) -> Iterator[Path]:
    """Make the first free folder for a target, for this process alone: runs that start together each get their own.

    What is still empty at the end of the `with` goes again. Raises RunError where it cannot be made.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as root, claimed_folder(Path(root), "moons") as first:
    ...     with claimed_folder(Path(root), "moons") as second:
    ...         print(first.name, second.name)
    moons-001 moons-002
    """
    root, target = checks.path("root", root), checks.text("target", target)
    made = [] if root.exists() else [root]
    folder = None
    while folder is None:
        free = next_folder(root, target)
        with refused_as(RunError, free):
            try:
                free.mkdir(parents=True)
                folder = free
            except FileExistsError:  # another process was quicker
                continue
    try:
        yield folder
    finally:
        for path in (folder, *made):
            with suppress(OSError):  # it holds something, perhaps the run of another process
                path.rmdir()


def next_folder(root: Path, target: str) -> Path:
    """The first free runs/NAME-001, NAME-002, ... for a target's name.

    >>> next_folder(Path("no-such-folder"), "data/my points.csv").as_posix()
    'no-such-folder/my-points-001'
    """
    root, target = checks.path("root", root), checks.text("target", target)
    stem = "".join(c if c.isalnum() else "-" for c in Path(target[-LONGEST_STEM:]).stem) or "run"
    number = 1
    while (root / f"{stem}-{number:03d}").exists():
        number += 1
    return root / f"{stem}-{number:03d}"
