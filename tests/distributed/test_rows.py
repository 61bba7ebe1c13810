"""Sorted projections in pieces. Oracle: NumPy's sort of all of them."""

from __future__ import annotations

import numpy as np
import pytest

from swref.distributed.clouds import cloud_of
from swref.distributed.exact import prepared
from swref.distributed.rows import ranges


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_pieces_are_the_sorted_projections(dtype, descending):
    rng = np.random.default_rng(0)
    x, w = rng.standard_cauchy((5000, 2)).astype(dtype), rng.dirichlet(np.ones(5000))
    x[1::2] = -x[::2]
    rows, _ = prepared(cloud_of("x", x, w), cloud_of("y", x, None), 2)
    theta = np.array([[0.6, 0.8]], dtype)
    pieces = list(rows.pieces(theta, 700, descending))[:: -1 if descending else 1]
    assert len(pieces) > 7
    assert max(len(values) for values, _ in pieces) <= 700
    (px,) = rows.projected(theta)
    order = np.argsort(px, kind="stable")
    np.testing.assert_array_equal(np.concatenate([values for values, _ in pieces]), px[order])
    np.testing.assert_array_equal(np.concatenate([masses for _, masses in pieces]), w[order] / w.sum())


def test_ranges_hold_no_more_than_is_wanted_and_all_there_is():
    counts = np.random.default_rng(0).integers(0, 50, 200)
    found = ranges(counts, 120)
    assert [counts[low:high].sum() for low, high, _ in found] == [count for *_, count in found]
    assert max(count for *_, count in found) <= 120
    assert sum(count for *_, count in found) == counts.sum()
