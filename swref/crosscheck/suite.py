"""Running the suite on a target, and what came of it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

from swref import checks
from swref.crosscheck import catalog
from swref.crosscheck.answer.convention import Convention
from swref.crosscheck.answer.judge import LENIENT, Judgement
from swref.crosscheck.catalog.dtypes import in_dtypes
from swref.crosscheck.diagnosis import Diagnosis, diagnose, in_layout, in_other_layout
from swref.crosscheck.kinds import KINDS, AnyCase, Outcome
from swref.crosscheck.kinds.base import MeanReport
from swref.crosscheck.target import Target, check_name
from swref.crosscheck.target.isolation import LOADING_SECONDS, MEMORY, IsolatedTarget, UnusableTarget
from swref.errors import InputError, InputTypeError
from swref.reprs import Shown

FORMAT: Final = 1
LONGEST: Final = 1e6  # seconds; beyond some 10^9 the system's waits overflow
Progress = Callable[[Judgement], None]


@dataclass(frozen=True, repr=False)
class Report(Shown):
    """What came of `cases` on one target. `status`: ran, missing (its library is not installed) or unusable (`detail`
    why): then there are no outcomes."""

    target: str
    status: str
    detail: str = ""
    convention: Convention = field(default_factory=Convention)
    cases: tuple[AnyCase, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    diagnoses: tuple[Diagnosis, ...] = ()
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether it ran and nothing is wrong."""
        return self.status == "ran" and all(self.outcomes)

    @property
    def judgements(self) -> list[Judgement]:
        """Those of every case at every level."""
        return [judgement for outcome in self.outcomes for judgement in outcome.judgements]

    @property
    def wrong(self) -> list[Judgement]:
        """What is wrong, the smallest case first."""
        failed = sorted((outcome for outcome in self.outcomes if not outcome.ok), key=lambda each: each.case.numbers)
        return [judgement for outcome in failed for judgement in outcome.judgements if not judgement.ok]

    @property
    def noted(self) -> list[Judgement]:
        """What is wrong only where one is strict."""
        return [judgement for judgement in self.judgements if judgement.status in LENIENT]

    @property
    def means(self) -> list[MeanReport]:
        """What was measured of a loss that draws its own directions."""
        return [outcome.mean for outcome in self.outcomes if outcome.mean is not None]

    @property
    def counts(self) -> dict[str, int]:
        """How many judgements have each status."""
        return dict(Counter(judgement.status for judgement in self.judgements))

    @property
    def compile_seconds(self) -> float:
        """Seconds spent in compilation."""
        return sum({j.case: j.compile_seconds for j in self.judgements}.values())

    def facts(self) -> dict[str, str]:
        """What a prompt shows: how many cases went how, and which mistakes fit."""
        result = f"{self.status} {self.detail}".rstrip()
        if self.status == "ran":
            result = "right" if self.ok else "differs"
        counts = {status: str(count) for status, count in sorted(self.counts.items())}
        fits = {
            f"fits {k}": f"{d.sentence} ({d.explained} of {d.failures} failures, {d.agreed} of {d.passes} passes)"
            for k, d in enumerate(self.diagnoses, 1)
        }
        return {"target": self.target, "result": result, **counts, **fits}

    def by_tag(self) -> dict[str, dict[str, int]]:
        """The counts for every tag."""
        tags: dict[str, Counter[str]] = {}
        for outcome in self.outcomes:
            for tag in outcome.case.tags:
                tags.setdefault(tag, Counter()).update(judgement.status for judgement in outcome.judgements)
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
            "means": [asdict(mean) for mean in self.means],
            "verdicts": [j.to_dict() for j in self.judgements],
        }


def run(
    target: Target,
    cases: Sequence[AnyCase] | None = None,
    *,
    seconds: float = 20.0,
    loading_seconds: float = LOADING_SECONDS,
    memory: float = MEMORY,
    levels: Sequence[str] = (),
    progress: Progress | None = None,
) -> Report:
    """Run `cases` (None: all) on a target in a process of its own; see target.isolation for the limits: `seconds` a
    case, `loading_seconds`, and `memory` in GiB.

    With `levels` only those are judged. A target that takes no float64 gets the cases of float64 rounded.

    Cases may be the user's own: their inputs are sent to that process. Cases of one shape follow each other, so that a
    target that compiles for every shape does so once. Raises InputError for a target or a convention that does not
    exist, for two cases of one name and for a network that cannot be sent; everything else ends in the report.

    >>> report = run(Target("numpy"), catalog.cases("closed-form"))
    >>> report.ok, report.counts
    (True, {'pass': 20})
    """
    checks.instance("target", target, Target)
    check_name(target.name)
    convention = target.convention
    seconds = checks.number("seconds", seconds, above=0.0, maximum=LONGEST)
    loading_seconds = checks.number("loading_seconds", loading_seconds, above=0.0, maximum=LONGEST)
    memory = checks.number("memory", memory, above=0.0)
    if progress is not None:
        checks.function("progress", progress)
    kept = set(checks.texts("levels", levels))
    given = _checked(catalog.cases() if cases is None else cases)
    asked = [case for case in given if not kept or kept & set(case.levels)]
    chosen = tuple(in_dtypes(asked, target.dtypes))
    start = time.perf_counter()
    outcomes: list[Outcome] = []
    try:
        with IsolatedTarget(target, seconds, loading_seconds, memory) as running:
            convention = running.convention
            for case in sorted(chosen, key=lambda case: (case.comes_last, case.shape_key)):
                outcome = case.examine(running.observe, convention, running.has_gradient)
                judged = tuple(each for each in outcome.judgements if not kept or each.level in kept)
                outcomes.append(replace(outcome, judgements=judged))
                for judgement in outcomes[-1].judgements:
                    if progress is not None:
                        progress(judgement)
    except UnusableTarget as error:
        seconds = time.perf_counter() - start
        return Report(target.name, error.status, str(error), convention, chosen, seconds=seconds)
    found: tuple[Diagnosis, ...] = ()
    if ":" in target.name:
        other = in_other_layout(outcomes, convention, lambda layout: _opened(target, layout, seconds, loading_seconds))
        found = () if other is None else (in_layout(*other, sum(not outcome.ok for outcome in outcomes)),)
    found = found or tuple(diagnose(outcomes, convention))
    return Report(target.name, "ran", "", convention, chosen, tuple(outcomes), found, time.perf_counter() - start)


@contextmanager
def _opened(
    target: Target, layout: str, seconds: float, loading_seconds: float
) -> Iterator[Callable[[AnyCase], Outcome]]:
    """A function that examines a case of the target with the directions in another layout."""
    with IsolatedTarget(replace(target, directions=layout), seconds, loading_seconds) as running:
        yield lambda case: case.examine(running.observe, running.convention, running.has_gradient)


def _checked(cases: Sequence[AnyCase]) -> tuple[AnyCase, ...]:
    names = set()
    if isinstance(cases, (str, bytes)) or not isinstance(cases, Sequence):
        raise InputTypeError(f"cases must be a sequence of cases, got {checks.shown(cases)}")
    for case in cases:
        if not isinstance(case, KINDS):
            known = ", ".join(kind.__name__ for kind in KINDS)
            raise InputTypeError(f"cases must be of the kinds {known}, got {type(case).__name__}")
        if case.name in names:
            raise InputError(f"cases must have names of their own, got {case.name!r} twice")
        names.add(case.name)
        case.question().described_net()
    return tuple(cases)
