"""alpha_0, printed and sharp: their formulas, and full second differences of f that stay below 1/alpha_0."""

from __future__ import annotations

import math

import numpy as np
import pytest

from swref.errors import InputError
from swref.experiments.critical import three_points
from swref.measures import Discrete
from swref.networks import MLP, Particles
from swref.sliced import sw_loss_and_grad
from swref.theory.assumptions.layerwise import network_bounds
from swref.theory.assumptions.steps import alpha_0, alpha_0_sharp, step_bounds
from tests.theory.assumptions.support import NETS, TARGET

ONE = Discrete([[1.0]])


def hessian_of_f(net, u, x, y, theta, h):
    """Hess f [d_u, d_u] at u by central differences of sw_loss's gradient, for a whole batch x [n, dx], y [n, d]."""

    def phi(u):
        T, cache = net.forward(u, x)
        return net.backward(cache, sw_loss_and_grad(T, y, theta[None], backend="numpy")[1])

    return np.stack([(phi(u + h * e) - phi(u - h * e)) / (2 * h) for e in np.eye(net.n_params)])


@pytest.mark.parametrize("name", [name for name in NETS if "relu" not in name and name not in ("elu", "cut across")])
def test_no_hessian_of_f_exceeds_the_sharp_bound(name):
    """Oracle: Hess f of batches by second differences, its largest singular value, at random u of the ball."""
    net, source = NETS[name]
    found = step_bounds(net, source, TARGET, M=None, radius=2.0)
    assert found.printed is None
    rng, largest = np.random.default_rng(0), 0.0
    for _ in range(10):
        u, theta = rng.standard_normal(net.n_params) ** 3, rng.standard_normal(2)
        u *= 1.99 * rng.random() / np.linalg.norm(u)
        x, y = source.sample(rng, 3), TARGET.sample(rng, 3)
        H = hessian_of_f(net, u, x, y, theta / np.linalg.norm(theta), 1e-5)
        largest = max(largest, np.linalg.norm(H, 2))
    assert 0 < largest * found.sharp <= 1 + 1e-6
    assert 0 < found.hessian * found.sharp <= 1 + 1e-9
    assert found.hessian > 0.5 * largest  # the search is no worse than chance


def test_the_bounds_of_the_critical_problem():
    """Oracle: one tanh layer inside its cut-off, by hand: Lip_u^2 = 1 + R_x^2, S_2 = (1 + R_x^2) 4/(3 sqrt 3), |T| at
    most sqrt(2) tanh(r rho). The search comes within a factor of 2.5 of the bound."""
    problem = three_points()
    found, square = problem.step_bounds(1.0), 1 + 1.05**2 + 1.2**2
    size = math.sqrt(2) * math.tanh(math.sqrt(square))
    by_hand = 1 / (2 * (square + (size + 0.8) * square * 4 / (3 * math.sqrt(3))))
    assert found.sharp == pytest.approx(by_hand)
    assert found.sharp == pytest.approx(0.053, abs=5e-4)
    assert 1 / 2.5 < found.hessian * found.sharp <= 1
    assert found.printed < 1e-3
    assert problem.step_bounds().sharp < found.sharp  # over all u the cut-off bends T as well


def test_the_sharp_bound_is_attained_where_T_is_linear():
    """Oracle: f = (u - y)^2 has f'' = 2; T = w x + b gives 2 (x, 1)(x, 1)^T, of norm 2 (1 + x^2)."""
    particle = step_bounds(Particles(1, 1), Discrete([[0.0]]), ONE, M=2.0)
    assert particle.sharp == 0.5
    assert particle.hessian == pytest.approx(2.0, rel=1e-9)
    assert particle.printed == 1 / ((1 + 2) * 1 * 2)
    line = step_bounds(MLP((1, 1)), Discrete([[3.0]]), ONE, M=None)
    assert line.sharp == pytest.approx(1 / 20)
    assert line.hessian == pytest.approx(20.0, rel=1e-9)


def test_alpha_0_is_the_formula():
    assert alpha_0(3, 2.0, 7, 0.5) == 1 / ((9 + 4) * 7 * 0.5)
    assert alpha_0(3, math.inf, 7, 0.5) == 0.0
    assert alpha_0(3, 2.0, 7, 0.0) == math.inf
    with pytest.raises(InputError, match="d must be >= 1"):
        alpha_0(0, 1.0, 1, 1.0)
    with pytest.raises(InputError, match="target_radius must be >= 0"):
        alpha_0_sharp(network_bounds(Particles(1, 1), 1.0, 1.0), -1.0)


def test_where_nothing_is_bounded_there_is_no_alpha_0():
    assert step_bounds(MLP((1, 1, 1)), ONE, ONE, M=None) is None
