"""Rays along which a network leaves A2, A4 or A5: the networks' formulas by hand, at every scale."""

from __future__ import annotations

import math

import numpy as np
import pytest

from swref.networks import MLP, Particles, SkipNet
from swref.theory.assumptions.rays import (
    SCALES,
    HiddenRay,
    LevelRay,
    bias_curvatures,
    input_quotients,
    output_growth,
    particle_quotients,
)
from tests.support import tol


def rows(growth):
    """The scales and the quotients of a growth, two arrays [4]."""
    scales, values = np.array(growth).T
    assert scales.tolist() == list(SCALES)
    return scales, values


ACTS = {"tanh": math.tanh, "relu": lambda z: max(z, 0.0), "softplus": lambda z: math.log1p(math.exp(z))}


@pytest.mark.parametrize("name", ACTS)
@pytest.mark.parametrize("skips", [False, True])
def test_the_hidden_ray_is_its_formula(skips, name):
    """Oracle: T_0 = sigmoid(1/2 + t (act(1 + s) - act(1))), whatever else the network has."""
    sizes, act = (3, 4, 5, 2), ACTS[name]
    made = SkipNet(sizes, name, "sigmoid") if skips else SkipNet.of_mlp(MLP(sizes, name, "sigmoid"))
    ray = HiddenRay.of(made)
    for t in (1.0, 10.0, 1000.0):
        for s in (0.0, 0.1 / t, -0.1 / t):
            expected = 1 / (1 + math.exp(-(0.5 + t * (act(1 + s) - act(1.0)))))
            # t act(1) is rounded before the difference is taken
            assert ray.output(t, s) == pytest.approx(expected, abs=tol(np.float64) * t)


def test_quotients_of_relu_grow_like_t_and_second_derivatives_like_its_square():
    """Oracle: along the ray T_0 = 1/2 + t s, so that T_0 has the slope t and T_0^2 the second derivative 2 t^2."""
    ray = HiddenRay.of(SkipNet.of_mlp(MLP((2, 3, 1), "relu")))
    t, slopes = rows(ray.quotients())
    np.testing.assert_allclose(slopes, t, rtol=1e-9)
    t, curvatures = rows(ray.second_derivatives())
    np.testing.assert_allclose(curvatures, 2 * t**2, rtol=1e-6)


def test_a_shared_block_hides_the_ray():
    shared = SkipNet((2, 2, 2, 2), "tanh", connections=[(1, 0), (2, 1), (3, 2)], shared=[((2, 1), (3, 2))])
    assert HiddenRay.of(shared) is None
    assert HiddenRay.of(SkipNet((2, 2, 2, 2), "tanh", connections=[(1, 0), (2, 1), (3, 2)], shared=[(1, 2)])) is None
    assert HiddenRay.of(SkipNet((2, 2, 2, 2), "tanh", shared=[((2, 0), (3, 0))])) is not None


def test_the_derivative_of_one_shared_unit_in_closed_form():
    """Oracle: at b = s - a x, tanh s = x, both pre-activations are s: dT = g (1 + a g) (x da + db) with g = 1 - x^2."""
    x = 0.3
    net = SkipNet((1, 1, 1), "tanh", "tanh", connections=[(1, 0), (2, 1)], shared=[((1, 0), (2, 1)), (1, 2)])
    ray = LevelRay.of(net, np.array([[x]]))
    g = 1 - x**2
    for t, size in ray.quotients():
        a, b = ray.start + t * ray.direction
        assert a * x + b == pytest.approx(math.atanh(x), abs=1e-12 * t)
        assert size == pytest.approx(abs(1 + a * g) * g * math.hypot(x, 1), rel=1e-9)
    t, curvatures = rows(ray.second_derivatives())
    assert (curvatures[1:] > 20 * curvatures[:-1]).all()


def test_no_ray_where_pre_activations_cannot_stand_still():
    net = SkipNet((1, 1, 1), "tanh", "tanh", connections=[(1, 0), (2, 1)], shared=[((1, 0), (2, 1)), (1, 2)])
    assert LevelRay.of(net, np.array([[1.0], [-1.5], [40.0]])) is None
    wide = SkipNet((2, 1500, 1500, 2), "tanh", shared=[(1, 2)])
    assert LevelRay.of(wide, np.zeros((1, 2))) is None


@pytest.mark.parametrize("exponent", [1.0, 2.0, 0.5])
def test_output_growth_of_two_layers_by_hand(exponent):
    """Oracle: without the weights that meet x, h = relu(t) in each of 3 units and T = 3 t^2 + t; 13 parameters, of
    which 6 are 0."""
    net = SkipNet.of_mlp(MLP((2, 3, 1), "relu"))
    t, values = rows(output_growth(net, np.ones((1, 2)), exponent))
    norm = t * math.sqrt(net.n_params - 6)
    np.testing.assert_allclose(values, (3 * t**2 + t) / (1 + norm) ** exponent, rtol=tol(np.float64, 4))


def test_input_quotients_of_one_layer_by_hand():
    """Oracle: T = act(t |x' - x|) / |x' - x| in the first coordinate; a bounded act sees x' at a distance |gap|/t."""
    x, other = np.array([1.0, 2.0]), np.array([4.0, 6.0])  # 5 apart
    t, linear = rows(input_quotients(SkipNet.of_mlp(MLP((2, 2))), x, other, bounded=False))
    np.testing.assert_allclose(linear, t, rtol=tol(np.float64, 4))
    t, bounded = rows(input_quotients(SkipNet.of_mlp(MLP((2, 2), "tanh", "tanh")), x, other, bounded=True))
    np.testing.assert_allclose(bounded, math.tanh(5.0) / (5 / t), rtol=1e-9)


def test_bias_curvatures_of_one_layer_by_hand():
    """Oracle: T_0 T_1'' = softplus(t) sigmoid'(-1/2), the second difference exact to h^2."""
    t, values = rows(bias_curvatures(SkipNet.of_mlp(MLP((1, 2), "tanh", "softplus"))))
    s = 1 / (1 + math.exp(0.5))
    np.testing.assert_allclose(values, np.logaddexp(0, t) * s * (1 - s), rtol=1e-5)


def test_particles_are_as_far_apart_as_one_likes():
    t, values = rows(particle_quotients(Particles(3, 2)))
    np.testing.assert_array_equal(values, t)
