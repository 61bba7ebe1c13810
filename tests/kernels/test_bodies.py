"""Scalar bodies: costs and slopes in exact arithmetic, keys that order as the values do."""

from __future__ import annotations

import numpy as np
import pytest

from swref.kernels import bodies
from swref.kernels.cpu import rows
from swref.spec import stable_order
from tests.sliced.support import DTYPES


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
