"""The search for the largest |Hess f|: problems whose Hessian is known."""

from __future__ import annotations

import pytest

from swref.measures import Discrete
from swref.networks import MLP, Particles
from swref.theory.assumptions.hessian import largest_hessian

ONE = Discrete([[1.0]])


def test_it_is_found_where_it_is_constant_and_seeded():
    """Oracle: f = (u - y)^2 has f'' = 2; T = w x + b at x = 3 gives 2 (x, 1)(x, 1)^T, of norm 2 (1 + x^2) = 20."""
    assert largest_hessian(Particles(1, 1), Discrete([[0.0]]), ONE) == pytest.approx(2.0, rel=1e-9)
    assert largest_hessian(MLP((1, 1)), Discrete([[3.0]]), ONE) == pytest.approx(20.0, rel=1e-9)
    deep = [largest_hessian(MLP((1, 3, 1)), Discrete([[3.0]]), ONE, radius=2.0, seed=seed) for seed in (0, 0, 1)]
    assert deep[0] == deep[1] != deep[2]


def test_a_kink_gives_no_second_derivative():
    """Oracle: T = relu(w x + b), d = 1: on its pieces Hess f is 0 or 2 (x, 1)(x, 1)^T, 4 at x = 1, never more."""
    found = largest_hessian(MLP((1, 1), output_activation="relu"), ONE, Discrete([[-50.0]]), radius=1.0)
    assert 0 < found <= 4.0 * (1 + 1e-9)
