"""Gaussian and uniform laws: moments against closed forms, seeded."""

from __future__ import annotations

import math

import numpy as np
import pytest

from swref.errors import InputError
from swref.measures import Gaussian, Uniform
from tests.measures.statistics import N, assert_mean, rng
from tests.support import tol


def test_gaussian_moments() -> None:
    """Oracle: E x = m, E (x - m)(x - m)^T = S, and Var[(x - m)_i (x - m)_j] = S_ii S_jj + S_ij^2 (Isserlis)."""
    mean, covariance = np.array([1.0, -2.0, 3.0]), np.array([[4.0, 1.0, 0.5], [1.0, 2.0, -0.3], [0.5, -0.3, 1.0]])
    x = Gaussian(mean, covariance).sample(rng(), N)
    variances = np.diag(covariance)
    assert_mean(x, mean, variances)
    centred = x - mean
    products = centred[:, :, None] * centred[:, None, :]
    assert_mean(products, covariance, np.outer(variances, variances) + covariance**2)


def test_singular_gaussian_stays_on_its_line() -> None:
    """Oracle: covariance v v^T puts all mass on mean + R v."""
    v = np.array([3.0, 4.0])
    x = Gaussian([1.0, 1.0], np.outer(v, v)).sample(rng(), 200) - 1.0
    off_line = x @ np.array([4.0, -3.0]) / 5.0
    # The square root turns a relative rounding error eps of an eigenvalue 0 into sqrt(eps).
    assert np.abs(off_line).max() <= 25.0 * math.sqrt(tol(np.float64))
    assert_mean((x @ v / 25.0) ** 2, 1.0, 2.0)


def test_gaussian_of_covariance_zero_is_its_mean() -> None:
    np.testing.assert_array_equal(Gaussian([1.0, 2.0], np.zeros((2, 2))).sample(rng(), 2), [[1.0, 2.0], [1.0, 2.0]])


@pytest.mark.parametrize(
    ("mean", "covariance", "line"),
    [
        ([0.0, 0.0], [[1.0, 0.5], [0.0, 1.0]], r"covariance must be symmetric, got entries that differ .* by 0.5"),
        ([0.0, 0.0], [[1.0, 2.0], [2.0, 1.0]], r"covariance must be positive semi-definite, got an eigenvalue -1"),
        ([0.0, 0.0], [[1.0]], r"covariance must have 2 columns, got shape \(1, 1\)"),
        ([0.0, 0.0], [[1.0, 0.0]], r"covariance must have shape \(2, 2\), got \(1, 2\)"),
        ([0.0, 0.0], [[1.0, 0.0]] * 3, r"covariance must have shape \(2, 2\), got \(3, 2\)"),
        ([0.0], [[np.inf]], r"covariance must be finite, got inf at \[0, 0\]"),
        ([], [[1.0]], r"mean must be a vector \[d\] with d >= 1, got shape \(0,\)"),
        (0.0, [[1.0]], r"mean must be a vector \[d\] with d >= 1, got shape \(\)"),
        ([np.nan], [[1.0]], r"mean must be finite, got nan at \[0\]"),
    ],
)
def test_gaussian_refuses(mean, covariance, line: str) -> None:
    with pytest.raises(InputError, match=line):
        Gaussian(mean, covariance)


def unit_moments(shape: str, d: int) -> tuple[float, float]:
    if shape == "cube":
        return 1 / 3, 1 / 5
    second, fourth = 1 / d, 3 / (d * (d + 2))  # on the sphere
    return (second, fourth) if shape == "sphere" else (second * d / (d + 2), fourth * d / (d + 4))


def test_a_covariance_of_float32_is_symmetric_to_its_rounding() -> None:
    """Oracle: the same matrix in float64; S = A A^T computed in float32, one entry an ulp off, and of rank one."""
    factor = np.random.default_rng(0).standard_normal((50, 5)).astype(np.float32)
    covariance = factor.T @ factor
    covariance[0, 1] = np.nextafter(covariance[0, 1], np.float32(9e9))
    law = Gaussian(np.zeros(5), covariance)
    np.testing.assert_array_equal(law.covariance, law.covariance.T)
    np.testing.assert_allclose(law.covariance, factor.T.astype(float) @ factor.astype(float), rtol=1e-5, atol=1e-5)
    thin = np.outer(factor[0], factor[0])
    assert Gaussian(np.zeros(5), thin).sample(np.random.default_rng(1), 4).shape == (4, 5)
    again = Gaussian(law.mean, law.to_dict()["covariance"])
    np.testing.assert_array_equal(again.covariance, law.covariance)
    with pytest.raises(InputError, match="covariance must be symmetric"):
        Gaussian(np.zeros(5), covariance.astype(float))


def test_the_sphere_of_the_line_has_two_points() -> None:
    """Oracle: its support, which says two atoms."""
    law = Uniform("sphere", 1, radius=0.3, center=[1.0])
    points = law.sample(np.random.default_rng(0), 1000)
    np.testing.assert_array_equal(np.unique(points), [0.7, 1.3])
    assert law.support.atoms == 2


@pytest.mark.parametrize("shape", ["ball", "sphere", "cube"])
@pytest.mark.parametrize("d", [1, 2, 5])
def test_uniform_support_and_moments(shape: str, d: int) -> None:
    radius, center = 1.5, np.arange(1.0, d + 1.0)
    x = Uniform(shape, d, radius, center).sample(rng(d), N) - center
    size = np.abs(x).max(axis=1) if shape == "cube" else np.linalg.norm(x, axis=1)
    slack = tol(np.float64, d) * (radius + d)
    if shape == "sphere":
        np.testing.assert_allclose(size, radius, atol=slack)
    else:
        assert size.max() <= radius + slack
        # P(size <= radius/2) = 2^{-d} for both.
        assert_mean(size <= radius / 2, 2.0**-d, 2.0**-d * (1 - 2.0**-d))
    second, fourth = unit_moments(shape, d)
    assert_mean(x, np.zeros(d), radius**2 * second)
    # On the sphere of R^1 the square is constant: rounding is all that is left.
    variance = radius**4 * (fourth - second**2) + N * slack**2
    assert_mean(x**2, np.full(d, radius**2 * second), variance)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("bal", 2), r"shape must be one of ball, sphere, cube, got 'bal'; did you mean 'ball'\?"),
        (("ball", 0), r"dim must be >= 1, got 0"),
        (("ball", 2, 0.0), r"radius must be > 0, got 0\.0"),
        (("ball", 2, 1.0, [0.0]), r"center must have 2 entries, got 1"),
    ],
)
def test_uniform_refuses(arguments: tuple, line: str) -> None:
    with pytest.raises(InputError, match=line):
        Uniform(*arguments)
