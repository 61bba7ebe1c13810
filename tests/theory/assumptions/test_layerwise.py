"""Layerwise bounds: closed forms for tiny networks, fine grids, and no derivative beyond its bound."""

from __future__ import annotations

import math

import numpy as np
import pytest

from swref.errors import InputTypeError
from swref.networks import MLP, CutOff, Particles, SkipNet
from swref.networks.activations import ACTIVATIONS, Activation
from swref.networks.cut_off import cut_off, smooth_step
from swref.networks.ranges import Range
from swref.theory.assumptions.constants import theorem_constants
from swref.theory.assumptions.layerwise import STEP_CURVATURE, STEP_SLOPE, network_bounds
from tests.support import tol
from tests.theory.assumptions.support import NETS, SOURCE, TARGET


@pytest.mark.parametrize("radius", [0.3, 2.0, 5.0])
@pytest.mark.parametrize("name", NETS)
def test_random_derivatives_stay_below_the_bounds(name, radius):
    """Oracle: jvp at random (u, x), against lip_u, first, size and entry; a second difference of jvp against second."""
    net, source = NETS[name]
    R_x = float(np.linalg.norm(source.points, axis=1).max())
    bounds = network_bounds(net, radius, R_x)
    rng = np.random.default_rng(1)
    smooth = not any(word in str(net) for word in ("relu", "elu"))
    for _ in range(100):
        u, v = (radius * w / np.linalg.norm(w) for w in rng.standard_normal((2, net.n_params)) ** 3)
        x = source.sample(rng, 1)
        e = np.zeros(net.n_params)
        e[rng.integers(net.n_params)] = 1.0
        slack = 1 + tol(float, 64)
        T = net.forward(u, x)[0]
        assert np.linalg.norm(T) <= bounds.size * slack
        assert np.abs(T).max() <= bounds.entry * slack
        assert np.linalg.norm(net.jvp(u, x, v)) <= bounds.lip_u * radius * slack
        assert np.linalg.norm(net.jvp(u, x, e)) <= bounds.first * slack
        if smooth:
            f, h = np.zeros(net.n_params), 1e-4 * radius
            f[rng.integers(net.n_params)] = h
            u *= 1 - 1e-4
            second = (net.jvp(u + f, x, e) - net.jvp(u - f, x, e)) / (2 * h)
            assert np.linalg.norm(second) <= bounds.second * (1 + 1e-9) + 1e-9


def test_an_activation_that_is_not_zero_at_zero_is_bounded(monkeypatch):
    """Oracle: T itself at u = 0 and at random u. act = -cos has act(0) = -1 and slopes at most 1: |T| may not be
    bounded by what the slope alone leaves, 0 at r = 0.
    """
    cosine = Activation(
        name="minus_cos",
        value=lambda z, out=None: np.negative(np.cos(z), out=out),
        derivative=lambda z, h: np.sin(z),
        bounds=lambda Z: Range(1.0, math.sin(min(Z, math.pi / 2)), 1.0),
        product=1.0,
        c2=True,
        semi_algebraic=False,
        needs_z=True,
    )
    monkeypatch.setitem(ACTIVATIONS, "minus_cos", cosine)
    net = MLP((2, 3, 2), "minus_cos", "minus_cos")
    x = np.random.default_rng(0).standard_normal((50, 2))
    R_x = float(np.linalg.norm(x, axis=1).max())
    for r in (0.0, 0.1, 1.0):
        bounds = network_bounds(net, r, R_x)
        for seed in range(20):
            w = np.random.default_rng(seed).standard_normal(net.n_params)
            T = net.forward(r * w / np.linalg.norm(w), x)[0]
            assert np.linalg.norm(T, axis=1).max() <= bounds.size * (1 + tol(float, 64))
    assert network_bounds(net, 0.0, R_x).size == pytest.approx(math.sqrt(2))  # T(0, x) = (-1, -1)


def test_one_affine_layer_in_closed_form():
    """Oracle: DT = [x (x) I, I, W^T] has DT DT^T = W^T W + (|x|^2 + 1) I, hence Lip = sqrt(r^2 + R_x^2 + 1); and
    d^2 (T_a^2)/du_k du_l = 2 x_k x_l at most, or 2 for the bias. The search attains both within 2 %.
    """
    for R_x in (0.5, 3.0):
        bounds = network_bounds(MLP((3, 2)), 1.5, R_x)
        assert bounds.lip == pytest.approx(math.sqrt(1.5**2 + R_x**2 + 1))
        assert bounds.lip_u == pytest.approx(math.hypot(1, R_x))
        assert pytest.approx(2 * max(1, R_x) ** 2) == bounds.M
        assert bounds.size == pytest.approx(1.5 * math.hypot(1, R_x))
    found = theorem_constants(MLP((2, 2)), SOURCE, TARGET, batch=3, delta=2.0)
    assert found.lip.ratio < 1.02
    assert found.M.ratio < 1.02
    assert found.k_w_sharp.ratio < 1.02


def test_scalar_tanh_layer_in_closed_form():
    """Oracle: T = tanh(w x + b): sup |T'| = |x| or 1, sup |T''| = 4/(3 sqrt 3) max(1, x^2), sup |T| = tanh(r rho)."""
    bounds = network_bounds(MLP((1, 1), "tanh", "tanh"), 50.0, 2.0)
    assert bounds.first == 2.0
    assert bounds.second == pytest.approx(4 * 4 / (3 * math.sqrt(3)))
    assert network_bounds(MLP((1, 1), "tanh", "tanh"), 0.1, 2.0).entry == pytest.approx(math.tanh(0.1 * math.sqrt(5)))


def test_two_linear_layers_in_closed_form():
    """Oracle: T = v (w x + b) + c has d^2 T/dv dw = x, dT/dw = v x, dT/dv = w x + b: at most R_x, r R_x, r rho."""
    r, R = 2.0, 3.0
    bounds = network_bounds(MLP((1, 1, 1), "identity"), r, R)
    assert bounds.second == R
    assert bounds.first == pytest.approx(r * math.hypot(1, R))
    assert bounds.size == pytest.approx(r * math.hypot(1, r * math.hypot(1, R)))


def test_shared_slices_add_up():
    """Oracle: T = w x + w (w x + b) + b by hand: dT/dw = x + 2 w x + b, dT/db = 1 + w, d^2 T/dw^2 = 2 x; the suprema
    on a grid of (w, b), |(w, b)| = r, and x = +-R. Of the second derivatives the bound counts both orders of both pairs
    of occurrences.
    """
    net = SkipNet(
        (1, 1, 1), "identity", connections=[(1, 0), (2, 0), (2, 1)], shared=[((1, 0), (2, 0), (2, 1)), (1, 2)]
    )
    r, R = 2.0, 3.0
    bounds = network_bounds(net, r, R)
    angle = np.linspace(0, 2 * np.pi, 10_001)
    w, b = r * np.cos(angle), r * np.sin(angle)
    dw, db = R + 2 * w * R + b, 1 + w
    assert net.n_params == 2
    assert max(np.abs(dw).max(), np.abs(db).max()) <= bounds.first <= 3 * np.abs(dw).max()
    assert np.hypot(dw, db).max() <= bounds.lip_u <= 2 * np.hypot(dw, db).max()
    assert np.abs(w * R + w * (w * R + b) + b).max() <= bounds.size <= 2 * np.abs(w * R + w * (w * R + b) + b).max()
    assert bounds.second == 4 * R


@pytest.mark.parametrize("reach", [1.95, 2.0, 2.1, 3.0])
def test_one_cut_particle_against_a_fine_grid(reach):
    """Oracle: T = u chi(u) on a grid of u; in one dimension the bounds lose little."""
    net = CutOff(Particles(1, 1), 2.0, 9.0, 0.1)
    u = np.linspace(0, min(reach, 2.2), 400_001)
    T = u * cut_off(u[:, None], 2.0, 0.1)[0]
    first = np.diff(T) / np.diff(u)
    second = np.diff(first) / np.diff(u[1:])
    bounds = network_bounds(net, reach, 0.0)
    for bound, supremum in ((bounds.lip_u, first), (bounds.lip, first), (bounds.first, first), (bounds.second, second)):
        assert np.abs(supremum).max() <= bound
        if reach >= 2.1:
            assert bound <= 1.6 * np.abs(supremum).max()


def test_particles_in_closed_form():
    bounds = network_bounds(Particles(4, 3), 2.0, 3.0)
    assert (bounds.lip, bounds.lip_u, bounds.M) == (3.0, 1.0, 2.0)
    assert network_bounds(Particles(1, 3), 2.0, 0.0).lip == 1.0


def test_cut_off_bounds_stop_at_its_radii_and_vanish_inside():
    net = MLP((2, 5, 2))
    inside = network_bounds(CutOff(net, 6.0, 5.0, 0.5), 5.5, 4.5)
    assert inside == network_bounds(net, 5.5, 4.5)
    cut = CutOff(net, 6.0, 5.0, 0.5)
    assert network_bounds(cut, math.inf, math.inf) == network_bounds(cut, 6.5, 5.5)
    assert math.isfinite(network_bounds(cut, math.inf, math.inf).M)
    assert math.isinf(network_bounds(net, math.inf, 1.0).M)
    with pytest.raises(InputTypeError, match="net must be a network"):
        network_bounds(object(), 1.0, 1.0)


def test_step_constants_are_the_suprema():
    """Oracle: g' and its difference quotients on a fine grid."""
    s = np.linspace(0, 1, 400_001)
    _, dg = smooth_step(s)
    assert dg.max() == pytest.approx(STEP_SLOPE, rel=1e-12)
    second = np.abs(np.diff(dg) / np.diff(s)).max()
    assert second <= STEP_CURVATURE <= second * 1.0001


def test_cut_off_derivative_bounds():
    """Oracle: the gradient of chi on a fine grid of radii; attained within a factor of (R + eps)/R."""
    v = np.linspace(0, 3, 20_001)[:, None]
    chi, slope = cut_off(v, 2.0, 0.5)
    steepest = np.abs(slope * v[:, 0]).max()
    bound = network_bounds(CutOff(Particles(1, 1), 2.0, 9.0, 0.5), 3.0, 0.0)
    assert bound.first == pytest.approx(1 + 2.5 * STEP_SLOPE * 2.5 / 2)
    assert steepest <= STEP_SLOPE * 2.5 / 2
    assert steepest >= STEP_SLOPE * 2.0 / 2 * 0.99
    assert chi[0] == 1
