"""Binomial tails and the sweep for minibatches against SciPy and the plain version of spec."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from swref.spec.order_statistics import order_statistic_weights
from swref.spec.population import population_sw_by_arcs
from swref.theory.population.atoms import atoms_of_both
from swref.theory.population.kernels.batch_sweep import batch_sweep, binomial_tail, moved_weights, tail_table
from swref.theory.population.kernels.sweep import levels
from swref.theory.population.plane import half_turns
from tests.support import tol
from tests.theory.population.support import cloud, weights


@pytest.mark.parametrize("n", [1, 2, 7, 64, 5000])
@pytest.mark.parametrize("c", [0.0, 1e-300, 1e-9, 0.013, 0.5, 0.7, 1 - 1e-12, 1.0])
def test_binomial_tail(n, c):
    """Oracle: SciPy's regularised incomplete beta function."""
    from scipy.special import betainc

    out = np.empty(n)
    binomial_tail(c, out)
    k = np.arange(1, n + 1)
    np.testing.assert_allclose(out, betainc(k, n - k + 1, c), atol=tol(np.float64, n), rtol=1e-10)


def test_tail_table_counts_the_outcomes_of_coins():
    """Oracle: P(Bin(n, c) >= k) as a sum of exact fractions."""
    levels = [Fraction(0), Fraction(1, 7), Fraction(1, 2), Fraction(6, 7), Fraction(1)]
    Phi = tail_table(np.array([float(7 * c) for c in levels]), 7.0, 5)
    for row, c in zip(Phi, levels, strict=True):
        terms = [math.comb(5, k) * c**k * (1 - c) ** (5 - k) for k in range(6)]
        np.testing.assert_allclose(row, [float(sum(terms[k:])) for k in range(1, 6)], atol=tol(np.float64, 5))


def test_moved_weights_are_the_change_of_the_order_statistics():
    """Oracle: the weight matrices of spec before and after two neighbours of different weights change places."""
    w, n, j = np.array([0.1, 0.4, 0.2, 0.3]), 6, 1
    before, after = (np.concatenate(([0.0], np.cumsum(v))) for v in (w, w[[0, 2, 1, 3]]))
    Phi = tail_table(before, 1.0, n)
    moved = np.empty(n)
    moved_weights(Phi, j, after[j + 1], moved)
    falling = order_statistic_weights(np.diff(after), n)[:, j] - order_statistic_weights(np.diff(before), n)[:, j + 1]
    np.testing.assert_allclose(moved, falling, atol=tol(np.float64, n))
    np.testing.assert_allclose(Phi, tail_table(after, 1.0, n), atol=tol(np.float64, n))


@pytest.mark.parametrize("n", [1, 2, 5])
@pytest.mark.parametrize("kind", ["uniform", "random"])
def test_batch_sweep_is_the_gradient_of_spec(kind, n):
    """Oracle: dz_i = wx_i z_i - (2/pi) G_i/n by population_sw_by_arcs with minibatches of n."""
    rng = np.random.default_rng(n)
    a, b = atoms_of_both(cloud(rng, 6), cloud(rng, 5), weights(rng, 6, kind), weights(rng, 5, kind))
    G = np.zeros((6, 2))
    tails = (tail_table(levels(side.weights, side.total), side.total, n) for side in (a, b))
    batch_sweep(*half_turns(a, b), a.points, b.points, a.weights, b.weights, a.total, *tails, G)
    _, grad = population_sw_by_arcs(a.points, b.points, a.probabilities, b.probabilities, n)
    expected = np.pi / 2 * (a.probabilities[:, None] * a.points - grad)
    np.testing.assert_allclose(G / n, expected, atol=tol(np.float64, 30 * n))
