"""Which mistake explains the failures: every hypothesis is held to the cases, and they are ranked by their fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from swref.crosscheck.answer.convention import Convention
from swref.crosscheck.diagnosis.arguments import by_arguments
from swref.crosscheck.diagnosis.conventions import fits, makes_right, options
from swref.crosscheck.diagnosis.evidence import Evidence, gathered, predicted, varied
from swref.crosscheck.diagnosis.fitted import fitted, of_earlier_calls
from swref.crosscheck.diagnosis.laws import by_means
from swref.crosscheck.diagnosis.mistake import Hypothesis
from swref.crosscheck.diagnosis.symptoms import symptoms
from swref.crosscheck.diagnosis.tables import HYPOTHESES
from swref.crosscheck.kinds import Outcome

MAX_CASES: Final = 24  # that fail, and that pass, on which all hypotheses are tried: of as many sorts as there are
LEAST: Final = 0.5  # the fraction of the failures that a hypothesis must explain to be told
AGREES: Final = 0.8  # the fraction of the passes of which it says something that it must agree with
TYPICAL: Final = 6.0  # how far the size of a rounding error may be from the one predicted, in the middle


@dataclass(frozen=True)
class Diagnosis:
    """A hypothesis and its fit: the failing cases it predicts, and the passing ones it agrees with."""

    name: str
    sentence: str
    explained: int
    failures: int
    agreed: int
    passes: int

    @property
    def score(self) -> float:
        """Explained failures and agreement with passes, each as a fraction: at most 2."""
        return self.explained / max(1, self.failures) + (self.agreed / self.passes if self.passes else 1.0)

    def to_dict(self) -> dict[str, Any]:
        """In JSON's types."""
        return asdict(self) | {"score": self.score}


def diagnose(outcomes: Sequence[Outcome], convention: Convention, limit: int = 3) -> list[Diagnosis]:
    """The hypotheses that explain at least LEAST of the failures, best first; empty where nothing fits.

    A hypothesis explains a failing case if what came is what it predicts, and not what is right; a passing case of
    which it says nothing speaks neither for nor against it. A loss that draws its own directions is diagnosed by its
    means.
    """
    wrong = sum(not outcome.ok for outcome in outcomes)
    if not wrong:
        return []
    plain = [Diagnosis(name, sentence, count, wrong, 0, 0) for name, sentence, count in symptoms(outcomes)]
    if plain:
        return plain[:limit]
    if convention.own_directions:
        return _of_means(outcomes)[:limit]
    if other := fits(outcomes, convention):
        return [in_convention(outcomes, other)]
    found = gathered(outcomes, convention)
    failing, passing = ([e for e in found if e.failed is wrong] for wrong in (True, False))
    if not failing:
        return [Diagnosis(*told, 0, 0) for told in by_arguments(outcomes, convention)][:limit]
    asked = sorted(found, key=_places(outcomes))
    tried = varied(failing, MAX_CASES), varied(passing, MAX_CASES)
    told = [d for d in (_fit(h, *tried) for h in HYPOTHESES) if d is not None]
    if not any(d.explained == d.failures and d.agreed == d.passes for d in told):
        read_off = [*fitted(found), *of_earlier_calls(asked)]
        told += [d for d in (_fit(h, *tried) for h in read_off) if d is not None]
    return sorted(told, key=lambda diagnosis: -diagnosis.score)[:limit]


def in_convention(outcomes: Sequence[Outcome], other: Convention) -> Diagnosis:
    """Another convention makes nearly all of what came right."""
    wrong = [outcome for outcome in outcomes if not outcome.ok]
    mended = sum(makes_right(outcome, other) for outcome in wrong)
    sentence = f"right with {options(other)}"
    if mended < len(wrong):
        sentence = f"right with {options(other)}, but for {len(wrong) - mended} of the cases that fail now"
    return Diagnosis("convention", sentence, mended, len(wrong), 0, 0)


def in_layout(other: Convention, again: Sequence[Outcome], failures: int) -> Diagnosis:
    """With the directions in another layout nearly all cases asked `again` are right."""
    applied = [outcome for outcome in again if not outcome.skipped]
    right = sum(makes_right(outcome, other) for outcome in applied)
    sentence = f"right with {options(other)} in {right} of {len(applied)} cases asked again"
    return Diagnosis("convention", sentence, min(right, failures), failures, 0, 0)


def _places(outcomes: Sequence[Outcome]) -> Any:
    places = {outcome.case.name: k for k, outcome in enumerate(outcomes)}
    return lambda e: places[e.case.name]


def _fit(hypothesis: Hypothesis, failing: Sequence[Evidence], passing: Sequence[Evidence]) -> Diagnosis | None:
    """The fit of a hypothesis; None as soon as it is too bad to be told."""
    explained = left = 0
    for k, e in enumerate(failing):
        explained += (told := e.speaks_for(hypothesis)) is True
        left += told is False
        if explained + len(failing) - k - 1 < LEAST * len(failing) or left > (1 - AGREES) * len(failing) + 1:
            return None
    if explained == 0 or left > (1 - AGREES) * (explained + left):
        return None
    if hypothesis.shape_of_error and not _typical(hypothesis, failing):
        return None
    told_of = [told for e in passing if (told := e.speaks_for(hypothesis)) is not None]
    agreed = sum(told_of)
    against, counted = len(told_of) - agreed, len(told_of)
    if hypothesis.shape_of_error:  # roundings may cancel in a case or two
        counted += explained
    if against > (1 - AGREES) * counted:
        return None
    return Diagnosis(hypothesis.name, hypothesis.sentence, explained, len(failing), agreed, len(told_of))


def _typical(hypothesis: Hypothesis, failing: Sequence[Evidence]) -> bool:
    """Whether the errors are of the size predicted, in the middle of the cases."""
    ratios = []
    for e in failing:
        told = predicted(hypothesis, e.inputs, e.convention)
        ratio = None if told is None else e.size_of_error(told)
        if ratio is not None and np.isfinite(ratio):
            ratios.append(ratio)
    return bool(ratios) and 1 / TYPICAL < float(np.median(ratios)) < TYPICAL


def _of_means(outcomes: Sequence[Outcome]) -> list[Diagnosis]:
    means = [outcome.mean for outcome in outcomes if outcome.mean is not None]
    still = [m for m in means if m.variance <= (1e-9 * abs(m.exact)) ** 2]
    failed = [outcome for outcome in outcomes if outcome.mean is not None and not outcome.ok]
    if failed and len(still) == len(means):
        sentence = "the directions are the same at every call: the same number comes"
        return [Diagnosis("fixed-directions", sentence, len(failed), len(failed), 0, 0)]
    return [Diagnosis(h.name, h.sentence, *counts) for h, *counts in by_means(outcomes)]
