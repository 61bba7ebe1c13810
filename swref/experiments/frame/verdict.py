"""What an experiment says of a claim: the statistic, its interval, the criterion set beforehand, and one sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from swref.inference.statistics import LEVEL, Estimate

AGREE, DISAGREE, UNDECIDED = "agree", "disagree", "undecided"


@dataclass(frozen=True)
class Verdict:
    """`outcome`: whether the data agree with the claim `name` of the words, disagree, or do not decide.

    Without an interval, as where repeats have no spread, its ends are infinite or NaN, and nothing is decided.

    criterion: what counts as agreement, fixed in the config before running. facts: what the claim's words name beside
    the settings, the facts of the record and the estimate. From the words come claim: what is claimed, in a sentence;
    statistic: what was measured; seen: what was seen, in a sentence.
    """

    name: str
    estimate: Estimate
    criterion: str
    outcome: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    claim: str = ""
    statistic: str = ""
    seen: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        written = ("claim", "statistic", "estimate", "criterion", "outcome", "seen")
        return {**{name: getattr(self, name) for name in written}, "estimate": self.estimate.to_dict()}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Verdict:
        """The inverse of to_dict, but for the name and the facts of the words."""
        return cls(**{**values, "name": "", "estimate": Estimate(**values["estimate"])})


def above(name: str, estimate: Estimate, threshold: float, **facts: Any) -> Verdict:
    """A claim that a quantity exceeds `threshold`: decided where its whole interval lies on one side.

    >>> above("it grows", Estimate(0.5, 0.4, 0.6, "given"), 0.0).outcome
    'agree'
    """
    outcome = AGREE if estimate.low > threshold else DISAGREE if estimate.high < threshold else UNDECIDED
    return Verdict(name, estimate, f"the interval lies above {threshold:g}", outcome, facts)


def below(name: str, estimate: Estimate, threshold: float, *, upper_bound: bool = False, **facts: Any) -> Verdict:
    """A claim that a quantity stays below `threshold`: decided where its whole interval lies on one side.

    With `upper_bound` what was measured bounds that quantity from above, and can support the claim but not refute it.

    >>> below("it is small", Estimate(0.1, 0.0, 0.2, "given"), 0.05).outcome
    'undecided'
    """
    refuted = estimate.low > threshold and not upper_bound
    outcome = AGREE if estimate.high < threshold else DISAGREE if refuted else UNDECIDED
    return Verdict(name, estimate, f"the interval lies below {threshold:g}", outcome, facts)


def within(name: str, estimate: Estimate, low: float, high: float, **facts: Any) -> Verdict:
    """A claim that a quantity lies in [low, high]: agreed where its whole interval does, denied where none of it does.

    >>> within("it is a half", Estimate(0.5, 0.4, 0.6, "given"), 0.3, 0.7).outcome
    'agree'
    """
    inside = low <= estimate.low and estimate.high <= high
    outcome = AGREE if inside else DISAGREE if estimate.high < low or estimate.low > high else UNDECIDED
    return Verdict(name, estimate, f"the interval lies in [{low:g}, {high:g}]", outcome, facts)


def tally(verdicts: Sequence[Verdict]) -> str:
    """How many verdicts there are, of which outcomes, and what their number means for the level.

    >>> tally([above("it grows", Estimate(0.5, 0.4, 0.6, "given"), 0.0)])[:51]
    'These are 1 verdicts: 1 agree, 0 disagree, 0 undeci'
    """
    outcomes = [verdict.outcome for verdict in verdicts]
    counts = ", ".join(f"{outcomes.count(outcome)} {outcome}" for outcome in (AGREE, DISAGREE, UNDECIDED))
    return (
        f"These are {len(outcomes)} verdicts: {counts}. They are not corrected for their number: each interval is at "
        f"the level {LEVEL:g} by itself, so that of {len(outcomes)} about {(1 - LEVEL) * len(outcomes):.1f} can be "
        "expected to miss what they measure."
    )
