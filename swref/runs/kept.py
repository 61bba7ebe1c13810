"""What a run keeps of its data, so that sampling and drawing need them no more: data.npz."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from swref.decoding import Array, decoding, read_npz
from swref.errors import RunError
from swref.measures import Discrete, Measure, Standardize
from swref.measures.image import ImageDensity
from swref.randomness import stream
from swref.runs.problem import Problem
from swref.runs.ties import Ties

FORMAT = 1
SCHEMA = {
    "mean": Array("f", "d"),
    "scale": Array("f", "d"),
    "rest": Array("f", "d"),
    "points": Array("f", "kd"),
    "held_out": Array("f", "hd"),
    "m": Array("iu", least=1),
    "own_loop": Array("b", optional=True),
    "names": Array("U", "d", optional=True),
    "transform": Array("U", "d", optional=True),
    "picture": Array("iu", "s", optional=True, least=1),
    "source_mass": Array("f", "yx", optional=True, least=0.0),
    "source_points": Array("f", "me", optional=True),
    "source_weights": Array("f", "m", optional=True, least=0.0),
    "tied": Array("iu", "t", optional=True, least=0),
}
POINTS, NUMBERS = 2000, 1 << 20  # at most, of the data and of the held-out part alike
LEAST_POINTS = 64
SOURCE_POINTS = 1 << 16  # drawn from a source that is neither points nor a picture nor has a name


@dataclass(frozen=True)
class Kept:
    """Units, names and a part of the data of a run, all in the data's units, and the source where it has no name."""

    units: Standardize
    names: tuple[str, ...] | None
    picture: tuple[int, int] | None  # rows and columns, where a point is an image
    points: np.ndarray  # [k, d] of all the data, k at most 2000; of a law or of weighted data, draws
    held_out: np.ndarray  # [k', d] of those that SGD never saw
    m: int  # data there were, or points drawn of a law
    source: Discrete | ImageDensity | None  # the law of the network's input; None where config.toml names it
    own_loop: bool  # whether the iterates are of the user's loop, and not of sgd
    ties: Ties  # of the training points
    places: Mapping[str, str]  # target and source, where they are files: their paths, seen from the run's folder

    @classmethod
    def of(cls, problem: Problem, folder: Path, own_loop: bool = False) -> Kept:
        """What the run of `problem` in `folder` keeps."""
        seed = problem.config.seed
        return cls(
            units=problem.units,
            names=problem.names,
            picture=problem.picture,
            points=problem.units.invert(_part(problem.whole, seed, "drawn target points")),
            held_out=problem.units.invert(_part(problem.held_out, seed, "kept held-out points")),
            m=problem.whole.m,
            own_loop=own_loop,
            source=None if problem.came["source"].builtin else _storable(problem.source, seed),
            ties=problem.ties,
            places={name: seen_from(folder, came.place) for name, came in problem.came.items() if came.place},
        )

    def to_bytes(self) -> bytes:
        """The content of data.npz."""
        arrays: dict[str, Any] = {"mean": self.units.mean, "scale": self.units.scale, "rest": self.units.rest}
        arrays |= {"points": self.points, "held_out": self.held_out, "m": self.m, "own_loop": self.own_loop}
        if self.units.transform:
            arrays["transform"] = np.array(self.units.transform)
        if self.names is not None:
            arrays["names"] = np.array(self.names, dtype=np.str_)
        if self.picture is not None:
            arrays["picture"] = np.array(self.picture)
        if isinstance(self.source, ImageDensity):
            arrays["source_mass"] = self.source.mass
        elif self.source is not None:
            arrays["source_points"] = self.source.points
            if self.source.weights is not None:
                arrays["source_weights"] = self.source.weights
        arrays |= self.ties.to_arrays()
        arrays |= {f"{name}_place": place for name, place in self.places.items()}
        buffer = io.BytesIO()
        np.savez_compressed(buffer, format=FORMAT, **arrays)
        return buffer.getvalue()

    @classmethod
    def read(cls, path: Path) -> Kept:
        """What `path`, a data.npz, holds. Raises RunError where it is damaged or of another format."""
        values = read_npz(path, RunError, SCHEMA, FORMAT)
        with decoding(path, RunError):
            picture, names = values.get("picture"), values.get("names")
            transform = [str(word) for word in values.get("transform", ())]
            units = Standardize(values["mean"], values["scale"], values["rest"], transform)
            points = Discrete(values["points"], names=None if names is None else [str(name) for name in names])
            return cls(
                units=units,
                names=points.names,
                picture=None if picture is None else (int(picture[0]), int(picture[1])),
                points=points.points,
                held_out=values["held_out"],
                m=int(values["m"]),
                own_loop=bool(values.get("own_loop", False)),
                source=_source(values),
                ties=_ties(values, units.dim),
                places={k[: -len("_place")]: str(v) for k, v in values.items() if k.endswith("_place")},
            )


def _part(data: Discrete, seed: int, purpose: str) -> np.ndarray:
    """At most 2000 points and about a million numbers of `data`, at random; weighted ones by their weights."""
    rng, most = stream(seed, purpose), min(POINTS, max(LEAST_POINTS, NUMBERS // data.dim))
    if data.weights is not None:
        return data.sample(rng, most)
    return data.points if data.m <= most else data.points[np.sort(rng.choice(data.m, most, replace=False))]


def _storable(source: Measure, seed: int) -> Discrete | ImageDensity:
    if isinstance(source, (Discrete, ImageDensity)):
        return source
    return Discrete(source.sample(stream(seed, "kept source points"), SOURCE_POINTS))


def _source(values: Mapping[str, np.ndarray]) -> Discrete | ImageDensity | None:
    if "source_mass" in values:
        return ImageDensity(values["source_mass"])
    if "source_points" in values:
        return Discrete(values["source_points"], values.get("source_weights"))
    return None


def _ties(values: Mapping[str, np.ndarray], d: int) -> Ties:
    ties = Ties.from_arrays(values)
    if not all(0 <= j < d for j in ties.columns):
        raise ValueError(f"its tied columns are none of the {d} of its units")
    return ties


def seen_from(folder: Path, file: str) -> str:
    """The path of `file` relative to `folder`: it holds for both moved together, and names no machine."""
    try:
        return Path(os.path.relpath(file, folder)).as_posix()
    except ValueError:  # another drive
        return ""
