"""Bounds of E on a ball against its exact gradients there: differences of them, and of differences."""

from __future__ import annotations

import numpy as np
import pytest

from swref.theory import cloud_hessian, population_sw
from swref.theory.criticality.curvature import Curvature, curvature


@pytest.mark.parametrize(
    ("d", "batch"), [(1, None), pytest.param(1, 3, marks=pytest.mark.slow), (2, None), (2, 1), (2, 4)]
)
@pytest.mark.parametrize("even", [True, False])
def test_bounds_hold_in_the_ball(d, batch, even):
    """Oracle: difference quotients of the exact gradient of E; Hessians at two points of the ball."""
    rng, reach = np.random.default_rng(5), 1e-3
    z, w = rng.standard_normal((4, d)), rng.standard_normal((5, d))
    wx = np.full(4, 0.25) if even else rng.dirichlet(np.ones(4))
    bound = curvature(z, w, wx, batch, reach)
    assert isinstance(bound, Curvature)

    def grad(y):
        return population_sw(y.reshape(z.shape), w, batch, wx).grad.ravel()

    def hessian(y, h=1e-5):
        return np.array([(grad(y + h * e) - grad(y - h * e)) / (2 * h) for e in np.eye(y.size)])

    for _ in range(5):
        a, b = (z.ravel() + 0.9 * reach * v / np.linalg.norm(v) for v in rng.standard_normal((2, z.size)))
        assert np.linalg.norm(grad(a)) <= bound.gradient
        assert np.linalg.norm(hessian(a), 2) <= bound.hessian * (1 + 1e-8)
        change = np.linalg.norm(hessian(a) - hessian(b), 2)
        assert change <= bound.third * np.linalg.norm(a - b) + 1e-9


def test_the_change_of_the_hessian_of_two_points():
    """Oracle: cloud_hessian, along the dilation of two points, where it changes fastest; the bound is within 10."""
    y, w = np.array([[0.3, 0.0], [-0.3, 0.0]]), np.array([[0.0, 1.0], [0.0, -1.0]])
    bound = curvature(y, w, np.full(2, 0.5), None, 1e-6)
    assert isinstance(bound, Curvature)
    step = 1e-5
    change = np.linalg.norm(cloud_hessian(y * (1 + step), w) - cloud_hessian(y, w), 2) / np.linalg.norm(step * y)
    assert bound.third / 10 < change < bound.third


def test_where_there_is_no_bound():
    w, third = np.eye(2), np.full(3, 1 / 3)
    tied = np.array([[0.0, 1.0], [0.0, 1.0], [3.0, 4.0]])
    assert curvature(tied, w, third, None, 1e-9) == "images of distinct inputs coincide, or nearly so"
    assert isinstance(curvature(tied, w, third, 1, 1e-9), Curvature)
    line = np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0 + 1e-8]])
    assert curvature(line, w, third, None, 1e-6) == "three images are on a line, or nearly so"
    assert isinstance(curvature(line, w, third, None, 1e-12), Curvature)
