"""Cells of bins. Oracle: the values themselves, rounded as the bins round them, in rational numbers."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from swref.distributed.certified import tables_of
from swref.distributed.clouds import MASS_UNIT, cloud_of
from swref.distributed.frame import Frame


@pytest.mark.parametrize("weighted", [False, True])
def test_cells_have_the_moments_and_the_ends_of_their_values(weighted):
    rng = np.random.default_rng(3)
    z = np.sort(np.concatenate((rng.standard_cauchy(300), rng.normal(size=500) / 50, [-1e30, 3e28])))
    weights = rng.dirichlet(np.ones(len(z))) if weighted else None
    frame = Frame(np.ones((1, 1)), np.zeros(1), np.zeros(1), np.ones(1), 8)
    cells = tables_of(cloud_of("x", z.reshape(-1, 1), weights), frame).cells(0)
    rounded = [Fraction(float(np.float32(abs(v) + 1))) - 1 for v in z]
    signed = [r if v >= 0 else -r for v, r in zip(z, rounded, strict=True)]
    values = [Fraction(float(v)) if abs(v) > 2.0**64 else r for v, r in zip(z, signed, strict=True)]
    masses = [1] * len(z) if weights is None else [int(np.rint(w * MASS_UNIT)) for w in weights]
    sums = np.cumsum(np.array(masses, object))
    assert cells.ends[-1] == sums[-1]
    first = 0
    for k, end in enumerate(cells.ends):
        last = int(np.searchsorted(sums, end)) + 1
        here, m = values[first:last], masses[first:last]
        mean = sum(a * b for a, b in zip(here, m, strict=True)) / sum(m)
        variance = sum(b * (a - mean) ** 2 for a, b in zip(here, m, strict=True)) / sum(m)
        assert cells.mean[k] == pytest.approx(float(mean), rel=4e-16, abs=0)
        assert cells.deviation[k] == pytest.approx(float(variance) ** 0.5, rel=4e-16, abs=0)
        assert cells.low[k] <= min(here) <= max(here) <= cells.high[k]
        assert cells.down[k] == pytest.approx(float(mean - Fraction(cells.low[k])), rel=4e-16, abs=0)
        assert cells.up[k] == pytest.approx(float(Fraction(cells.high[k]) - mean), rel=4e-16, abs=0)
        first = last
    assert first == len(z)
