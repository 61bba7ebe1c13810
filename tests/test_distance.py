"""Distances between measures: weights against repeated points, and the loss over the same directions."""

from __future__ import annotations

import numpy as np
import pytest

from swref.distance import distance_between
from swref.measures import Discrete
from tests.support import tol


def test_weights_of_data_count():
    """Oracle: the same law written with repeated points instead of weights."""
    weighted = Discrete([[0.0, 0.0], [1.0, 2.0]], weights=[0.25, 0.75])
    repeated = Discrete([[0.0, 0.0], [1.0, 2.0], [1.0, 2.0], [1.0, 2.0]])
    other = Discrete(np.random.default_rng(0).standard_normal((5, 2)))
    one, two = distance_between(weighted, other), distance_between(repeated, other)
    assert one.value == pytest.approx(two.value, rel=tol(np.float64, 1000))
    assert one.standard_error == pytest.approx(two.standard_error, rel=tol(np.float64, 1000))
