"""Products by tiles of vectors. Oracle: NumPy's, exact where the entries are whole numbers; and longdouble."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from swref.kernels.cpu import products
from tests.support import tol

own = pytest.mark.skipif(not products.QUICK, reason="needs AVX-512, and Numba's compiler")


@own
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_products_of_whole_numbers_are_exact(dtype):
    """Every size below a tile, at it and above, terms that fill vectors and that do not, every layout."""
    rng, taken = np.random.default_rng(0), 0
    sizes = itertools.product((1, 2, 3, 4, 7, 8, 9, 17), (1, 2, 4, 5, 16, 33, 40), (1, 3, 16, 20, 48))
    for M, N, K in sizes:
        a, b = rng.integers(-9, 9, (M, K)).astype(dtype), rng.integers(-9, 9, (K, N)).astype(dtype)
        for left, right in itertools.product("CF", "CF"):
            out = np.full((M, N), np.nan, dtype)
            if products.product(np.asarray(a, order=left), np.asarray(b, order=right), out):
                np.testing.assert_array_equal(out, a @ b)
                taken += 1
    assert taken > 400


@own
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("K", [65, 256])
def test_rounding_is_that_of_one_sum(K, dtype):
    rng = np.random.default_rng(1)
    a, b = rng.standard_normal((64, K)).astype(dtype), rng.standard_normal((64, K)).astype(dtype).T
    out = np.empty((64, 64), dtype)
    assert products.product(a, b, out)
    exact = a.astype(np.longdouble) @ b.astype(np.longdouble)
    scale = np.abs(a).astype(np.float64) @ np.abs(b)
    assert (np.abs(out - exact) <= tol(dtype, K) * scale).all()


@own
def test_the_bits_of_an_entry_do_not_depend_on_the_others():
    rng = np.random.default_rng(2)
    a, b = rng.standard_normal((20, 33)), rng.standard_normal((33, 50))
    whole, part = np.empty((20, 50)), np.empty((9, 17))
    assert products.product(a, b, whole)
    assert products.product(a[11:], np.ascontiguousarray(b[:, 20:37]), part)
    assert part.tobytes() == whole[11:, 20:37].tobytes()


def test_what_is_strided_is_left_to_numpy():
    a, b = np.ones((40, 40)), np.ones((40, 40))
    assert not products.product(a[::2, ::2], b[:20], np.empty((20, 40)))
    assert not products.product(a[:20, :20], b[::2, ::2], np.empty((20, 20)))
    assert not products.product(a, b, np.empty((40, 80))[:, ::2])
