"""Running error bounds of the forward pass, against networks in extended precision."""

from __future__ import annotations

import numpy as np
import pytest

from swref import MLP
from swref.networks import CutOff, SkipNet
from swref.theory.criticality.forward_error import image_error, layers_with_errors

ACTS = {"tanh": np.tanh, "softplus": lambda z: np.log1p(np.exp(z)), "identity": lambda z: z}


def extended(net: MLP, u: np.ndarray, x: np.ndarray) -> np.ndarray:
    """T(u, x) with the arithmetic of np.longdouble, 11 more bits where the machine has them."""
    h = x.astype(np.longdouble)
    for (W, b), act in zip(net.layers(u), net.activations, strict=True):
        h = ACTS[act.name]((h[:, :, None] * W.astype(np.longdouble)).sum(axis=1) + b)
    return h


@pytest.mark.skipif(np.finfo(np.longdouble).eps == np.finfo(float).eps, reason="longdouble is double here")
@pytest.mark.parametrize("activation", ["tanh", "softplus"])
@pytest.mark.parametrize("size", [0.1, 1.0, 10.0])
def test_the_error_is_bounded_and_not_by_far(activation, size):
    """Oracle: the same network in extended precision; the bound is not 10^4 times what is seen."""
    rng, net = np.random.default_rng(6), MLP((3, 20, 20, 2), activation)
    worst = 0.0
    for _ in range(20):
        u, x = size * net.init(rng), rng.standard_normal((10, 3))
        error = float(np.max(np.abs(net.forward(u, x)[0] - extended(net, u, x))))
        bound = image_error(net, u, x)
        assert error <= bound
        worst = max(worst, error / bound)
    assert worst > 1e-4


def test_layers_are_those_of_the_network_and_cut_offs_add_their_rounding():
    """Oracle: forward, and the activation of the last z."""
    rng, net = np.random.default_rng(7), SkipNet((2, 3, 2), "tanh", "tanh")
    u, x = net.init(rng), rng.standard_normal((4, 2))
    *_, (act, z, _, _) = layers_with_errors(net, u, x)
    np.testing.assert_allclose(act.value(z), net.forward(u, x)[0], rtol=1e-14)
    assert image_error(net, u, x) < image_error(CutOff(net, 9.0, 9.0, 1.0), u, x) < 1e-13
    assert image_error(object(), u, x) == 0.0
