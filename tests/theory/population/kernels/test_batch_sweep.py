"""The sweep for minibatches and the tables that it keeps against the plain version of spec."""

from __future__ import annotations

import numpy as np
import pytest

from swref.spec.order_statistics import order_statistic_weights
from swref.spec.population import population_sw_by_arcs
from swref.theory.population.atoms import atoms_of_both
from swref.theory.population.kernels.batch_sweep import batch_sweep, both_levels, swap_shares
from swref.theory.population.kernels.tails import shares, tail_table
from swref.theory.population.plane import half_turns, share_tables
from tests.support import tol
from tests.theory.population.support import cloud, weights


@pytest.mark.parametrize("w", [[0.1, 0.4, 0.2, 0.3], [0.5 - 1e-17, 1e-17, 0.5 - 1e-12, 1e-12], [0.25] * 4])
@pytest.mark.parametrize("j", [0, 1, 2])
def test_moved_shares_are_the_change_of_the_order_statistics(j, w):
    """Oracle: the weight matrices of spec before and after two neighbours change places, to rounding."""
    w, n, order = np.array(w), 6, np.arange(4)
    below, above = both_levels(w)
    Phi, moved = tail_table(below, above, n), np.empty(n)
    A = shares(Phi)
    assert swap_shares(order, below, above, w, j, Phi, A, moved) == (j, j + 1, w[j] != w[j + 1])
    after = order_statistic_weights(w[order], n)[:, j]
    before = order_statistic_weights(w, n)[:, j + 1]
    assert np.all(np.abs(moved - (after - before)) <= tol(np.float64, n) * np.abs(Phi[j : j + 3]).max(axis=0))
    for got, right in zip((below, above), both_levels(w[order]), strict=True):
        np.testing.assert_allclose(got, right, rtol=tol(np.float64, 4))
    np.testing.assert_allclose(Phi, tail_table(below, above, n), rtol=tol(np.float64, n))
    np.testing.assert_array_equal(A, shares(Phi))


@pytest.mark.parametrize("n", [1, 2, 5])
@pytest.mark.parametrize("kind", ["uniform", "random"])
def test_batch_sweep_is_the_gradient_of_spec(kind, n):
    """Oracle: dz_i = wx_i z_i - (2/pi) G_i/n by population_sw_by_arcs with minibatches of n."""
    rng = np.random.default_rng(n)
    a, b = atoms_of_both(cloud(rng, 6), cloud(rng, 5), weights(rng, 6, kind), weights(rng, 5, kind))
    G = np.zeros((6, 2))
    tables = share_tables(a, b, n)
    batch_sweep(*half_turns(a, b), a.points, b.points, a.weights, b.weights, *tables, G)
    _, grad = population_sw_by_arcs(a.points, b.points, a.probabilities, b.probabilities, n)
    expected = np.pi / 2 * (a.probabilities[:, None] * a.points - grad)
    np.testing.assert_allclose(G / n, expected, atol=tol(np.float64, 30 * n))
