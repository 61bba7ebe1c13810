"""The frame of the bins. Oracle: medians of projections by NumPy; units are powers of two."""

from __future__ import annotations

import numpy as np
import pytest

from swref.distributed.frame import Frame


def test_centres_are_medians_and_units_powers_of_two_near_a_quarter_of_the_deviation():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(500, 3)) * [1, 10, 100] + 5, rng.normal(size=(300, 3))
    theta = np.eye(3)
    frame = Frame.of([x, y], theta, 8)
    v = np.concatenate((x, y)) - np.median(np.concatenate((x, y)), axis=0)
    np.testing.assert_array_equal(frame.centres, np.median(v, axis=0))
    assert (np.frexp(frame.units)[0] == 0.5).all()
    ratio = frame.units / np.median(np.abs(v - np.median(v, axis=0)), axis=0)
    assert ((ratio > 0.125) & (ratio <= 0.25)).all()


@pytest.mark.parametrize("points", [np.zeros(9), np.array([0.0] * 8 + [1e200]), np.array([1e-300] * 4 + [0.0] * 5)])
def test_units_are_never_nothing(points):
    frame = Frame.of([points.reshape(-1, 1)], np.ones((1, 1)), 8)
    assert 0 < frame.units[0] < np.inf


def test_no_single_value_sets_the_unit():
    rng = np.random.default_rng(0)
    points = np.concatenate((np.zeros(600), rng.normal(size=400), [1e300])).reshape(-1, 1)
    assert Frame.of([points], np.ones((1, 1)), 8).units[0] == 0.125
    points[:20] = 1e30  # too many to be kept one by one
    assert 2.0**39 < 1e30 / Frame.of([points], np.ones((1, 1)), 8).units[0] <= 2.0**40
