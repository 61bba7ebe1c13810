"""Tables are the same bits for any parts of a cloud, in any order. Oracle: those of all points at once."""

from __future__ import annotations

import numpy as np
import pytest

from swref.distributed.clouds import MASS_UNIT
from swref.distributed.frame import Frame
from swref.distributed.tables import Tables


@pytest.mark.parametrize("weighted", [False, True])
def test_tables_add_up_in_any_order(weighted):
    rng = np.random.default_rng(0)
    x = rng.standard_cauchy((5000, 3))
    x[17] = 1e30
    mass = np.rint(rng.dirichlet(np.ones(len(x))) * MASS_UNIT).astype(np.int64) if weighted else None
    theta = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    frame = Frame.of([x], theta, 8)
    whole = Tables(frame, weighted)
    assert whole.add(x, mass)
    cuts = np.sort(rng.integers(0, len(x), 7)).tolist()
    parts = [(a, b) for a, b in zip([0, *cuts], [*cuts, len(x)], strict=True) if a < b]
    merged = Tables(frame, weighted)
    for a, b in (parts[k] for k in rng.permutation(len(parts))):
        part = Tables(frame, weighted)
        for first in range(3):  # a direction at a time, as threads may
            assert part.add(x[a:b], None if mass is None else mass[a:b], first, first + 1)
        merged.merge(part.gathered())
    np.testing.assert_array_equal(whole.dense, merged.dense)
    np.testing.assert_array_equal(whole.reach, merged.reach)
    for g in range(3):
        for name, values in vars(whole.cells(g)).items():
            np.testing.assert_array_equal(values, getattr(merged.cells(g), name), err_msg=name)
    assert len(whole.gathered().far) == 3


def test_points_that_are_not_finite_are_told():
    tables = Tables(Frame.of([np.zeros((2, 1))], np.ones((1, 1)), 8))
    assert tables.add(np.array([[1e300]]))
    assert not tables.add(np.array([[0.0], [np.nan]]))
