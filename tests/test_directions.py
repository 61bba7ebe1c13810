"""Directions on the sphere: laws and shapes of the four schemes, seeds, and bad input."""

from __future__ import annotations

import numpy as np
import pytest

from swref.directions import SCHEMES, directions
from swref.errors import InputError, InputTypeError
from tests.support import tol

CASES = [(s, L, d) for s in SCHEMES for L in (1, 2, 5, 64, 100) for d in (1, 2, 3, 7) if s != "grid" or d == 2]


@pytest.mark.parametrize(("scheme", "L", "d"), CASES)
def test_rows_are_unit_vectors(scheme, L, d):
    theta = directions(3, L, d, scheme)
    assert theta.shape == (L, d)
    assert theta.dtype == np.float64
    assert theta.flags.c_contiguous
    np.testing.assert_allclose(np.linalg.norm(theta, axis=1), 1, rtol=tol(np.float64, d))


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_seed_alone_decides(scheme):
    """int, numpy integer, SeedSequence and Generator of one seed give the same bits; another seed gives others."""
    first = directions(11, 9, 2, scheme)
    for seed in (11, np.int64(11), np.random.SeedSequence(11), np.random.default_rng(11)):
        np.testing.assert_array_equal(directions(seed, 9, 2, scheme), first)
    assert not np.isin(directions(12, 9, 2, scheme), first).any()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_generator_goes_on_where_it_was(scheme):
    generator = np.random.default_rng(1)
    a, b = directions(generator, 4, 2, scheme), directions(generator, 4, 2, scheme)
    assert not np.isin(b, a).any()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_no_seed_is_fresh_entropy(scheme):
    assert not np.isin(directions(None, 6, 2, scheme), directions(None, 6, 2, scheme)).any()


@pytest.mark.parametrize("d", [2, 3, 8])
def test_orthogonal_blocks(d):
    """Every d rows are an orthonormal basis; a last, cut block is orthonormal too; blocks differ."""
    theta = directions(5, 3 * d + 1, d, "orthogonal")
    for start in (0, d, 2 * d):
        block = theta[start : start + d]
        np.testing.assert_allclose(block @ block.T, np.eye(d), atol=tol(np.float64, d))
    assert not np.allclose(theta[:d], theta[d : 2 * d])


@pytest.mark.parametrize("L", [1, 2, 7, 50])
def test_grid_lines_are_equally_spaced(L):
    angle = np.arctan2(*directions(2, L, 2, "grid").T[::-1])
    assert ((angle >= 0) & (angle < np.pi)).all()
    np.testing.assert_allclose(np.diff(angle), np.pi / L, atol=tol(np.float64, L) * np.pi)


@pytest.mark.parametrize(("scheme", "d"), [(s, d) for s in SCHEMES for d in (2, 3, 6) if s != "grid" or d == 2])
def test_second_moments_are_those_of_the_sphere(scheme, d):
    """E theta theta^T = I/d: over 300 independent draws, within 5 standard errors in every entry."""
    generator, L = np.random.default_rng(8), 8
    moments = np.empty((300, d, d))
    for r in range(300):
        theta = directions(generator, L, d, scheme)
        moments[r] = theta.T @ theta / L
    error = np.abs(moments.mean(axis=0) - np.eye(d) / d)
    assert (error <= 5 * moments.std(axis=0, ddof=1) / 300**0.5 + tol(np.float64, L)).all()


@pytest.mark.parametrize("scheme", ["uniform", "orthogonal", "sobol"])
def test_fourth_moments_and_mean(scheme):
    """E theta_1^4 = 3/(d (d + 2)) and E theta = 0: rows that are uniform one by one, not only unit."""
    generator, d = np.random.default_rng(9), 3
    draws = np.array([directions(generator, 6, d, scheme) for _ in range(500)])
    fourth = (draws[:, :, 0] ** 4).mean(axis=1)
    assert abs(fourth.mean() - 3 / (d * (d + 2))) <= 5 * fourth.std(ddof=1) / 500**0.5
    mean = draws.mean(axis=1)
    assert (np.abs(mean.mean(axis=0)) <= 5 * mean.std(axis=0, ddof=1) / 500**0.5).all()
    # The first row by itself: the signs of R's diagonal, moved into Q, are what makes it symmetric.
    first = draws[:, 0]
    assert (np.abs(first.mean(axis=0)) <= 5 * first.std(axis=0, ddof=1) / 500**0.5).all()


def test_sobol_beats_independent_directions_on_a_smooth_integrand():
    """Root-mean-square error of E theta_1^2 theta_2^2 = 1/(d (d + 2)) over 40 draws of 256 directions, d = 3."""
    d, want = 3, 1 / 15
    error = {}
    for scheme in ("uniform", "sobol"):
        draws = np.array([directions(seed, 256, d, scheme) for seed in range(40)])  # [40, L, d]
        means = ((draws[:, :, 0] * draws[:, :, 1]) ** 2).mean(axis=1)
        error[scheme] = np.sqrt(((means - want) ** 2).mean())
    assert error["sobol"] < error["uniform"] / 3


def test_grid_integrates_low_trigonometric_polynomials_exactly():
    """cos^4 has frequencies up to 4: L >= 3 equally spaced lines give its mean 3/8 whatever the offset is."""
    for seed in range(5):
        assert (directions(seed, 5, 2, "grid")[:, 0] ** 4).mean() == pytest.approx(3 / 8, rel=tol(np.float64, 5))


@pytest.mark.parametrize("scheme", ["uniform", "orthogonal", "sobol"])
def test_on_the_line_there_are_two_directions(scheme):
    theta = directions(4, 64, 1, scheme)
    assert set(theta.ravel()) == {-1.0, 1.0}


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((0, 4, 3, "unifrom"), InputError, r"scheme must be one of .*got 'unifrom'; did you mean 'uniform'\?"),
        ((0, 4, 3, None), InputError, r"scheme must be one of .*got None"),
        ((0, 4, 3, "grid"), InputError, r"scheme 'grid' needs d = 2, got d = 3"),
        ((0, 4, 1, "grid"), InputError, r"scheme 'grid' needs d = 2, got d = 1"),
        ((0, 0, 3), InputError, r"L must be >= 1, got 0"),
        ((0, 4, 0), InputError, r"d must be >= 1, got 0"),
        ((0, 4.0, 3), InputTypeError, r"L must be an integer, got 4.0"),
        ((0, True, 3), InputTypeError, r"L must be an integer, got True"),
        ((0, 4, "3"), InputTypeError, r"d must be an integer, got '3'"),
        ((-1, 4, 3), InputError, r"rng must be >= 0, got -1"),
        ((1.5, 4, 3), InputTypeError, r"rng must be an int.*got 1.5"),
        ((True, 4, 3), InputTypeError, r"rng must be an int.*got True"),
    ],
)
def test_bad_input_is_named(arguments, error, message):
    with pytest.raises(error, match=message):
        directions(*arguments)
