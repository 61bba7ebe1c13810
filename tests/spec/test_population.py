"""The population loss arc by arc: the definition over every minibatch, quadrature, and difference quotients."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from swref.spec.population import arc_integral, order_change_angles, population_sw_by_arcs
from tests.support import central_difference, tol
from tests.theory.population.support import TIGHT, cloud, enumerated, filled, size, weights


def test_orders_change_where_two_points_project_to_one_value():
    """Oracle: the definition, pair by pair; between neighbouring angles the sorted order is one and the same."""
    x = cloud(np.random.default_rng(0), 5)
    angles = order_change_angles(x)
    assert len(angles) == 5 * 4 // 2
    assert np.all((angles >= 0) & (angles < np.pi))
    for angle in angles:
        heights = x @ [np.cos(angle), np.sin(angle)]
        apart = np.abs(heights[:, None] - heights[None, :])[np.triu_indices(5, 1)]
        assert np.sum(apart <= tol(np.float64, 2)) == 1
    for low, high in itertools.pairwise(np.sort(angles)):
        inside = low + (high - low) * np.array([0.01, 0.5, 0.99])
        assert len({tuple(np.argsort(x @ [np.cos(a), np.sin(a)])) for a in inside}) == 1
    twice = np.concatenate([x, x[:1]])  # coincident points never change places
    assert len(order_change_angles(twice)) == 6 * 5 // 2 - 1


@pytest.mark.parametrize(("a", "b"), [(0.0, 0.3), (-1.0, 2.5), (1.0, 1.0), (0.2, 0.2 + 2 * np.pi)])
def test_arc_integral_by_quadrature(a, b):
    """Oracle: 40 Gauss-Legendre nodes."""
    t, v = np.polynomial.legendre.leggauss(40)
    angle = (a + b) / 2 + (b - a) / 2 * t
    theta = np.stack([np.cos(angle), np.sin(angle)])
    np.testing.assert_allclose(arc_integral(a, b), (theta * v) @ theta.T * (b - a) / 2, atol=tol(np.float64, 40))


@pytest.mark.parametrize("seed", range(8))
def test_value_over_every_minibatch_and_gradient_by_differences(seed):
    """Oracle: all m^n mt^n minibatches, integrated arc by arc; central differences, points being apart."""
    rng = np.random.default_rng(seed)
    m, mt, n = (int(k) for k in rng.integers(1, (5, 5, 4)))
    z, w = cloud(rng, m), cloud(rng, mt)
    wx, wy = (filled(weights(rng, k, ["uniform", "random"][seed % 2]), k) for k in (m, mt))
    value, grad = population_sw_by_arcs(z, w, wx, wy, n)
    assert abs(value - enumerated(z, w, n, wx, wy, 2)) <= TIGHT * size(z, w, wx, wy)
    difference = central_difference(lambda v: population_sw_by_arcs(v, w, wx, wy, n)[0], z)
    np.testing.assert_allclose(grad, difference, atol=1e-8)
