"""The compiled loops over rows: Python's loops in the same order bit for bit, and the one-dimensional cost of spec."""

from __future__ import annotations

import numpy as np
import pytest

from swref.kernels.cpu import rows
from swref.spec import project, stable_order, wasserstein_1d
from tests.support import tol

DTYPES = (np.float32, np.float64)


def sorted_keys(px):
    """The keys of px [G, n] as the backend makes them: sorted as floats, then settled; and which rows are not."""
    index_mask, shift, bits = rows.key_layout(px.shape[1], px.dtype)
    keys = np.empty(px.shape, np.int64)
    rows.make_keys(px.view(bits), shift, index_mask, keys)
    keys.view(np.float64).sort(axis=1)
    unsettled = np.empty(len(px), np.bool_)
    failures = rows.settle(keys, px, index_mask, unsettled)
    assert failures == unsettled.sum()
    return keys, index_mask, unsettled


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("terms", [1, 2, 3, 4, 5, 7, 8])
def test_products_add_their_terms_one_by_one(terms, dtype, monkeypatch):
    """Oracle: the scalar loop; whatever the terms left over after fours and twos, and only from start to stop."""
    rng = np.random.default_rng(terms)
    A, B = rng.standard_normal((3, terms)).astype(dtype), rng.standard_normal((terms, 11)).astype(dtype)
    C = rng.standard_normal((3, 11)).astype(dtype)
    expected = C.copy()
    for r in range(3):
        for i in range(2, 9):
            for s in range(terms):
                expected[r, i] = expected[r, i] + A[r, s] * B[s, i]
    rows.add_product(A, B, C, 2, 9)
    assert C.tobytes() == expected.tobytes()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("d", [1, 2, 3, 6])
def test_projections_are_those_of_spec_bit_for_bit(d, dtype):
    """Oracle: spec.project; across the edge of a tile, and -0.0 never comes out."""
    rng = np.random.default_rng(d)
    x, theta = rng.standard_normal((rows.TILE + 3, d)).astype(dtype), rng.standard_normal((2, d)).astype(dtype)
    x[0] = 0.0
    px = np.empty((2, len(x)), dtype)
    rows.project(rows.transposed(x), theta, px)
    assert px.tobytes() == project(x, theta).tobytes()
    assert not np.signbit(px[:, 0]).any()


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 1024, 1025])
def test_the_index_has_room_in_its_key(n):
    """Oracle: the definition: all indices below the mask, which has no more bits than they need."""
    mask, shift, bits = rows.key_layout(n, np.dtype(np.float64))
    assert (shift, bits) == (0, np.int64)
    assert mask >= n - 1
    assert mask == 1 or mask // 2 < n - 1
    assert rows.key_layout(n, np.dtype(np.float32)) == ((1 << 32) - 1, 32, np.int32)


@pytest.mark.parametrize("dtype", DTYPES)
def test_settled_keys_hold_the_stable_order(dtype):
    """Oracle: spec.stable_order; ties, and values that differ in the bits that the index took."""
    rng = np.random.default_rng(0)
    close = 1 + np.finfo(dtype).eps * rng.integers(0, 4, 40)
    px = np.stack([rng.standard_normal(40), rng.integers(-2, 3, 40), close]).astype(dtype)
    keys, index_mask, unsettled = sorted_keys(px + dtype(0))  # projections hold no -0.0
    for g in np.flatnonzero(~unsettled):
        np.testing.assert_array_equal(keys[g] & index_mask, stable_order(px[g]))
    assert not unsettled[:2].any()


def test_a_row_that_needs_too_many_moves_is_left():
    """Oracle: inversions counted by hand: n reversed values of one key need n (n - 1)/2 moves, more than 2 n."""
    n = 16
    index_mask = rows.key_layout(n, np.dtype(np.float64))[0]
    values = 1.0 + 2.0**-52 * np.arange(n)[::-1]
    keys = np.arange(n)  # equal leading bits, the index below
    assert not rows.insertion_pass(keys.copy(), values, index_mask)
    few = np.sort(values)
    few[[3, 4]] = few[[4, 3]]
    assert rows.insertion_pass(keys, few, index_mask)
    assert keys.tolist() == [0, 1, 2, 4, 3, *range(5, n)]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("p", [1.0, 1.5, 2.0, 3.0])
@pytest.mark.parametrize("n", [1, 3, 4, 9])
def test_matching_equal_ranks_is_the_cost_of_spec(n, p, dtype):
    """Oracle: spec.wasserstein_1d of the same values: the loss and its slope in place of the projections."""
    rng = np.random.default_rng(n)
    px, py = rng.standard_normal((2, 2, n)).astype(dtype)
    keys, index_mask, unsettled = sorted_keys(px)
    losses, slopes = np.empty(2), px.copy()
    assert not rows.settle_and_match(keys_before(px), index_mask, slopes, np.sort(py), p, losses, unsettled)
    again, other = np.empty(2), px.copy()
    rows.match_equal(keys, index_mask, other, np.sort(py), p, again)
    assert slopes.tobytes() == other.tobytes()
    assert losses.tobytes() == again.tobytes()
    for g in range(2):
        value, dx, _ = wasserstein_1d(px[g].astype(float), py[g].astype(float), p)
        assert losses[g] == pytest.approx(value, rel=tol(dtype, n))
        np.testing.assert_allclose(slopes[g], dx, atol=tol(dtype, n) * max(1.0, np.abs(dx).max()))


def keys_before(px):
    """Keys as they are between the sort and its settling."""
    index_mask, shift, bits = rows.key_layout(px.shape[1], px.dtype)
    keys = np.empty(px.shape, np.int64)
    rows.make_keys(px.view(bits), shift, index_mask, keys)
    keys.view(np.float64).sort(axis=1)
    return keys


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1.1, 0.0])
def test_directions_that_are_not_of_length_one_are_noticed(bad):
    """Oracle: the definition; NaN is within no tolerance."""
    x = np.random.default_rng(1).standard_normal((4, 2))
    for theta, unit in ((np.array([[0.6, 0.8], [1.0, 0.0]]), True), (np.array([[0.6, 0.8], [bad, 0.0]]), False)):
        index_mask, shift, bits = rows.key_layout(4, x.dtype)
        px, py, keys = np.empty((2, 4)), np.empty((2, 4)), np.empty((2, 4))
        with np.errstate(invalid="ignore"):  # inf times 0
            found = rows.prepare_small(x, x, theta, shift, index_mask, px, px.view(bits), keys, py, 1e-12)
        assert found == unit
        np.testing.assert_array_equal(px[0], project(x, theta[:1])[0])
