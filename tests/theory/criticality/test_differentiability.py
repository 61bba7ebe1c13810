"""Where F is known to be differentiable: equal inputs, single draws, kinks of activations."""

from __future__ import annotations

import numpy as np
import pytest

from swref import Discrete
from swref.networks import MLP, CutOff, Particles, SkipNet
from swref.networks.activations import ACTIVATIONS
from swref.theory import kkt_residual
from swref.theory.criticality.differentiability import activation_obstacle, obstacle
from swref.theory.population.exact_loss import ExactLoss
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


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_an_obstacle_is_seen_where_one_sided_slopes_differ_and_nowhere_else(name):
    """Oracle: one-sided difference quotients of T in the hidden bias, at 0 and beside it."""
    net, x, h = MLP((1, 1, 1), name), np.array([[1.0]]), 1e-7
    for bias in (0.0, 0.3, -0.3):
        u = np.array([0.0, bias, 1.0, 0.0])
        e = np.array([0.0, h, 0.0, 0.0])
        here, after, before = (float(net.forward(v, x)[0][0, 0]) for v in (u, u + e, u - e))
        smooth = abs((after - here) / h - (here - before) / h) < 1e-3
        assert (activation_obstacle(net, u, x) is None) == smooth
        inside = CutOff(net, 9.0, 9.0, 1.0)
        assert (activation_obstacle(inside, u, x) is None) == smooth


def test_a_network_of_an_unknown_kind_is_said_to_be_one():
    class Custom:
        n_params = dim_in = dim_out = 1

    assert activation_obstacle(Custom(), np.zeros(1), np.zeros((1, 1))) == "the regularity of a Custom is not known"


def test_images_that_coincide_are_counted():
    """Oracle: by hand; -0.0 is 0.0, equal inputs and points without weight do not count."""
    net = Particles(5, 1)
    source = Discrete(net.indices(), [0.2, 0.2, 0.3, 0.3, 0.0])
    loss = ExactLoss(net, source, Discrete([[0.0], [1.0]]), 2)
    assert obstacle(loss, np.array([0.0, -0.0, 1.0, 2.0, 2.0])) == "the images T(u, x) of 2 distinct inputs coincide"
    assert obstacle(loss, np.array([3.0, 3.0, 1.0, 1.0, 7.0])) == "the images T(u, x) of 4 distinct inputs coincide"
    assert obstacle(loss, np.array([0.0, 3.0, 1.0, 2.0, 2.0])) is None
    assert obstacle(ExactLoss(net, source, Discrete([[0.0]]), 1), np.zeros(5)) is None


@pytest.mark.parametrize("factor", [1, 5, 7])
def test_images_within_the_error_of_the_forward_pass_count_as_tied(factor):
    """Oracle: w_1 k = w_2 up to rounding for w = (.1, k .1): floats cannot tell whether the images are equal, and the
    distance from 0 to the subdifferential is that for equal ones, by moving w_2 by an ulp; 1e-9 apart they are told."""
    net, target = MLP((2, 1)), Discrete([[0.0], [1.0]])
    source = Discrete([[float(factor), 0.0], [0.0, 1.0]])
    w = 0.1 * factor
    for second in (w, np.nextafter(w, 0.0), np.nextafter(w, 1.0), float(f"{w:.15g}")):
        found = kkt_residual(net, [0.1, second, 0.0], source, target, None)
        assert found.obstacle == "the images T(u, x) of 2 distinct inputs coincide"
        assert found.lower == pytest.approx(kkt_residual(net, [0.1, w, 0.0], source, target, None).lower, abs=1e-8)
    assert kkt_residual(net, [0.1, w + 1e-9, 0.0], source, target, None).exact


def test_kinks_within_the_error_of_the_forward_pass_are_seen():
    """Oracle: .1 + .2 - .3 is 5.6e-17 in floats, which is 0 up to rounding."""
    net, x = MLP((3, 1, 1), "relu"), np.ones((1, 3))
    u = np.array([0.1, 0.2, -0.3, 0.0, 1.0, 0.0])
    assert activation_obstacle(net, u, x) == "an input of the activation relu is at its kink"
    u[3] = 1e-9
    assert activation_obstacle(net, u, x) is None
