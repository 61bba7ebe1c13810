"""The configuration of a training run: every choice in one flat record, read from and written to TOML."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from swref import checks
from swref.directions import SCHEMES
from swref.errors import InputError
from swref.measures.reading import TableOptions
from swref.measures.standardize import TRANSFORMS, UNITS
from swref.networks.activations import ACTIVATIONS
from swref.networks.inits import INITS
from swref.runs.fields import field_types, merged, plain, read_toml, to_toml, typed
from swref.runs.ties import KINDS
from swref.sgd import SCHEDULES, step_factor
from swref.sliced import BACKENDS
from swref.theory.flow.tracking import QUANTITIES

FORMAT = 1
DTYPES = ("float64", "float32")
LATER: dict[str, Any] = {
    "schedule": "constant",
    "transform": (),
}  # fields younger than format 1, and what runs of before had: not in their digests
READING = ("columns", "sep", "decimal", "header", "encoding", "missing")  # how the target is read


@dataclass(frozen=True)
class TrainConfig:
    """A complete training run: the same config on the same machine and versions gives the same bits.

    The defaults are the paper's form, one direction and a constant step; swref.runs.choice is what `swref train`
    chooses from the data instead. Every field is a key of config.toml and, with dashes, a flag of `swref train`.

    >>> TrainConfig.from_values({"target": "moons", "steps": 100}).steps
    100
    """

    target: str = "penguins"  # a name or a file that swref.load_measure knows
    columns: tuple[str, ...] = ()  # of the target; empty: all, of a table those of numbers
    sep: str = ""  # how the target is written, if it is a table of text; empty, here and below: guessed
    decimal: str = ""
    header: str = ""  # yes, no
    encoding: str = ""
    missing: str = "drop"  # rows without a number: drop, any, error
    source: str = "gaussian:4"  # the law of the network's input
    standardize: str = "column"  # column, global or none: the network learns the target in these units
    transform: tuple[
        str, ...
    ] = ()  # log or none, a word for each column, or one for all: learned so, undone in samples
    holdout: float = 0.5  # share of a finite target kept away from training
    hidden: tuple[int, ...] = (64, 64)
    activation: str = "tanh"
    init: str = "glorot"
    init_radius: float = math.inf  # for init = "ball"
    step: float = 0.02  # alpha
    batch: int = 512  # n
    steps: int = 16_000
    directions: int = 1  # L, a step
    scheme: str = "uniform"  # of the directions
    noise: float = 0.0  # a
    radius: float = math.inf  # r; infinite: no projection
    decay: float = math.inf  # alpha_t = alpha / (1 + t/decay); infinite: constant, as in the theorems
    schedule: str = "constant"  # linear: alpha_t = alpha (1 - t/steps)
    ties: str = "none"  # map: generated columns with ties get the training points' values, by quantiles
    p: float = 2.0
    seed: int = 0
    dtype: str = "float64"
    backend: str = "auto"
    blas_threads: int = 1
    track: tuple[str, ...] = ()  # kkt, dc: the exact loss and flow, for discrete data
    track_every: int = 0  # steps between rows of track.csv; 0: by their cost
    target_sha256: str = ""  # of the data, where they are a file: a replay on others is refused; empty: on any
    source_sha256: str = ""
    format: int = FORMAT

    def __post_init__(self) -> None:
        if isinstance(self.header, bool):  # as load_measure takes it
            object.__setattr__(self, "header", "yes" if self.header else "no")
        if isinstance(self.columns, str):
            object.__setattr__(self, "columns", (self.columns,))
        for name, kind in _KINDS.items():
            object.__setattr__(self, name, typed(name, getattr(self, name), kind))
        if self.format != FORMAT:
            raise InputError(f"format must be {FORMAT}, the one this version reads, got {self.format}")
        for name in ("step", "radius", "decay", "init_radius"):
            checks.number(name, getattr(self, name), above=0.0, infinite=name != "step")
        for name in ("batch", "directions"):
            checks.count(name, getattr(self, name))
        checks.integer("steps", self.steps, minimum=1)
        checks.int_seed("seed", self.seed)
        checks.integer("blas_threads", self.blas_threads, minimum=1, maximum=checks.THREADS)
        for k, width in enumerate(self.hidden):
            checks.count(f"hidden[{k}]", width)
        checks.number("noise", self.noise, minimum=0.0)
        checks.order(self.p)
        if not 0 < self.holdout < 1:
            raise InputError(f"holdout must be between 0 and 1, got {self.holdout}")
        if self.init == "ball" and math.isinf(self.init_radius):
            raise InputError("init ball (--init ball) needs a finite init_radius (--init-radius R0), got none")
        if self.init != "ball" and math.isfinite(self.init_radius):
            raise InputError(
                f"init_radius (--init-radius) is for init ball (--init ball) only, got {self.init_radius:g} with "
                f"init {self.init}"
            )
        for name, choices in (
            ("standardize", UNITS),
            ("activation", ACTIVATIONS),
            ("init", INITS),
            ("scheme", SCHEMES),
            ("dtype", DTYPES),
            ("schedule", SCHEDULES),
            ("ties", KINDS),
            ("backend", BACKENDS),
        ):
            checks.one_of(name, getattr(self, name), choices)
        if self.schedule != "constant" and math.isfinite(self.decay):
            raise InputError(
                f"decay is for the schedule constant, got {self.decay:g} with the schedule {self.schedule}"
            )
        for word in self.transform:
            checks.one_of("transform", word, TRANSFORMS)
        self._check_track()
        self.table_options()

    def _check_track(self) -> None:
        checks.integer("track_every", self.track_every, minimum=0)
        for name in self.track:
            checks.one_of("track", name, QUANTITIES)
        if self.track and self.p != 2:
            raise InputError(f"track needs p = 2, the exact loss's order, got {self.p:g}")
        if "dc" in self.track and (math.isfinite(self.decay) or self.schedule != "constant"):
            got = f"decay = {self.decay:g}" if math.isfinite(self.decay) else f"schedule = {self.schedule}"
            raise InputError(f"track dc needs a constant step, as the interpolated run has, got {got}")

    @classmethod
    def from_values(cls, *layers: Mapping[str, Any]) -> TrainConfig:
        """The config of `layers`, later ones win, over the defaults.

        Raises InputError for an unknown key (with the nearest one) or value, InputTypeError for a wrong type.
        """
        values = merged(_KINDS, *layers)
        for layer in layers:  # what names other data does not expect those of a layer below it
            for name, keys in (("target", ("target", *READING)), ("source", ("source",))):
                if any(key in layer for key in keys):
                    values[f"{name}_sha256"] = layer.get(f"{name}_sha256", "")
        return cls(**values)

    @classmethod
    def read(cls, path: str | Path) -> dict[str, Any]:
        """The values in a TOML file, checked one by one when a config is made of them.

        Raises DataError for a file that is missing or not TOML, naming the line.
        """
        return read_toml(path)

    def to_dict(self) -> dict[str, Any]:
        """The fields, tuples as lists."""
        return plain(self)

    def to_toml(self) -> str:
        """The whole config as TOML: complete, so that it replays the run whatever the defaults become.

        >>> print(TrainConfig().to_toml().splitlines()[0])
        target = "penguins"
        """
        return to_toml(self.to_dict())

    def factor(self) -> Callable[[int], float] | None:
        """The factor of alpha at step t: 1 / (1 + t/decay), or 1 - t/steps; None for a constant step.

        >>> TrainConfig(decay=100.0).factor()(100), TrainConfig().factor()
        (0.5, None)
        >>> TrainConfig(schedule="linear", steps=100).factor()(99)
        0.01
        """
        if math.isfinite(self.decay):
            return lambda t: 1 / (1 + t / self.decay)
        return step_factor(self.schedule, self.steps)

    def departures(self) -> list[str]:
        """Where the run leaves the hypotheses of the convergence theorems by choice; empty when nowhere.

        >>> TrainConfig(decay=1000.0).departures()
        ['decay = 1000: the step decreases, while the theorems are for a constant one']
        """
        found = []
        if math.isfinite(self.decay):
            found.append(f"decay = {self.decay:g}: the step decreases, while the theorems are for a constant one")
        if self.schedule == "linear":
            found.append("schedule = linear: the step falls to 0, while the theorems are for a constant one")
        if self.directions > 1:
            found.append(
                f"directions = {self.directions}: the theorems are stated for one (the mean of more has the same F)"
            )
        if self.scheme != "uniform":
            found.append(f"scheme = {self.scheme}: the theorems are for independent uniform directions")
        return found

    def table_options(self) -> TableOptions:
        """How the target is to be read; raises InputError or InputTypeError for options that no table can have."""
        return TableOptions(self.sep, self.decimal, self.header, self.encoding, self.missing, self.columns)

    def digest(self) -> str:
        """SHA-256 of all that decides the iterates and the rows that track them, beside the data themselves."""
        left_out = {"target_sha256", "source_sha256", "ties", *(k for k, v in LATER.items() if getattr(self, k) == v)}
        left_out |= {"steps"} if self.schedule == "constant" else set()  # a step that falls does so over all of them
        left_out |= set() if self.track else {"track", "track_every"}
        # What a guess is left to is no choice; so the digests of older runs stand.
        left_out |= {k for k in ("sep", "decimal", "header", "encoding") if not getattr(self, k)}
        left_out |= {"missing"} if self.missing == "drop" else set()
        values = {k: repr(v) for k, v in self.to_dict().items() if k not in left_out}
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


_KINDS = field_types(TrainConfig)
