"""SW_p where its power p is no float: closed forms, for the three functions that take the root."""

from __future__ import annotations

import json

import numpy as np
import pytest

from swref.distance import distance_between, points_distance
from swref.measures import Discrete
from swref.sliced import sliced_wasserstein_distance
from tests.support import tol


@pytest.mark.parametrize(
    ("difference", "p", "dtype"),
    [
        (54.0, 200.0, np.float64),
        (0.1, 400.0, np.float64),
        (1e170, 2.0, np.float64),
        (1e-170, 2.0, np.float64),
        (1e-310, 1.0, np.float64),
        (1.5e308, 3.0, np.float64),
        (1e-24, 2.0, np.float32),
        (3e5, 8.0, np.float32),
        (1e30, 2.0, np.float32),
        (0.0, 2.0, np.float64),
    ],
)
def test_the_distance_of_two_points_is_that_for_every_size_and_order(difference, p, dtype):
    """Oracle: SW_p of one point and another on the line is |x - y|."""
    x, y = np.array([[difference]], dtype), np.zeros((1, 1), dtype)
    found = sliced_wasserstein_distance(x, y, p=p, projections=np.ones((1, 1), dtype))
    assert found == pytest.approx(float(x[0, 0]), rel=tol(dtype, 10), abs=0.0)
    if dtype == np.float64:
        one, other = Discrete(x), Discrete(y)
        assert points_distance(one, other, np.ones((1, 1)), p=p) == found
        result = distance_between(one, other, directions=3, p=p)
        assert result.distance == pytest.approx(found, rel=tol(dtype, 10), abs=0.0)
        assert (result.standard_error is None) == np.isinf(result.value)
        json.dumps(result.to_dict(), allow_nan=False)


def test_a_few_large_differences_among_small_ones():
    """Oracle: (mean |D|^p)^(1/p) in rational arithmetic, with p = 300: the mean is 50^300 (1 + 2^-300)/3."""
    found = sliced_wasserstein_distance([[50.0], [0.0], [25.0]], np.zeros((3, 1)), p=300, projections=[[1.0]])
    assert found == pytest.approx(50 * (1 / 3) ** (1 / 300), rel=tol(np.float64, 10))


def test_points_beyond_the_range_of_floats_apart_are_infinitely_far():
    assert sliced_wasserstein_distance([[1.7e308]], [[-1.7e308]], projections=[[1.0]]) == np.inf
    assert sliced_wasserstein_distance([[1.7e308]], [[1.7e308]], projections=[[1.0]]) == 0.0
