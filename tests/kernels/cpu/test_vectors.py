"""Transposition by tiles of vectors. Oracle: NumPy's."""

from __future__ import annotations

import numpy as np
import pytest

from swref.kernels.cpu import vectors
from swref.kernels.cpu.products import QUICK


@pytest.mark.skipif(not QUICK, reason="needs Numba's compiler")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(1, 1), (16, 16), (7, 40), (33, 17), (64, 129)])
def test_every_shape_is_transposed(shape, dtype):
    source = np.random.default_rng(0).standard_normal(shape).astype(dtype)
    target = np.full(shape[::-1], np.nan, dtype)
    vectors.transpose(source, target)
    assert (target == source.T).all()
