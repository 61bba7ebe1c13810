"""From a configuration to the objects that it names: measures, units, network, initial parameters."""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from swref.directions import directions
from swref.errors import InputError
from swref.measures import Discrete, Measure, Standardize, as_measure, described, standardized
from swref.measures.base import drawn
from swref.measures.catalog import is_builtin, load_with, portable_name
from swref.measures.columns import choose_columns
from swref.measures.files import refuse_text_options
from swref.measures.reading import TableOptions, notes_of
from swref.networks import MLP
from swref.plots import square_side
from swref.randomness import stream
from swref.runs.config import TrainConfig
from swref.runs.ties import REFERENCE, Ties, names_of
from swref.sgd import Iterate, project_on_ball, sgd

NO_TIES = Ties()
GIVEN = "(given)"  # the name of a measure that came as an object
GUESSED = TableOptions()
LEAST_SIDE = 4  # of an image
CONTINUOUS_POINTS = 4000  # drawn from a continuous target, for its units and its evaluation


@dataclass(frozen=True)
class Came:
    """A measure and where it came from."""

    measure: Measure
    name: str  # as in config.toml: built in, a file without its folder, or GIVEN
    place: str | None  # the path of a file, `file.npz:NAME` included
    builtin: bool
    fingerprint: str

    @classmethod
    def of(cls, label: str, given: Any, options: TableOptions, expected: str) -> Came:
        """Load or take `given`; InputError where its fingerprint is not the one expected, unless none is ("")."""
        place, builtin = None, False
        if isinstance(given, (str, os.PathLike)):
            name = os.fspath(given)
            builtin = isinstance(given, str) and is_builtin(given)
            place = None if builtin else name
            measure = load_with(given, options, label)
        else:
            name, measure = GIVEN, as_measure(label, given)
            refuse_text_options(label, options)
            if options.columns:
                if not isinstance(measure, Discrete):
                    raise InputError(f"columns cannot be chosen from {measure!r}, a continuous law; leave them out")
                measure = choose_columns(measure, options.columns, label)
        found = _sha256(described(measure))
        if expected and expected != found and not builtin:
            raise InputError(
                f"{label} {name} holds other data than those of the configuration: {label}_sha256 is {found[:12]}..., "
                f"not {expected[:12]}...; give the data of the run, or leave {label}_sha256 out to train on these"
            )
        return cls(measure, name if builtin or place is None else portable_name(name), place, builtin, found)


def _read_again(config: TrainConfig, target: Came) -> dict[str, Any]:
    """The fields of the config that read the target as it was read; of a table of text, all that was guessed."""
    options = getattr(getattr(target.measure, "reading", None), "options", None)
    if options is not None and target.place is not None:
        return {**vars(options), "columns": tuple(map(str, options.columns))}
    # Without names for them to be part of, commas part columns.
    return {"columns": tuple(part.strip() for text in config.columns for part in text.split(","))}


def _transform(words: tuple[str, ...], measure: Measure) -> tuple[str, ...]:
    """A word for each column of data whose columns of logarithms are > 0; InputError else."""
    d, given = measure.dim, len(words)
    if given not in (0, 1, d):
        raise InputError(f"transform (--transform) must be a word for each of {d} columns, or one for all, got {given}")
    words = words * d if given == 1 else words
    if "log" not in words:
        return ()
    if not isinstance(measure, Discrete):
        raise InputError(f"transform (--transform) is for data, not for {measure!r}, a continuous law")
    for j, word in enumerate(words):
        least = measure.points[:, j].min()
        if word == "log" and not least > 0:
            (name,) = names_of([j], measure.names)
            raise InputError(f"transform log needs numbers > 0: column {name} has {least:g}; give none for it")
    return words


def _sha256(description: Any) -> str:
    return hashlib.sha256(json.dumps(description, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class Problem:
    """What a run trains on. All measures but `source` are in the network's units; `units` leads there from the data's.

    >>> problem = Problem.of(TrainConfig())
    >>> problem.net.sizes, problem.train.points.shape
    ((4, 64, 64, 4), (171, 4))
    """

    config: TrainConfig
    source: Measure
    target: Measure  # what SGD draws from: `train`, or a continuous law itself
    whole: Discrete  # all the data, or points drawn from a continuous law
    train: Discrete  # the share of `whole` that SGD may see
    held_out: Discrete  # the rest
    units: Standardize
    names: tuple[str, ...] | None
    net: MLP
    came: Mapping[str, Came]  # where target and source came from
    tied: Ties = NO_TIES  # the training points' ties, mapped or not

    @classmethod
    def of(cls, config: TrainConfig, target: Any = None, source: Any = None) -> Problem:
        """Load, split, standardise. Raises what loading raises, and InputError for other data than the config's.

        target, source: what to take instead of what the config names: the file in another place, or the measure itself.
        """
        options = config.table_options()
        came = {
            "target": Came.of("target", config.target if target is None else target, options, config.target_sha256),
            "source": Came.of("source", config.source if source is None else source, GUESSED, config.source_sha256),
        }
        measure, source = came["target"].measure, came["source"].measure
        rng = stream(config.seed, "split")
        finite = isinstance(measure, Discrete)
        whole = measure if isinstance(measure, Discrete) else Discrete(drawn(measure, rng, CONTINUOUS_POINTS))
        if round((1 - config.holdout) * whole.m) in (0, whole.m):
            share = f"{config.holdout:g} of a target of {whole.m}"
            raise InputError(f"holdout must leave a point to train on and one to hold out, got {share}")
        train, held_out = whole.split(1 - config.holdout, rng)
        transform = _transform(config.transform, measure)
        units = Standardize.named(config.standardize, train.points, train.weights, transform)
        directions(0, 1, measure.dim, config.scheme)  # raises where the scheme has no such dimension
        return cls(
            config=config,
            source=source,
            target=standardized(train if finite else measure, units),
            whole=standardized(whole, units),
            train=standardized(train, units),
            held_out=standardized(held_out, units),
            units=units,
            names=getattr(measure, "names", None),
            net=MLP((source.dim, *config.hidden, measure.dim), config.activation),
            came=came,
            tied=Ties.of(train) if finite else NO_TIES,
        )

    @property
    def ties(self) -> Ties:
        """What is mapped when points are made."""
        return self.tied if self.config.ties == "map" else NO_TIES

    @property
    def picture(self) -> tuple[int, int] | None:
        """Rows and columns, where a point is an image: as its file says, or of points without names a square.

        At least four of each: [n, 50, 2] are paths rather than images.
        """
        shape = getattr(getattr(self.came["target"].measure, "reading", None), "shape", ())
        if shape:
            return shape if len(shape) == 2 and min(shape) >= LEAST_SIDE else None
        side = square_side(self.net.dim_out) if self.names is None else None
        return None if side is None else (side, side)

    def portable(self) -> Problem:
        """The same, its config without the folders of this machine, but with the fingerprints of files and objects, and
        with what was guessed about the target's table."""
        target, source = self.came["target"], self.came["source"]
        config = replace(
            self.config,
            target=target.name,
            source=source.name,
            target_sha256="" if target.builtin else target.fingerprint,
            source_sha256="" if source.builtin else source.fingerprint,
            **_read_again(self.config, target),
        )
        return replace(self, config=config)

    @property
    def notes(self) -> list[str]:
        """What was guessed or left out when the files were read, a line each."""
        return [line for came in self.came.values() for line in notes_of(came.measure)]

    def under(self, config: TrainConfig, source: Any = None) -> Problem:
        """The same data, split and units under a config that agrees in what these follow from; the rest is its own."""
        came = self.came["source"]
        if source is not None or config.source != self.config.source:
            came = Came.of("source", config.source if source is None else source, GUESSED, config.source_sha256)
        net = MLP((came.measure.dim, *config.hidden, self.net.dim_out), config.activation)
        return replace(self, config=config, source=came.measure, net=net, came={**self.came, "source": came})

    def initial(self) -> np.ndarray:
        """u0 [d_u], drawn from the config's initial law; with a projection, moved into the ball B(0, r)."""
        config = self.config
        radius = config.init_radius if config.init == "ball" else None
        u0 = self.net.init(stream(config.seed, "init"), config.init, radius, dtype=config.dtype)
        return u0 if math.isinf(config.radius) else project_on_ball(u0, config.radius)

    def iterates(self, u0: np.ndarray, start: int = 0) -> Iterator[Iterate]:
        """The run of the config, from its iterate u0 [d_u] at step `start`; see swref.sgd."""
        config = self.config
        return sgd(
            self.net,
            self.source,
            self.target,
            u0,
            step=config.step,
            batch=config.batch,
            steps=config.steps,
            directions=config.directions,
            noise=config.noise,
            radius=config.radius,
            p=config.p,
            seed=config.seed,
            backend=config.backend,
            scheme=config.scheme,
            schedule=config.factor(),
            start=start,
        )

    def generate(self, u: np.ndarray, rng: np.random.Generator, n: int, sets: int = 1) -> Iterator[np.ndarray]:
        """Sets of n points T(u, x) [n, d] of the generator, in the network's units, tied columns mapped."""
        reference = None
        if self.ties.columns:
            x = self.source.sample(stream(self.config.seed, "reference points"), REFERENCE)
            reference = self.units.invert(self.net.forward(u, x.astype(u.dtype))[0].astype(np.float64))
        for _ in range(sets):
            z = self.net.forward(u, self.source.sample(rng, n).astype(u.dtype))[0]
            if reference is not None:
                z = self.units.apply(self.ties.map(self.units.invert(z.astype(np.float64)), reference))
            yield z

    def data_digest(self) -> str:
        """SHA-256 of the data and laws: a run is resumed only on the same."""
        return _sha256([described(self.source), described(self.target), self.units.to_dict()])
