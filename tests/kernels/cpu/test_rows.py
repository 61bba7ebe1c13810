"""The compiled loops over rows: Python's loops in the same order bit for bit, and the one-dimensional cost of spec."""

from __future__ import annotations

import numpy as np
import pytest

from swref.kernels.cpu import rows
from swref.spec import project, wasserstein_1d
from tests.support import tol

DTYPES = (np.float32, np.float64)


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


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("p", [1.0, 1.5, 2.0, 3.0])
@pytest.mark.parametrize("n", [1, 3, 4, 9])
def test_matching_equal_ranks_is_the_cost_of_spec(n, p, dtype):
    """Oracle: spec.wasserstein_1d: the loss, and its slope in place of projections; of no more rows than there are."""
    rng = np.random.default_rng(n)
    px, py = rng.standard_normal((2, 2, n)).astype(dtype)
    order, targets = np.argsort(px, axis=1).astype(np.int32), np.sort(py, axis=1)
    losses, slopes = np.full(3, 7.0), np.vstack([px, px])
    rows.match_equal(order, 15, slopes[:2], targets, p, losses)
    assert losses[2] == 7.0
    assert slopes[2:].tobytes() == px.tobytes()
    for g in range(2):
        value, dx, _ = wasserstein_1d(px[g].astype(float), py[g].astype(float), p)
        assert losses[g] == pytest.approx(value, rel=tol(dtype, n))
        np.testing.assert_allclose(slopes[g], dx, atol=tol(dtype, n) * max(1.0, np.abs(dx).max()))


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1.1, 0.0])
def test_directions_that_are_not_of_length_one_are_noticed(bad):
    """Oracle: the definition; NaN is within no tolerance."""
    x = np.random.default_rng(1).standard_normal((4, 2))
    for theta, unit in ((np.array([[0.6, 0.8], [1.0, 0.0]]), True), (np.array([[0.6, 0.8], [bad, 0.0]]), False)):
        px, py, keys = np.empty((2, 4)), np.empty((2, 4)), np.empty((2, 4))
        with np.errstate(invalid="ignore"):  # inf times 0
            found = rows.prepare_small(x, x, theta, 2, px, keys, py, 1e-12)
        assert (found == 0) == unit
        np.testing.assert_array_equal(px[0], project(x, theta[:1])[0])
