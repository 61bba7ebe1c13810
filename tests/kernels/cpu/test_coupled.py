"""The staircase and its potentials against the specification's coupling, row by row."""

from __future__ import annotations

import numpy as np
import pytest

from swref.kernels.cpu import coupled
from swref.spec import potential, stable_order, wasserstein_1d
from tests.support import tol


def one_row(n, m, weighted, seed=0):
    """Values with ties, and weights (some 0) or none, and the keys that order them: here the plain stable order."""
    rng = np.random.default_rng([seed, n, m])
    x, y = rng.integers(-3, 4, n) / 2.0, rng.standard_normal(m)
    wx, wy = (rng.random(k) * (rng.random(k) < 0.8) + (np.arange(k) == 0) for k in (n, m))
    return x, y, *((wx / wx.sum(), wy / wy.sum()) if weighted else (None, None))


MASK = (1 << 20) - 1


@pytest.mark.parametrize("p", [1.0, 1.5, 2.0, 3.0])
@pytest.mark.parametrize(("n", "m"), [(1, 1), (5, 5), (6, 4), (3, 9)])
@pytest.mark.parametrize("weighted", [False, True])
def test_a_row_is_the_cost_of_spec_with_its_slopes_and_potentials(n, m, weighted, p):
    """Oracle: spec.wasserstein_1d and spec.potential."""
    x, y, wx, wy = one_row(n, m, weighted)
    none = np.empty(0)
    px, py, losses, f, g = x[None].copy(), y[None].copy(), np.empty(1), np.empty((1, n)), np.empty((1, m))
    left = (stable_order(x)[None], MASK, px, none if wx is None else wx)
    right = (stable_order(y)[None], MASK, py, none if wy is None else wy)
    coupled.match_coupled(*left, *right, p, losses, f, g)
    value, dx, dy = wasserstein_1d(x, y, p, wx, wy)
    atol = tol(np.float64, n + m) * (1 + np.abs(x[:, None] - y).max() ** p)
    assert losses[0] == pytest.approx(value, abs=atol)
    np.testing.assert_allclose(px[0], dx, atol=p * atol)
    np.testing.assert_allclose(py[0], dy, atol=p * atol)
    np.testing.assert_allclose(f[0], potential(x, y, p, wx, wy), atol=atol)
    np.testing.assert_allclose(g[0], potential(y, x, p, wy, wx), atol=atol)


def test_values_are_taken_in_order_and_put_back():
    values, keys, out = np.array([3.0, 1.0, 2.0]), np.array([1, 2, 0]), np.empty(3)
    coupled.take_sorted(keys, MASK, values, out)
    assert out.tolist() == [1.0, 2.0, 3.0]
    back = np.empty(3)
    coupled.put_back(keys, MASK, out, back)
    assert back.tolist() == values.tolist()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_gradient_in_a_direction_adds_points_in_order(dtype):
    """Oracle: the scalar loop in the same order, added to what was there."""
    rng = np.random.default_rng(3)
    slopes, xT = rng.standard_normal((2, 7)).astype(dtype), rng.standard_normal((3, 7)).astype(dtype)
    dtheta = rng.standard_normal((2, 3)).astype(dtype)
    expected = dtheta.copy()
    for r in range(2):
        for k in range(3):
            total = 0.0
            for i in range(7):
                total += slopes[r, i] * xT[k, i]
            expected[r, k] += total
    coupled.direction_gradient(slopes, xT, dtheta)
    np.testing.assert_allclose(dtheta, expected, rtol=tol(dtype, 7))
