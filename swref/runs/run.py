"""A run to look at, from its folder alone: its generator, its record, its figures."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from swref import checks
from swref.errors import RunError
from swref.kernels import blas
from swref.measures import Discrete, Measure, Standardize, described, load_measure
from swref.measures.catalog import is_builtin
from swref.measures.columns import Columns, choose_columns
from swref.measures.files import split_key
from swref.networks import MLP
from swref.randomness import stream
from swref.reprs import Shown
from swref.runs.config import TrainConfig
from swref.runs.folder import Checkpoint, RunFolder
from swref.runs.kept import Kept
from swref.runs.progress import Progress
from swref.runs.ties import REFERENCE, Ties
from swref.runs.training import open_run, resume

HELD_OUT = ":held-out"  # behind a run's folder: the points of its data that SGD never saw


@dataclass(frozen=True, eq=False, repr=False)
class Generated(Shown):
    """The law of the points that a network makes: units.invert(T(u, x)), x drawn from source, tied columns mapped."""

    net: MLP
    u: np.ndarray  # [d_u]
    source: Measure
    units: Standardize
    blas_threads: int = 1
    ties: Ties = field(default_factory=Ties)
    seed: int = 0  # of the points that stand for the generator's own law in that map

    @property
    def dim(self) -> int:
        """Coordinates a point."""
        return self.net.dim_out

    def sample(self, rng: np.random.Generator, n: int) -> np.ndarray:
        """n i.i.d. points [n, d], float64, in the units of the data."""
        points = self._smooth(rng, n)
        return self.ties.map(points, self._reference) if self.ties.columns else points

    @cached_property
    def _reference(self) -> np.ndarray:
        return self._smooth(stream(self.seed, "reference points"), REFERENCE)

    def _smooth(self, rng: np.random.Generator, n: int) -> np.ndarray:
        x = self.source.sample(rng, n).astype(self.u.dtype)
        with blas.limited(self.blas_threads):
            points = self.net.forward(self.u, x)[0]
        return self.units.invert(points.astype(np.float64))

    def to_dict(self) -> dict[str, Any]:
        """Kind, network and source, without the parameters."""
        return {"kind": "generated", "network": self.net.to_dict(), "source": described(self.source), "dim": self.dim}


@dataclass(frozen=True, eq=False, repr=False)
class Run(Shown):
    """A run as its folder has it, finished, interrupted or going on. It needs no data file: see swref.runs.kept.

    It stands for its generator where a measure is expected: `swref.two_sample_test(run, held_out)`.
    """

    path: Path
    config: TrainConfig
    kept: Kept
    net: MLP
    source: Measure
    checkpoint: Checkpoint

    @classmethod
    def load(cls, path: Path) -> Run:
        """Read the folder. Raises RunError as open_run does; of an old one without data.npz the data are read again."""
        folder = RunFolder(path)
        config = folder.config()
        if folder.data_path.exists():
            kept, checkpoint = Kept.read(folder.data_path), folder.checkpoint_of(config)
        else:
            problem, checkpoint = open_run(path)
            kept = Kept.of(problem, path)
        if checkpoint is None:
            raise RunError(f"{path} has no checkpoint yet; start its training with --resume {path}")
        source = load_measure(config.source, label="source") if kept.source is None else kept.source
        net = MLP((source.dim, *config.hidden, kept.units.dim), config.activation)
        if checkpoint.u.shape != (net.n_params,):
            raise RunError(f"{path} is damaged: checkpoint.npz has {checkpoint.u.size} parameters, not {net.n_params}")
        return cls(path, config, kept, net, source, checkpoint)

    @property
    def u(self) -> np.ndarray:
        """The parameters [d_u] after the last step kept."""
        return self.checkpoint.u

    @property
    def steps(self) -> int:
        """Steps done."""
        return self.checkpoint.t

    @property
    def names(self) -> tuple[str, ...] | None:
        """The names of the data's columns."""
        return self.kept.names

    @property
    def data_name(self) -> str:
        """What the run learned, without a folder."""
        return Path(self.config.target).name

    @property
    def generator(self) -> Generated:
        """The law of the generated points, a measure."""
        ties = self.kept.ties if self.config.ties == "map" else Ties()
        config = self.config
        return Generated(self.net, self.u, self.source, self.kept.units, config.blas_threads, ties, config.seed)

    def sample(self, n: int, seed: int = 0) -> np.ndarray:
        """n >= 1 generated points [n, d] in the units of the data; the same for the same seed.

        Raises InputError for another n or seed.
        """
        n = checks.integer("n", n, minimum=1)
        rng = stream(checks.integer("seed", seed, minimum=0), "points of a run")
        return self.generator.sample(rng, n)

    @property
    def history(self) -> dict[str, np.ndarray]:
        """step, loss, norm_u, norm_phi, seconds [T]: the columns of history.csv."""
        return RunFolder(self.path).history()

    @property
    def track(self) -> dict[str, np.ndarray] | None:
        """The columns of track.csv; None in a run that tracks nothing."""
        return RunFolder(self.path).track()

    @property
    def summary(self) -> dict[str, Any] | None:
        """What summary.json holds: losses, distances with their yardsticks, warnings. None before the end."""
        return RunFolder(self.path).summary()

    @property
    def files(self) -> list[Path]:
        """Files that no output of ours is to overwrite: the data, where they lie as they lay, and the record."""
        folder = RunFolder(self.path)
        data = [split_key(self.path / place)[0] for place in self.kept.places.values() if place]
        return [*data, folder.history_path, folder.track_path]

    def plot(self, out: str | Path | None = None, format: str = "png") -> list[Path]:
        """Draw the figures, as `swref plot` does, and return their files; into figures/ of the run without `out`."""
        from swref.runs.figures import draw

        return draw(self, None if out is None else Path(out), format)

    def resume(
        self, steps: int | None = None, *, target: Any = None, source: Any = None, progress: Progress | None = None
    ) -> Run:
        """Go on to the run's number of steps or to a new one, and return the run as it is then: see runs.resume.

        progress: as in swref.train.
        """
        resume(self.path, steps, progress, target=target, source=source)
        return Run.load(self.path)

    def facts(self) -> dict[str, str]:
        """What a prompt shows."""
        summary = self.summary
        ratio = None if summary is None else summary["distances"]["ratio_to_halves"]
        return {
            "path": str(self.path),
            "data": self.data_name,
            "network": f"{'-'.join(map(str, self.net.sizes))} {self.config.activation}",
            "steps": f"{self.steps} of {self.config.steps}",
            "generated / two halves": "-" if ratio is None else f"{ratio:.2f}",
        }


def points_of_run(name: str, columns: Columns | None, seed: int, purpose: str, n: int) -> Discrete:
    """What a run gives for data: n generated points, from a stream of `seed`, or of RUN:held-out those that it kept.

    They have the names of the data's columns; chosen columns only. Raises RunError as Run.load does, and where no
    held-out points were kept.
    """
    folder = name.removesuffix(HELD_OUT)
    run = Run.load(Path(folder))
    if folder == name:
        points = run.generator.sample(stream(seed, purpose), checks.count("n", n))
    else:
        points = run.kept.held_out
        if len(points) == 0:
            raise RunError(f"{folder} kept no held-out points")
    return choose_columns(Discrete(points, names=run.names), columns, name)


def is_run(name: str) -> bool:
    """Whether a name given for data is RUN or RUN:held-out, RUN the folder of a run; a built-in name never is.

    >>> is_run("moons")
    False
    """
    return not is_builtin(name) and os.path.isfile(Path(name.removesuffix(HELD_OUT)) / "config.toml")
