"""Sort keys: they order as their values do, as far as they tell them apart; then settling makes it the stable order."""

from __future__ import annotations

import numpy as np
import pytest

from swref.kernels import bodies
from swref.kernels.cpu import keys
from swref.spec import stable_order

DTYPES = (np.float32, np.float64)
BOTH = pytest.mark.parametrize("kind", [np.int32, np.float64])


def made(px, kind):
    """Keys of px, which rows are crowded, and the mask of the index."""
    index_bits = keys.index_bits(px.shape[1])
    out, crowded = np.empty(px.shape, kind), np.empty(len(px), np.bool_)
    assert keys.make_keys(px, index_bits, out, crowded) == crowded.sum()
    return out, crowded, (1 << index_bits) - 1 if kind == np.int32 else keys.wide_mask(index_bits, px.itemsize)


def settled(px, kind):
    """Sorted and settled keys as integers, which rows are left, and the mask of the index."""
    out, unsettled, index_mask = made(px, kind)
    out.sort(axis=1)
    assert keys.settle(out, index_mask, px, unsettled) == unsettled.sum()
    return keys.bits_of(out), unsettled, index_mask


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 1024, 1025])
def test_the_index_has_room_in_its_key(n):
    """Oracle: the definition: all indices below the mask, which has no more bits than they need."""
    mask = (1 << keys.index_bits(n)) - 1
    assert mask >= n - 1
    assert mask == 1 or mask // 2 < n - 1
    assert keys.wide_mask(keys.index_bits(n), 8) == mask
    assert keys.wide_mask(keys.index_bits(n), 4) == (1 << 32) - 1


@pytest.mark.parametrize("dtype", DTYPES)
def test_places_never_fall_and_fill_the_range(dtype):
    """Oracle: sorted values have places that do not fall, from the first of 2^22 to the last but one or the last."""
    px = np.sort(np.random.default_rng(0).standard_normal((3, 1000)), axis=1).astype(dtype)
    px *= np.array([[1.0], [1e-30], [1e30]], dtype)
    out, crowded, mask = made(px, np.int32)
    places = out >> 10
    assert not crowded.any()
    assert (np.diff(places, axis=1) >= 0).all()
    np.testing.assert_array_equal(out & mask, np.tile(np.arange(1000), (3, 1)))
    assert (places[:, 0] == -(1 << 21)).all()
    assert (places[:, -1] >= (1 << 21) - 8).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_rows_without_places_enough_are_told(dtype):
    """Two clusters, a far value, ranges that are infinite, not a number, subnormal; not even, equal, normal values."""
    rng, n = np.random.default_rng(1), 1000
    normal, limits = rng.standard_normal(n), np.finfo(dtype)
    wide = np.where(np.arange(n) % 2, limits.max, -limits.max)
    crowded = [normal * 1e-4 + np.sign(normal), np.where(normal > 3, 1e9, normal), wide]
    crowded += [np.where(normal > 3, bad, normal) for bad in (np.inf, np.nan)]
    crowded += [limits.smallest_subnormal * (np.arange(n) % 3)]
    fine = [normal, np.arange(n) / n, np.ones(n), rng.random(n) + 1e3, rng.laplace(size=n)]
    got = made(np.array(crowded + fine).astype(dtype), np.int32)[1]
    assert got.tolist() == [True] * len(crowded) + [False] * len(fine)


@pytest.mark.parametrize("dtype", DTYPES)
def test_wide_keys_order_by_value_then_index_and_are_normal_numbers(dtype):
    """Oracle: the stable order of the values; no key is what a sort may alter: subnormal, infinite or NaN."""
    limits = np.finfo(dtype)
    extreme = [limits.smallest_subnormal, limits.tiny, 1.0, limits.max, np.inf]
    values = np.array([0.0, *(sign * value for value in extreme for sign in (1, -1)), np.nan, -np.nan], dtype)
    px = np.tile(values, 3)[None]
    floats, crowded, index_mask = made(px, np.float64)
    assert not crowded.any()
    assert np.isfinite(floats).all()
    assert (np.abs(floats) >= np.finfo(np.float64).tiny).all()
    order = np.array([bodies.integer_key(key) for key in np.sort(floats).view(np.int64)[0]]) & index_mask
    assert sorted(order) == list(range(px.size))
    # In a float64 key the index hides the last bits, in which subnormal numbers differ, and the largest exponent is
    # shared with infinity: what lies there is settled by value later. A float32 key keeps every bit.
    exact = np.isfinite(px[0]) & ((dtype == np.float32) | ((np.abs(px[0]) > limits.tiny) & (np.abs(px[0]) < 2)))
    np.testing.assert_array_equal(order[exact[order]], [k for k in stable_order(px[0]) if exact[k]])


@BOTH
@pytest.mark.parametrize("dtype", DTYPES)
def test_settled_keys_hold_the_stable_order(dtype, kind):
    """Oracle: spec.stable_order; ties, and values that differ in bits that a key has no room for."""
    rng = np.random.default_rng(0)
    close = 1 + np.finfo(dtype).eps * rng.integers(0, 4, 40)
    far = np.where(np.arange(40) == 7, 1e8, rng.standard_normal(40))
    px = np.stack([rng.standard_normal(40), rng.integers(-2, 3, 40), close, far]).astype(dtype)
    order, unsettled, index_mask = settled(px + dtype(0), kind)  # projections hold no -0.0
    assert not unsettled[:2].any()
    for g in np.flatnonzero(~unsettled):
        np.testing.assert_array_equal(order[g] & index_mask, stable_order(px[g]))


def test_a_row_that_needs_too_many_moves_is_left():
    """Oracle: inversions counted by hand: n reversed values of one key need n (n - 1)/2 moves, more than n."""
    n, room = 16, np.empty(16)
    index_mask = (1 << keys.index_bits(n)) - 1
    values = 1.0 + 2.0**-52 * np.arange(n)[::-1]
    alike = np.arange(n)  # equal leading bits, the index below
    assert not keys.insert(alike.copy(), index_mask, values, room)
    few = np.sort(values)
    few[[3, 4]] = few[[4, 3]]
    assert keys.insert(alike, index_mask, few, room)
    assert alike.tolist() == [0, 1, 2, 4, 3, *range(5, n)]
    np.testing.assert_array_equal(room, np.sort(values))


def test_refined_keys_tell_every_bit():
    """Oracle: the stable order of values of both signs that differ in their last bits; False where they lack room."""
    rng = np.random.default_rng(2)
    px = (rng.choice([-1.0, 1.0, 3.0], 300) * (1 + 2.0**-52 * rng.integers(0, 300, 300)))[None]
    sorted_keys, _, index_mask = made(px, np.float64)
    sorted_keys.sort(axis=1)
    keys.settle(sorted_keys, index_mask, px, np.ones(1, np.bool_))
    refined = np.empty(300, np.int64)
    assert keys.refined_keys(sorted_keys[0], 9, px[0], refined)
    np.testing.assert_array_equal(np.sort(refined) & index_mask, stable_order(px[0]))
    for runs, room in ((2, True), (3, False)):  # 62 bits are taken: one is left for the number of the run
        apart = (np.arange(runs) << 31 | np.arange(runs)).view(np.float64)
        assert keys.refined_keys(apart, 31, np.ones(runs), refined) == room
