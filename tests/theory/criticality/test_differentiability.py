"""Where F is known to be differentiable: equal inputs, single draws, kinks of activations."""

from __future__ import annotations

import numpy as np
import pytest

from swref import Discrete
from swref.networks import CutOff, Particles, SkipNet
from swref.theory import (
    kkt_residual,
)
from tests.theory.criticality.support import POLES, cloud, planar


def test_equal_inputs_are_no_ties():
    """A point that the source holds twice has one image and one Jacobian: F is differentiable; its weight counts."""
    net, u, source, target = planar(6)
    twice = Discrete(np.concatenate([source.points, source.points[:1]]), [0.1, 0.2, 0.2, 0.2, 0.2, 0.1])
    found = kkt_residual(net, u, twice, target, 2)
    assert found.exact
    assert found.upper == pytest.approx(kkt_residual(net, u, source, target, 2).upper, rel=1e-10)
    weightless = Discrete([[0.0], [1.0]], [1.0, 0.0])
    still = kkt_residual(Particles(2, 2), np.zeros(4), weightless, target, None)
    assert still.exact


def test_single_draws_know_no_ties():
    assert kkt_residual(*cloud(np.zeros((3, 2)), POLES.points), 1).exact
    assert not kkt_residual(*cloud(np.zeros((3, 2)), POLES.points), 2).exact


def test_kinks_of_activations():
    """ReLU off its kinks is exact; at one, nothing is known below, as in a network whose insides are not known."""
    net, u, source, target = planar(7, "relu")
    assert kkt_residual(net, u, source, target, 2).exact
    at_kink = kkt_residual(net, np.zeros_like(u) + np.eye(len(u))[-1], Discrete([[1.0, 2.0]]), target, 2)
    assert (at_kink.exact, at_kink.lower) == (False, 0.0)
    assert at_kink.obstacle == "an input of the activation relu is at its kink"
    skip = SkipNet((2, 4, 2), "relu")
    assert kkt_residual(skip, skip.init(0), source, target, 2).obstacle == "the activation relu has kinks"
    smooth = SkipNet((2, 4, 2), "tanh")
    assert kkt_residual(smooth, smooth.init(0), source, target, 2).exact
    assert kkt_residual(CutOff(smooth, 9.0, 9.0, 1.0), smooth.init(0), source, target, 2).exact
