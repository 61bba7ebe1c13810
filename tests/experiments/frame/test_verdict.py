"""What an interval decides."""

from __future__ import annotations

import pytest

from swref.experiments.frame.statistics import Estimate
from swref.experiments.frame.verdict import above, below, within


@pytest.mark.parametrize(
    ("low", "high", "outcome"), [(1.1, 1.3, "agree"), (0.7, 0.9, "disagree"), (0.9, 1.1, "undecided")]
)
def test_verdicts_are_decided_by_the_whole_interval(low, high, outcome):
    estimate = Estimate((low + high) / 2, low, high, "given")
    mirrored = Estimate(-(low + high) / 2, -high, -low, "given")
    assert above("c", estimate, 1.0).outcome == outcome
    assert below("c", mirrored, -1.0).outcome == outcome
    assert within("c", estimate, 1.0, 9.0).outcome == outcome
    bounded = below("c", mirrored, -1.0, upper_bound=True).outcome
    assert bounded == ("agree" if outcome == "agree" else "undecided")
