"""What an interval decides."""

from __future__ import annotations

import math

import pytest

from swref.experiments.frame.verdict import above, below, tally, within
from swref.inference.statistics import Estimate


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


@pytest.mark.parametrize("ends", [(-math.inf, math.inf), (math.nan, math.nan)])
def test_without_an_interval_nothing_is_decided(ends):
    """Oracle: the rule, whatever the value."""
    estimate = Estimate(5.0, *ends, "none")
    for found in (above("c", estimate, 1.0), below("c", estimate, 1.0), within("c", estimate, 4.0, 6.0)):
        assert found.outcome == "undecided"


def test_the_tally_counts_outcomes():
    """Oracle: by hand."""
    agree, undecided = (above("c", Estimate(2.0, low, 3.0, "given"), 1.0) for low in (1.5, 0.5))
    words = tally([agree, undecided, agree])
    assert "3 verdicts: 2 agree, 0 disagree, 1 undecided" in words
    assert "not corrected" in words
