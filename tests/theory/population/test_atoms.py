"""Atoms: coincident points merged by a dictionary of coordinates, levels in whole numbers, clouds far from 0."""

from __future__ import annotations

import numpy as np
import pytest

from swref.theory.population.atoms import about_centre, atoms, atoms_of_both, centred
from tests.support import tol


def lattice(seed, m):
    """Points [m, 2] with many coincidences, some written with -0.0, and weights [m], some 0."""
    rng = np.random.default_rng(seed)
    x = rng.integers(-1, 2, (m, 2)).astype(float)
    x[rng.random((m, 2)) < 0.5] *= -1.0
    weights = np.where(rng.random(m) < 0.3, 0.0, rng.random(m))
    weights[0] = 0.5
    return x, weights / weights.sum()


@pytest.mark.parametrize("seed", range(10))
def test_points_are_merged_as_by_a_dictionary(seed):
    """Oracle: a dictionary from coordinates to mass, sorted; it takes -0.0 for 0.0, as == does."""
    x, weights = lattice(seed, 12)
    found = atoms(x, weights, 1.0)
    masses: dict[tuple[float, ...], float] = {}
    for point, weight in zip(x.tolist(), weights, strict=True):
        if weight > 0:
            masses[tuple(point)] = masses.get(tuple(point), 0.0) + weight
    assert [tuple(point) for point in found.points.tolist()] == sorted(masses)
    np.testing.assert_allclose(found.weights, [masses[key] for key in sorted(masses)], rtol=tol(np.float64, 12))
    held = weights > 0
    np.testing.assert_array_equal(found.points[found.owner[held]], x[held])
    np.testing.assert_array_equal(found.share[~held], 0.0)


def test_a_gradient_is_shared_out_in_proportion_to_the_weights():
    """Oracle: by hand; the rows of an atom's points add up to the atom's row."""
    x = np.array([[1.0, 0.0], [0.0, 0.0], [1.0, 0.0], [1.0, 0.0]])
    found = atoms(x, np.array([0.1, 0.6, 0.3, 0.0]), 1.0)
    spread = found.spread(np.array([[8.0, 4.0], [-4.0, 2.0]]))
    np.testing.assert_allclose(spread, [[-1.0, 0.5], [8.0, 4.0], [-3.0, 1.5], [0.0, 0.0]], rtol=tol(np.float64))


@pytest.mark.parametrize(("m", "mt"), [(3, 7), (10, 10), (49, 6)])
def test_levels_of_uniform_clouds_coincide_to_the_last_bit(m, mt):
    """Oracle: fractions k/m = l/mt compared as whole numbers; sums of 1/49 would miss each other by rounding."""
    rng = np.random.default_rng(m)
    z, w = rng.standard_normal((m, 1)), rng.standard_normal((mt, 1))
    for wx, wy in ((None, None), (np.full(m, 1 / m), np.full(mt, 1 / mt))):
        a, b = atoms_of_both(z, w, wx, wy)
        assert a.total == b.total == m * mt
        meeting = np.intersect1d(np.cumsum(a.weights), np.cumsum(b.weights))
        assert len(meeting) == np.gcd(m, mt)
    a, _ = atoms_of_both(z, w, np.full(m, 1 / m), np.arange(1.0, mt + 1) / np.arange(1.0, mt + 1).sum())
    np.testing.assert_allclose(a.probabilities, 1 / m, rtol=tol(np.float64))
    assert a.total == 1.0


def test_far_clouds_come_near_the_origin_and_keep_their_differences():
    """Oracle: differences of multiples of 1/8, exact at an offset of 2^40, where the grid of float64 is 2^-12."""
    rng = np.random.default_rng(4)
    z, w = rng.integers(-64, 64, (9, 2)) / 8.0, rng.integers(-64, 64, (7, 2)) / 8.0
    x, y = about_centre(*atoms_of_both(z + 2.0**40, w + 2.0**40, None, None))
    z, w = np.unique(z, axis=0), np.unique(w, axis=0)  # as the atoms are sorted
    np.testing.assert_array_equal(x[:, None] - y[None], z[:, None] - w[None])
    np.testing.assert_array_equal(x - x[0], z - z[0])
    assert max(np.abs(x).max(), np.abs(y).max()) < 32


def test_centred_clouds_have_mean_zero_and_the_shift_is_that_of_the_means():
    rng = np.random.default_rng(5)
    z, w = rng.standard_normal((6, 3)) + 5, rng.standard_normal((4, 3))
    wx, wy = (v / v.sum() for v in (rng.random(6), rng.random(4)))
    a, b = atoms_of_both(z, w, wx, wy)
    x, y, shift = centred(a, b)
    np.testing.assert_allclose(a.probabilities @ x, 0, atol=tol(np.float64, 6))
    np.testing.assert_allclose(b.probabilities @ y, 0, atol=tol(np.float64, 4))
    np.testing.assert_allclose(shift, wx @ z - wy @ w, atol=tol(np.float64, 10) * 5)
