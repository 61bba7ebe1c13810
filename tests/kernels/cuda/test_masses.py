"""The weights of both sides in one unit: those of the specification, and levels of uniform clouds that meet exactly."""

from __future__ import annotations

import numpy as np
import pytest

from swref.kernels.cuda.masses import Masses
from swref.spec import one_dimension as spec


@pytest.mark.parametrize("side", ["both", "x", "y", "none"])
@pytest.mark.parametrize(("n", "m"), [(1, 1), (5, 3), (64, 48)])
def test_masses_are_those_of_the_specification(n, m, side):
    rng = np.random.default_rng(n)
    wx = rng.dirichlet(np.ones(n)) if side in ("both", "x") else None
    wy = rng.dirichlet(np.ones(m)) if side in ("both", "y") else None
    masses = Masses.of(n, m, wx, wy)
    assert masses.x.dtype == masses.y.dtype == np.float64
    want_x, want_y, total = spec.masses(n, m, wx, wy)
    np.testing.assert_array_equal(masses.x, want_x)
    np.testing.assert_array_equal(masses.y, want_y)
    assert (masses.total, masses.rounding == 0) == (total, side == "none")


@pytest.mark.parametrize(("n", "m"), [(4, 6), (49, 7), (1000, 1001)])
def test_levels_of_uniform_clouds_meet_exactly(n, m):
    """Oracle: i/n = j/m as fractions, gcd(n, m) times, from either end; half the total is whole too."""
    masses = Masses.of(n, m, None, None)
    meeting = np.intersect1d(np.cumsum(masses.x), np.cumsum(masses.y))
    assert (len(meeting), masses.total / 2 % 1) == (np.gcd(n, m), 0)
    np.testing.assert_array_equal(masses.total - meeting[-2::-1], meeting[:-1])
