"""Least elements of hulls: the conditions of optimality, and hulls of permutations, whose least element is the mean."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from swref.theory.criticality.least_norm import least_norm


@pytest.mark.parametrize("with_ray", [False, True])
def test_least_norm_is_optimal(with_ray):
    """Oracle: optimality of the least element x over hull + cone: <x, p> >= |x|^2 for every vertex, <x, ray> >= 0."""
    rng = np.random.default_rng(8)
    for _ in range(30):
        points = rng.standard_normal((7, 4)) + 1.5 * rng.standard_normal(4)
        ray = rng.standard_normal(4) if with_ray else None
        weights = least_norm(points, ray)
        x = weights[:7] @ points + (weights[7] * ray if with_ray else 0.0)
        assert np.all(weights >= 0)
        assert weights[:7].sum() == pytest.approx(1, rel=1e-12)
        assert np.all(points @ x >= x @ x - 1e-9)
        if with_ray:
            assert x @ ray >= -1e-9
            assert weights[7] * (x @ ray) == pytest.approx(0, abs=1e-9)


def test_least_norm_of_zero_points():
    assert least_norm(np.zeros((3, 2))).tolist() == [1, 0, 0]
    assert least_norm(np.zeros((1, 2)), np.ones(2)).tolist() == [1, 0]


@pytest.mark.parametrize("cases", [200, pytest.param(6000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("power", [0.5, 2.0])
def test_degenerate_hulls_of_permutations(cases, power):
    """Oracle: the mean, by symmetry. Many vertices on few dimensions, repeated and collinear: here the active sets of
    non-negative least squares went wrong, silently (scipy's nnls on [-1, 0, -1, 0] squared: norm .968 for .75)."""
    rng = np.random.default_rng(10)
    for _ in range(cases):
        y = rng.integers(-2, 3, rng.integers(2, 6)).astype(np.float64)
        g = -3 / len(y) * np.sign(y) * np.abs(y) ** power
        hull = np.array(sorted(set(itertools.permutations(g.tolist()))))
        weights = least_norm(hull)
        assert np.all(weights >= 0)
        np.testing.assert_allclose(weights @ hull, np.full(len(g), g.mean()), atol=1e-13)


def test_sums_of_such_hulls_and_a_ray():
    """Oracle: optimality, <x, v> >= |x|^2 and <x, ray> >= 0, on integer points with every kind of degeneracy."""
    rng = np.random.default_rng(11)
    for _ in range(300):
        D = int(rng.integers(1, 6))
        points = rng.integers(-1, 3, (int(rng.integers(1, 30)), D)).astype(np.float64)
        points = np.repeat(points, 2, axis=0)
        ray = np.eye(D)[0] if rng.random() < 0.5 else None
        weights = least_norm(points, ray)
        x = weights[: len(points)] @ points + (0 if ray is None else weights[-1] * ray)
        assert weights[: len(points)].sum() == pytest.approx(1, rel=1e-13)
        assert np.all(points @ x >= x @ x - 1e-13)
        assert ray is None or x @ ray >= -1e-13


@pytest.mark.parametrize("with_ray", [False, True])
def test_going_on_from_the_weights_of_fewer_points(with_ray):
    """Oracle: the norm found from the plain start, for integer points (degenerate hulls) that come one by one."""
    rng = np.random.default_rng(12)
    for _ in range(50):
        D = int(rng.integers(1, 6))
        points, ray = rng.integers(-1, 4, (12, D)).astype(np.float64), rng.integers(1, 3, D) if with_ray else None
        weights = None
        for count in range(1, 13):
            weights, plain = (least_norm(points[:count], ray, start) for start in (weights, None))
            generators = points[:count] if ray is None else np.vstack((points[:count], ray))
            assert weights[:count].sum() == pytest.approx(1, rel=1e-13)
            assert np.linalg.norm(weights @ generators) == pytest.approx(np.linalg.norm(plain @ generators), abs=1e-13)
