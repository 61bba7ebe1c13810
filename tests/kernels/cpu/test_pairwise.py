"""All pairs of sorted clouds, by groups of directions and by threads."""

from __future__ import annotations

import numpy as np
import pytest

import swref
from swref.kernels.cpu import pairwise
from swref.kernels.threads import get_num_threads, set_num_threads
from swref.spec import wasserstein_1d


@pytest.mark.parametrize(("n", "m"), [(1, 1), (1, 5), (4, 6), (7, 5), (3, 3)])
@pytest.mark.parametrize("p", [1.0, 2.5])
def test_the_staircase_of_whole_masses(n, m, p):
    """Oracle: the specification in one dimension."""
    rng = np.random.default_rng([n, m])
    px, py = np.sort(rng.standard_normal(n)), np.sort(rng.standard_normal(m))
    assert pairwise.staircase_cost(px, py, p) == pytest.approx(wasserstein_1d(px, py, p)[0], rel=1e-13)


def test_groups_of_directions_and_threads_do_not_show(monkeypatch):
    """Oracle: all directions at once; the same bits for any number of threads."""
    rng = np.random.default_rng(0)
    clouds, theta = rng.standard_normal((7, 20, 2)), swref.directions(1, 11, 2)
    whole = swref.sw_matrix(clouds, theta)
    before = get_num_threads()
    for elements in (1, 7 * 20 * 3):
        monkeypatch.setattr(pairwise, "ELEMENTS", elements)
        found = []
        for threads in (1, 3):
            set_num_threads(threads)
            try:
                found.append(swref.sw_matrix(clouds, theta).tobytes())
            finally:
                set_num_threads(before)
        assert found[0] == found[1]
        np.testing.assert_allclose(swref.sw_matrix(clouds, theta), whole, rtol=1e-14)
