"""Expectations on given directions against the plain expectation of spec, and their slopes."""

from __future__ import annotations

import numpy as np
import pytest

from swref.directions import directions
from swref.spec.order_statistics import expected_loss, order_statistic_weights
from swref.theory.population.kernels.batch_directions import batch_losses, even, shares_in
from tests.support import tol
from tests.theory.population.support import cloud, filled, weights


@pytest.mark.parametrize("p", [1.0, 1.5, 2.0, 3.0])
@pytest.mark.parametrize("n", [1, 2, 7])
@pytest.mark.parametrize("kind", ["uniform", "random", "one side"])
def test_every_direction_has_the_expectation_of_spec(kind, n, p):
    """Oracle: spec.expected_loss, direction by direction, value and slope; tables kept or made afresh."""
    rng = np.random.default_rng(n)
    x, y, theta = cloud(rng, 6, 3), cloud(rng, 4, 3), directions(n, 5, 3)
    wx = filled(weights(rng, 6, "random" if kind == "random" else "uniform"), 6)
    wy = filled(weights(rng, 4, "uniform" if kind == "uniform" else "random"), 4)
    px, py = theta @ x.T, theta @ y.T
    losses, slopes = np.empty(5), np.empty(px.shape)
    total = 3.0  # any unit of the weights will do
    orders = np.argsort(px, axis=1), np.argsort(py, axis=1)
    batch_losses(px, py, *orders, total * wx, total * wy, total, n, p, losses, slopes)
    for g in range(5):
        value, slope = expected_loss(px[g], py[g], wx, wy, n, p)
        assert losses[g] == pytest.approx(value, rel=tol(np.float64, 24 * n))
        np.testing.assert_allclose(slopes[g], slope, atol=tol(np.float64, 24 * n) * max(1.0, np.abs(slope).max()))


def test_shares_are_the_order_statistics_of_the_sorted_points():
    w, order = np.array([0.3, 0.1, 0.6]), np.array([2, 0, 1])
    np.testing.assert_allclose(shares_in(order, w, 5), order_statistic_weights(w[order], 5).T, atol=tol(np.float64, 5))


def test_even_weights_are_equal_to_the_bit():
    assert even(np.full(5, 0.2))
    assert not even(np.array([0.2, 0.2, np.nextafter(0.2, 1)]))
