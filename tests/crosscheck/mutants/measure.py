"""How many wrong losses are caught, and what is said of them first."""

from __future__ import annotations

import functools
from typing import NamedTuple

from swref.crosscheck import ArgumentsCase, Case, Convention, MeanCase, Outcome, RelationCase, cases, check
from swref.crosscheck.diagnosis import diagnose
from tests.crosscheck.mutants import arguments, inputs, matching, numbers, own
from tests.crosscheck.mutants.loss import Mutant

TABLES = {
    "directions": inputs.DIRECTIONS,
    "clouds": inputs.CLOUDS,
    "weights": inputs.WEIGHTS,
    "orders": matching.ORDERS,
    "sizes": matching.SIZES,
    "values": numbers.VALUES,
    "gradients": numbers.GRADIENTS,
    "state": numbers.STATE,
    "own": own.OWN,
    "arguments": arguments.ARGUMENTS,
}


def wrong_losses() -> dict[str, Mutant]:
    """Those of the tables that were written before the diagnosis was; LATER has others, written after it."""
    return {f"{table}: {name}": mutant for table, rows in TABLES.items() for name, mutant in rows.items()}


@functools.cache
def chosen(own_directions: bool) -> tuple:
    """The cases that one process asks within a fraction of a second."""
    found = []
    for case in cases():
        if isinstance(case, (MeanCase, RelationCase) if own_directions else ArgumentsCase):
            found.append(case)
        elif (isinstance(case, Case) and not {"half", "large", "layout"} & set(case.tags)) or case.name in (
            "layout-fortran",
            "layout-read-only",
        ):
            size = max(case.inputs.n, case.inputs.m)
            if size <= 100 and case.inputs.L <= 32 and case.inputs.d <= 32:
                found.append(case)
    return tuple(found)


class Result(NamedTuple):
    """What came of a mutant: the failing cases, and the names of the diagnoses."""

    failed: list[Outcome]
    named: list[str]

    def judged(self, truth: tuple[str, ...]) -> str:
        """missed, right, wrong (another mistake is named first) or silent."""
        if not self.failed:
            return "missed"
        if not self.named:
            return "silent"
        return "right" if self.named[0] in truth else "wrong"


def measure(mutant: Mutant) -> Result:
    own_directions = mutant.declared.get("directions") == "own"
    seen = [check(mutant.loss, case, **mutant.declared) for case in chosen(own_directions)]
    options = {key: value for key, value in mutant.declared.items() if key != "gradient"}
    found = diagnose(seen, Convention(**options))
    return Result([outcome for outcome in seen if not outcome.ok], [diagnosis.name for diagnosis in found])
