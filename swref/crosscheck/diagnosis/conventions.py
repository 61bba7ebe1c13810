"""Another convention than the declared one, in which every number that came is right."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from itertools import product
from typing import Final

import numpy as np

from swref.crosscheck.answer.convention import LAYOUTS, REDUCTIONS, RETURNS, Convention
from swref.crosscheck.kinds import AnyCase, ArgumentsCase, Case, MeanCase, Outcome, RelationCase

MAX_NUMBERS: Final = 20_000  # of a case that is judged again
NEARLY: Final = 0.9  # the fraction of the numbers that must be right
LEAST: Final = 3  # cases that decide
OPTIONS: Final = ("returns", "directions", "points", "slices")
PROBES: Final = 4  # cases that must answer before all are asked
Examine = Callable[[AnyCase], Outcome]
Opened = Callable[[str], AbstractContextManager[Examine]]  # of a layout of the directions


def options(convention: Convention) -> str:
    """The options of the command that declare it.

    >>> options(Convention("sw", points="sum"))
    '--returns sw --points sum'
    """
    usual = Convention()
    chosen = [name for name in OPTIONS if getattr(convention, name) != getattr(usual, name)]
    return " ".join(f"--{name} {getattr(convention, name)}" for name in chosen) or "--returns sw_pp"


def others(declared: Convention) -> Iterator[Convention]:
    """Root, points and slices otherwise than declared, those first that differ in few of them."""
    pairs = product(RETURNS, REDUCTIONS, REDUCTIONS)
    found = [replace(declared, returns=r, points=k, slices=s) for r, k, s in pairs]
    found.sort(key=lambda each: sum(getattr(each, name) != getattr(declared, name) for name in OPTIONS))
    return iter(found[1:])


def fits(outcomes: Sequence[Outcome], declared: Convention) -> Convention | None:
    """The convention in which every number of `outcomes` is right; None where the declared one is not refuted."""
    usable = [outcome for outcome in outcomes if _usable(outcome)]
    usable.sort(key=lambda outcome: (outcome.ok, outcome.case.numbers))
    if sum(not outcome.ok for outcome in usable) < LEAST:
        return None
    best = max(others(declared), key=lambda other: _share_right(usable, other))
    return best if _share_right(usable, best) >= NEARLY else None


def in_other_layout(
    outcomes: Sequence[Outcome], declared: Convention, opened: Opened
) -> tuple[Convention, list[Outcome]] | None:
    """The convention with another layout of the directions in which small cases are right, where none is now.

    `opened(layout)` gives a function that examines a case anew; with the outcomes of those that were.
    """
    asked = [o for o in outcomes if isinstance(o.case, Case) and o.case.expect == "answer" and not o.skipped]
    given = [o for o in asked if _depends_on_layout(o.case)]
    if len(given) < LEAST or any(outcome.ok for outcome in given):
        return None
    for layout in LAYOUTS:
        if layout == declared.directions:
            continue
        other = replace(declared, directions=layout)
        cases = [o.case for o in (outcomes if layout == "own" else asked) if _asks(o.case, layout)]
        cases.sort(key=lambda case: case.numbers)
        with opened(layout) as examine:
            again = [examine(case) for case in cases[:PROBES]]
            if len(again) < PROBES or any(o.seen.status not in ("ok", "skip") for o in again):
                continue
            again += [examine(case) for case in cases[PROBES:]]
        if not all(again) and layout != "own":
            other = fits(again, other) or other
        numbers = [outcome for outcome in again if outcome.seen.status != "error"]
        if len(numbers) >= PROBES and _share_right(numbers, other) >= NEARLY:
            return other, again
    return None


def _depends_on_layout(case: AnyCase) -> bool:
    question = case.question()
    return question.directions == "given" and question.inputs[0].d != question.inputs[0].L


def _asks(case: AnyCase, layout: str) -> bool:
    directions = case.question().directions
    if layout == "own":
        return directions in ("any", "own") and (isinstance(case, (MeanCase, Case)))
    return directions != "own" and case.numbers <= MAX_NUMBERS


def _share_right(outcomes: Sequence[Outcome], convention: Convention) -> float:
    """The fraction of the outcomes that a convention makes right; 0 as soon as it is below NEARLY."""
    left = (1 - NEARLY) * len(outcomes)
    for outcome in outcomes:
        left -= not makes_right(outcome, convention)
        if left < 0:
            return 0.0
    return NEARLY + left / max(1, len(outcomes))


def _usable(outcome: Outcome) -> bool:
    """Whether numbers came that a convention decides."""
    case, seen = outcome.case, outcome.seen
    if not isinstance(case, (Case, RelationCase)) or "inputs" in seen.notes or seen.status != "ok":
        return False
    return case.numbers <= MAX_NUMBERS and (isinstance(case, RelationCase) or case.expect == "answer")


def makes_right(outcome: Outcome, convention: Convention) -> bool:
    """Whether what came is right in a convention, or did not apply."""
    case, seen = outcome.case, outcome.seen
    if not isinstance(case, (Case, ArgumentsCase, RelationCase)) or seen.status != "ok":
        return outcome.ok
    with np.errstate(all="ignore"):
        return all(j.ok for j in case.judge(seen, convention, "dx" in seen.arrays))
