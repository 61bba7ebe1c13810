"""Seeded searches for the worst case: networks whose suprema are known."""

from __future__ import annotations

import numpy as np
import pytest

from swref.networks import MLP
from swref.theory.assumptions.searches import Search
from tests.theory.assumptions.support import CELLS


def test_a_quotient_across_a_kink_is_no_second_derivative():
    """T = relu(b) at b = 0 has a jump of T' there, and T'' = 0 on either side; d^2 (T^2)/db^2 = 2 beside the kink."""
    search = Search(MLP((1, 1), "tanh", "relu"), CELLS, CELLS, np.zeros(2), 1.0, 0.0, 1, 2.0, 0, 1)
    assert search.curvature(np.array([0.0, 0.0]), np.zeros(1), 1, 1, 1e-3) == 0
    assert search.curvature(np.array([0.0, 0.5]), np.zeros(1), 1, 1, 1e-3) == pytest.approx(2.0)
