"""The distance of named data, and whether they are to be held in memory: one place for that choice."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from swref import checks
from swref.directions import directions as drawn_directions
from swref.distributed.api import Certified, free_memory, sw
from swref.distributed.sources import Source, source_of
from swref.errors import InputError, SwrefError
from swref.measures import Discrete
from swref.measures.catalog import load_with
from swref.measures.files import refuse_text_options
from swref.measures.reading import TableOptions, notes_of
from swref.randomness import stream

TIERS: Final = "auto", "memory", "certified", "exact"
SHARE: Final = 8  # of the free memory: numbers are held some times over while they are read and sorted

WITHOUT_MEMORY: Final[dict[str, tuple[object, ...]]] = {  # what options may be where data stay on disk
    "gradient": (None,),
    "standardize": ("none",),
    "backend": ("auto", "cpu"),
    "missing": (None, "error"),
}


@dataclass(frozen=True)
class Tier:
    """Which tier, and why where it was chosen."""

    name: str
    why: str = ""


def chosen_tier(a: str, b: str, tier: str = "auto") -> Tier:
    """The tier for the data named a and b: "auto" is memory, but certified where they are files too large for it.

    >>> chosen_tier("moons", "circles")
    Tier(name='memory', why='')
    """
    if checks.one_of("tier", tier, TIERS) != "auto":
        return Tier(tier)
    needed, free = sum(held_bytes(name) for name in (a, b) if stays(name)), free_memory()
    if needed * SHARE <= free:
        return Tier("memory")
    size = f"{needed / 1e9:.3g} GB as numbers, more than an eighth of the {free / 1e9:.3g} GB that are free"
    return Tier("certified", f"the data are {size}")


def refuse_of_memory(tier: str, **options: object) -> None:
    """Raise InputError where one of the options has a value that only the tier memory has.

    >>> refuse_of_memory("exact", backend="cuda")
    Traceback (most recent call last):
    swref.errors.InputError: --backend cuda needs --tier memory, got --tier exact
    """
    for name, value in options.items():
        if value not in WITHOUT_MEMORY[name]:
            raise InputError(f"--{name} {value} needs --tier memory, got --tier {tier}")


def stays(name: str) -> bool:
    """Whether the name is that of a file that can be read in blocks."""
    return name.lower().endswith((".npy", ".parquet")) and os.path.isfile(name)


def held_bytes(name: str) -> int:
    """What the numbers of such a file take in memory, eight bytes each; 0 of one that blocks cannot be read of: who
    reads whole files can, or says what is wrong with it."""
    try:
        source = source_of("data", name)
    except SwrefError:
        return 0
    return 8 * source.rows * source.dim


def distance_of_named(
    a: str,
    b: str,
    tier: Tier,
    *,
    options: TableOptions,
    directions: int,
    p: float,
    scheme: str,
    seed: int,
    tolerance: float,
    executor: Any = None,
) -> tuple[Certified, list[str]]:
    """SW_p^p of the data named a and b by the tier certified or exact, and a line for each guess.

    .npy and .parquet files stay on disk, others are loaded; `executor` as of `sw`. Raises InputError for a law, and
    what `sw` raises.
    """
    (x, wx, notes), (y, wy, more) = (_points(label, name, options) for label, name in (("A", a), ("B", b)))
    theta = drawn_directions(stream(checks.int_seed("seed", seed), "directions"), directions, x.dim, scheme)  # [L, d]
    result = sw(x, y, theta, p, tolerance, tier=tier.name, x_weights=wx, y_weights=wy, executor=executor)
    return result, [*notes, *more]


def _points(label: str, name: str, options: TableOptions) -> tuple[Source, np.ndarray | None, list[str]]:
    """The points, their weights, and what was guessed."""
    if stays(name):
        refuse_text_options(name, options)
        source = source_of(label, name, options.columns)
        return source, None, source.notes()
    measure = load_with(name, options, label, keep_constant=True)
    if not isinstance(measure, Discrete):
        raise InputError(f"{label} must be data for the tiers certified and exact, got {checks.shown(measure)}")
    source = source_of(label, measure.points)
    named = tuple(replace(part, names=measure.names) for part in source.parts)
    return replace(source, parts=named), measure.weights, notes_of(measure)
