"""Binomial tails against SciPy and exact fractions, shares and masses against spec."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from swref.spec.order_statistics import coupling
from swref.theory.population.kernels.batch_sweep import both_levels
from swref.theory.population.kernels.tails import NIL, binomial_tail, gain, masses, shares, tail_table
from tests.support import tol


def plain(Phi):
    """The probabilities that a table holds."""
    return np.where(Phi < 0, 1 + Phi, Phi)


@pytest.mark.parametrize("n", [1, 2, 7, 64, 5000])
@pytest.mark.parametrize("c", [0.0, 1e-300, 1e-9, 0.013, 0.5, 0.7, 1 - 1e-12, 1.0])
def test_binomial_tail(n, c):
    """Oracle: SciPy's regularised incomplete beta function, and its complement beyond 1/2."""
    from scipy.special import betainc, betaincc

    out, k = np.empty(n), np.arange(1, n + 1)
    binomial_tail(c, 1 - c, out)
    right, rest = betainc(k, n - k + 1, c), betaincc(k, n - k + 1, c)
    np.testing.assert_allclose(plain(out), right, atol=tol(np.float64, n), rtol=1e-10)
    assert np.all((out < 0) == (rest < 0.5))
    normal = (right > 1e-280) & (rest > 1e-280)
    np.testing.assert_allclose(out[normal], np.where(rest < 0.5, -rest, right)[normal], rtol=1e-10)


def test_tail_table_counts_the_outcomes_of_coins():
    """Oracle: P(Bin(n, c) >= k) as a sum of exact fractions, or P(Bin(n, c) < k) where that is less."""
    levels = [Fraction(0), Fraction(1, 10**20), Fraction(1, 7), Fraction(1, 2), 1 - Fraction(1, 10**20), Fraction(1)]
    Phi = tail_table(np.array([float(7 * c) for c in levels]), np.array([float(7 * (1 - c)) for c in levels]), 5)
    for row, c in zip(Phi, levels, strict=True):
        terms = [math.comb(5, k) * c**k * (1 - c) ** (5 - k) for k in range(6)]
        for k, got in enumerate(row, 1):
            at_least, fewer = sum(terms[k:]), sum(terms[:k])
            right = float(at_least) if at_least <= Fraction(1, 2) else -max(float(fewer), NIL)
            assert got == pytest.approx(right, rel=tol(np.float64, 5), abs=0)


@pytest.mark.parametrize("tiny", [0.1, 1e-12, 1e-17])
def test_shares_keep_small_masses_at_either_end(tiny):
    """Oracle: the shares in exact fractions of the weights."""
    weights, n = np.array([tiny, 0.5, 0.3, 2 * tiny]), 4
    below, above = both_levels(weights)
    exact = [Fraction(w) for w in weights]
    total, c = sum(exact), [sum(exact[:j], Fraction(0)) for j in range(5)]
    for j, row in enumerate(shares(tail_table(below, above, n))):
        for k, got in enumerate(row, 1):
            low, high = (
                sum(math.comb(n, i) * (s / total) ** i * (1 - s / total) ** (n - i) for i in range(k, n + 1))
                for s in (c[j], c[j + 1])
            )
            # To rounding of the smaller distance from either end, and of the share itself.
            near = float(min(high, 1 - low))
            assert abs(got - float(high - low)) <= tol(np.float64, 2 * n) * near


def test_gain_across_the_middle():
    assert gain(-0.25, 0.25) == 0.5
    assert gain(-NIL, 0.0) == 1.0
    assert gain(0.25, -0.25) == -0.5  # of levels that rounding exchanged


def test_masses_are_the_coupling_of_spec():
    """Oracle: Pi = (1/n) A^T B of order_statistics.py."""
    a, b = np.array([0.2, 0.5, 0.3 - 1e-15, 1e-15]), np.array([0.1, 0.2, 0.3, 0.4])
    A, B = (shares(tail_table(*both_levels(w), 4)) for w in (a, b))
    np.testing.assert_allclose(masses(A, B), coupling(a, b, 4), rtol=tol(np.float64, 12))
