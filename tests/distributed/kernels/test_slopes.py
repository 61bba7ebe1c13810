"""Slopes between the ends of what a bin may be matched with. Oracle: |v - target|^p differentiated by hand."""

from __future__ import annotations

import numpy as np
import pytest

from swref.distributed.kernels.bins import OCTAVES
from swref.distributed.kernels.slopes import add_slopes

BITS = 8
HALF, STEPS = OCTAVES << BITS, 1 << (23 - BITS)


@pytest.mark.parametrize("p", [1.0, 2.0, 3.0])
def test_slopes_lie_between_those_of_the_ends(p):
    """Targets [1, 2] of the bin at 0, [2, 4] of the next one: both hold within 3 steps of their common edge."""
    z = np.array([0.5, STEPS - 10, STEPS - 2, STEPS + 1, STEPS + 10]) * 2.0**-23
    low, high = np.array([[0.0, 0.0, 1.0, 2.0, 4.0, 4.0]]), np.array([[0.0, 1.0, 2.0, 4.0, 8.0, 8.0]])
    near, rise = np.array([[0.0, 0.0, 1.5, 3.0, 6.0, 6.0]]), np.zeros((1, 6))
    dx, bound, one = np.zeros((5, 1)), np.zeros((5, 1)), np.ones(1)
    add_slopes(
        z.reshape(-1, 1) * 2, np.zeros(1), np.ones((1, 1)), np.zeros(1), 2 * one, 23 - BITS, np.array([HALF]),
        np.array([3]), 0 * one, low, high, near, rise, p, np.full(5, 0.5), dx, bound,
    )  # fmt: skip
    ends = [(0, 2), (1, 2), (1, 4), (1, 4), (2, 4)]
    for k, (least, most) in enumerate(ends):
        target = 1.5 if k < 3 else 3.0
        slope, steepest, flattest = (-p * (t - z[k]) ** (p - 1) * 2 ** (p - 1) / 2 for t in (target, most, least))
        if least == 0:  # z is above
            flattest = p * z[k] ** (p - 1) * 2 ** (p - 1) / 2
        assert dx[k, 0] == pytest.approx(slope, rel=1e-12)
        assert bound[k, 0] == pytest.approx(max(slope - steepest, flattest - slope), rel=1e-9, abs=1e-12)
