"""Splits of a pooled sample that is sorted once: the losses of the specification, which sorts each part."""

from __future__ import annotations

import numpy as np
import pytest

from swref.kernels.cpu.permuted import Pooled
from swref.spec.permutations import permuted_losses
from swref.spec.sliced import uniform_directions
from tests.support import tol


def splits(rng: np.random.Generator, B: int, n: int, m: int) -> np.ndarray:
    return rng.permuted(np.tile(np.arange(n + m) < n, (B, 1)), axis=1)


@pytest.mark.parametrize("p", [1.0, 1.5, 2.0, 3.0])
@pytest.mark.parametrize(("n", "m", "d"), [(1, 1, 1), (2, 3, 2), (7, 7, 3), (40, 13, 2), (9, 18, 40)])
def test_losses_are_those_of_the_specification(n, m, d, p):
    """Oracle: spec.permuted_losses; integer points, so that projections tie."""
    rng = np.random.default_rng([n, m, d])
    z = rng.integers(-2, 3, (n + m, d)).astype(float)
    theta, labels = uniform_directions(rng, 5, d), splits(rng, 6, n, m)
    expected = permuted_losses(z, labels, theta, p)
    scale = np.abs(z).max() ** p * d
    np.testing.assert_allclose(Pooled(z, theta).losses(labels, p), expected, atol=tol(np.float64, 5 * (n + m)) * scale)


def test_swapped_labels_and_equal_points_give_equal_bits():
    """Oracle: the loss is symmetric, and exchanging equal points changes neither part."""
    rng = np.random.default_rng(1)
    z = rng.integers(0, 2, (20, 3)).astype(float)
    pooled, labels = Pooled(z, uniform_directions(rng, 4, 3)), splits(rng, 1, 10, 10)
    one = pooled.losses(labels, 2.0)
    assert pooled.losses(~labels, 2.0) == one
    i, j = next((i, j) for i in range(20) for j in range(20) if (z[i] == z[j]).all() and labels[0, i] > labels[0, j])
    labels[0, [i, j]] = labels[0, [j, i]]
    assert pooled.losses(labels, 2.0) == one


def test_points_far_from_zero_keep_their_digits():
    """Oracle: the same points at 0; offsets that are whole numbers are exact."""
    rng = np.random.default_rng(2)
    z, theta = rng.integers(-4, 5, (30, 2)).astype(float), uniform_directions(rng, 4, 2)
    labels = splits(rng, 3, 15, 15)
    far = Pooled(z + 2.0**40, theta).losses(labels, 2.0)
    np.testing.assert_allclose(far, Pooled(z, theta).losses(labels, 2.0), rtol=tol(np.float64, 120))
