"""Scalar bodies: costs and slopes in exact arithmetic, keys that order as the values do."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from swref.kernels import bodies
from swref.kernels.cpu import rows
from swref.spec import stable_order
from tests.sliced.support import DTYPES
from tests.support import tol


@pytest.mark.parametrize("dtype", DTYPES)
def test_float_keys_order_by_value_then_index_and_are_normal_numbers(dtype):
    """Oracle: the stable order of the values; no key is what a sort may alter: subnormal, infinite or NaN."""
    limits = np.finfo(dtype)
    extreme = [limits.smallest_subnormal, limits.tiny, 1.0, limits.max, np.inf]
    values = np.array([0.0, *(sign * value for value in extreme for sign in (1, -1)), np.nan, -np.nan], dtype)
    px = np.tile(values, 3)[None]
    index_mask, shift, bits = rows.key_layout(px.size, px.dtype)
    keys = np.empty(px.shape, np.int64)
    rows.make_keys(px.view(bits), shift, index_mask, keys)
    floats = keys.view(np.float64)
    assert np.isfinite(floats).all()
    assert (np.abs(floats) >= np.finfo(np.float64).tiny).all()
    order = np.array([bodies.integer_key(key) for key in np.sort(floats).view(np.int64)[0]]) & index_mask
    assert sorted(order) == list(range(px.size))
    # In a float64 key the index hides the last bits, in which subnormal numbers differ, and the largest exponent is
    # shared with infinity: what lies there is settled by value later. A float32 key keeps every bit.
    exact = np.isfinite(px[0]) & ((dtype == np.float32) | ((np.abs(px[0]) > limits.tiny) & (np.abs(px[0]) < 2)))
    np.testing.assert_array_equal(order[exact[order]], [k for k in stable_order(px[0]) if exact[k]])


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
