"""The half-turn's parts: angles by orthogonality, levels by sorting, integrals and the whole sweep by spec."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from swref.spec.population import arc_integral, population_sw_by_arcs
from swref.theory.population.atoms import atoms_of_both
from swref.theory.population.kernels import sweep
from swref.theory.population.plane import half_turns
from tests.support import tol
from tests.theory.population.support import cloud, weights


def test_angles_are_those_of_orthogonality():
    """Oracle: theta at the angle is orthogonal to the difference, and a little later k is below i."""
    x = np.unique(cloud(np.random.default_rng(0), 7), axis=0)
    E = 21
    angles, first, second = np.empty(E), np.empty(E, np.int32), np.empty(E, np.int32)
    sweep.pair_angles(x, angles, first, second)
    assert list(zip(first, second, strict=True)) == list(itertools.combinations(range(7), 2))
    assert np.all((angles > 0) & (angles <= np.pi))
    d = x[second] - x[first]
    for angle, sign in ((angles, 0), (angles - 1e-3, 1), (angles + 1e-3, -1)):
        product = d[:, 0] * np.cos(angle) + d[:, 1] * np.sin(angle)
        if sign == 0:
            np.testing.assert_allclose(product, 0, atol=tol(np.float64) * np.linalg.norm(d, axis=1).max())
        else:
            assert np.all(np.sign(product) == sign)


def test_events_of_one_angle_in_any_order_reverse_the_points():
    """Oracle: every order of the six pairs of four collinear points, whose events no sequence of neighbours allows."""
    pairs = np.array(list(itertools.combinations(range(4), 2)), np.int32)
    for events in itertools.permutations(range(6)):
        angle, rank = np.empty(6), np.empty(6, np.int32)
        done = sweep.adjacent_swaps(
            np.array(events), np.full(6, 0.5), pairs[:, 0].copy(), pairs[:, 1].copy(), 4, angle, rank
        )
        order = [0, 1, 2, 3]
        for j in rank[:done]:
            order[j], order[j + 1] = order[j + 1], order[j]
        assert (done, order) == (6, [3, 2, 1, 0])


@pytest.mark.parametrize("angle", [0.0, 0.3, np.pi / 2, 3.0, np.pi])
def test_turned_is_the_integral_of_spec(angle):
    v = np.array([0.7, -1.3])
    np.testing.assert_allclose(sweep.turned(angle, *v), arc_integral(0.0, angle) @ v, atol=tol(np.float64, 4))


def test_levels_stay_those_of_the_order_however_many_swaps_come():
    """Oracle: the cumulative sums of the present order, afresh after each of 400 random swaps of neighbours."""
    rng = np.random.default_rng(1)
    w = rng.random(9)
    w[[2, 5]] = w[0]  # equal weights leave the level between them as it is
    total = float(w.sum())
    order, c = np.arange(9), sweep.levels(w, total)
    assert (c[0], c[-1]) == (0.0, total)
    for j in rng.integers(0, 8, 400):
        a, b, low, middle, high, new = sweep.swap_points(order, c, w, j)
        assert (order[j], order[j + 1]) == (b, a)
        assert (low, high) == (c[j], c[j + 2])
        assert (new == middle) or w[a] != w[b]
        np.testing.assert_allclose(c[1:], np.cumsum(w[order]), atol=tol(np.float64, 9) * total)


def test_first_cell_is_a_bisection():
    """Oracle: np.searchsorted, kept within the cells."""
    c = np.array([0.0, 0.1, 0.1, 0.4, 0.7, 1.0])
    for level in (0.0, 0.05, 0.1, 0.2, 0.4, 0.69, 0.99, 1.0):
        expected = min(np.searchsorted(c, level, side="right") - 1, len(c) - 2)
        assert sweep.first_cell(c, level) == expected


def test_overlap_counts_the_cells_of_a_grid():
    """Oracle: unit cells that lie in both intervals, whose ends are whole numbers."""
    for a, b, low, high in itertools.product(range(5), repeat=4):
        if a <= b and low <= high:
            expected = sum(a <= k < b and low <= k < high for k in range(5))
            assert sweep.overlap(float(a), float(b), float(low), float(high)) == expected


@pytest.mark.parametrize("seed", range(6))
def test_quantile_sweep_is_the_gradient_of_spec(seed):
    """Oracle: dz_i = wx_i z_i - (2/pi) G_i by population_sw_by_arcs, the clouds about their common origin."""
    rng = np.random.default_rng(seed)
    a, b = atoms_of_both(cloud(rng, 7), cloud(rng, 5), weights(rng, 7, ["uniform", "random"][seed % 2]), None)
    G = np.zeros((7, 2))
    for reverse in (False, True):  # half of the levels from either end
        sweep.quantile_sweep(*half_turns(a, b), a.points, b.points, a.weights, b.weights, a.total / 2, reverse, G)
    _, grad = population_sw_by_arcs(a.points, b.points, a.probabilities, b.probabilities, None)
    expected = np.pi / 2 * (a.probabilities[:, None] * a.points - grad)
    np.testing.assert_allclose(G / a.total, expected, atol=tol(np.float64, 35))
