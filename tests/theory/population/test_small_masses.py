"""Masses far below rounding, far out: the population loss keeps them, whichever end of the order they are at."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swref.spec.population import population_sw_by_arcs
from swref.theory import population_sw
from swref.theory.population.atoms import atoms_of_both
from swref.theory.population.kernels.power_sweep import batch_power_sweep, power_sweep
from swref.theory.population.plane import half_turns, share_tables
from tests.spec.support import exact_cost
from tests.support import tol

EXPONENTS = (0, -6, -12, -15, -17, -30)  # of masses 10^e


def exact_expectation(z, w, wx, wy, n, p):
    """E w_theta over minibatches on the line, and its scale, in rational arithmetic."""
    if n is None:
        return exact_cost(z, w, p, wx, wy)
    sides = []
    for points, weights in ((z, wx), (w, wy)):
        order = np.argsort(points)
        masses = [Fraction(float(v)) for v in weights[order]]
        levels = [sum(masses[:j], Fraction(0)) / sum(masses) for j in range(len(masses) + 1)]
        tails = [
            [sum(math.comb(n, i) * c**i * (1 - c) ** (n - i) for i in range(k, n + 1)) for k in range(1, n + 1)]
            for c in levels
        ]
        shares = [[b - a for a, b in zip(*rows, strict=True)] for rows in itertools.pairwise(tails)]
        sides.append(([Fraction(float(v)) for v in points[order]], shares, [m / sum(masses) for m in masses]))
    (zs, A, a), (ws, B, b) = sides
    value = sum(
        sum(s * t for s, t in zip(A[j], B[l], strict=True)) * abs(zs[j] - ws[l]) ** p
        for j in range(len(zs))
        for l in range(len(ws))
    )
    return value / n, sum(m * abs(x) ** p for xs, ms in ((zs, a), (ws, b)) for x, m in zip(xs, ms, strict=True))


def far_side(rng, m, p, d):
    """Points [m, d] and weights: one of mass of order 1, others perhaps tiny, and as far out as then matters."""
    e = rng.choice(EXPONENTS, m)
    e[rng.integers(m)] = 0
    w = 10.0**e * rng.uniform(0.1, 1, m)
    return rng.normal(size=(m, d)) * (10.0 ** (-e / p * rng.integers(0, 2, m)))[:, None], w / w.sum()


@pytest.mark.parametrize("side", [-1.0, 1.0])
def test_a_far_point_of_little_mass(side):
    """d = 1, z = 0 and +-1e7, the latter of mass 1e-14: 1 + 1e-14 (1e7 - 1)^2 - 1e-14, by the pairs."""
    F = population_sw([[0.0], [side * 1e7]], [[-1.0], [1.0]], None, [1 - 1e-14, 1e-14])
    mass = Fraction(1e-14) / (Fraction(1e-14) + Fraction(1 - 1e-14))
    assert F.value == pytest.approx(float(1 - mass + mass * (10**7 - 1) ** 2), rel=tol(np.float64, 4))


@given(st.integers(0, 2**32 - 1), st.sampled_from([None, 1, 2, 5]), st.sampled_from([1, 2, 3]))
def test_on_the_line_in_rational_arithmetic(seed, n, p):
    rng = np.random.default_rng(seed)
    (z, wx), (w, wy) = far_side(rng, rng.integers(1, 6), p, 1), far_side(rng, rng.integers(1, 6), p, 1)
    value, scale = exact_expectation(z[:, 0], w[:, 0], wx, wy, n, p)
    got = Fraction(population_sw(z, w, n, wx, wy, p).value)
    assert abs(got - value) <= tol(np.float64, 20) * scale


@given(st.integers(0, 2**32 - 1), st.sampled_from([None, 2, 3]))
def test_in_the_plane_by_the_arcs_of_spec(seed, n):
    """p = 2; a far point passes from one end of the order to the other within an angle that no float resolves."""
    rng = np.random.default_rng(seed)
    (z, wx), (w, wy) = far_side(rng, rng.integers(1, 5), 2, 2), far_side(rng, rng.integers(1, 5), 2, 2)
    F = population_sw(z, w, n, wx, wy)
    value, _ = population_sw_by_arcs(z, w, wx, wy, n)
    scale = wx @ np.sum(z * z, axis=1) + wy @ np.sum(w * w, axis=1)
    assert abs(F.value - value) <= tol(np.float64, 50) * scale


@given(st.integers(0, 2**32 - 1), st.sampled_from([None, 2, 3]), st.sampled_from([1, 2, 3]))
def test_on_a_line_in_the_plane(seed, n, p):
    """Oracle: rational arithmetic on the line, times E|theta_1|^p; every point passes all others at one angle."""
    rng = np.random.default_rng(seed)
    (z, wx), (w, wy) = far_side(rng, rng.integers(1, 6), p, 1), far_side(rng, rng.integers(1, 6), p, 1)
    value, scale = exact_expectation(z[:, 0], w[:, 0], wx, wy, n, p)
    share = math.gamma((p + 1) / 2) / (math.sqrt(math.pi) * math.gamma(p / 2 + 1))
    line = np.array([[0.0, 1.0]])
    got = population_sw(z @ line, w @ line, n, wx, wy, p).value
    assert abs(got - share * float(value)) <= tol(np.float64, 40) * float(scale)


@pytest.mark.parametrize("n", [None, 2, 5, 20])
@pytest.mark.parametrize("seed", range(10))
def test_pair_by_pair_at_order_two(seed, n):
    """Oracle: the arcs of spec. The masses that pass the middle are hidden by rounding there, and |D|^p is 1e30."""
    rng = np.random.default_rng(seed)
    (z, wx), (w, wy) = far_side(rng, 12, 2, 2), far_side(rng, 9, 2, 2)
    G, (a, b) = np.zeros(z.shape), atoms_of_both(z, w, wx, wy)
    arguments = (*half_turns(a, b), a.points, b.points, a.weights, b.weights)
    if n is None:
        F = sum(power_sweep(*arguments, 1.0, 0.5, reverse, 2.0, G) for reverse in (False, True))
    else:
        F = batch_power_sweep(*arguments, *share_tables(a, b, n), 2.0, G)
    value, grad = population_sw_by_arcs(z, w, wx, wy, n)
    scale = wx @ np.sum(z * z, axis=1) + wy @ np.sum(w * w, axis=1)
    assert abs(F / np.pi - value) <= tol(np.float64, 200) * scale
    np.testing.assert_allclose(a.spread(G) / np.pi, grad, atol=tol(np.float64, 200) * np.sqrt(scale))


@given(st.integers(0, 2**32 - 1), st.sampled_from([None, 2, 3]), st.sampled_from([1.0, 1.5, 3.0]))
def test_in_the_plane_mirrored_turned_scaled_and_split(seed, n, p):
    """Other p: maps of the points without rounding, which change every order and angle, and a weight in two halves."""
    rng = np.random.default_rng(seed)
    (z, wx), (w, wy) = far_side(rng, rng.integers(1, 5), p, 2), far_side(rng, rng.integers(1, 5), p, 2)
    F = population_sw(z, w, n, wx, wy, p)
    atol = tol(np.float64, 200) * F.scale
    quarter = np.array([[0.0, 1.0], [-1.0, 0.0]])
    for change in (-np.eye(2), quarter, np.diag([1.0, -1.0]), 4 * np.eye(2)):
        factor = max(1.0, float(change.max())) ** p
        other = population_sw(z @ change, w @ change, n, wx, wy, p)
        assert abs(other.value / factor - F.value) <= atol
    order = rng.permutation(len(z) + 1) % len(z)
    halved = np.where(order == 0, wx[order] / 2, wx[order])
    assert abs(population_sw(z[order], w, n, halved, wy, p).value - F.value) <= atol
