"""KKT residuals: closed forms, and subdifferentials enumerated."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest

from swref import MLP, Discrete
from swref.errors import InputError
from swref.theory import (
    clarke_vertices,
    distance_to_critical,
    kkt_residual,
    natural_residual,
    population_loss_and_grad,
    population_sw,
)
from swref.theory.criticality.least_norm import least_norm
from tests.theory.criticality.support import POLES, cloud, planar


@pytest.mark.parametrize("batch", [1, 3, None])
def test_inside_it_is_the_norm_of_the_gradient(batch):
    net, u, source, target = planar(0)
    g = population_loss_and_grad(net, u, source, target, batch).grad
    for radius in (np.inf, 100.0):
        found = kkt_residual(net, u, source, target, batch, radius)
        assert found.exact
        assert found.lower == found.upper == np.linalg.norm(g)
        assert (found.on_sphere, found.multiplier, found.obstacle) == (False, 0.0, "")
        assert natural_residual(net, u, source, target, batch, radius) == pytest.approx(np.linalg.norm(g), rel=1e-12)


@pytest.mark.parametrize(("spread", "outwards"), [(0.1, False), (6.0, True)])
def test_on_the_sphere_it_is_the_least_over_the_normal_cone(spread, outwards):
    """Oracle: |g + s u| on a fine grid of s >= 0. A wide target pushes u outwards, a narrow one inwards."""
    net, u, source, target = planar(1)
    target = Discrete(spread * target.points)
    r = float(np.linalg.norm(u))
    g = population_loss_and_grad(net, u, source, target, 3).grad
    found = kkt_residual(net, u, source, target, 3, r)
    grid = np.linalg.norm(g[:, None] + np.outer(u, np.linspace(0, 3, 300_001)), axis=0)
    assert found.on_sphere
    assert found.exact
    assert found.upper == found.lower == pytest.approx(grid.min(), rel=1e-6)
    assert (found.multiplier > 0) == (g @ u < 0) == outwards
    tangent = g - (g @ u) / r**2 * u
    assert found.upper == pytest.approx(np.linalg.norm(tangent if outwards else g), rel=1e-12)


def test_outside_the_ball_is_an_error_and_the_sphere_is_within_rounding():
    net, u, source, target = planar(2)
    r = float(np.linalg.norm(u))
    for function in (kkt_residual, natural_residual, distance_to_critical):
        with pytest.raises(InputError, match="u must lie in the ball of radius"):
            function(net, u, source, target, 3, r * (1 - 1e-10))
    assert kkt_residual(net, u, source, target, 3, r * (1 - 5e-13)).on_sphere
    assert kkt_residual(net, u, source, target, 3, r * (1 + 5e-13)).on_sphere
    assert not kkt_residual(net, u, source, target, 3, r * (1 + 1e-10)).on_sphere


def test_the_natural_residual_is_continuous_at_the_sphere_where_the_other_jumps():
    """F = |u - w|^2/2 with w outside, u = r w/|w|: critical on the sphere, |g| just inside it."""
    net, _, source, target = cloud(np.zeros((1, 2)), [[2.0, 0.0]])
    jump = [kkt_residual(net, [1 - gap, 0.0], source, target, None, 1.0).upper for gap in (0.0, 1e-8)]
    flat = [natural_residual(net, [1 - gap, 0.0], source, target, None, 1.0) for gap in (0.0, 1e-8)]
    assert jump[0] < 1e-14
    assert jump[1] == pytest.approx(1.0, abs=1e-7)
    assert flat[0] < 1e-14
    assert flat[1] == pytest.approx(1e-8, rel=1e-6)


def test_ties_on_the_line_against_the_vertices_of_w():
    """d = 1, batch None: F(u) of particles is w_theta itself; its subdifferential enumerated by clarke_vertices."""
    rng = np.random.default_rng(3)
    for points in ([0.5, 0.5, -1.0, -1.0], [0.2, 0.2, 0.2, 3.0]):
        y, z = np.array(points)[:, None], rng.standard_normal((4, 1))
        found = kkt_residual(*cloud(y, z), None)
        expected = np.linalg.norm(clarke_vertices(y, z, [1.0]).least())
        assert not found.exact
        assert found.lower == pytest.approx(expected, abs=1e-8)
        assert found.upper >= found.lower
        assert "distinct inputs coincide" in found.obstacle


def enumerated(net, u, source, target, batch):
    """The gradients J^T dE of every order of all images [k, d_u], from ties broken by 1e-9: an oracle for d = 1."""
    z, cache = net.forward(u, source.points)
    rows = []
    for order in itertools.permutations(range(len(z))):
        moved = z + 1e-9 * np.array(order)[:, None]
        grad = population_sw(moved, target.points, batch, source.weights, target.weights).grad
        rows.append(net.backward(cache, grad))
    return np.array(rows)


@pytest.mark.parametrize("batch", [pytest.param(2, marks=pytest.mark.slow), None])
@pytest.mark.parametrize("on_sphere", [False, True])
def test_ties_of_a_network_on_the_line(batch, on_sphere):
    """A tanh MLP to R all of whose images coincide: the least element over all 4! orders, plus the normal cone."""
    rng = np.random.default_rng(4)
    net = MLP((1, 3, 1))
    weights = np.array([0.1, 0.2, 0.3, 0.4])
    source = Discrete(rng.standard_normal((4, 1)), weights)
    target = Discrete(2 + rng.standard_normal((5, 1)), [0.3, 0.1, 0.2, 0.2, 0.2])
    u = net.init(4)
    u[6:9] = 0.0  # the last layer's weights: T is its bias
    u[9] = 1.8
    vertices = enumerated(net, u, source, target, batch)
    radius = float(np.linalg.norm(u)) if on_sphere else np.inf
    mu = least_norm(vertices, u if on_sphere else None)
    least = mu[:24] @ vertices + (mu[24] * u if on_sphere else 0.0)
    found = kkt_residual(net, u, source, target, batch, radius)
    assert not found.exact
    assert found.lower == pytest.approx(np.linalg.norm(least), abs=1e-7)
    assert found.lower <= found.upper + 1e-15


def test_coincident_points_in_the_plane():
    """Two particles at c against +-(0, 1): dC E is (c/2 - a, c/2 + a), a in a symmetric body: least at a = 0."""
    found = kkt_residual(*cloud(np.array([[1.0, 0.0], [1.0, 0.0]]), POLES.points), None)
    assert not found.exact
    assert found.upper == pytest.approx(np.sqrt(0.5), rel=1e-12)
    assert np.sqrt(0.5) - 5e-6 < found.lower <= found.upper
    origin = kkt_residual(*cloud(np.zeros((2, 2)), POLES.points), None)
    assert origin.lower == 0.0


def test_a_network_with_coincident_images_in_the_plane():
    """Oracle: 4000 elements of the outer set, ties broken in random directions: none is below the lower bound, and
    their hull comes near it."""
    rng = np.random.default_rng(5)
    net = MLP((1, 2))
    source, target = Discrete([[1.0], [-1.0], [0.5]]), Discrete(rng.standard_normal((3, 2)))
    u = np.array([0.0, 0.0, 0.3, -0.2])
    found = kkt_residual(net, u, source, target, None)
    z, cache = net.forward(u, source.points)
    elements = []
    for _ in range(400):
        moved = z + 1e-7 * rng.standard_normal(z.shape)
        elements.append(net.backward(cache, population_sw(moved, target.points, None).grad))
    hull = np.array(elements)
    least = float(np.linalg.norm(least_norm(hull) @ hull))
    assert not found.exact
    assert least - 1e-2 < found.lower <= least + 1e-5
    assert found.lower <= found.upper


def test_dimension_three_is_refused():
    net = MLP((1, 3))
    source, target = Discrete([[0.0], [1.0]]), Discrete(np.eye(3))
    for function in (kkt_residual, natural_residual, distance_to_critical):
        with pytest.raises(InputError, match="dimension 1 or 2 for an exact F"):
            function(net, net.init(0), source, target, 2)
    assert kkt_residual(net, net.init(0), source, target, 1).exact


def test_record_of_a_residual():
    record = json.loads(json.dumps(kkt_residual(*planar(8), 2).to_dict()))
    assert set(record) == {"lower", "upper", "exact", "natural", "on_sphere", "multiplier", "obstacle"}
