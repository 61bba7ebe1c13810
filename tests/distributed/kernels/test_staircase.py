"""The parts of the bounds, each where it is an equality. Oracles: the integrals themselves, of few steps."""

from __future__ import annotations

import numpy as np
import pytest

from swref.distributed.kernels.staircase import by_taylor, in_squares, mean_power, piece_integral, tail, walk
from tests.support import tol


def test_tails_are_reached_by_functions_of_two_values():
    """-down below the fraction g, up above: the lower bound is D(f) at every f, the upper one at f = g."""
    for g in (0.1, 0.5, 0.8):
        down, up = 2.0, 2.0 * g / (1 - g)  # mean 0
        s = np.sqrt(g * down**2 + (1 - g) * up**2)
        for f in np.linspace(0.05, 0.95, 19):
            D = min(f * down, (1 - f) * up)
            low, high = tail(f, 1 - f, s, down, up)
            assert low == pytest.approx(D, rel=1e-12)
            assert high >= D * (1 - 1e-12)
        assert tail(g, 1 - g, s, 2 * down, 2 * up)[1] == pytest.approx(g * down, rel=1e-12)


def test_tails_hold_for_random_steps():
    rng = np.random.default_rng(0)
    for _ in range(200):
        be = np.sort(rng.standard_t(2, size=8)).round(int(rng.integers(3)))
        be -= be.mean()
        for k in range(1, 8):
            low, high = tail(k / 8, 1 - k / 8, be.std(), -be[0] * rng.uniform(1, 2), be[-1] * rng.uniform(1, 2))
            assert low - 1e-12 <= be[k:].sum() / 8 <= high + 1e-12


@pytest.mark.parametrize("p", [1.0, 1.3, 2.0, 2.7, 10.0])
def test_parabolas_are_above_or_below_the_power(p):
    """And touch it at D, where the spread is nothing. Oracle: |Delta|^p on a grid."""
    rho = 2.0
    for D in (-1.9, -0.3, 0.0, 1.0):
        Delta = np.linspace(-rho, rho, 201)
        for (K, _, c, M), above in ((in_squares(D, 0.09, p), p <= 2), (by_taylor(D, rho, p), p >= 2)):
            excess = K + c * (Delta - D) + M / 2 * (Delta - D) ** 2 - np.abs(Delta) ** p
            slack = tol(np.float64) * rho**p
            assert (excess >= -slack).all() if above else (excess <= slack).all()
        if D:
            K, _, c, _ = in_squares(D, 0.0, p)
            assert by_taylor(D, rho, p)[0] == pytest.approx(K, rel=1e-12)
            assert by_taylor(D, rho, p)[2] == pytest.approx(c, rel=1e-12)


def test_a_part_of_a_cell_holds_no_more_than_its_ends_allow():
    assert piece_integral(1.0, 0.25, 1.0, 2.0, 0.0, 0.0, 0.25, 0.5)[0] == -0.25
    assert piece_integral(1.0, 0.25, 1.0, 2.0, 0.9, 0.9, 0.1, 0.2)[1] == 0.5


@pytest.mark.parametrize("p", [1.0, 2.0, 3.5])
def test_the_mean_of_a_power_is_its_integral(p):
    """Oracle: the midpoint rule with 20,000 points."""
    u = (np.arange(20_000) + 0.5) / 20_000
    for left, right in ((-1.0, 2.0), (0.5, 0.500001), (0.0, 0.0)):
        assert mean_power(left, right, p) == pytest.approx(np.mean(np.abs(left + (right - left) * u) ** p), rel=1e-6)


def law(atoms, cells):
    """(ends, mean, deviation, down, up) of cells of atoms of mass 1, their ranges as narrow as can be."""
    parts = np.split(np.asarray(atoms, float), np.cumsum(cells)[:-1])
    mean = np.array([part.mean() for part in parts])
    down, up = mean - [part[0] for part in parts], [part[-1] for part in parts] - mean
    return np.cumsum(cells), mean, np.array([part.std() for part in parts]), down, up


def test_the_lower_bound_is_reached_by_proportional_cells():
    """Of equal ranks: sum m ((a - b)^2 + (s - t)^2)."""
    x, y = np.array([0.0, 1.0, 5.0, 9.0]), np.array([1.0, 4.0, 6.0, 7.0])
    _, low, _, second, _, high, _ = walk(*law(x, [2, 2]), *law(y, [2, 2]), 2.0)
    assert low + second == pytest.approx(np.mean((x - y) ** 2), rel=1e-12)
    assert high > low + second


def test_the_upper_bound_is_reached_by_two_values_a_cell():
    """Cells that overlap in a part, constant on each piece: all integrals are known."""
    x, y = np.array([0.0, 2.0, 3.0]), np.array([-1.0, 4.0, 8.0])
    value = walk(*law(x, [2, 1]), *law(y, [1, 2]), 2.0)
    assert value[5] == pytest.approx(np.mean((x - y) ** 2), rel=1e-12)


@pytest.mark.parametrize("p", [1.0, 1.5])
def test_the_steepest_piece_of_a_cell_counts_for_all_of_it(p):
    """One cell, near one value of the other side and far from the next, in either order. Oracle: the two atoms."""
    for y in ([0.0, 10.0], [-10.0, 0.0]):
        x_law, y_law = law([-1.0, 1.0], [2]), law(y, [1, 1])
        exact = np.mean(np.abs(np.array([-1.0, 1.0]) - y) ** p)
        for pair in ((x_law, y_law), (y_law, x_law)):
            _, low, _, second, _, high, _ = walk(*pair[0], *pair[1], p)
            assert low + second <= exact <= high
