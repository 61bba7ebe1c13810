"""What an experiment says of a claim: the statistic, its interval, the criterion set beforehand, and one sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from swref.experiments.statistics import Estimate

AGREE, DISAGREE, UNDECIDED = "agree", "disagree", "undecided"


@dataclass(frozen=True)
class Verdict:
    """`outcome`: whether the data agree with the claim, disagree, or do not decide.

    claim: what is claimed, in a sentence. statistic: what was measured. criterion: what counts as agreement, fixed in
    the config before running. seen: what was seen, in a sentence.
    """

    claim: str
    statistic: str
    estimate: Estimate
    criterion: str
    outcome: str
    seen: str

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {**vars(self), "estimate": self.estimate.to_dict()}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Verdict:
        """The inverse of to_dict."""
        return cls(**{**values, "estimate": Estimate(**values["estimate"])})


def above(claim: str, statistic: str, estimate: Estimate, threshold: float, seen: str) -> Verdict:
    """A claim that a quantity exceeds `threshold`: decided where its whole interval lies on one side.

    >>> above("it grows", "slope", Estimate(0.5, 0.4, 0.6, "given"), 0.0, "It grew.").outcome
    'agree'
    """
    outcome = AGREE if estimate.low > threshold else DISAGREE if estimate.high < threshold else UNDECIDED
    return Verdict(claim, statistic, estimate, f"the interval lies above {threshold:g}", outcome, seen)


def below(
    claim: str, statistic: str, estimate: Estimate, threshold: float, seen: str, *, upper_bound: bool = False
) -> Verdict:
    """A claim that a quantity stays below `threshold`: decided where its whole interval lies on one side.

    With `upper_bound` what was measured bounds that quantity from above, and can support the claim but not refute it.

    >>> below("it is small", "share", Estimate(0.1, 0.0, 0.2, "given"), 0.05, "It was seen twice.").outcome
    'undecided'
    """
    refuted = estimate.low > threshold and not upper_bound
    outcome = AGREE if estimate.high < threshold else DISAGREE if refuted else UNDECIDED
    return Verdict(claim, statistic, estimate, f"the interval lies below {threshold:g}", outcome, seen)


def within(claim: str, statistic: str, estimate: Estimate, low: float, high: float, seen: str) -> Verdict:
    """A claim that a quantity lies in [low, high]: agreed where its whole interval does, denied where none of it does.

    >>> within("it is a half", "slope", Estimate(0.5, 0.4, 0.6, "given"), 0.3, 0.7, "It was.").outcome
    'agree'
    """
    inside = low <= estimate.low and estimate.high <= high
    outcome = AGREE if inside else DISAGREE if estimate.high < low or estimate.low > high else UNDECIDED
    return Verdict(claim, statistic, estimate, f"the interval lies in [{low:g}, {high:g}]", outcome, seen)
