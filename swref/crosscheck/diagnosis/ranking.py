"""Which mistake explains the failures: every hypothesis is tested on the data and they are ranked by their fit."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from swref.crosscheck.answer.convention import Convention
from swref.crosscheck.diagnosis.input_mistakes import HYPOTHESES
from swref.crosscheck.diagnosis.loss_mistakes import Hypothesis, Prediction
from swref.crosscheck.inputs import EPS, Inputs
from swref.crosscheck.kinds import Case, Outcome
from swref.crosscheck.kinds.base import MeanReport
from swref.crosscheck.observation import Observation

MAX_NUMBERS: Final = 20_000  # n d + L n of a case that is used: the hypotheses are many
MAX_CASES: Final = 40  # that fail, and that pass: evenly over those that came
FIT: Final = 1e-6
LEAST: Final = 0.3  # the fraction of the failures that a hypothesis must explain to be told


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
        return self.explained / max(1, self.failures) + self.agreed / max(1, self.passes)

    def to_dict(self) -> dict[str, Any]:
        """In JSON's types."""
        return asdict(self) | {"score": self.score}


def diagnose(outcomes: Sequence[Outcome], convention: Convention, limit: int = 3) -> list[Diagnosis]:
    """The hypotheses that explain at least LEAST of the failures, best first; empty where nothing fits.

    Cases whose value or gradient came back, right or wrong, and which are small, take part. A hypothesis explains one
    if value and gradient (where that is unique) agree with its prediction and the right answer does not. A loss that
    draws its own directions is diagnosed by its means.
    """
    if convention.own_directions:
        return _diagnose_means(outcomes)
    failing, passing = _split(outcomes)
    if not failing:
        return []
    found = []
    for hypothesis in HYPOTHESES:
        explained = sum(_agrees(hypothesis, case, seen, convention) for case, seen in failing)
        if explained >= LEAST * len(failing):
            agreed = sum(_agrees(hypothesis, case, seen, convention) for case, seen in passing)
            found.append(Diagnosis(hypothesis.name, hypothesis.sentence, explained, len(failing), agreed, len(passing)))
    return sorted(found, key=lambda diagnosis: -diagnosis.score)[:limit]


def _split(outcomes: Sequence[Outcome]) -> tuple[list[tuple[Case, Observation]], list[tuple[Case, Observation]]]:
    failing, passing = [], []
    for outcome in outcomes:
        case, seen = outcome.case, outcome.seen
        if not isinstance(case, Case) or case.expect != "answer" or "value" not in seen.arrays:
            continue
        inputs = case.inputs
        small = inputs.n * inputs.d + inputs.L * (inputs.n + inputs.m) <= MAX_NUMBERS
        if not small or inputs.half or "underflow" in case.tags or seen.arrays["value"].size != 1:
            continue
        if outcome.ok:
            passing.append((case, seen))
        elif any(judgement.status == "fail" for judgement in outcome.judgements):  # a number came, and it is another
            failing.append((case, seen))
    failing, passing = (each[:: max(1, math.ceil(len(each) / MAX_CASES))] for each in (failing, passing))
    return failing, passing


def _agrees(hypothesis: Hypothesis, case: Case, seen: Observation, convention: Convention) -> bool:
    predicted = _predict(hypothesis, case)
    if predicted is None:
        return False
    with np.errstate(all="ignore"):
        value, dx = predicted if hypothesis.raw else _in_convention(predicted, case, convention)
    tolerance = _tolerance(hypothesis, case)
    number = float(seen.arrays["value"].reshape(()))
    close = abs(number - value) <= tolerance * abs(value) + 1e-300 or (abs(value) < 1e-14 and abs(number) < 1e-7)
    if not close:
        return False
    if "dx" not in seen.arrays or np.isnan(dx).any():
        return True
    got = seen.arrays["dx"]
    if got.shape != dx.shape:
        return False
    size = float(np.abs(dx).max())
    gap = float(np.abs(got - dx).max())
    # Ten times the tolerance of a float16 is more than any gradient is off: a tenth of the largest entry is agreement.
    return gap <= max(min(10 * tolerance, 0.1) * size, 1e-300) or (size < 1e-12 and gap < 1e-7)


def _tolerance(hypothesis: Hypothesis, case: Case) -> float:
    if hypothesis.name.endswith("-accumulation"):
        # Its digits are not predicted, only how many are right.
        return 64 * EPS[hypothesis.name.split("-")[0]] * math.sqrt(case.inputs.n)
    return max(FIT, 1e3 * case.inputs.eps)


@functools.lru_cache(maxsize=8192)  # the hypotheses times twice MAX_CASES
def _predict(hypothesis: Hypothesis, case: Case) -> Prediction:
    """The prediction for a case: it does not depend on the target, so several share it."""
    with np.errstate(all="ignore"):
        try:
            return hypothesis.predict(case.inputs)
        except (OverflowError, ZeroDivisionError):  # Python's own floats raise where NumPy's give inf
            return None


def _in_convention(predicted: tuple[float, np.ndarray], case: Case, convention: Convention) -> tuple[float, np.ndarray]:
    """The prediction, made for SW_p^p, as the declared convention would return it."""
    value, dx = predicted
    p, n, L = case.inputs.p, case.inputs.n, case.inputs.L
    if convention.returns == "sw_pp" or p == 1:
        scale = convention.value(np.ones(L), 1.0, n)
        return value * scale, dx * scale
    unknown = np.full(dx.shape, np.nan)
    if convention.returns == "mean":  # no function of SW_p^p: the ratio of the two stands for the change
        answer = case.answer(convention)
        base = float(answer.losses.mean())
        return (answer.value.centre * (value / base) ** (1 / p) if base else 0.0), unknown
    root = convention.value(np.full(L, max(value, 0.0)), p, n)
    return root, (dx * root / (p * value) if value > 0 else unknown)


def _diagnose_means(outcomes: Sequence[Outcome]) -> list[Diagnosis]:
    """The mistakes that explain the means of a loss with its own directions: their ratio to the exact ones.

    Gaussian directions g that are not divided by |g| multiply the mean by E |g|^p, which is d for p = 2.
    """
    means = [(each.case.question().inputs[0], each.mean) for each in outcomes if each.mean is not None]
    if not any(_off(mean, 1.0) for _, mean in means):
        return []
    ratios: dict[str, tuple[str, Callable[[Inputs], float]]] = {
        "unnormalised-directions": ("directions are Gaussian vectors that are not divided by their length", _moment),
        "factor-d": ("a factor d", lambda inputs: inputs.d),
        "divided-by-d": ("a factor 1/d", lambda inputs: 1 / inputs.d),
        "sum-over-points": ("the sum over the points in place of the mean (factor n)", lambda inputs: inputs.n),
    }
    found = []
    for name, (sentence, ratio) in ratios.items():
        explained = sum(not _off(mean, ratio(inputs)) for inputs, mean in means)
        found.append(Diagnosis(name, sentence, explained, len(means), 0, 0))
    return sorted((d for d in found if d.explained > len(means) / 2), key=lambda d: -d.explained)


def _off(mean: MeanReport, ratio: float) -> bool:
    return abs(mean.mean - ratio * mean.exact) > 5 * mean.standard_error + 1e-9 * abs(mean.exact)


def _moment(inputs: Inputs) -> float:
    """E |g|^p = 2^{p/2} Gamma((d + p)/2) / Gamma(d/2) of a standard normal vector g of R^d."""
    d, p = inputs.d, inputs.p
    return 2 ** (p / 2) * math.exp(math.lgamma((d + p) / 2) - math.lgamma(d / 2))
