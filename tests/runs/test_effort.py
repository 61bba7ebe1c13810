"""The work of an evaluation: within a fifth of the training's by the model, and no data are left out where it fits."""

from __future__ import annotations

import numpy as np

from swref.runs import chosen
from swref.runs.cost import distance_seconds, step_seconds
from swref.runs.effort import DISTANCES, Effort


def test_bounds():
    """Oracle: the model of costs."""
    rng = np.random.default_rng(0)
    small = chosen(target=rng.standard_normal((300, 4))).problem
    assert Effort.of(small, 1000) == Effort(1000, 150)
    large = chosen(target=rng.standard_normal((40_000, 3))).problem
    effort = Effort.of(large, 1000)
    training = large.config.steps * step_seconds(large.config, 4, 3)
    assert DISTANCES * distance_seconds(2 * effort.points, 3, effort.directions) <= training / 5
    assert effort.directions == 200
    assert 500 <= effort.points < 20_000
