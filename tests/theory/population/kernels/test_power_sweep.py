"""The sweep of any order against the sweeps of order 2, and its closed forms against quadrature."""

from __future__ import annotations

import numpy as np
import pytest

from swref.spec.order_statistics import coupling
from swref.theory.population.atoms import atoms_of_both
from swref.theory.population.kernels.batch_sweep import tail_table
from swref.theory.population.kernels.power_sweep import (
    add_pair,
    cosine_integral,
    cosine_series,
    joint,
    power_sweep,
    swap_masses,
)
from swref.theory.population.plane import half_turns, planar_sw, tail_tables
from tests.support import tol
from tests.theory.population.support import cloud, weights


def test_the_generic_sweep_at_order_two():
    """p = 2 has sweeps of its own; the pair by pair one tends to them as p -> 2, and is exact at 2 as well."""
    rng = np.random.default_rng(4)
    za, wa = atoms_of_both(cloud(rng, 9), cloud(rng, 7), weights(rng, 9, "random"), None)
    for n in (None, 3, 50):
        value, grad = planar_sw(za, wa, n, 2.0)
        G = np.zeros(za.points.shape)
        F = power_sweep(
            *half_turns(za, wa), za.points, wa.points, za.weights, wa.weights, za.total, *tail_tables(za, wa, n), 2.0, G
        )
        assert F / np.pi == pytest.approx(value, rel=tol(np.float64, 200))
        np.testing.assert_allclose(G / np.pi, grad, atol=tol(np.float64, 200))


@pytest.mark.parametrize("p", [1.0, 1.5, 2.0, 3.7, 30.0])
def test_cosine_integral_by_quadrature(p):
    """Oracle: scipy.integrate.quad with its breaks at the zeros of the cosine; both series, and any number of turns."""
    from scipy.integrate import quad

    series, half = cosine_series(p)
    for psi in (0.0, 0.4, np.pi / 4, 1.3, np.pi / 2, 2.0, 3.1, 7.9, -0.2, -4.4):
        breaks = [t for t in np.pi * (np.arange(-3, 4) + 0.5) if min(0, psi) < t < max(0, psi)]
        expected = quad(lambda t: abs(np.cos(t)) ** p, 0.0, psi, points=breaks or None, epsabs=1e-13, epsrel=1e-13)[0]
        assert cosine_integral(psi, p, series, half) == pytest.approx(expected, rel=1e-11, abs=1e-13)


@pytest.mark.parametrize("p", [1.0, 1.5, 2.0, 3.0])
def test_a_pair_adds_its_integrals_between_two_angles(p):
    """Oracle: int |theta . d|^p and its gradient by Gauss-Legendre on the pieces where theta . d keeps its sign."""
    z, w, low, high, mass = np.array([0.3, -1.0]), np.array([1.1, 0.4]), 0.2, 2.9, 0.7
    d = z - w
    zero = np.mod(np.arctan2(d[0], -d[1]), np.pi)
    assert low < zero < high
    value, grad = 0.0, np.zeros(2)
    t, v = np.polynomial.legendre.leggauss(60)
    for a, b in ((low, zero), (zero, high)):
        s = (1 + t) / 2  # towards the zero the integrand is a power of the distance: s^4 makes it smooth
        share, slope = (s**4, 4 * s**3) if a == zero else (1 - (1 - s) ** 4, 4 * (1 - s) ** 3)
        angle, measure = a + (b - a) * share, (b - a) * slope * v / 2
        theta = np.stack([np.cos(angle), np.sin(angle)])
        D = d @ theta
        value += float(measure @ np.abs(D) ** p)
        grad += theta @ (measure * p * np.sign(D) * np.abs(D) ** (p - 1))
    series, half = cosine_series(p)
    G = np.zeros(2)
    F = sum(add_pair(z, w, angle, sign * mass, p, series, half, G) for angle, sign in ((low, -1.0), (high, 1.0)))
    assert pytest.approx(mass * value, rel=1e-9) == F
    np.testing.assert_allclose(G, mass * grad, rtol=1e-8)
    assert add_pair(z, z, 0.3, mass, p, series, half, G) == 0.0


def masses_of(H):
    return np.diff(np.diff(H, axis=0), axis=1)


def test_joint_masses_are_the_coupling_of_spec():
    """Oracle: Pi = (1/n) A^T B of order_statistics.py, whose cumulative sums H holds."""
    c, e = (np.concatenate(([0.0], np.cumsum(w))) for w in ([0.2, 0.5, 0.3], [0.1, 0.2, 0.3, 0.4]))
    H = joint(tail_table(c, 1.0, 4), tail_table(e, 1.0, 4))
    np.testing.assert_allclose(masses_of(H), coupling(np.diff(c), np.diff(e), 4), atol=tol(np.float64, 12))


@pytest.mark.parametrize("n", [3, None])
def test_a_swap_moves_the_difference_of_two_couplings(n):
    """Oracle: the couplings of spec before and after two neighbours of different weights change places."""
    w, j = np.array([0.1, 0.4, 0.2, 0.3]), 1
    swapped = w[[0, 2, 1, 3]]
    before, after, e = (np.concatenate(([0.0], np.cumsum(v))) for v in (w, swapped, [0.25, 0.15, 0.35, 0.25]))
    Phi, Phi_other = (np.empty((0, 0)) if n is None else tail_table(level, 1.0, n) for level in (before, e))
    H, order, c, moved = joint(Phi, Phi_other), np.arange(4), before.copy(), np.zeros(4)
    a, b, start, stop = swap_masses(order, c, w, j, e, Phi, Phi_other, H, moved)
    assert (a, b, order.tolist()) == (1, 2, [0, 2, 1, 3])
    gained = (
        coupling(np.diff(after), np.diff(e), n)[j] - coupling(np.diff(before), np.diff(e), n)[j + 1]
    )  # b was of rank j + 1, and is of rank j
    np.testing.assert_allclose(moved[start:stop], gained[start:stop], atol=tol(np.float64, 12))
    np.testing.assert_allclose(np.delete(gained, np.arange(start, stop)), 0, atol=tol(np.float64))
    if n is not None:
        np.testing.assert_allclose(masses_of(H), coupling(np.diff(after), np.diff(e), n), atol=tol(np.float64, 12))
