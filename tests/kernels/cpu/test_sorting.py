"""The sorting network. Oracle: NumPy's sort; exchanges that sort all zeros and ones sort everything."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from swref.kernels.cpu import sorting

DTYPES = (np.int32, np.float32, np.float64)


@pytest.mark.parametrize("dtype", DTYPES)
def test_rows_of_every_length_are_sorted(dtype):
    """As many as a strip has, less, more, and one; many ties, and the ends of the range."""
    rng = np.random.default_rng(0)
    ends = (-np.inf, np.inf) if dtype != np.int32 else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    for n, count in itertools.product((*range(1, 36), 127, 128, 129, 300, 1000, sorting.LARGEST + 1), (1, 7, 8, 37)):
        rows = rng.integers(-n, n, (count, n)).astype(dtype)
        rows[rng.random(rows.shape) < 0.1] = ends[n % 2]
        got = rows.copy()
        sorting.sort_rows(got)
        np.testing.assert_array_equal(got, np.sort(rows, axis=1))


def test_the_network_of_sixteen_sorts_all_zeros_and_ones():
    rows = (np.arange(1 << 16)[:, None] >> np.arange(16) & 1).astype(np.int32)
    sorting.sort_rows(rows)
    assert (np.diff(rows, axis=1) >= 0).all()


@pytest.mark.parametrize("m", [16, 32, 64, 128])
def test_mergers_merge_all_runs_of_zeros_and_ones(m):
    """All pairs of sorted runs of m; among them those that need every exchange."""
    first, second = np.divmod(np.arange((m + 1) ** 2), m + 1)
    rows = np.hstack([np.arange(m) >= first[:, None], np.arange(m) >= second[:, None]]).astype(np.int32)
    sorting.sort_rows(rows)
    assert (np.diff(rows, axis=1) >= 0).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n", [4, 10, 16, 50])
def test_a_row_keeps_its_nan_to_itself(n, dtype):
    """So that a loss that is not a number says so, and no other becomes one: a NaN at every place; several."""
    rows = np.random.default_rng(1).standard_normal((64 + n, n)).astype(dtype)
    rows[np.arange(n), np.arange(n)] = np.nan
    rows[n + 3 :: 5, n // 2 : n // 2 + 4] = np.nan
    got = rows.copy()
    sorting.sort_rows(got)
    numbers = ~np.isnan(rows).any(axis=1)
    assert (np.isnan(got).any(axis=1) == ~numbers).all()
    np.testing.assert_array_equal(got[numbers], np.sort(rows[numbers], axis=1))
