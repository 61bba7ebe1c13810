"""E(Y), its map G, its Hessian and the two descents: closed forms, identities and finite differences."""

from __future__ import annotations

import json

import numpy as np
import pytest

from swref import directions, sw_loss_and_grad
from swref.errors import InputError, InputTypeError
from swref.theory import (
    block_coordinate_descent,
    cloud_energy,
    cloud_hessian,
    fixed_point_iteration,
    fixed_point_map,
)
from tests.support import tol

SYMMETRIC = np.array([[0.0, 1.0], [0.0, -1.0]])
SADDLE = np.array([[2 / np.pi, 0.0], [-2 / np.pi, 0.0]])


def pair(seed, n, d=2):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)), rng.normal(size=(n, d))


@pytest.mark.parametrize(("d", "n"), [(1, 5), (2, 6), (3, 4)])
def test_energy_by_many_directions(d, n):
    """Oracle: E_L on many well spread directions. The equally spaced ones of the plane miss by O(1/L^2)."""
    y, z = pair(d, n, d)
    F = cloud_energy(y, z, accuracy=1e-5)
    theta = directions(0, 1 << 15, d, "grid" if d == 2 else "sobol")
    loss, grad = sw_loss_and_grad(y, z, theta)
    assert F.value == pytest.approx(loss, abs=1e-4)
    np.testing.assert_allclose(F.grad, grad, atol=1e-4 if d == 2 else 5e-3)
    assert F.exact is (d <= 2)


def test_two_symmetric_points():
    """Z = +-(0, 1): Y = +-(2/pi, 0) is a saddle of value 1/2 - 2/pi^2 and a fixed point of G; one way is down."""
    value, grad = cloud_energy(SADDLE, SYMMETRIC)
    assert value == pytest.approx(0.5 - 2 / np.pi**2, rel=tol(np.float64, 4))
    np.testing.assert_allclose(grad, 0, atol=tol(np.float64, 4))
    np.testing.assert_allclose(fixed_point_map(SADDLE, SYMMETRIC), SADDLE, atol=tol(np.float64, 4))
    H = cloud_hessian(SADDLE, SYMMETRIC)
    assert np.sum(np.linalg.eigvalsh(H) < -0.1) == 1


@pytest.mark.parametrize("n", [2, 5, 9])
def test_map_is_the_least_squares_update(n):
    """G(Y)_k = 2 E[theta theta^T z_sigma(k)], sigma from sorting on 2^16 equally spaced directions."""
    y, z = pair(n, n)
    theta = directions(1, 1 << 16, 2, "grid")  # [L, 2]
    heights = np.empty((len(theta), n))
    np.put_along_axis(heights, np.argsort(theta @ y.T, axis=1), np.sort(theta @ z.T, axis=1), axis=1)
    np.testing.assert_allclose(fixed_point_map(y, z), 2 * heights.T @ theta / len(theta), atol=1e-4)


@pytest.mark.parametrize("d", [1, 2])
@pytest.mark.parametrize("seed", range(3))
def test_fixed_point_iteration(seed, d):
    """It never goes up, and stops where Y = G(Y), with E = (|Z|^2 - |Y|^2)/(n d) for centred clouds."""
    y, z = pair(seed, 6, d)
    y, z = y - y.mean(axis=0), z - z.mean(axis=0)
    run = fixed_point_iteration(y, z, tolerance=0.0, max_iterations=5000)
    assert run.converged
    assert np.all(np.diff(run.values)[:-1] < 0)
    assert run.values[0] == cloud_energy(y, z).value
    assert run.values[-1] == pytest.approx(cloud_energy(run.points, z).value, abs=1e-15)
    assert run.values[-1] == pytest.approx((np.sum(z**2) - np.sum(run.points**2)) / y.size, abs=1e-7)
    np.testing.assert_allclose(fixed_point_map(run.points, z), run.points, atol=1e-6)


def test_iteration_counts():
    y, z = pair(3, 4)
    run = fixed_point_iteration(y, z, tolerance=0.0, max_iterations=3)
    assert run.iterations == 3
    assert not run.converged
    G = fixed_point_map
    np.testing.assert_allclose(run.points, G(G(G(y, z), z), z), atol=tol(np.float64, 10))
    still = fixed_point_iteration(y, z, max_iterations=0)
    np.testing.assert_array_equal(still.points, y)
    record = json.loads(json.dumps(run.to_dict()))
    assert record["values"] == run.values.tolist()


@pytest.mark.parametrize("n", [1, 2, 3, 6])
def test_hessian_by_finite_differences(n):
    """Oracle: central differences of the exact gradient; H is symmetric and I/n - H positive semidefinite."""
    y, z = pair(20 + n, n)
    H = cloud_hessian(y, z)
    numeric, h = np.empty((2 * n, 2 * n)), 1e-5
    for k in range(2 * n):
        step = np.zeros(2 * n)
        step[k] = h
        step = step.reshape(n, 2)
        numeric[:, k] = ((cloud_energy(y + step, z).grad - cloud_energy(y - step, z).grad) / (2 * h)).ravel()
    np.testing.assert_allclose(H, numeric, atol=1e-8)
    np.testing.assert_array_equal(H, H.T)
    assert np.linalg.eigvalsh(np.eye(2 * n) / n - H).min() > -tol(np.float64, 4 * n)


def test_hessian_on_translations_is_the_identity():
    """Translations do not change the matchings: H applied to one is that of |Y|^2/(2n)."""
    y, z = pair(5, 7)
    shift = np.tile([0.3, -0.7], 7)
    np.testing.assert_allclose(cloud_hessian(y, z) @ shift, shift / 7, atol=tol(np.float64, 14))


@pytest.mark.parametrize("seed", range(3))
def test_block_coordinate_descent(seed):
    """It never goes up; with tolerance 0 it ends where the gradient of E_L vanishes."""
    y, z = pair(seed, 8, 3)
    theta = directions(seed, 7, 3)
    run = block_coordinate_descent(y, z, theta, tolerance=0.0, max_iterations=1000)
    assert run.converged
    assert np.all(np.diff(run.values) <= 1e-15)
    loss, grad = sw_loss_and_grad(run.points, z, theta)
    assert run.values[-1] == loss
    np.testing.assert_allclose(grad, 0, atol=tol(np.float64, 30))


def test_block_coordinate_descent_is_a_least_squares_problem():
    """One update minimises sum_l (theta_l . Y_k - theta_l . z_sigma_l(k))^2: numpy.linalg.lstsq, point by point."""
    y, z = pair(4, 5)
    theta = directions(2, 6, 2)
    once = block_coordinate_descent(y, z, theta, max_iterations=1).points
    ranks = np.argsort(np.argsort(theta @ y.T, axis=1), axis=1)  # [L, n]
    for k in range(5):
        heights = np.sort(theta @ z.T, axis=1)[np.arange(6), ranks[:, k]]
        np.testing.assert_allclose(once[k], np.linalg.lstsq(theta, heights)[0], atol=tol(np.float64, 60))


@pytest.mark.parametrize(("L", "recovered"), [(3, False), (70, True)])
def test_the_spiral(L, recovered):
    """30 points x(t) = (t/pi)(cos t, sin t): 3 directions get stuck away from it, 70 recover it (arXiv 2307.10352)."""
    t = 4 * np.pi * np.arange(30) / 30
    spiral = (t / np.pi)[:, None] * np.stack([np.cos(t), np.sin(t)], axis=1)
    start = np.random.default_rng(0).normal(size=(30, 2))
    run = block_coordinate_descent(start, spiral, directions(0, L, 2), tolerance=0.0)
    assert run.converged
    assert bool(cloud_energy(run.points, spiral).value < 1e-10) is recovered


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: cloud_energy([[0.0]], [[0.0], [1.0]]), InputError, r"one shape \[n, d\], got \(1, 1\) and \(2, 1\)"),
        (lambda: cloud_energy([["a"]], [[0.0]]), InputTypeError, r"y must be an array of float32"),
        (lambda: cloud_hessian([[0.0]], [[0.0]]), InputError, r"y must have 2 columns"),
        (
            lambda: cloud_hessian(np.zeros((2, 2)), np.eye(2)),
            InputError,
            r"y must have distinct rows, got equal rows 0",
        ),
        (
            lambda: cloud_hessian([[0, 0], [1, 1], [5, 2], [3, 3]], np.ones((4, 2))),
            InputError,
            r"no three collinear points, got rows 0, 1 and 3",
        ),
        (lambda: fixed_point_iteration([[0.0]], [[0.0]], tolerance=-1.0), InputError, r"tolerance must be >= 0"),
        (
            lambda: block_coordinate_descent(np.eye(2), np.eye(2), [[1.0, 0.0], [-1.0, 0.0]]),
            InputError,
            r"theta must span R\^2, got 2 directions of rank 1",
        ),
        (
            lambda: block_coordinate_descent(np.eye(2), np.eye(2), np.eye(3)),
            InputError,
            r"theta must have 2 columns",
        ),
        (
            lambda: block_coordinate_descent(np.eye(2), np.eye(2), 2 * np.eye(2)),
            InputError,
            r"theta must have rows of length 1",
        ),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()
