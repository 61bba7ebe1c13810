"""Ranks: mid-ranks of the data themselves, and the same whatever increasing function is applied to a column."""

from __future__ import annotations

import numpy as np

from swref.measures import Discrete
from swref.runs.ranks import Ranks


def test_mid_ranks():
    """Oracle: scipy.stats.rankdata."""
    from scipy.stats import rankdata

    x = np.random.default_rng(0).integers(0, 6, (50, 2)).astype(float)
    found = Ranks.of(Discrete(x))(Discrete(x)).points
    np.testing.assert_allclose(found, (rankdata(x, axis=0) - 0.5) / 50, rtol=1e-13)
    np.testing.assert_allclose(Ranks.of(Discrete(np.exp(x)))(Discrete(np.exp(x))).points, found, rtol=1e-13)


def test_weights():
    data = Discrete([[0.0], [1.0]], weights=[0.75, 0.25])
    assert Ranks.of(data)(data).points.ravel().tolist() == [0.375, 0.875]
