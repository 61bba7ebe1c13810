"""Expected order statistics against the definition: every minibatch and its probability."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from swref import spec
from swref.spec.order_statistics import coupling, order_statistic_weights
from tests.support import central_difference, tol
from tests.theory.population.support import weights


def test_order_statistic_weights_are_probabilities():
    """Rows sum to 1, columns to n times the weight."""
    w = np.array([0.2, 0.0, 0.5, 0.3])
    A = order_statistic_weights(w, 5)
    np.testing.assert_allclose(A.sum(axis=1), 1, rtol=tol(np.float64, 4))
    np.testing.assert_allclose(A.sum(axis=0), 5 * w, atol=tol(np.float64, 5))


@pytest.mark.parametrize(("n", "ranks"), [(20, range(1, 21)), (2000, (1, 2, 3, 500, 750, 1000, 1750, 1999, 2000))])
def test_order_statistic_weights_are_exact_to_rounding(n, ranks):
    """Oracle: the sums of binomial probabilities in whole numbers, in units of 16^-n."""
    c = [0, 4, 6, 15, 16]
    A = order_statistic_weights(np.diff(c) / 16, n)
    of_exactly = [[math.comb(n, i) * a**i * (16 - a) ** (n - i) for i in range(n + 1)] for a in c]
    for k in ranks:
        at_least = [sum(terms[k:]) for terms in of_exactly]
        expected = [float(Fraction(at_least[j + 1] - at_least[j], 16**n)) for j in range(4)]
        np.testing.assert_allclose(A[k - 1], expected, rtol=tol(np.float64, n), atol=1e-300)


@pytest.mark.parametrize("p", [1, 2, 2.5])
@pytest.mark.parametrize("seed", range(6))
def test_the_expectation_by_order_statistics_is_that_over_all_minibatches(seed, p):
    """Oracle: the definition, every minibatch of n = 1, 2, 3 points and its probability."""
    rng = np.random.default_rng(seed)
    m, mt, n = (int(k) for k in rng.integers(1, (5, 4, 4)))
    z, w = rng.integers(-2, 3, m).astype(float), rng.normal(size=mt)
    wx, wy = weights(rng, m, "zeros"), weights(rng, mt, "random")
    expected = spec.expected_loss_by_enumeration(z, w, wx, wy, n, p)
    assert spec.expected_loss(z, w, wx, wy, n, p)[0] == pytest.approx(expected, rel=tol(np.float64, m**n * mt**n))


@pytest.mark.parametrize("n", [3, None])
def test_coupling_has_the_given_marginals(n):
    rng = np.random.default_rng(0)
    a, b = (rng.dirichlet(np.ones(k)) for k in (5, 3))
    Pi = coupling(a, b, n)
    np.testing.assert_allclose(Pi.sum(axis=1), a, atol=tol(np.float64, 5))
    np.testing.assert_allclose(Pi.sum(axis=0), b, atol=tol(np.float64, 5))


@pytest.mark.parametrize("p", [1.5, 2.0, 3.0])
@pytest.mark.parametrize("n", [2, None])
def test_gradient_of_the_expectation(n, p):
    """Oracle: central differences of its value."""
    rng = np.random.default_rng(3)
    z, w, wx, wy = rng.normal(size=4), rng.normal(size=3), weights(rng, 4, "random"), weights(rng, 3, "random")
    expected = central_difference(lambda at: spec.expected_loss(at, w, wx, wy, n, p)[0], z)
    np.testing.assert_allclose(spec.expected_loss(z, w, wx, wy, n, p)[1], expected, rtol=1e-6)
