"""The order of projections by value and index: the stable order of the specification, whatever the keys."""

from __future__ import annotations

import numpy as np
import pytest

from swref.kernels.cpu.order import Ordering
from swref.spec import stable_order
from tests.sliced.support import assert_same_order


def assert_ordered(px):
    """Oracle: spec.stable_order. Returns the ordering."""
    ordering = Ordering(len(px) + 1, px.shape[1], px.dtype)
    order = ordering.of(px) & ordering.index_mask
    np.testing.assert_array_equal(order, [stable_order(row) for row in px])
    if ordering.narrow:
        np.testing.assert_array_equal(ordering.values[: len(px)], np.sort(px, axis=1))
    return ordering


@pytest.mark.parametrize("spread", [0.0, 2.0**-52, 2.0**-45, 2.0**-40])
def test_order_where_the_index_hides_the_value(spread):
    """4000 points whose values differ in the last bits only, next to well-spread rows: all ways of settling."""
    generator = np.random.default_rng(1)
    x = 1.0 + spread * generator.integers(-50, 50, (4000, 1))
    assert_same_order(x, np.array([[1.0], [-1.0]]))
    assert_same_order(np.hstack([x, generator.standard_normal((4000, 1))]), np.eye(2))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n", [64, 1024, (1 << 15) + 1])
def test_only_rows_that_keys_cannot_order_are_ordered_again(n, dtype):
    """One row in seven of what keys do not tell apart, and of what they cannot hold: sorted by other ways."""
    rng = np.random.default_rng(0)
    falling = 1.0 + np.finfo(dtype).eps * np.arange(n)[::-1]
    falling[0] = -1.0  # no range that tells them apart
    far = np.where(np.arange(n) == 5, np.finfo(dtype).max / 4, rng.standard_normal(n))
    for odd in (falling, far, np.full(n, 1e16), np.linspace(-1, 1, n) * np.finfo(dtype).max):
        px = np.vstack([rng.standard_normal((6, n)), odd[None]]).astype(dtype)
        assert assert_ordered(px).narrow == (n == 1024)


def test_narrow_keys_are_given_up_where_they_seldom_do():
    """Two clusters in most rows; then also for rows in which they would."""
    rng = np.random.default_rng(3)
    px = rng.standard_normal((6, 600)) + np.where(rng.random(600) < 0.5, 1e9, -1e9)
    ordering = assert_ordered(np.vstack([px, rng.standard_normal((2, 600))]))
    assert not ordering.narrow
    plain = rng.standard_normal((8, 600))
    np.testing.assert_array_equal(ordering.of(plain) & ordering.index_mask, np.argsort(plain, axis=1))
