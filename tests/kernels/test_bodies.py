"""Scalar bodies: costs and slopes in exact arithmetic, keys that order as the values do."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from swref.kernels import bodies
from tests.sliced.support import DTYPES
from tests.support import tol


@pytest.mark.parametrize("dtype", DTYPES)
def test_cost_and_slope_in_exact_arithmetic(dtype):
    """Oracle: fractions for whole p, roots checked by squaring for p = 3/2; no argument is promoted."""
    for D in (0.0, -0.0, 1.5, -1.5, 3.0, -0.25):
        exact, sign = Fraction(D), (D > 0) - (D < 0)
        for p in (1, 2, 3):
            cost, slope = (body(dtype(D), dtype(p)) for body in (bodies.power_cost, bodies.power_slope))
            assert Fraction(float(cost)) == abs(exact) ** p
            assert Fraction(float(slope)) == p * sign * abs(exact) ** (p - 1)
        cost, slope = bodies.power_cost(dtype(D), dtype(1.5)), bodies.power_slope(dtype(D), dtype(1.5))
        assert float(cost) ** 2 == pytest.approx(float(abs(exact) ** 3), rel=tol(dtype))
        assert float(slope) ** 2 == pytest.approx(2.25 * abs(D), rel=tol(dtype))
        assert np.sign(slope) == sign


def test_integer_keys_order_as_the_values_with_the_index_below():
    """Oracle: sorting (value, index) pairs, -0.0 before 0.0 as their bits are."""
    values = np.array([2.0, -1.0, 0.0, -0.0, 1e300, -1e300, 5e-324, 2.0])
    keys = [bodies.sort_key(bits, index, 7) for index, bits in enumerate(values.view(np.int64))]
    assert np.argsort(keys).tolist() == [5, 1, 3, 2, 6, 0, 7, 4]
    assert [key & 7 for key in keys] == list(range(8))
