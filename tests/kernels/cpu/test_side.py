"""The order of projections by value and index: the stable order of the specification."""

from __future__ import annotations

import numpy as np
import pytest

from swref.directions import directions
from swref.kernels.cpu.side import BLAS_DIMENSION, Side
from swref.spec import project, stable_order
from tests.sliced.support import assert_same_order


@pytest.mark.parametrize("spread", [0.0, 2.0**-52, 2.0**-45, 2.0**-40])
def test_order_where_the_index_hides_the_value(spread):
    """4000 points whose values differ in the last bits only, next to well-spread rows: both ways of settling."""
    generator = np.random.default_rng(1)
    x = 1.0 + spread * generator.integers(-50, 50, (4000, 1))
    assert_same_order(x, np.array([[1.0], [-1.0]]))
    assert_same_order(np.hstack([x, generator.standard_normal((4000, 1))]), np.eye(2))


@pytest.mark.parametrize("d", [1, 3, BLAS_DIMENSION])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_points_are_laid_out_with_their_coordinates_first(d, dtype):
    """Oracle: the transpose, contiguous below the dimension where products go to the BLAS, and less an offset."""
    x = np.random.default_rng(d).standard_normal((5, d)).astype(dtype)
    offset = np.arange(1, d + 1, dtype=dtype)
    np.testing.assert_array_equal(Side(x, offset).points, (x - offset).T)
    side = Side(x, offset[:0])
    np.testing.assert_array_equal(side.points, x.T)
    assert side.points.flags.c_contiguous == (d < BLAS_DIMENSION)
    if d < BLAS_DIMENSION:
        theta, out = directions(d, 2, d).astype(dtype), np.empty((2, 5), dtype)
        side.project(theta, out)
        assert out.tobytes() == project(x, theta).tobytes()


def test_only_rows_that_keys_cannot_order_are_ordered_again():
    """Oracle: the stable order of every row, where one alone holds values that share a key, in falling order."""
    falling = 1.0 + 2.0**-52 * np.arange(64)[::-1]
    px = np.stack(
        [np.random.default_rng(0).standard_normal(64), falling, np.full(64, 1e16), 1e308 * np.arange(-1, 1, 1 / 32)]
    )
    side = Side(np.ones((64, 1)), np.empty(0))
    order = side.order(px, np.empty(px.shape, np.int64)) & side.index_mask
    np.testing.assert_array_equal(order, [stable_order(row) for row in px])
