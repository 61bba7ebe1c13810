"""What `check_assumptions` says: a matrix of verdicts over networks, and one over laws of the input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from swref.experiments.architecture.nets import Architecture
from swref.experiments.frame.tables import Table
from swref.measures import Measure
from swref.theory import check_assumptions
from swref.theory.assumptions.report import STATEMENTS

ASSUMPTIONS = tuple(STATEMENTS)
COLUMNS = (*ASSUMPTIONS, "Theorem 1", "Theorem 2")
FOR_THEOREMS = {"applies": "holds", "does not apply": "fails"}  # one vocabulary for the matrix


def report_on(
    net: Architecture, source: Measure, target: Measure, noise: float, radius: float
) -> tuple[list[str], str]:
    """For every one of COLUMNS "holds", "fails" or "unknown", and why the first that does not hold does not.

    The scheme is the noised projected one: Theorem 2 asks for it, and Theorem 1 allows it.
    """
    report = check_assumptions(net.network, source, target, noise=noise, radius=radius)
    found = [report[name].verdict for name in ASSUMPTIONS]
    theorems = [FOR_THEOREMS.get(t.verdict, t.verdict) for t in (report.theorem_1, report.theorem_2)]
    missed = [report[name] for name in ASSUMPTIONS if report[name].verdict != "holds"]
    return [*found, *theorems], f"{missed[0].name}: {missed[0].reason}" if missed else ""


def matrix(
    title: str, names: Mapping[str, Sequence[str]], found: Sequence[Sequence[str]], reasons: Sequence[str]
) -> Table:
    """The matrix with the columns `names` before it and the reasons behind it."""
    rows = [(*labels, *row, why) for *labels, row, why in zip(*names.values(), found, reasons, strict=True)]
    return Table.of_rows(title, dict.fromkeys((*names, *COLUMNS, "the first that does not hold"), ""), rows)
