"""Flows of order p < 2, whose points meet their targets in finite time and stay there."""

from __future__ import annotations

import math

import numpy as np
import pytest

from swref import MLP, Discrete
from swref.errors import SwrefError
from swref.networks import Particles
from swref.theory import gradient_flow
from tests.theory.flow.support import planar

LEFT = 1e-6  # where a point is held: 100 times the error of a step, with room


def moment(d, p):
    """E |theta_1|^p for theta uniform on the sphere of R^d; for d = 2 the c of the exact law."""
    return math.gamma(d / 2) * math.gamma((p + 1) / 2) / (math.sqrt(math.pi) * math.gamma((d + p) / 2))


@pytest.mark.parametrize("d", [1, 2, 3])
@pytest.mark.parametrize("p", [1.75, 1.5, 1.1, 1.0])
def test_a_point_is_extinct_in_finite_time(d, p):
    """Oracle: |u(s)| = (1 - p (2 - p) c s)_+^{1/(2-p)}, before and after it meets its target, wherever that is."""
    points, y = Particles(1, d), np.arange(d) * 0.3
    e = np.ones(d) / math.sqrt(d)
    c = moment(d, p)
    extinct = 1 / (p * (2 - p) * c)
    flow = gradient_flow(points, y + e, Discrete(points.indices()), Discrete(y[None]), 1, 1.3 * extinct, p=p)
    s = np.array([0.0, 0.3, 0.8, 0.99, 1.01, 1.3]) * extinct
    expected = np.maximum(0.0, 1 - s / extinct) ** (1 / (2 - p))
    np.testing.assert_allclose(flow(s), y + expected[:, None] * e, atol=LEFT)
    assert flow.evaluations < 5000
    assert flow.residual < LEFT


def test_the_free_point_moves_on():
    """Oracle: two points on two targets of the line, batch None, p = 1: each moves by the speed 1/2 until it is there,
    in order, and the one that sticks does not stop the other."""
    points = Particles(2, 1)
    flow = gradient_flow(points, [0.5, 3.0], Discrete(points.indices()), Discrete([[0.0], [2.0]]), None, 3.0, p=1.0)
    s = np.array([0.5, 0.9, 1.5, 1.9, 2.5])
    expected = np.column_stack((np.maximum(0.5 - s / 2, 0.0), np.maximum(3.0 - s / 2, 2.0)))
    np.testing.assert_allclose(flow(s), expected, atol=LEFT)


def test_a_point_goes_through_a_target_that_pulls_too_weakly():
    """Oracle: F = 0.2 |u| + 0.8 |u + 1| has its minimum at -1: from 0.5 at speed 1 past 0, then at 0.6, and at rest."""
    points = Particles(1, 1)
    flow = gradient_flow(
        points, [0.5], Discrete(points.indices()), Discrete([[0.0], [-1.0]], [0.2, 0.8]), 1, 4.0, p=1.0
    )
    s = np.array([0.25, 0.5, 1.5, 2.0, 3.0])
    expected = np.where(s < 0.5, 0.5 - s, np.maximum(-(s - 0.5) * 0.6, -1.0))
    np.testing.assert_allclose(flow(s)[:, 0], expected, atol=LEFT)


def test_the_images_of_a_network_stick_as_well():
    """Oracle: T = w x + b with one x = 1, p = 1: F = |w + b - y| moves w and b alike, and stops at w + b = y."""
    flow = gradient_flow(MLP((1, 1)), [0.0, 0.5], Discrete([[1.0]]), Discrete([[1.5]]), 1, 2.0, p=1.0)
    s = np.array([0.25, 0.75, 2.0])
    expected = np.minimum(s, 0.5)[:, None] + [0.0, 0.5]
    np.testing.assert_allclose(flow(s), expected, atol=LEFT)


def test_sticking_on_the_sphere_is_said_to_be_beyond_it():
    points = Particles(2, 1)
    with pytest.raises(SwrefError, match="a point sticks to a target while u is on the sphere"):
        gradient_flow(points, [0.1, 0.8], Discrete(points.indices()), Discrete([[0.0], [9.0]]), None, 9.0, 1.0, p=1.0)


def test_p_2_knows_no_sticking():
    """From its target on, a point under p = 2 is not held: F has one derivative more there."""
    net, u0, source, target = planar(3, 3, 3)
    at = Discrete(np.concatenate((net.forward(u0, source.points)[0][:1], target.points[1:])))
    flow = gradient_flow(net, u0, source, at, None, 0.5)
    assert np.linalg.norm(net.forward(flow(0.5), source.points)[0][0] - at.points[0]) > 1e-3
