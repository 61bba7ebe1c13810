"""What a case says for or against a hypothesis: what came, held against what it predicts and against what is right."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from swref.crosscheck.answer.convention import Convention
from swref.crosscheck.diagnosis.mistake import Hypothesis, Predicted, coupled, exact, right
from swref.crosscheck.inputs import Inputs
from swref.crosscheck.kinds import Case, Outcome

MAX_NUMBERS: Final = 20_000  # n d + L (n + m) of a case that is used: the hypotheses are many
FIT: Final = 1e-6
SHARE: Final = 0.1  # of an error that an explanation of it may leave
SIZES: Final = 50.0  # how far the size of an error of rounding may be from the one predicted


@dataclass(frozen=True, eq=False)
class Evidence:
    """One case: the inputs, the numbers that came, and which of them are wrong."""

    case: Case
    convention: Convention
    value: float
    dx: np.ndarray | None
    dy: np.ndarray | None
    value_failed: bool
    gradient_failed: bool
    inputs: Inputs = field(init=False)
    answer: Predicted = field(init=False)
    margin: float = field(init=False)  # the error of a value that is allowed

    def __post_init__(self) -> None:
        inputs, interval = self.case.inputs, self.case.answer(self.convention).value
        object.__setattr__(self, "inputs", inputs)
        object.__setattr__(self, "answer", right(inputs, self.convention))
        object.__setattr__(self, "margin", max(interval.high - interval.centre, interval.centre - interval.low))

    @property
    def failed(self) -> bool:
        """Whether another number came than a right one."""
        return self.value_failed or self.gradient_failed

    @functools.cached_property
    def unique(self) -> bool:
        """Whether there is one right gradient: no ties, and no pair at the kink of |D|^p, p < 2."""
        k = coupled(exact(self.inputs))
        far = 1e-9 * max(float(np.abs(k.px).max()), float(np.abs(k.py).max()))
        apart = self.inputs.n == 1 or float(np.diff(np.sort(k.px, 1), axis=1).min()) > far
        return apart and (self.inputs.p >= 2 or float(np.abs(k.gaps).min()) > far)

    @property
    def tolerance(self) -> float:
        """The relative difference at which two numbers agree."""
        return max(FIT, 1e3 * self.inputs.eps)

    def speaks_for(self, hypothesis: Hypothesis) -> bool | None:
        """Whether the prediction is what came, and is not the right answer where that did not come; None: unknown."""
        with np.errstate(all="ignore"):
            found = predicted(hypothesis, self.inputs, self.convention)
            if found is None or np.isnan(found.value):
                return None
            if hypothesis.shape_of_error:
                return self._as_large(found)
            return self._agrees(found, hypothesis.at_ties)

    def _agrees(self, found: Predicted, at_ties: bool) -> bool | None:
        error = abs(self.value - found.value)
        if not error <= self.tolerance * abs(found.value) + 4 * self.margin:
            return False
        told = False
        if self.value_failed:
            if error > SHARE * abs(self.value - self.answer.value):
                return False
            told = True
        usable = self.unique or at_ties
        for got, one, good in ((self.dx, found.dx, self.answer.dx), (self.dy, found.dy, self.answer.dy)):
            if got is None or one is None or good is None or not usable:
                continue
            gap, size = float(np.abs(got - one).max()), float(np.abs(one).max())
            if not gap <= 10 * self.tolerance * size + (1e-7 if size < 1e-12 else 0.0):
                return False
            off = float(np.abs(got - good).max())
            if self.gradient_failed and off > 10 * self.tolerance * float(np.abs(good).max()):
                if gap > SHARE * off:
                    return False
                told = True
        return True if told or not self.failed else None

    def _as_large(self, found: Predicted) -> bool | None:
        """Of an error of rounding only the size is predicted: within a factor SIZES, or too small to be seen."""
        ratio = self.size_of_error(found)
        if ratio is None:
            return None
        return 1 / SIZES < ratio < SIZES

    def size_of_error(self, found: Predicted) -> float | None:
        """The size of the error that came over that of the error predicted; None where none is to be seen."""
        scale = max(abs(self.answer.value), 1e-300)
        came, foretold = abs(self.value - self.answer.value) / scale, abs(found.value - self.answer.value) / scale
        right, only_gradient = self.answer.dx, self.failed and not self.value_failed and self.unique
        if only_gradient and self.dx is not None and found.dx is not None and right is not None:
            size = max(float(np.abs(right).max()), 1e-300)
            came = float(np.abs(self.dx - right).max()) / size
            foretold = float(np.abs(found.dx - right).max()) / size
        if not self.failed:
            return None if foretold <= 10 * self.margin / scale else came / foretold
        return came / foretold if foretold > 0 else None


@functools.lru_cache(maxsize=16384)
def predicted(hypothesis: Hypothesis, inputs: Inputs, convention: Convention) -> Predicted | None:
    """The prediction for a case: it does not depend on the target, so several share it."""
    try:
        return hypothesis.predict(inputs, convention)
    except (OverflowError, ZeroDivisionError):  # Python's own floats raise where NumPy's give inf
        return None


def gathered(outcomes: Sequence[Outcome], convention: Convention) -> list[Evidence]:
    """The cases that came back with a number, right or wrong, the small ones first; large ones where no other fails."""
    found = []
    for outcome in outcomes:
        case, seen = outcome.case, outcome.seen
        if not isinstance(case, Case) or case.expect != "answer" or "value" not in seen.arrays:
            continue
        if case.inputs.half or {"underflow", "overflow"} & set(case.tags) or seen.arrays["value"].size != 1:
            continue
        wrong = {j.level for j in outcome.judgements if j.status == "fail"}
        if (not outcome.ok and not wrong) or "inputs" in seen.notes:  # no number came, or another reason is known
            continue
        size = float(np.abs(case.inputs.x).max())
        if size > 1e100 or 0 < size < 1e-100:  # whose powers are not representable in every hypothesis
            continue
        number = float(seen.arrays["value"].reshape(()))
        dx, dy = (
            _gradient(seen.arrays.get(name), points) for name, points in (("dx", case.inputs.x), ("dy", case.inputs.y))
        )
        found.append(Evidence(case, convention, number, dx, dy, "value" in wrong, "gradient" in wrong))
    found.sort(key=lambda each: each.case.numbers)
    small = [each for each in found if each.case.numbers <= MAX_NUMBERS]
    if any(each.failed for each in small):
        return small
    return small + [each for each in found if each.failed and each.inputs.n <= 20_000][:1]


def _gradient(array: np.ndarray | None, points: np.ndarray) -> np.ndarray | None:
    usable = array is not None and array.shape == points.shape
    return array.astype(np.float64) if usable and array is not None else None


def varied(found: Sequence[Evidence], limit: int) -> list[Evidence]:
    """Up to `limit` of them, of as many sorts as there are: one of each sort in turn, small ones first."""
    sorts: dict[tuple[object, ...], list[Evidence]] = {}
    for each in found:
        i = each.inputs
        key = (i.p, i.dtype, np.sign(i.n - i.m), i.x_weights is None, i.y_weights is None, i.d, i.L, each.unique)
        sorts.setdefault(key, []).append(each)
    longest = max(map(len, sorts.values()), default=0)
    turns = [group[rank] for rank in range(longest) for group in sorts.values() if rank < len(group)]
    return sorted(turns[:limit], key=lambda each: each.case.numbers)
