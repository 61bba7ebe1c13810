"""The runs of a plan: each a complete config, named by its digest.

What a plan leaves open is chosen from the data (swref.runs.choice) once for each set of data and law of the input, for
the first of its points, and then is the same in all its runs: they differ in what the plan varies, and in nothing else.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from swref.errors import InputError, SwrefError
from swref.messages import shown
from swref.runs.choice import chosen
from swref.runs.config import READING, TrainConfig
from swref.runs.fields import plain, typed
from swref.runs.kept import seen_from
from swref.runs.sweep.plan import Plan, Point

DATA: Final = ("target", *READING, "source")  # what decides the data, and the law of the input
PLACES: Final = ("target_place", "source_place")
LETTERS: Final = 16  # of a name


@dataclass(frozen=True)
class Member:
    """A run of a sweep."""

    point: Point  # what its group sets
    config: TrainConfig
    places: Mapping[str, Path]  # target and source, where they are files

    @property
    def data(self) -> tuple[str | None, str | None]:
        """Where target and source lie; None for what is built in."""
        target, source = (self.places.get(name) for name in ("target", "source"))
        return None if target is None else str(target), None if source is None else str(source)

    @cached_property
    def name(self) -> str:
        """The digest of all that decides the run's result: two plans that have it in common share it.

        >>> Member({}, TrainConfig(), {}).name == Member({}, TrainConfig(steps=9), {}).name
        False
        """
        config = self.config
        rest = [config.steps, config.ties, config.target_sha256, config.source_sha256]
        return hashlib.sha256(json.dumps([config.digest(), *rest]).encode()).hexdigest()[:LETTERS]


def with_bases(plan: Plan, folder: Path, tell: Callable[[str], None]) -> Plan:
    """The plan with a complete config for each set of data; files are named as seen from `folder`. `tell` hears of what
    was guessed about them, and of what was chosen. Raises what loading the data raises."""
    bases = []
    for point in _firsts(plan):
        choice = chosen(plan.config, {"seed": plan.seeds[0]}, point, as_in_paper=plan.as_in_paper)
        problem = choice.problem.portable()
        for line in [*problem.notes, *([f"chosen: {', '.join(choice.notes)}"] if choice.notes else [])]:
            tell(line)
        places = {f"{name}_place": seen_from(folder, came.place) for name, came in problem.came.items() if came.place}
        bases.append({**plain(problem.config), **places})
    return dataclasses.replace(plan, base=bases)


def members(plan: Plan, folder: Path) -> list[Member]:
    """The runs of a plan with bases: by points, the seeds of each together.

    Raises InputError for a combination that no config has, and for two points that are one run.
    """
    firsts = _firsts(plan)
    if len(plan.base) != len(firsts):
        raise InputError(f"base must hold a config for each of {len(firsts)} sets of data, got {len(plan.base)}")
    bases = dict(zip(map(_key, firsts), map(_decoded, plan.base), strict=True))
    found: dict[str, Member] = {}
    for point in plan.points():
        config, places = bases[_key(point)]
        settings = {name: value for name, value in point.items() if name not in DATA}
        for seed in plan.seeds:
            try:
                member = Member(point, dataclasses.replace(config, **settings, seed=seed), _there(places, folder))
            except SwrefError as error:
                raise InputError(f"no run has {described(point)}: {error}") from None
            other = found.setdefault(member.name, member)
            if other is not member:
                raise InputError(f"two points are one run: {described(other.point)}, and {described(point)}")
    return list(found.values())


def described(point: Point) -> str:
    """A point in words: step = 0.01, noise = 0.1."""
    return ", ".join(f"{name} = {shown(value)}" for name, value in point.items()) or "nothing of its own"


def _key(point: Point) -> tuple[Any, ...]:
    return tuple(point.get(name) for name in DATA)


def _firsts(plan: Plan) -> Sequence[Point]:
    """The first point of each set of data and law of the input."""
    firsts: dict[tuple[Any, ...], Point] = {}
    for point in plan.points() if set(plan.varied) & set(DATA) else _one(plan):
        firsts.setdefault(_key(point), point)
    return list(firsts.values())


def _one(plan: Plan) -> Iterator[Point]:
    yield next(plan.points())


def _decoded(base: Point) -> tuple[TrainConfig, Mapping[str, str]]:
    values = {name: value for name, value in base.items() if name not in PLACES}
    places = {name.removesuffix("_place"): typed(name, base[name], str) for name in PLACES if name in base}
    return TrainConfig.from_values(values), places


def _there(places: Mapping[str, str], folder: Path) -> Mapping[str, Path]:
    return {name: (folder / place).resolve() for name, place in places.items()}
