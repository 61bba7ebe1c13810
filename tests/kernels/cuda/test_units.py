"""Weights as whole numbers: exact sums, and weights that come back to the rounding of the units."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from swref.kernels.cuda.units import Units


@pytest.mark.parametrize("side", ["both", "x", "y"])
@pytest.mark.parametrize(("n", "m"), [(1, 1), (5, 3), (64, 48)])
def test_units_add_up_and_are_the_weights_to_rounding(n, m, side):
    """Oracle: exact fractions. Of uniform weights nothing is rounded, whatever is on the other side; of others each
    to half a unit and an ulp, and the largest takes what is left over."""
    rng = np.random.default_rng(n)
    wx, wy = rng.dirichlet(np.ones(n)), rng.dirichlet(np.ones(m))
    units = Units.of(n, m, wx if side != "y" else None, wy if side != "x" else None)
    for given, found, size in ((wx if side != "y" else None, units.x, n), (wy if side != "x" else None, units.y, m)):
        assert found.dtype == np.int64
        assert sum(found.tolist()) == units.total
        shares = [Fraction(unit, units.total) for unit in found.tolist()]
        if given is None:
            assert set(shares) == {Fraction(1, size)}
            continue
        exact = [Fraction(weight) for weight in given]
        for k, (share, weight) in enumerate(zip(shares, exact, strict=True)):
            allowed = Fraction(1, 2 * units.total) + weight / 2**52
            if k == np.argmax(given):
                allowed = size * Fraction(1, units.total) + abs(1 - sum(exact)) + Fraction(1, 2**52)
            assert abs(share - weight) <= allowed
    assert 0 <= units.rounding <= (n + m) * 2.0**-52 * units.total


@pytest.mark.parametrize(("n", "m"), [(4, 6), (49, 7), (1000, 1001)])
def test_levels_of_uniform_clouds_meet_exactly(n, m):
    """Oracle: i/n = j/m as fractions, gcd(n, m) times."""
    units = Units.of(n, m, None, None)
    meeting = np.intersect1d(np.cumsum(units.x), np.cumsum(units.y))
    assert (len(meeting), units.rounding) == (np.gcd(n, m), 0)
