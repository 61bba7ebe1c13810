"""Wrong losses are caught and named, right ones pass. Oracle: the mistake that was made on purpose.

Where a table names no hypothesis the mistake has to be caught, and no other one to be named.
"""

from __future__ import annotations

import os
from collections import Counter

import numpy as np
import pytest

from swref.crosscheck import check
from tests.crosscheck.mutants.later import LATER
from tests.crosscheck.mutants.loss import loss
from tests.crosscheck.mutants.measure import chosen, measure, wrong_losses
from tests.crosscheck.mutants.right import RIGHT

EVERY = int(os.environ.get("SWREF_MUTANTS", "8"))
WRONG = wrong_losses()
SAMPLE = [name for name in WRONG if not name.startswith("own")][::110]
RIGHT_SAMPLE = [name for name in RIGHT if not name.startswith("own")][::23]


def test_there_are_enough():
    assert len(WRONG) >= 150
    assert len(RIGHT) >= 40


@pytest.mark.parametrize("name", SAMPLE)
def test_a_wrong_loss_is_caught_and_not_called_another(name):
    mutant = WRONG[name]
    assert measure(mutant).judged(mutant.truth) in ("right", "silent")


@pytest.mark.parametrize("name", RIGHT_SAMPLE)
def test_a_right_loss_passes(name):
    assert [str(outcome) for outcome in measure(RIGHT[name]).failed] == []


@pytest.mark.slow
@pytest.mark.parametrize("table", [WRONG, LATER], ids=["first", "later"])
@np.errstate(all="ignore")
def test_wrong_losses_are_caught_and_named(table):
    """An eighth of them; SWREF_MUTANTS=1 for all, four minutes."""
    found = {name: measure(table[name]).judged(table[name].truth) for name in list(table)[::EVERY]}
    counts = Counter(found.values())
    caught = len(found) - counts["missed"]
    missing = [f"{name}: {result}" for name, result in found.items() if result != "right"]
    assert caught >= 0.98 * len(found), missing
    assert counts["right"] >= 0.85 * caught, missing
    assert counts["wrong"] < 0.03 * caught, missing


@pytest.mark.slow
@pytest.mark.parametrize("name", RIGHT)
def test_right_losses_pass(name):
    with np.errstate(all="ignore"):
        assert [str(outcome) for outcome in measure(RIGHT[name]).failed] == []


def test_the_loss_that_the_mutants_are_made_of_has_no_slack():
    """It is right on every case that is asked, so that a mutant fails by its mistake alone."""
    assert all(check(loss, case, gradient="function") for case in chosen(False)[::7])
