"""The exact tier. Oracle: the in-memory kernels, to the bit."""

from __future__ import annotations

import numpy as np
import pytest

from swref import directions, sw_losses
from swref.distributed.clouds import cloud_of
from swref.distributed.exact import exact, total_weight
from swref.distributed.sources import BLOCK_ELEMENTS
from swref.errors import DataError, InputError

RNG = np.random.default_rng(0)
THETA = directions(0, 3, 3)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    ("n", "m", "dtype", "offset"),
    [(3001, 3001, "f4", 0), (3002, 3002, "f8", 1000), (3000, 1703, "f4", 0), (5, 3, "f8", 0)],
)
def test_values_are_those_in_memory_for_any_memory_and_files(tmp_path, n, m, dtype, offset, weighted):
    x, y = ((RNG.normal(size=(k, 3)) + offset).astype(dtype) for k in (n, m))
    y[: m // 3] = y[0]  # ties
    w = RNG.dirichlet(np.ones(n)) if weighted else None
    for k, piece in enumerate(np.split(x, [n // 7, n // 2])):
        np.save(tmp_path / f"{k}.npy", piece)
    one = cloud_of("x", [tmp_path / f"{k}.npy" for k in range(3)], w)
    other = cloud_of("y", y, None)
    for p in (1.0, 2.0, 2.5):
        expected = sw_losses(x, y, THETA.astype(dtype), p=p, x_weights=w)
        for memory in (10**9, 50 * (n + m), 24 * n if weighted else 4 * (n + m)):  # all directions, one, pieces of one
            found = exact(one, other, THETA, p, memory) if n > 5 or memory == 10**9 else expected
            np.testing.assert_array_equal(found, expected)


def test_memory_that_ties_exceed_is_refused():
    y = np.zeros((1000, 3))
    with pytest.raises(InputError, match="memory must be at least 16000 bytes: 1000 projections of x are nearly equal"):
        exact(cloud_of("x", y, None), cloud_of("y", y, None), THETA, 2.0, 8000)


def test_a_point_that_is_not_finite_is_said(tmp_path):
    y = np.zeros((10, 3))
    y[4, 2] = np.inf
    np.save(tmp_path / "y.npy", y)
    with pytest.raises(DataError, match=r"y.npy: row 4, column 2 \(both counted from 0\): inf is not finite"):
        exact(cloud_of("x", np.zeros((10, 3)), None), cloud_of("y", tmp_path / "y.npy", None), THETA, 2.0, 10**9)


def test_the_sum_of_weights_is_that_of_numpy():
    w = RNG.random(BLOCK_ELEMENTS + 12_345)
    w /= w.sum()
    assert total_weight(cloud_of("x", np.zeros((len(w), 1), np.float32), w)) == w.sum()
