"""Certificates: critical points known in closed form are within them, and where there is none nothing is certified."""

from __future__ import annotations

import math

import numpy as np
import pytest

from swref import MLP, Discrete
from swref.networks import CutOff
from swref.theory import distance_to_critical
from swref.theory.criticality import certificate
from swref.theory.criticality.certificate import certify
from swref.theory.criticality.search import solve
from swref.theory.population.exact_loss import ExactLoss
from tests.theory.criticality.support import POLES, cloud, planar

ONE, TWO = Discrete([[1.0]]), Discrete([[2.0]])
TANH = MLP((1, 1), output_activation="tanh")  # F = (tanh(w + b) - 2)^2 decreases in w + b for ever


@pytest.mark.parametrize("u", [(7.0, 7.0), (2.0, 2.0), (20.0, 20.0), (-7.0, -7.0)])
def test_a_vanishing_gradient_is_no_critical_point(u):
    """Oracle: F has none; in a ball the only one is (r, r)/sqrt 2. The residuals are below 1e-10, from 20 on 0."""
    found = distance_to_critical(TANH, u, ONE, TWO, None)
    assert found.found
    assert not found.certified
    assert found.distance == math.inf
    assert found.to_dict()["distance_upper_bound"] is None
    in_ball = distance_to_critical(TANH, u, ONE, TWO, None, 100.0)
    assert in_ball.distance >= math.dist(u, (100 / math.sqrt(2),) * 2)


@pytest.mark.parametrize("r", [1.0, 3.0])
def test_on_the_sphere_it_is_found_and_certified(r):
    """Oracle: (r, r)/sqrt 2, where w + b is largest on the sphere."""
    u = np.array([0.1, 0.3])
    found = distance_to_critical(TANH, u, ONE, TWO, None, r)
    exact = math.dist(u, (r / math.sqrt(2),) * 2)
    assert found.certified
    assert exact <= found.distance <= exact + 1e-7


@pytest.mark.parametrize("shift", [0.0, 1e-13, 1e-10, 1e-7])
def test_the_error_covers_the_distance_to_the_saddle(shift):
    """Oracle: Y = +-(2/pi, 0), isolated (math.md, section 5), missed by `shift`."""
    saddle = np.array([2 / np.pi, 0.0, -2 / np.pi, 0.0])
    direction = np.random.default_rng(1).standard_normal(4)
    v = saddle + shift * direction / np.linalg.norm(direction)
    net, _, source, target = cloud(np.zeros((2, 2)), POLES.points)
    found = certify(ExactLoss(net, source, target, None), v, math.inf)
    assert found.certified
    assert shift <= found.error <= 3 * shift + 1e-11


def test_far_from_critical_and_with_ties_nothing_is_certified():
    net, _, source, target = cloud(np.zeros((2, 2)), POLES.points)
    loss = ExactLoss(net, source, target, None)
    assert certify(loss, np.array([1.0, 0.2, -0.4, 0.3]), math.inf).obstacle == "the Newton-Kantorovich test fails"
    assert certify(loss, np.zeros(4), math.inf).obstacle == "images of distinct inputs coincide, or nearly so"
    inwards = certify(loss, np.array([3.0, 0.0, -3.0, 0.0]), math.sqrt(18))
    assert inwards.obstacle == "the point is on the sphere, but descent does not push it outwards"
    x, y = Discrete([[1.0, 0.0]]), Discrete([[0.5, 0.5]])
    cut = CutOff(MLP((2, 2)), 3.0, 3.0, 1.0)
    assert certify(ExactLoss(cut, x, y, None), np.full(6, 1.0), math.inf).obstacle == "u is not inside the cut-off"


@pytest.mark.parametrize("weights", [None, [0.2, 0.3, 0.5]])
def test_a_network_with_parameters_to_spare_fits_its_target(weights):
    """Oracle: a target that the network attains, with the weights of the source: F = 0 there, on a continuum."""
    rng = np.random.default_rng(2)
    net, x = MLP((2, 4, 2)), rng.standard_normal((3, 2))
    u = net.init(2)
    source, target = Discrete(x, weights), Discrete(net.forward(u, x)[0], weights)
    loss = ExactLoss(net, source, target, None)
    v = u + 1e-9 * rng.standard_normal(len(u))
    found = certify(loss, v, math.inf)
    assert found.certified
    assert found.error < 1e-6
    repeated = Discrete(np.repeat(x, 2, axis=0), None if weights is None else np.repeat(weights, 2) / 2)
    assert certify(ExactLoss(net, repeated, target, None), v, math.inf).certified


@pytest.mark.slow
def test_certified_points_of_a_network_are_near_the_roots_that_newton_finds():
    """Oracle: the end of a Newton search from a perturbed point of the sphere; it is within the error."""
    net, u, source, target = planar(8)
    r = 0.5 * float(np.linalg.norm(u))
    found = distance_to_critical(net, 0.4 * u, source, target, 3, r, starts=1, tolerance=1e-9)
    assert found.certified
    assert np.linalg.norm(found.point) == pytest.approx(r, rel=1e-12)
    loss = ExactLoss(net, source, target, 3)
    moved = found.point + 1e-11 * np.random.default_rng(0).standard_normal(len(u))
    near = certify(loss, moved * (1 - 1e-13), r)
    end = solve(loss, near.point, r)
    assert near.certified
    assert np.linalg.norm(end - near.point) <= near.error


def test_evaluated_gradients_are_far_better_than_the_allowance():
    """Oracle: the same gradient with the inputs and the target in another order: it differs by rounding alone."""
    rng = np.random.default_rng(4)
    for seed in range(6):
        net, u, source, target = planar(seed)
        x, y = rng.permutation(source.points), rng.permutation(target.points)
        loss, other = ExactLoss(net, source, target, 3), ExactLoss(net, Discrete(x), Discrete(y), 3)
        local = certificate._Local.of(loss, u, 1e-7)
        assert not isinstance(local, str)
        assert np.linalg.norm(loss(u)[1] - other(u)[1]) < 0.01 * local.rounding
