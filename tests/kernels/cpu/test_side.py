"""The order of projections by value and index: the stable order of the specification."""

from __future__ import annotations

import numpy as np
import pytest

from tests.sliced.support import assert_same_order


@pytest.mark.parametrize("spread", [0.0, 2.0**-52, 2.0**-45, 2.0**-40])
def test_order_where_the_index_hides_the_value(spread):
    """4000 points whose values differ in the last bits only, next to well-spread rows: both ways of settling."""
    generator = np.random.default_rng(1)
    x = 1.0 + spread * generator.integers(-50, 50, (4000, 1))
    assert_same_order(x, np.array([[1.0], [-1.0]]))
    assert_same_order(np.hstack([x, generator.standard_normal((4000, 1))]), np.eye(2))
