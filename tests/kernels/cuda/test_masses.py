"""The weights of both sides in one unit: those of the specification, and levels of uniform clouds that meet exactly."""

from __future__ import annotations

import numpy as np
import pytest

from swref.kernels.cuda.masses import Masses, fractions
from swref.spec import one_dimension as spec


@pytest.mark.parametrize("side", ["both", "x", "y", "none"])
@pytest.mark.parametrize(("n", "m"), [(1, 1), (5, 3), (64, 48)])
def test_masses_are_those_of_the_specification(n, m, side):
    rng = np.random.default_rng(n)
    wx = rng.dirichlet(np.ones(n)) if side in ("both", "x") else None
    wy = rng.dirichlet(np.ones(m)) if side in ("both", "y") else None
    masses = Masses.of(n, m, wx is not None, wy is not None)
    *wanted, total = spec.masses(n, m, wx, wy)
    for mass, weights, want, k in zip((masses.x, masses.y), (wx, wy), wanted, (n, m), strict=True):
        assert (mass is None) == (weights is not None)
        got = np.full(k, mass) if weights is None else fractions(weights)
        assert got.dtype == np.float64
        np.testing.assert_array_equal(got, want)
    assert (masses.total, masses.rounding == 0) == (total, side == "none")


@pytest.mark.parametrize(("n", "m"), [(4, 6), (49, 7), (1000, 1001)])
def test_levels_of_uniform_clouds_meet_exactly(n, m):
    """Oracle: i/n = j/m as fractions, gcd(n, m) times, from either end; half the total is whole too."""
    masses = Masses.of(n, m, False, False)
    meeting = np.intersect1d(np.cumsum(np.full(n, masses.x)), np.cumsum(np.full(m, masses.y)))
    assert (len(meeting), masses.total / 2 % 1) == (np.gcd(n, m), 0)
    np.testing.assert_array_equal(masses.total - meeting[-2::-1], meeting[:-1])
