"""The order of projections by value and index: the stable order of the specification, whatever the keys."""

from __future__ import annotations

import numpy as np
import pytest

from swref.directions import directions
from swref.kernels.cpu import backend, groups, order, small
from swref.kernels.cpu.order import Ordering
from swref.spec import stable_order, sw_loss_and_grad
from tests.sliced.support import assert_same_order
from tests.support import tol


def assert_ordered(px):
    """Oracle: spec.stable_order. Returns the ordering."""
    ordering = Ordering(len(px) + 1, px.shape[1], px.dtype)
    order = ordering.of(px) & ordering.index_mask
    np.testing.assert_array_equal(order, [stable_order(row) for row in px])
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


def clouds(kind, n, dtype):
    """x and y [n, 2]; `one` and `all`: on one direction, or on every one, most values share a place."""
    rng = np.random.default_rng(n)
    x, y = rng.standard_normal((2, n, 2))
    clusters = np.where(rng.random(n) < 0.5, 1.0, -1.0)
    if kind == "one":
        x[:, 0] = np.where(np.arange(n) == 3, 1e4, 1e-4 * x[:, 0])
    if kind == "all":
        x, y = 1e-7 * x + clusters[:, None], 1e-7 * y - clusters[:, None]
    return x.astype(dtype), y.astype(dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", ["plain", "one", "all"])
def test_results_have_the_same_bits_by_any_keys(kind, dtype, monkeypatch):
    """Oracle: spec.sw_loss_and_grad; narrow keys and none, by the short way for small problems and by chunks."""
    n, seen = 700, set()
    (x, y), theta = clouds(kind, n, dtype), np.vstack([np.eye(2), directions(0, 21, 2)]).astype(dtype)
    for narrow in (order.NARROW, (1, 0)):
        monkeypatch.setattr(order, "NARROW", narrow)
        small.layout.cache_clear()
        for serial in (1 << 14, 0):
            monkeypatch.setattr(groups, "SERIAL_ELEMENTS", serial)
            losses, (dx,) = backend.sw_losses_and_grads(x, y, theta)
            seen.add((losses.tobytes(), dx.tobytes()))
    small.layout.cache_clear()
    assert len(seen) == 1
    loss, (expected,) = sw_loss_and_grad(x, y, theta)
    assert losses.mean() == pytest.approx(loss, rel=tol(dtype, n))
    np.testing.assert_allclose(dx, expected, atol=tol(dtype, n) * max(1.0, np.abs(expected).max()))
