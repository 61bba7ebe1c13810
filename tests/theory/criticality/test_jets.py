"""Bounds of the derivatives of networks on a ball, against derivatives taken along random lines in it."""

from __future__ import annotations

import numpy as np
import pytest

from swref import MLP
from swref.networks import CutOff, Particles, SkipNet
from swref.networks.activations import ACTIVATIONS
from swref.theory.criticality.jets import THIRD, image_jet


@pytest.mark.parametrize("name", THIRD)
def test_third_derivatives_of_activations(name):
    """Oracle: second differences of the derivative on a grid; the bounds are attained to 1 %."""
    act, h = ACTIVATIONS[name], 1e-3
    z = np.arange(-20.0, 20.0, h)
    slopes = act.derivative(z, act.value(z))
    largest = float(np.max(np.abs(np.diff(slopes, 2)))) / h**2
    assert largest <= THIRD[name] + 1e-6
    assert largest >= 0.99 * THIRD[name]


NETS = {
    "mlp": MLP((2, 3, 2)),
    "sigmoid": MLP((2, 3, 3, 1), "sigmoid", "softplus"),
    "smooth": MLP((2, 3, 2), "gelu", "silu"),
    "skip": SkipNet((2, 2, 2), shared=[((1, 0), (2, 0), (2, 1))]),
    "cut off": CutOff(MLP((2, 3, 2)), 20.0, 20.0, 1.0),
}


@pytest.mark.parametrize("name", NETS)
def test_jets_bound_the_derivatives_along_lines(name):
    """Oracle: differences of T(u + t v, x) in t, at points of the ball."""
    net, rng = NETS[name], np.random.default_rng(3)
    x, t = rng.standard_normal((3, 2)), 1e-3 * np.arange(-2, 3)
    for scale in (0.3, 2.0):
        u = scale * rng.standard_normal(net.n_params)
        jet = image_jet(net, u, 0.1, x)
        for _ in range(20):
            away, v = (direction / np.linalg.norm(direction) for direction in rng.standard_normal((2, net.n_params)))
            z = np.array([net.forward(u + 0.09 * away + s * v, x)[0].ravel() for s in t])
            first, second, third = (
                float(np.linalg.norm(weights @ z)) / 1e-3**k
                for k, weights in ((1, [0, -0.5, 0, 0.5, 0]), (2, [0, 1, -2, 1, 0]), (3, [-0.5, 1, 0, -1, 0.5]))
            )
            assert float(np.linalg.norm(z[2])) <= jet.size
            assert first <= jet.first * (1 + 1e-6)
            assert second <= jet.second * (1 + 1e-6)
            assert third <= jet.third * (1 + 1e-4)


def test_where_there_is_no_jet():
    x, u = np.eye(2), np.ones(4)
    assert image_jet(MLP((2, 2), "relu", "relu"), np.ones(6), 0.1, x) == (
        "the activation relu is not three times differentiable"
    )
    assert image_jet(CutOff(MLP((1, 2)), 3.0, 3.0, 1.0), u, 0.1, x) == "u is not inside the cut-off"
    assert image_jet(object(), u, 0.1, x) == "the derivatives of a object are not known"
    assert image_jet(Particles(2, 2), u, 1.0, x).size == 3.0
