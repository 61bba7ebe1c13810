"""The gradient flow: energy identity, closed forms, the projected flow on the sphere."""

from __future__ import annotations

import json

import numpy as np
import pytest

from swref import MLP, Discrete, Uniform
from swref.errors import InputError, InputTypeError, SwrefError
from swref.networks import Particles
from swref.theory import distance_c, gradient_flow, population_loss
from swref.theory.flow.solver import Counted, integrate
from tests.theory.flow.support import planar

ROUNDING = 1e-13


@pytest.mark.parametrize("batch", [4, None])
def test_energy_identity_of_a_tanh_network(batch):
    """dF/ds = -|u'|^2: the residual is below 1e-6 of the energy dropped, and F never increases, steps or between."""
    net, u0, source, target = planar(1)
    flow = gradient_flow(net, u0, source, target, batch, 10.0)
    dropped = flow.energies[0] - flow.energies[-1]
    assert dropped > 0.3
    assert flow.residual < 1e-6 * dropped
    dense = np.array([flow.energy(s) for s in np.linspace(0, 10, 401)])
    assert np.all(np.diff(dense) <= 0)
    assert np.all(np.diff(flow.energies) <= 0)
    assert flow.energy(10.0) == flow.energies[-1]
    assert flow.energies[0] == population_loss(net, u0, source, target, batch)


def test_energy_identity_in_the_ball():
    """The same along the projected flow, on whose sphere part F still decreases by |u'|^2; |u| <= r to rounding."""
    net, u0, source, target = planar(1)
    r = 1.1 * float(np.linalg.norm(u0))
    flow = gradient_flow(net, u0, source, target, 4, 10.0, r)
    assert [where for _, where in flow.contacts] == ["sphere"]
    assert flow.residual < 1e-6 * (flow.energies[0] - flow.energies[-1])
    assert np.all(np.diff(flow.energies) <= 0)
    norms = np.linalg.norm(flow(np.linspace(0, 10, 999)), axis=1)
    assert norms.max() <= r * (1 + ROUNDING)
    assert abs(norms[-1] - r) <= r * ROUNDING


@pytest.mark.parametrize("d", [1, 2, 3])
def test_single_draws_are_a_linear_equation(d):
    """n = 1: F = (1/d) E|z - w|^2, so that each particle decays to the target's mean at the rate 2 wx_i / d."""
    rng = np.random.default_rng(d)
    points, wx, wy = Particles(3, d), np.array([0.2, 0.3, 0.5]), np.array([0.1, 0.6, 0.3])
    w, u0 = rng.standard_normal((3, d)), rng.standard_normal(3 * d)
    flow = gradient_flow(points, u0, Discrete(points.indices(), wx), Discrete(w, wy), 1, 5.0)
    s = np.linspace(0, 5, 11)
    decay = np.exp(-2 / d * wx * s[:, None])[:, :, None]
    expected = wy @ w + decay * (u0.reshape(3, d) - wy @ w)
    np.testing.assert_allclose(flow(s).reshape(11, 3, d), expected, atol=1e-8)


def test_two_symmetric_points_reach_the_saddle():
    """Y = +-(a, 0) against Z = +-(0, 1): G = +-(2/pi, 0) for every a > 0, so a' = -(a - 2/pi)/2."""
    points = Particles(2, 2)
    flow = gradient_flow(
        points, [1.5, 0, -1.5, 0], Discrete(points.indices()), Discrete([[0.0, 1.0], [0.0, -1.0]]), None, 8.0
    )
    a = 2 / np.pi + (1.5 - 2 / np.pi) * np.exp(-np.linspace(0, 8, 9) / 2)
    still = np.zeros(9)
    np.testing.assert_allclose(flow(np.linspace(0, 8, 9)), np.stack([a, still, -a, still], axis=1), atol=1e-8)


def test_the_angle_on_a_circle():
    """F = |u - w|^2/2, |w| > r: on the circle the angle to w obeys phi' = -(|w|/r) sin phi."""
    points, r = Particles(1, 2), 0.5
    start = r * np.array([np.cos(0.9), np.sin(0.9)])
    flow = gradient_flow(points, start, Discrete(points.indices()), Discrete([[2.0, 0.0]]), None, 1.5, r)
    s = np.linspace(0, 1.5, 16)
    angle = 2 * np.arctan(np.tan(0.45) * np.exp(-2.0 / r * s))
    np.testing.assert_allclose(flow(s), r * np.stack([np.cos(angle), np.sin(angle)], axis=1), atol=1e-8)
    assert flow.contacts == ()


def test_against_the_projected_euler_scheme():
    """A quadratic F whose flow meets the sphere, slides, leaves and meets it again: Euler's scheme, steps h and h/2.

    T = a x + b, n = 1: F = E (a x + b - y)^2, whose gradient is written out here.
    """
    net, r, horizon = MLP((1, 1)), 1.0, 8.0
    x, y, start = np.array([2.1, 3.55]), -2.55, 0.98 * np.array([-0.1349, 0.9909])
    flow = gradient_flow(net, start, Discrete(x[:, None]), Discrete([[y]]), 1, horizon, r)
    assert [where for _, where in flow.contacts] == ["sphere", "inside", "sphere"]

    def euler(h):
        u, path = start, [start]
        for _ in range(round(horizon / h)):
            misses = u[0] * x + u[1] - y
            u = u - h * np.array([np.mean(2 * misses * x), np.mean(2 * misses)])
            u = u * min(1.0, r / np.linalg.norm(u))
            path.append(u)
        return np.array(path)[:: round(0.05 / h)]

    exact = flow(np.minimum(np.arange(161) * 0.05, horizon))
    errors = [np.abs(euler(h) - exact).max() for h in (4e-4, 2e-4)]
    assert errors[1] < 3e-3
    assert 0.4 * errors[0] < errors[1] < 0.6 * errors[0]
    assert flow.residual < 1e-8


def test_a_start_on_the_sphere_that_is_pushed_inwards():
    """F = |u - w|^2/2, |w| < r, from the sphere: the flow is the free one, a straight line to w."""
    points = Particles(1, 2)
    w, start = np.array([0.2, 0.1]), np.array([-0.6, 0.8])
    flow = gradient_flow(points, start, Discrete(points.indices()), Discrete(w[None, :]), None, 3.0, 1.0)
    s = np.linspace(0, 3, 13)
    np.testing.assert_allclose(flow(s), w + np.exp(-s)[:, None] * (start - w), atol=1e-8)


def test_a_ball_that_is_never_reached_changes_nothing():
    net, u0, source, target = planar(2)
    free = gradient_flow(net, u0, source, target, 4, 2.0)
    far = gradient_flow(net, u0, source, target, 4, 2.0, 100.0)
    assert np.array_equal(free(np.linspace(0, 2, 50)), far(np.linspace(0, 2, 50)))


def test_distance_of_two_flows():
    """d_c of e^-s and 0 from delta-chords: sum_k 2^-k min(1, 1) = 1 - 2^-k_max, within delta."""
    points = Particles(1, 1)
    x, y = Discrete(points.indices()), Discrete([[0.0]])
    moving = gradient_flow(points, [1.0], x, y, None, 6.0).sampled(1e-4)
    still = gradient_flow(points, [0.0], x, y, None, 6.0).sampled(1e-4)
    value, missing = distance_c(moving.trajectory, still.trajectory, 6)
    assert abs(value - (1 - 2.0**-6)) <= moving.delta + still.delta
    assert missing == 2.0**-6


def test_evaluation_at_any_time():
    net, u0, source, target = planar(4, 4, 4)
    flow = gradient_flow(net, u0, source, target, None, 1.0)
    assert np.array_equal(flow(0.0), u0)
    assert flow(0.3).shape == u0.shape
    assert np.array_equal(flow([0.7, 0.3])[1], flow(0.3))
    assert np.array_equal(flow(flow.times)[-1], flow(1.0))
    for s in (-1e-3, 1.1, [0.5, 2.0]):
        with pytest.raises(InputError, match=r"s must lie in \[0, 1\]"):
            flow(s)
    record = json.loads(json.dumps(flow.to_dict()))
    assert record["evaluations"] == flow.evaluations > 6 * (len(flow.times) - 1)
    assert record["residual"] == flow.residual
    assert np.array_equal(record["points"], flow(flow.times))


def test_tolerances_are_obeyed():
    """A looser rtol takes fewer evaluations and leaves a larger residual."""
    net, u0, source, target = planar(5, 4, 4)
    loose = gradient_flow(net, u0, source, target, None, 4.0, rtol=1e-4, atol=1e-6)
    tight = gradient_flow(net, u0, source, target, None, 4.0)
    assert loose.evaluations < tight.evaluations
    assert tight.residual < 0.1 * loose.residual


def test_what_does_not_fit_is_refused():
    points = Particles(1, 1)
    x, y = Discrete(points.indices()), Discrete([[0.0]])
    with pytest.raises(InputError, match=r"u0 must lie in the ball of radius 0.5, got \|u0\| = 1"):
        gradient_flow(points, [1.0], x, y, None, 1.0, 0.5)
    with pytest.raises(InputError, match=r"u0 must have shape \(1,\), got \(2,\)"):
        gradient_flow(points, [1.0, 2.0], x, y, None, 1.0)
    with pytest.raises(InputError, match="horizon must be > 0"):
        gradient_flow(points, [1.0], x, y, None, 0.0)
    with pytest.raises(InputError, match="target must have dimension 1, as the network has, got 2"):
        gradient_flow(points, [1.0], x, Discrete([[0.0, 1.0]]), None, 1.0)
    with pytest.raises(InputTypeError, match="source must be a Discrete measure"):
        gradient_flow(points, [1.0], Uniform("ball", 1), y, None, 1.0)
    cloud = Particles(2, 3)
    with pytest.raises(InputError, match="target must have dimension 1 or 2 for an exact F"):
        gradient_flow(cloud, np.zeros(6), Discrete(cloud.indices()), Discrete(np.eye(3)), None, 1.0)
    with pytest.raises(SwrefError, match="more than 10 evaluations"):
        gradient_flow(points, [1.0], x, y, None, 5.0, max_evaluations=10)
    with pytest.raises(InputError, match="delta must be > 0"):
        gradient_flow(points, [1.0], x, y, None, 1.0).sampled(0.0)


def test_a_flow_that_slides_along_a_kink_is_given_up():
    """F = |u|: the flow reaches 0 at s = 1 and stays, which an explicit solver cannot follow."""
    loss = Counted(lambda u: (float(np.abs(u).sum()), np.where(u > 0, 1.0, -1.0)), 5000)
    with pytest.raises(SwrefError, match=r"stops at s = 1|more than 5000 evaluations"):
        list(integrate(loss, np.array([1.0]), 3.0, np.inf))
