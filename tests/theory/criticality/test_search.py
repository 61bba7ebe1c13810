"""Critical points found by search: the saddle of two symmetric points, a quadratic in a ball, finite differences."""

from __future__ import annotations

import json

import numpy as np
import pytest

from swref import MLP, Discrete
from swref.errors import InputError
from swref.networks import Particles
from swref.theory import (
    cloud_hessian,
    distance_to_critical,
    kkt_residual,
    natural_residual,
)
from swref.theory.criticality import search
from swref.theory.criticality.kkt import natural_map
from swref.theory.population.exact_loss import ExactLoss
from tests.theory.criticality.support import POLES, cloud, planar

SADDLE = np.array([2 / np.pi, 0.0, -2 / np.pi, 0.0])


@pytest.mark.parametrize("seed", range(3))
def test_the_saddle_of_two_symmetric_points(seed):
    """math.md, section 5: Y = +-(2/pi, 0), a saddle of value 1/2 - 2/pi^2, from a start within 0.1 of it."""
    start = SADDLE + 0.05 * np.random.default_rng(seed).standard_normal(4)
    found = distance_to_critical(*cloud(start.reshape(2, 2), POLES.points), None)
    assert found.found
    assert found.residual < 1e-10
    assert found.value == pytest.approx(0.5 - 2 / np.pi**2, abs=1e-14)
    np.testing.assert_allclose(found.point, SADDLE, atol=1e-10)
    assert found.distance == pytest.approx(np.linalg.norm(start - SADDLE), abs=1e-9)
    assert found.differentiable
    residual = natural_residual(Particles(2, 2), found.point, Discrete([[0.0], [1.0]]), POLES, None)
    assert residual == found.residual


@pytest.mark.parametrize("r", [0.5, 1.0, 10.0])
def test_the_critical_point_of_a_quadratic_in_a_ball(r):
    """F = |u - w|^2/2 has one KKT point, pi_r(w): the distance is exact here."""
    net, _, source, target = cloud(np.zeros((1, 2)), [[1.2, -0.9]])
    u = np.array([-0.3, -0.2])
    found = distance_to_critical(net, u, source, target, None, r)
    nearest = np.array([1.2, -0.9]) * min(1.0, r / 1.5)
    assert found.found
    np.testing.assert_allclose(found.point, nearest, atol=1e-9)
    assert found.distance == pytest.approx(np.linalg.norm(nearest - u), abs=1e-9)
    assert np.linalg.norm(found.point) <= r
    assert found.residual < 1e-10


def test_a_network_in_a_ball():
    """The certificate by the independent kkt_residual, and a critical start at distance 0 from itself."""
    net, u, source, target = planar(9)
    r = 0.5 * float(np.linalg.norm(u))
    found = distance_to_critical(net, 0.4 * u, source, target, 3, r, starts=1, tolerance=1e-9)
    assert found.found
    assert kkt_residual(net, found.point, source, target, 3, r).upper < 1e-7
    again = distance_to_critical(net, found.point, source, target, 3, r, starts=0, tolerance=1e-9)
    assert again.distance == 0.0
    same = distance_to_critical(net, 0.4 * u, source, target, 3, r, starts=1, tolerance=1e-9)
    assert np.array_equal(same.point, found.point)


def test_what_is_not_found_is_said():
    """With a tolerance below rounding nothing qualifies: no distance is claimed."""
    net, u, source, target = planar(10)
    found = distance_to_critical(net, u, source, target, 3, starts=0, tolerance=1e-300)
    assert not found.found
    record = json.loads(json.dumps(found.to_dict()))
    assert record["distance_upper_bound"] is None
    assert record["searches"] == 2
    wide = MLP((2, 400, 2))
    with pytest.raises(InputError, match="net must have at most 2000 parameters"):
        distance_to_critical(wide, wide.init(0), source, target, 3)


def test_hessians_by_differences_and_in_closed_form(monkeypatch):
    net, u, source, target = cloud(*np.random.default_rng(11).standard_normal((2, 4, 2)))
    loss = ExactLoss(net, source, target, None)
    exact = search.hessian(loss, u)
    assert np.array_equal(exact, cloud_hessian(u.reshape(4, 2), target.points))
    monkeypatch.setattr(search, "_is_cloud", lambda loss: False)
    np.testing.assert_allclose(search.hessian(loss, u), exact, atol=1e-8)
    for points in (np.zeros((4, 2)), np.outer(np.arange(4.0), [1.0, 2.0])):  # no closed form: coincident, collinear
        monkeypatch.undo()
        assert np.all(np.isfinite(search.hessian(loss, points.ravel())))


@pytest.mark.parametrize("r", [np.inf, 0.7])
def test_jacobian_of_the_natural_map(r):
    """Central differences of u - pi_r(u - grad F(u)), where the projection is inside and where it is outside."""
    net, u, source, target = planar(12)
    u = 0.69 * u / np.linalg.norm(u)
    loss = ExactLoss(net, source, target, 3)
    J = search.natural_jacobian(loss, u, r)
    assert (np.linalg.norm(u - loss(u)[1]) > r) == np.isfinite(r)
    for k in range(len(u)):
        h = 1e-6 * np.eye(len(u))[k]
        quotient = natural_map(u + h, loss(u + h)[1], r) - natural_map(u - h, loss(u - h)[1], r)
        np.testing.assert_allclose(J[:, k], quotient / 2e-6, atol=1e-7)


def test_descent_decreases_and_stays_in_the_ball():
    net, u, source, target = planar(13)
    loss = ExactLoss(net, source, target, 3)
    r = float(np.linalg.norm(u))
    end = search.descend(loss, u, r)
    assert loss(end)[0] < loss(u)[0]
    assert np.linalg.norm(end) <= r
    assert np.linalg.norm(natural_map(end, loss(end)[1], r)) < 0.1 * np.linalg.norm(natural_map(u, loss(u)[1], r))
