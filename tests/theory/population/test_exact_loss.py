"""F as a function of u: the closed form of single draws, difference quotients, and the least element on a sphere."""

from __future__ import annotations

import numpy as np
import pytest

from swref.errors import InputError, InputTypeError
from swref.measures import Discrete, Gaussian
from swref.networks import MLP
from swref.theory.population.exact_loss import ON_SPHERE, ExactLoss, normal_multiplier, on_sphere
from tests.support import central_difference, tol


def problem(d=2, seed=0):
    rng = np.random.default_rng(seed)
    net = MLP((2, 3, d))
    weights = rng.random(4)
    return (
        net,
        net.init(seed),
        Discrete(rng.standard_normal((5, 2))),
        Discrete(rng.standard_normal((4, d)), weights / weights.sum()),
    )


@pytest.mark.parametrize("d", [1, 2, 5])
def test_single_draws_in_closed_form(d):
    """Oracle: F = (1/d) E |T(u, x) - y|^2 over the pairs of atoms; exact in any dimension."""
    net, u, source, target = problem(d)
    z = net.forward(u, source.points)[0]
    squares = np.sum((z[:, None] - target.points[None]) ** 2, axis=2)
    value, _ = ExactLoss(net, source, target, 1)(u)
    assert value == pytest.approx(float((squares @ target.weights).mean() / d), rel=tol(np.float64, 20 * d))


@pytest.mark.parametrize("p", [1.5, 2.0])
@pytest.mark.parametrize("batch", [1, 3, None])
def test_its_gradient_by_differences(batch, p):
    net, u, source, target = problem(seed=1)
    loss = ExactLoss(net, source, target, batch, p)
    np.testing.assert_allclose(loss(u)[1], central_difference(lambda v: loss(v)[0], u), atol=1e-7)


def test_the_gradient_of_float32_parameters_is_that_of_float64():
    """F is read in float64: parameters that come in float32 are widened first."""
    net, u, source, target = problem(seed=2)
    loss = ExactLoss(net, source, target, 2)
    single = u.astype(np.float32)
    widened = loss.parameters("u", single)
    assert widened.dtype == np.float64
    np.testing.assert_array_equal(widened, single)
    widened[0] = 7.0
    assert single[0] != 7.0


def test_multiplier_leaves_the_least_element_of_the_normal_cone():
    """Oracle: |g + s u| on a fine grid of s >= 0; inside the ball the cone is {0}."""
    rng = np.random.default_rng(3)
    grid = np.linspace(0, 20, 200_001)
    for _ in range(20):
        g, u = rng.standard_normal((2, 4))
        r = float(np.linalg.norm(u))
        s = normal_multiplier(u, g, r)
        least = np.sqrt(g @ g + 2 * grid * (g @ u) + grid**2 * (u @ u)).min()
        assert np.linalg.norm(g + s * u) == pytest.approx(least, abs=1e-4 * r)
        assert np.linalg.norm(g + s * u) <= least + tol(np.float64, 16)
        assert normal_multiplier(u, g, 1.001 * r) == 0.0


def test_the_sphere_is_as_wide_as_rounding():
    u = np.array([3.0, 4.0])
    assert on_sphere(u, 5.0)
    assert on_sphere(u, 5.0 * (1 + ON_SPHERE / 2))
    assert not on_sphere(u, 5.0 * (1 + 4 * ON_SPHERE))
    assert not on_sphere(u, np.inf)


def test_what_does_not_fit_is_refused():
    net, u, source, target = problem()
    loss = ExactLoss(net, source, target, 2)
    assert loss.parameters_in_ball("u", u, np.inf)[1] == np.inf
    inside, r = loss.parameters_in_ball("u", u, float(np.linalg.norm(u)) * (1 - ON_SPHERE / 2))
    assert np.linalg.norm(inside) <= r
    with pytest.raises(InputError, match=r"start must lie in the ball of radius 0\.5, got \|start\| = "):
        loss.parameters_in_ball("start", u, 0.5)
    with pytest.raises(InputError, match="radius must be > 0"):
        loss.parameters_in_ball("u", u, 0.0)
    with pytest.raises(InputError, match=r"u must have shape \(17,\)"):
        loss.parameters("u", u[1:])
    wide = problem(3)
    with pytest.raises(InputError, match="target must have dimension 1 or 2 for an exact F"):
        ExactLoss(wide[0], wide[2], wide[3], 2)
    with pytest.raises(InputError, match="batch must be >= 1"):
        ExactLoss(net, source, target, 0)
    with pytest.raises(InputTypeError, match="source must be a Discrete measure"):
        ExactLoss(net, Gaussian([0, 0], np.eye(2)), target, 2)
