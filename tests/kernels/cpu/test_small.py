"""Small problems in two compiled calls: the specification, and None where another way has to be taken."""

from __future__ import annotations

import math

import numpy as np
import pytest

from swref.directions import directions
from swref.kernels.cpu.small import losses_and_grad
from swref.spec import sw_loss_and_grad, sw_losses
from tests.support import tol


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("p", [1.0, 1.5, 2.0])
@pytest.mark.parametrize(("n", "d", "L"), [(1, 1, 1), (9, 2, 1), (8, 3, 5)])
def test_losses_and_gradient_are_those_of_spec(n, d, L, p, dtype):
    rng = np.random.default_rng(n)
    x, y = rng.standard_normal((2, n, d)).astype(dtype)
    theta = directions(1, L, d).astype(dtype)
    losses, (dx,) = losses_and_grad(x, y, theta, p, math.inf)
    assert dx.dtype == dtype
    np.testing.assert_allclose(losses, sw_losses(x, y, theta, p), rtol=tol(dtype, n * d))
    expected = sw_loss_and_grad(x, y, theta, p)[1][0]
    np.testing.assert_allclose(dx, expected, atol=tol(dtype, n * d) * max(1.0, np.abs(expected).max()))


def test_directions_of_another_length_and_rows_without_an_order_are_left_to_others():
    """Oracle: None by contract: |theta| = 1.1; and 64 values in falling order that share one key."""
    x, y = np.random.default_rng(2).standard_normal((2, 6, 2))
    assert losses_and_grad(x, y, np.array([[1.1, 0.0]]), 2.0, 1e-6) is None
    assert losses_and_grad(x, y, np.array([[1.1, 0.0]]), 2.0, math.inf) is not None
    packed = (1.0 + 2.0**-52 * np.arange(64)[::-1])[:, None]
    packed[0] = -1.0  # far from the others: no offset takes them apart
    assert losses_and_grad(packed, packed, np.ones((1, 1)), 2.0, 1e-6) is None
