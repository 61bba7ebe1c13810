"""All pairs of clouds. Oracle: the specification, pair by pair."""

from __future__ import annotations

import numpy as np
import pytest

import swref
from swref.errors import InputError, InputTypeError
from swref.spec import sw_losses
from tests.support import tol


def expected(clouds, others, theta, p):
    return np.array([[sw_losses(x, y, theta, p).mean() for y in others] for x in clouds])


@pytest.mark.parametrize("d", [1, 3, 40])
@pytest.mark.parametrize("p", [1.0, 1.5, 2.0, 3.0])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_every_pair_is_that_of_the_specification(dtype, p, d):
    """Equal sizes, unequal ones, sizes with and without a common divisor, one point."""
    rng = np.random.default_rng([d, 7])
    clouds = [rng.standard_normal((n, d)).astype(dtype) + k for k, n in enumerate((12, 12, 7, 18, 1))]
    theta = swref.directions(rng, 9, d).astype(dtype)
    got = swref.sw_matrix(clouds, theta, p=p)
    exact = [x.astype(np.float64) for x in clouds]
    wanted = expected(exact, exact, theta.astype(np.float64), p)
    np.testing.assert_allclose(got, wanted, rtol=0, atol=tol(dtype, 100 * d) * wanted.max())
    assert (got == got.T).all()
    assert (np.diag(got) == 0).all()
    others = swref.sw_matrix(clouds[:2], theta, others=clouds[2:], p=p)
    np.testing.assert_allclose(others, got[:2, 2:], rtol=tol(dtype, 100), atol=0)


def test_far_from_the_origin():
    """Oracle: the same clouds near it; 1e12 leaves four digits of a difference, were it not subtracted first."""
    near = np.round(np.random.default_rng(2).standard_normal((4, 30, 2)) * 2**10)
    theta = swref.directions(3, 5, 2)
    np.testing.assert_allclose(swref.sw_matrix(near + 2.0**40, theta), swref.sw_matrix(near, theta), rtol=1e-12)


@pytest.mark.parametrize(
    ("clouds", "options", "error", "message"),
    [
        ([], {}, InputError, "clouds must hold at least one cloud"),
        ("ab", {}, InputTypeError, "clouds must be a sequence of arrays"),
        ([np.zeros((2, 2)), np.zeros((2, 3))], {}, InputError, r"clouds\[1\] must have 2 columns"),
        ([np.zeros((2, 2)), np.full((1, 2), np.nan)], {}, InputError, r"clouds\[1\] must be finite"),
        ([np.zeros((2, 2))], {"others": [np.zeros(2)]}, InputError, r"others\[0\] must have two axes"),
        ([np.zeros((2, 2))], {"p": 0.5}, InputError, "p must"),
        ([np.zeros((2, 3))], {}, InputError, "theta must have 3 columns"),
    ],
)
def test_wrong_arguments_are_named(clouds, options, error, message):
    with pytest.raises(error, match=message):
        swref.sw_matrix(clouds, np.eye(2), **options)
