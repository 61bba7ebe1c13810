"""One cloud: its layout, and its projections bit for bit."""

from __future__ import annotations

import numpy as np
import pytest

from swref.directions import directions
from swref.kernels.cpu.side import BLAS_DIMENSION, Side
from swref.spec import project


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
