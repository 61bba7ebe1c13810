"""Running the suite on a target, and what came of it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from swref.crosscheck import catalog
from swref.crosscheck.adapters import Target, check_name
from swref.crosscheck.case import AnyCase, MeanCase
from swref.crosscheck.convention import Convention
from swref.crosscheck.diagnosis import Diagnosis, diagnose, diagnose_means
from swref.crosscheck.isolation import LOADING_SECONDS, IsolatedTarget, UnusableTarget
from swref.crosscheck.judge import judge
from swref.crosscheck.means import MeanReport, judge_mean
from swref.crosscheck.observation import Observation
from swref.crosscheck.verdict import Verdict

FORMAT: Final = 1
Progress = Callable[[Verdict], None]
Outcome = tuple[AnyCase, Observation, list[Verdict]]


@dataclass(frozen=True)
class Report:
    """The verdicts of one target. `status`: ran, missing (its library is not installed) or unusable (`detail` why)."""

    target: str
    status: str
    detail: str = ""
    convention: Convention = field(default_factory=Convention)
    verdicts: tuple[Verdict, ...] = ()
    diagnoses: tuple[Diagnosis, ...] = ()
    means: tuple[MeanReport, ...] = ()
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong: a missing optional library is not, a target that cannot be loaded is."""
        return self.status == "missing" or (self.status == "ran" and all(v.ok for v in self.verdicts))

    @property
    def counts(self) -> dict[str, int]:
        """How many verdicts have each status."""
        return dict(Counter(v.status for v in self.verdicts))

    @property
    def compile_seconds(self) -> float:
        """Seconds spent in compilation."""
        return sum({v.case: v.compile_seconds for v in self.verdicts}.values())

    def by_tag(self) -> dict[str, dict[str, int]]:
        """The counts for every tag."""
        tags: dict[str, Counter[str]] = {}
        for verdict in self.verdicts:
            for tag in catalog.find(verdict.case).tags:
                tags.setdefault(tag, Counter())[verdict.status] += 1
        return {tag: dict(counts) for tag, counts in sorted(tags.items())}

    def to_dict(self) -> dict[str, Any]:
        """In JSON's types."""
        return {
            "target": self.target,
            "status": self.status,
            "detail": self.detail,
            "ok": self.ok,
            "convention": self.convention.to_dict(),
            "seconds": self.seconds,
            "compile_seconds": self.compile_seconds,
            "counts": self.counts,
            "tags": self.by_tag(),
            "diagnoses": [d.to_dict() for d in self.diagnoses],
            "means": [m.to_dict() for m in self.means],
            "verdicts": [v.to_dict() for v in self.verdicts],
        }


def run(
    target: Target,
    cases: Sequence[AnyCase] | None = None,
    *,
    seconds: float = 20.0,
    loading_seconds: float = LOADING_SECONDS,
    progress: Progress | None = None,
) -> Report:
    """Run `cases` (None: all) on a target in a process of its own; see swref.crosscheck.isolation for the time limit.

    Cases of one shape follow each other, so that a target that compiles for every shape does so once. Raises
    InputError for a target or a convention that does not exist; everything else ends in the report.

    >>> report = run(Target("numpy"), catalog.cases("closed-form"))
    >>> report.ok, report.counts
    (True, {'pass': 20})
    """
    check_name(target.name)
    convention = target.convention
    chosen = list(catalog.cases() if cases is None else cases)
    chosen.sort(key=_shape)
    start = time.perf_counter()
    outcomes: list[Outcome] = []
    means: list[MeanReport] = []
    try:
        with IsolatedTarget(target, seconds, loading_seconds) as running:
            convention = running.convention
            for case in chosen:
                outcomes.append(_one(case, running, means))
                for verdict in outcomes[-1][2]:
                    if progress is not None:
                        progress(verdict)
    except UnusableTarget as error:
        return Report(target.name, error.status, str(error), convention, seconds=time.perf_counter() - start)
    found = diagnose_means(means) if convention.own_directions else diagnose(outcomes, convention)
    verdicts = tuple(verdict for _, _, each in outcomes for verdict in each)
    return Report(target.name, "ran", "", convention, verdicts, tuple(found), tuple(means), time.perf_counter() - start)


def _one(case: AnyCase, running: IsolatedTarget, means: list[MeanReport]) -> Outcome:
    if isinstance(case, MeanCase) and running.convention.own_directions:
        verdicts, report = judge_mean(
            case, lambda calls, first: running.observe(case, calls, first), running.convention, running.has_gradient
        )
        if report is not None:
            means.append(report)
        return case, Observation(status="skip"), verdicts
    seen = running.observe(case)
    return case, seen, judge(case, seen, running.convention, running.has_gradient)


def _shape(case: AnyCase) -> str:
    return case.inputs.shape_key if hasattr(case, "inputs") else "trace"
