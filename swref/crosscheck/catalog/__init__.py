"""The catalogue: the cases that come with swref, a module for each thing that goes wrong."""

from __future__ import annotations

import functools
from collections.abc import Sequence

from swref.checks import texts, unknown
from swref.crosscheck.catalog import (
    arguments,
    calls,
    closed_forms,
    clouds,
    layouts,
    means,
    networks,
    refusals,
    relations,
    scales,
    ties,
    weights,
)
from swref.crosscheck.kinds import AnyCase
from swref.errors import InputError

__all__ = ["cases", "equal", "find", "levels"]

_MODULES = (
    closed_forms,
    clouds,
    ties,
    weights,
    arguments,
    scales,
    layouts,
    refusals,
    relations,
    networks,
    means,
    calls,
)


@functools.cache
def _all() -> dict[str, AnyCase]:
    return {case.name: case for module in _MODULES for case in module.cases()}


def cases(*tags: str, without: Sequence[str] = ()) -> list[AnyCase]:
    """Every case that carries all of `tags` and none of `without`, in the order of the catalogue.

    Raises InputError for a tag that no case has.

    >>> len(cases()) >= 80, [case.name for case in cases("ties", "near-tie")]
    (True, ['near-tie', 'near-tie-reversed'])
    """
    known = {tag for case in _all().values() for tag in case.tags}
    without = texts("without", without)
    for tag in (*tags, *without):
        if not isinstance(tag, str) or tag not in known:
            raise InputError(unknown("tag", tag, sorted(known)))
    return [case for case in _all().values() if set(tags) <= set(case.tags) and not set(without) & set(case.tags)]


def levels() -> list[str]:
    """The levels at which cases are judged, in the order of the catalogue.

    >>> levels()[:4]
    ['value', 'gradient', 'theta', 'weights']
    """
    return list(dict.fromkeys(level for case in _all().values() for level in case.levels))


def equal(chosen: Sequence[AnyCase]) -> list[AnyCase]:
    """Those of `chosen` in which every evaluation has two clouds of one size without weights.

    >>> "unequal-5-7" in [case.name for case in equal(cases("unequal"))]
    False
    """
    return [case for case in chosen if all(each.n == each.m and each.uniform for each in case.question().inputs)]


def find(name: str) -> AnyCase:
    """The case of this name; raises InputError with the nearest name for an unknown one.

    >>> find("cloud-8x2-float64").inputs.n
    8
    """
    if not isinstance(name, str) or name not in _all():
        raise InputError(unknown("case", name, _all()).replace(", ".join(_all()), "those that --list shows"))
    return _all()[name]
