"""Beyond the range of floats on the way; oracle: powers by hand, and IEEE's infinity where they are none."""

from __future__ import annotations

import math

import numpy as np
import pytest

from swref import distance_between, spec, sw_loss, sw_loss_and_grad, sw_losses
from swref.sliced.rescaled import rescaled
from tests.support import tol

BACKENDS = pytest.mark.parametrize("backend", ["numpy", "cpu"])


@BACKENDS
@pytest.mark.parametrize("p", [341.0, 400.5, 700.0, 1000.0])
@pytest.mark.parametrize("size", [1e-170, 0.9, 1.0, 1.5, 50.0, 1e170, 1e308])
def test_a_power_is_a_float_or_infinite(size, p, backend):
    with np.errstate(over="ignore", under="ignore"):
        loss, slope = np.float64(size) ** p, p * np.float64(size) ** (p - 1)
    found, dx = sw_loss_and_grad([[size]], [[0.0]], [[1.0]], p=p, backend=backend)
    np.testing.assert_allclose((found, dx[0, 0]), (loss, slope), rtol=tol(np.float64, int(p)))


@BACKENDS
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_in_many_dimensions_an_infinite_loss_does_not_vanish(dtype, backend):
    """Over 2^8, as large as a projection of so many coordinates could be, the power would be 0."""
    x = np.full((2, 100), 3.0, dtype)
    assert sw_loss(x, 0 * x, np.eye(100, dtype=dtype)[:2], p=1000.0, backend=backend) == np.inf


@BACKENDS
def test_what_is_finite_stays_beside_what_is_not(backend):
    losses = sw_losses([[1.0, 50.0]], [[0.0, 0.0]], np.eye(2), p=700.0, backend=backend)
    assert losses.tolist() == [1.0, np.inf]
    _, dx = sw_loss_and_grad([[1.0], [50.0]], [[0.0], [0.0]], [[1.0]], p=700.0, backend=backend)
    assert dx.tolist() == [[350.0], [np.inf]]
    losses = sw_losses([[1.0, 1e308]], [[0.0, -1.5e308]], np.eye(2), p=700.0, backend=backend)
    assert losses.tolist() == [1.0, np.inf]


@BACKENDS
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_slope_beyond_the_range_of_its_dtype_is_infinite(dtype, backend):
    """Oracle: 11/3 D^10 by hand, in float32 beyond 3.4e38 where D = 1e4."""
    x = np.array([[1e30], [1e4], [2.0]], dtype)
    loss, dx = sw_loss_and_grad(x, np.zeros((3, 1), dtype), np.ones((1, 1), dtype), p=11.0, backend=backend)
    assert loss == np.inf
    with np.errstate(over="ignore"):
        slopes = np.array([[np.longdouble(11) / 3 * D**10] for D in (np.longdouble(1e30), 1e4, 2.0)]).astype(dtype)
    np.testing.assert_allclose(dx, slopes, rtol=tol(dtype, 11))


@BACKENDS
def test_a_projection_that_overflows_has_its_slope(backend):
    """Oracle: both points of x project beyond 1.8e308, in the order opposite to that of their indices."""
    x, y, theta = [[1.7e308, 1.7e308], [1.3e308, 1.3e308]], [[1.6e308, 1.6e308], [1e308, 1e308]], [[0.8, 0.6]]
    loss, dx = sw_loss_and_grad(x, y, theta, p=1.0, backend=backend)
    assert loss == pytest.approx((1.4 * 0.1e308 + 1.4 * 0.3e308) / 2, rel=1e-14)
    np.testing.assert_allclose(dx, [[0.4, 0.3], [0.4, 0.3]])


def test_the_standard_error_of_losses_whose_squares_overflow():
    """Oracle: the same of 2^-300 times the points, p = 2: exact."""
    x, y = np.random.default_rng(0).normal(size=(2, 20, 3))
    small, large = (distance_between(np.ldexp(x, k), np.ldexp(y, k), directions=50) for k in (0, 300))
    assert large.standard_error == np.ldexp(small.standard_error, 600)


@BACKENDS
@pytest.mark.parametrize(("far", "p", "weight"), [(1e155, 2.0, 1e-10), (1e200, 3.0, 1e-300), (2.1, 1000.0, 1e-20)])
def test_a_small_mass_makes_a_power_finite_that_overflows(far, p, weight, backend):
    """Oracle: logarithms."""
    weights = {"x_weights": [weight, 1 - weight], "backend": backend}
    found, dx = sw_loss_and_grad([[far], [0.0]], [[0.0]], [[1.0]], p=p, **weights)
    assert math.log(found) == pytest.approx(p * math.log(far) + math.log(weight), rel=1e-12)
    assert math.log(dx[0, 0]) == pytest.approx(math.log(p) + (p - 1) * math.log(far) + math.log(weight), rel=1e-12)


@pytest.mark.parametrize("p", [1.5, 2.0, 3.0])
def test_what_is_not_finite_is_had_by_homogeneity(p):
    """Oracle: the function itself, where nothing overflows: of degree p, and p - 1 for slopes in points."""
    rng = np.random.default_rng(2)
    x, y, theta = rng.normal(size=(5, 2)), rng.normal(size=(5, 2)), np.eye(2)
    w, wrt = np.full(5, 0.2), ("x", "y", "theta", "x_weights")

    def function(x, y, theta, p, wx, wy, wrt):
        loss, grads = spec.sw_loss_and_grad(x, y, theta, p, wx, wy, wrt)
        return np.array([loss]), grads

    losses, grads = function(x, y, theta, p, w, w, wrt)
    unknown = tuple(np.full_like(grad, np.nan) for grad in grads)
    found, slopes = rescaled(function, x, y, theta, p, w, w, wrt, np.array([np.inf]), unknown)
    np.testing.assert_allclose(found, losses, rtol=tol(np.float64, 5))
    for slope, grad in zip(slopes, grads, strict=True):
        np.testing.assert_allclose(slope, grad, rtol=tol(np.float64, 5), atol=1e-15)
