"""The plan of a sweep: which fields of the config take which values, times seeds; from TOML or from keywords.

    seeds = 5                                       # 0 .. 4, or a list
    [config]                                        # what all runs have
    target = "moons"
    steps = 2000
    [grid]                                          # every combination
    step = [0.01, 0.02, 0.05]
    [[list]]                                        # or these, one by one
    noise = 0.1
    radius = 10.0
    [sobol]                                         # or so many samples of a box
    samples = 64
    batch = {low = 64, high = 1024, log = true}

Grid, list and samples multiply where there are several.
"""

from __future__ import annotations

import dataclasses
import hashlib
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any, Final

from swref import checks
from swref.errors import InputError, InputTypeError
from swref.randomness import stream
from swref.runs.config import TrainConfig
from swref.runs.fields import field_types, merged, read_toml, to_toml, typed
from swref.runs.folder import LONGEST_STEM

FORMAT: Final = 1
MOST_RUNS: Final = 10_000  # without a word that so many are meant
KEYS: Final = ("format", "seeds", "many", "as_in_paper", "config", "grid", "list", "sobol", "base")
NO_CHOICE: Final = ("format", "target_sha256", "source_sha256")
RANGE: Final = ("low", "high", "log")
DIGITS: Final = 4  # of a sample, so that it can be read and typed
KINDS: Final = field_types(TrainConfig)
Point = dict[str, Any]  # values by field


@dataclass(frozen=True)
class Plan:
    """A sweep, checked: its runs are the points times the seeds.

    >>> plan = Plan.of({"seeds": 2, "grid": {"step": [0.01, 0.02], "noise": [0, 0.1]}})
    >>> plan.count, list(plan.points())[1]
    (8, {'step': 0.01, 'noise': 0.1})
    """

    config: Point = field(default_factory=dict)
    grid: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    entries: Sequence[Point] = ()  # of the list
    samples: int = 0
    box: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # field -> low, high, log
    seeds: Sequence[int] = (0,)
    many: bool = False  # more than MOST_RUNS runs are meant
    as_in_paper: bool = False  # choose nothing from the data
    base: Sequence[Point] = ()  # what was chosen, of a sweep that was begun: see swref.runs.sweep.members

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Plan:
        """The plan in the values of a TOML file. Raises InputError or InputTypeError, naming the key."""
        merged(KEYS, _table("plan", values))
        if values.get("format", FORMAT) != FORMAT:
            came = checks.shown(values["format"])
            raise InputError(f"format must be {FORMAT}, the one this version reads, got {came}")
        config = _point("config", values.get("config", {}))
        sobol = dict(_table("sobol", values.get("sobol", {})))
        samples = sobol.pop("samples", None)
        if samples is not None and not sobol:
            raise InputError("sobol must have a field, as step = {low = 0.01, high = 0.1}, got none")
        plan = cls(
            config=config,
            grid={name: _axis(name, axis) for name, axis in _varied("grid", values.get("grid", {})).items()},
            entries=_entries(values.get("list", ())),
            samples=checks.integer("sobol: samples", samples, minimum=1, maximum=2**31) if sobol else 0,
            box={name: _range(name, entry) for name, entry in _varied("sobol", sobol).items()},
            seeds=_seeds(values.get("seeds", 1), config.get("seed", 0)),
            many=checks.flag("many", values.get("many", False)),
            as_in_paper=checks.flag("as_in_paper", values.get("as_in_paper", False)),
            base=[dict(_table("base", entry)) for entry in _several("base", values.get("base", ()))],
        )
        names = [*plan.grid, *plan._listed, *plan.box]
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise InputError(f"{twice} must be in one of grid, list and sobol, got it in two")
        if plan.count > MOST_RUNS and not plan.many:
            raise InputError(f"a sweep of {plan.count} runs is large: --yes (many = true) if it is meant")
        return plan

    @classmethod
    def read(cls, path: Path) -> Plan:
        """The plan in a file. Raises DataError for one that is missing or not TOML, else as `of`."""
        return cls.of(read_toml(path))

    @property
    def _listed(self) -> Sequence[str]:
        return list(self.entries[0]) if self.entries else []

    @property
    def varied(self) -> tuple[str, ...]:
        """The fields that the points set, in their order."""
        return (*self.grid, *self._listed, *self.box)

    @property
    def scattered(self) -> tuple[str, ...]:
        """Those of them that have no grid."""
        return (*self._listed, *self.box)

    @property
    def count(self) -> int:
        """The number of runs; nothing is made for it."""
        combinations = math.prod(len(axis) for axis in self.grid.values())
        return combinations * max(1, len(self.entries)) * max(1, self.samples) * len(self.seeds)

    def points(self) -> Iterator[Point]:
        """What the runs of a group set, beside the seed: in the order of the grid, its last field the fastest."""
        grid = [dict(zip(self.grid, values, strict=True)) for values in product(*self.grid.values())]
        for parts in product(grid, self.entries or ({},), self._sampled()):
            yield {name: value for part in parts for name, value in part.items()}

    def _sampled(self) -> Sequence[Point]:
        """The first `samples` of a scrambled Sobol' sequence in the box, to DIGITS digits."""
        if not self.box:
            return ({},)
        from scipy.stats import qmc

        bits = (self.samples - 1).bit_length()  # its balance is that of powers of two
        unit = qmc.Sobol(len(self.box), rng=stream(0, "sweep")).random_base2(bits)[: self.samples]
        return [{name: _scaled(name, u, self.box[name]) for name, u in zip(self.box, row, strict=True)} for row in unit]

    def without_base(self) -> str:
        """What tells it from another plan, as TOML.

        >>> Plan.of({"seeds": 2}).without_base() == Plan.of({"seeds": [0, 1]}).without_base()
        True
        """
        return dataclasses.replace(self, base=()).to_toml()

    def to_toml(self) -> str:
        """The plan as TOML, which `read` reads."""
        head = {"format": FORMAT, "seeds": self.seeds, "many": self.many, "as_in_paper": self.as_in_paper}
        sobol = {"samples": self.samples, **self.box} if self.box else {}
        sections = [("[config]", self.config), ("[grid]", self.grid), ("[sobol]", sobol)]
        sections += [("[[list]]", entry) for entry in self.entries] + [("[[base]]", base) for base in self.base]
        return to_toml(_lists(head)) + "".join(f"\n{name}\n{to_toml(_lists(part))}" for name, part in sections if part)


def with_flags(values: Mapping[str, Any], flags: Mapping[str, Any], alone: Collection[str] = ()) -> dict[str, Any]:
    """The values of a plan with fields from elsewhere, which win: one value is for all runs, several are a grid.

    alone: fields whose value is a list itself. Raises InputError for a field that the plan lists or samples.

    >>> with_flags({"grid": {"step": [0.1, 0.2]}}, {"step": (0.3,), "noise": (0.0, 1.0)})
    {'grid': {'noise': [0.0, 1.0]}, 'config': {'step': 0.3}}
    """
    config, grid = (dict(_table(section, values.get(section, {}))) for section in ("config", "grid"))
    for name, given in flags.items():
        for entry in (*_several("list", values.get("list", ())), values.get("sobol", {})):
            if name in entry:
                raise InputError(f"{name} is varied by a list or samples of the plan: leave it out beside them")
        config.pop(name, None)
        grid.pop(name, None)
        if name in alone or not isinstance(given, tuple):
            config[name] = given
        elif len(given) == 1:
            config[name] = given[0]
        else:
            grid[name] = list(given)
    return {**values, "grid": grid, "config": config}


def default_folder(plan: Plan, stem: str) -> Path:
    """Where a plan's sweep goes if nothing is said: the same plan, the same folder.

    >>> default_folder(Plan.of({"seeds": 2}), "data/my points.csv").as_posix()
    'runs/sweep-my-points-cb6bb1'
    """
    letters = "".join(c if c.isalnum() else "-" for c in Path(stem[-LONGEST_STEM:]).stem) or "plan"
    return Path("runs", f"sweep-{letters}-{hashlib.sha256(plan.without_base().encode()).hexdigest()[:6]}")


def _table(name: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise InputTypeError(f"{name} must be a table of fields, got {checks.shown(value)}")
    return value


def _several(name: str, value: Any) -> Sequence[Any]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise InputTypeError(f"{name} must be a list, got {checks.shown(value)}")
    return value


def _varied(section: str, values: Any) -> Mapping[str, Any]:
    """A table whose keys are fields that may be varied."""
    if "seed" in _table(section, values):
        raise InputError(f"{section}: the seed is varied by seeds = 5, or a list, got {checks.shown(values['seed'])}")
    for name in values:
        _check_field(section, name)
    return values


def _check_field(section: str, name: str) -> None:
    checks.one_of(f"{section}: a field", name, [field for field in KINDS if field not in NO_CHOICE])


def _point(section: str, values: Any) -> Point:
    """Fields and their values, each of its type."""
    for name in _table(section, values):
        _check_field(section, name)
    return {name: typed(f"{section}: {name}", value, KINDS[name]) for name, value in values.items()}


def _axis(name: str, values: Any) -> Sequence[Any]:
    found = [typed(f"grid: {name}[{k}]", v, KINDS[name]) for k, v in enumerate(_several(f"grid: {name}", values))]
    if not found:
        raise InputError(f"grid: {name} must hold at least one value, got none")
    if (twice := _twice(found)) is not None:
        raise InputError(f"grid: {name} must hold each value once, got {checks.shown(found[twice])} twice")
    return found


def _entries(points: Any) -> Sequence[Point]:
    found = [_point("list", _varied("list", point)) for point in _several("list", points)]
    for k, point in enumerate(found):
        if point.keys() != found[0].keys():
            raise InputError(f"list[{k}] must set the fields of list[0], {', '.join(found[0])}, got {', '.join(point)}")
    if (twice := _twice([tuple(sorted(point.items())) for point in found])) is not None:
        raise InputError(f"list[{twice}] must be set once, got it as list[{found.index(found[twice])}], too")
    return found


def _twice(values: Sequence[Any]) -> int | None:
    """The index of the first value that was there before."""
    seen: set[Any] = set()
    for k, value in enumerate(values):
        if value in seen:
            return k
        seen.add(value)
    return None


def _range(name: str, entry: Any) -> Mapping[str, Any]:
    """{low, high, log} of a field of numbers."""
    merged(RANGE, _table(f"sobol: {name}", entry))
    if KINDS[name] not in (int, float):
        raise InputError(f"sobol: {name} must be a field of numbers; give its values in a grid")
    low, high = (checks.number(f"sobol: {name}: {end}", entry.get(end)) for end in ("low", "high"))
    log = checks.flag(f"sobol: {name}: log", entry.get("log", False))
    if not low < high or (log and low <= 0):
        raise InputError(f"sobol: {name} must have {'0 < ' if log else ''}low < high, got {low:g} and {high:g}")
    return {"low": low, "high": high, "log": log}


def _scaled(name: str, u: float, box: Mapping[str, Any]) -> Any:
    low, high = box["low"], box["high"]
    value = low * (high / low) ** u if box["log"] else low + u * (high - low)
    return round(value) if KINDS[name] is int else float(f"{value:.{DIGITS}g}")


def _seeds(seeds: Any, first: int) -> Sequence[int]:
    """So many, from `first` on, or those of a list."""
    if isinstance(seeds, Sequence) and not isinstance(seeds, str):
        found: Sequence[int] = [checks.int_seed(f"seeds[{k}]", seed) for k, seed in enumerate(seeds)]
    else:
        found = range(first, first + checks.integer("seeds", seeds, minimum=1, maximum=2**31))
    if isinstance(found, list) and (not found or len(set(found)) < len(found)):
        raise InputError(f"seeds must hold at least one, each once, got {checks.shown(found)}")
    return found


def _lists(values: Any) -> Any:
    """Tables and lists of plain values, whatever they came as."""
    if isinstance(values, Mapping):
        return {name: _lists(value) for name, value in values.items()}
    return [_lists(value) for value in values] if isinstance(values, (tuple, list, range)) else values
