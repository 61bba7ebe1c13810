"""The cost model: it grows with every size, and wide data get fewer steps."""

from __future__ import annotations

import dataclasses

from swref.runs import TrainConfig
from swref.runs.choice import LEAST_STEPS, MOST_SECONDS, SECONDS, chosen_steps
from swref.runs.cost import distance_seconds, step_seconds

BASE = TrainConfig(directions=32)


def test_every_size_costs():
    cost = step_seconds(BASE, 4, 4)
    for name, value in (("directions", 64), ("batch", 1024), ("hidden", (64, 65))):
        assert step_seconds(dataclasses.replace(BASE, **{name: value}), 4, 4) > cost
    assert min(step_seconds(BASE, 5, 4), step_seconds(BASE, 4, 5)) > cost
    distance = distance_seconds(100, 4, 50)
    assert min(distance_seconds(101, 4, 50), distance_seconds(100, 5, 50), distance_seconds(100, 4, 51)) > distance


def test_a_budget_of_steps():
    """Oracle: the times of the rule, to the two digits of the steps."""
    for seconds in (1e-4, 4e-4, 1e-3, 5e-3, 2e-2, 0.5):
        steps = chosen_steps(seconds)
        assert steps * seconds <= MOST_SECONDS * 1.05
        assert steps * seconds >= SECONDS * 0.95
        assert steps >= LEAST_STEPS * 0.95 or steps * seconds > 0.9 * MOST_SECONDS
