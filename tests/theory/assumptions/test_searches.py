"""Seeded searches for the worst case: networks whose suprema are known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from swref.measures import Discrete, Uniform
from swref.networks import MLP, Particles
from swref.theory.assumptions.searches import Search
from tests.support import tol
from tests.theory.assumptions.support import CELLS, SOURCE, TARGET


def test_a_quotient_across_a_kink_is_no_second_derivative():
    """T = relu(b) at b = 0 has a jump of T' there, and T'' = 0 on either side; d^2 (T^2)/db^2 = 2 beside the kink."""
    search = Search(MLP((1, 1), "tanh", "relu"), CELLS, CELLS, np.zeros(2), 1.0, 0.0, 1, 2.0, 0, 1)
    assert search.curvature(np.array([0.0, 0.0]), np.zeros(1), 1, 1, 1e-3) == 0
    assert search.curvature(np.array([0.0, 0.5]), np.zeros(1), 1, 1, 1e-3) == pytest.approx(2.0)


def search(net, source=SOURCE, target=TARGET, u0=None, delta=2.0, tries=40, **options):
    """A search with the ball of radius delta around u0, 0 by default, and inputs up to the source's radius."""
    u0 = np.zeros(net.n_params) if u0 is None else u0
    defaults = {"input_radius": source.support.radius, "n": 3, "p": 2.0, "seed": 0} | options
    return Search(net, source, target, u0, delta, tries=tries, **defaults)


def test_the_lipschitz_constant_of_one_affine_layer_is_found():
    """Oracle: sqrt(r^2 + R_x^2 + 1), attained at rank-one weights; a search comes near it and never beyond."""
    net = MLP((2, 2))
    supremum = math.sqrt(4 + SOURCE.support.radius**2 + 1)
    found = search(net).lipschitz(supremum)
    assert 0.98 * supremum <= found <= supremum * (1 + 1e-9)
    assert search(net).lipschitz(supremum) == found  # seeded
    assert search(net, seed=1).lipschitz(supremum) != found
    assert search(net).lipschitz(math.inf) is None


def test_the_lipschitz_constant_of_particles_is_found():
    """Oracle: two rows of u of norm r are at most sqrt(2) r apart, indices at least 1."""
    found = search(Particles(5, 2), CELLS).lipschitz(9.0)
    assert found == pytest.approx(math.sqrt(2) * 2.0, rel=tol(float, 4))


@pytest.mark.parametrize("R_x", [0.5, 2.0])
def test_the_second_derivatives_of_one_affine_layer_are_found(R_x):
    """Oracle: d^2 (T_a^2)/du^2 = 2 x_k^2 for a weight and 2 for a bias, so that the supremum is 2 max(1, R_x)^2."""
    source = Discrete([[R_x], [-R_x]])
    found = search(MLP((1, 1)), source, Discrete([[0.0]])).second_derivative(10.0)
    assert found == pytest.approx(2 * max(1.0, R_x) ** 2, rel=1e-9)
    assert search(MLP((1, 1)), source, Discrete([[0.0]])).second_derivative(math.inf) is None


@pytest.mark.parametrize("p", [1.0, 2.0, 3.0])
def test_k_w_is_attained_on_a_line(p):
    """Oracle: p (rho + |X| + |Y|)^{p - 1}, where all points lie on one line on two sides of 0: the search's first."""
    sharp = p * (0.5 + 1.5 + 2.0) ** (p - 1)
    found = search(MLP((2, 2)), p=p, tries=4).k_w(0.5, 1.5, 2.0)
    assert 0.99 * sharp <= found <= sharp * (1 + 1e-9)
    assert search(MLP((2, 2))).k_w(0.5, math.inf, 2.0) is None


@pytest.mark.slow
def test_k_f_and_k_F_are_difference_quotients_of_the_loss():
    """Oracle: one particle against one point y at distance 3 from u0 on the line: f = F = (u - y)^2 has the slope
    2 (3 + delta) at the far end of the ball, and the quotient over the last 1e-3 of the radius is 1e-3 delta below."""
    net, source, target = Particles(1, 1), Discrete([[0.0]]), Discrete([[3.0]])
    looked = search(net, source, target, delta=0.5, tries=16)
    expected = 2 * 3.5 - 1e-3 * 0.5
    assert looked.k_f() == pytest.approx(expected, rel=1e-9)
    assert looked.k_F() == pytest.approx(expected, rel=1e-9)


def test_k_F_is_looked_for_where_it_is_exact_and_cheap():
    many = Discrete(np.zeros((65, 2)))
    assert search(MLP((2, 2)), target=many).k_F() is None
    assert search(MLP((2, 2)), target=Uniform("ball", 2)).k_F() is None
    space = Discrete(np.eye(3))
    assert search(MLP((2, 3)), target=space).k_F() is None
    assert search(MLP((2, 3)), target=space, n=1, tries=2).k_F() > 0
