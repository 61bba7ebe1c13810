"""Critical points found by search, against those known in closed form: a saddle, a continuum, one on a sphere alone."""

from __future__ import annotations

import json
import math

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
from tests.support import tol
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


@pytest.mark.slow
def test_a_network_in_a_ball():
    """The residual by the independent kkt_residual, and a critical start at distance 0 from itself, up to the error."""
    net, u, source, target = planar(8)
    r = 0.5 * float(np.linalg.norm(u))
    found = distance_to_critical(net, 0.4 * u, source, target, 3, r, starts=1, tolerance=1e-9)
    assert found.found
    assert kkt_residual(net, found.point, source, target, 3, r).upper < 1e-7
    again = distance_to_critical(net, found.point, source, target, 3, r, starts=0, tolerance=1e-9)
    assert again.certified
    assert again.distance < 1e-8
    same = distance_to_critical(net, 0.4 * u, source, target, 3, r, starts=1, tolerance=1e-9)
    assert np.array_equal(same.point, found.point)


@pytest.mark.slow
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


@pytest.mark.parametrize("order", [(0.3, 1.4), (1.4, 0.3), (-3.0, -2.0)])
def test_the_nearest_of_the_minima_on_the_line(order):
    """Oracle: two particles on the line against 0 and 1, batch None: F = |u - z|^2/2 on either side of u_1 = u_2, so
    that from off the diagonal the target in the particles' own order is the nearest critical point."""
    u = np.array(order)
    found = distance_to_critical(*cloud(u[:, None], [[0.0], [1.0]]), None)
    nearest = np.sort([0.0, 1.0])[np.argsort(np.argsort(u))]
    assert found.found
    assert found.differentiable
    assert found.value == pytest.approx(0.0, abs=tol(np.float64, 4))
    np.testing.assert_allclose(found.point, nearest, atol=1e-9)
    assert found.distance == pytest.approx(np.linalg.norm(u - nearest), abs=1e-9)


def scalar_tanh(y):
    """T(u, 0) = tanh(b) for u = (w, b) against the point y: F = (tanh b - y)^2, whatever w is."""
    return MLP((1, 1), "tanh", "tanh"), Discrete([[0.0]]), Discrete([[y]])


def test_a_continuum_of_critical_points_is_met_at_its_nearest():
    """Oracle: F = (tanh b - 1/2)^2 is critical on the line b = artanh(1/2) alone, at the distance |b - artanh(1/2)|."""
    net, source, target = scalar_tanh(0.5)
    found = distance_to_critical(net, [0.7, -0.2], source, target, None)
    assert found.found
    assert found.distance == pytest.approx(math.atanh(0.5) + 0.2, abs=1e-8)
    np.testing.assert_allclose(found.point, [0.7, math.atanh(0.5)], atol=1e-8)


def test_without_a_critical_point_there_is_one_on_the_sphere_alone():
    """Oracle: F = (tanh b - 2)^2 decreases in b for ever: in the ball its one KKT point is (0, r), by hand."""
    net, source, target = scalar_tanh(2.0)
    u = np.array([0.3, 0.5])
    found = distance_to_critical(net, u, source, target, None, 1.5, tolerance=1e-9)
    assert found.found
    np.testing.assert_allclose(found.point, [0.0, 1.5], atol=1e-6)
    assert found.distance == pytest.approx(math.hypot(0.3, 1.0), abs=1e-6)
    assert np.linalg.norm(found.point) <= 1.5


@pytest.mark.parametrize("seed", range(3))
def test_newton_steps_never_increase_the_residual_and_end_quadratically(seed, monkeypatch):
    """Oracle: the residuals at the iterates, read at every Jacobian: the last ones fall faster than linearly."""
    start = SADDLE + 0.1 * np.random.default_rng(seed).standard_normal(4)
    net, u, source, target = cloud(start.reshape(2, 2), POLES.points)
    loss, residuals = ExactLoss(net, source, target, None), []

    def noted(loss, u, r, jacobian=search.natural_jacobian):
        residuals.append(float(np.linalg.norm(natural_map(u, loss(u)[1], r))))
        return jacobian(loss, u, r)

    monkeypatch.setattr(search, "natural_jacobian", noted)
    end = search.solve(loss, u, np.inf)
    assert np.all(np.diff(residuals) < 0)
    assert residuals[-1] < 0.01 * residuals[-2]
    assert np.linalg.norm(loss(end)[1]) <= tol(np.float64, 4)
    np.testing.assert_allclose(end, SADDLE, atol=1e-12)
