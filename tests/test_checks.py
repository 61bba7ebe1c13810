"""Input checks: what passes, as what, and the one line for what does not."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
import scipy.sparse

from swref import checks
from swref.errors import InputError, InputTypeError
from tests.support import tol


@pytest.mark.parametrize(
    ("value", "options", "expected"),
    [
        (3, {}, 3.0),
        (np.float32(0.5), {}, 0.5),
        (Fraction(1, 4), {}, 0.25),
        (math.inf, {"infinite": True}, math.inf),
        (0.0, {"minimum": 0.0}, 0.0),
        (5e-324, {"above": 0.0}, 5e-324),
    ],
)
def test_numbers_become_floats(value, options, expected):
    found = checks.number("r", value, **options)
    assert type(found) is float
    assert found == expected


@pytest.mark.parametrize(
    ("value", "options", "error", "message"),
    [
        ("3", {}, InputTypeError, "r must be a number, got '3'"),
        (True, {}, InputTypeError, "r must be a number, got True"),
        (np.bool_(True), {}, InputTypeError, "r must be a number"),
        (1j, {}, InputTypeError, "r must be a number, got 1j"),
        (10**400, {}, InputError, "r must be finite, got a number beyond the range of floats"),
        (math.nan, {"infinite": True}, InputError, "r must be finite, got nan"),
        (-math.inf, {}, InputError, "r must be finite, got -inf"),
        (-1.0, {"minimum": 0.0}, InputError, r"r must be >= 0, got -1\.0"),
        (0.0, {"above": 0.0}, InputError, r"r must be > 0, got 0\.0"),
    ],
)
def test_what_is_no_such_number_is_said(value, options, error, message):
    with pytest.raises(error, match=message):
        checks.number("r", value, **options)


def test_integers_and_counts():
    """Oracle: the definition; a float that holds a whole number is none, and 2^32 is the last count."""
    assert checks.integer("n", np.int32(3), minimum=3) == 3
    assert type(checks.integer("n", np.uint8(3), minimum=0)) is int
    assert checks.count("n", 2**32) == 2**32
    for value, error, message in (
        (3.0, InputTypeError, r"n must be an integer, got 3\.0"),
        (False, InputTypeError, "n must be an integer, got False"),
        (0, InputError, "n must be >= 1, got 0"),
        (2**32 + 1, InputError, r"n must be at most 2\^32, got 4294967297"),
    ):
        with pytest.raises(error, match=message):
            checks.count("n", value)


def test_orders_are_finite_and_at_least_one():
    assert checks.order(1) == 1.0
    assert checks.order(2.5) == 2.5
    for p in (0.999, math.inf, math.nan):
        with pytest.raises(InputError, match="p must be"):
            checks.order(p)


def test_float_arrays_stay_and_others_become_float64():
    """Oracle: identity, and numpy's own conversion; the bytes of the other endianness are turned round."""
    for dtype in (np.float32, np.float64):
        x = np.arange(3, dtype=dtype)
        assert checks.float_array("x", x) is x
        other = x.astype(x.dtype.newbyteorder())
        turned = checks.float_array("x", other)
        assert turned.dtype == dtype
        assert turned.dtype.isnative
        np.testing.assert_array_equal(turned, x)
    for value in ([1, 2], [True, False], np.uint8([1]), 3):
        assert checks.float_array("x", value).dtype == np.float64
    for value, error in (([[1.0], [1.0, 2.0]], InputError), (["a"], InputTypeError), ([1j], InputTypeError)):
        with pytest.raises(error, match="x must be"):
            checks.float_array("x", value)


def test_what_numpy_would_change_in_silence_is_refused():
    """Oracle: the name of what came. A mask hides entries, a sparse matrix is an object, others raise in __array__."""

    class Tensor:
        def __array__(self, dtype=None, copy=None):
            raise RuntimeError("Can't call numpy() on Tensor that requires grad.")

    masked = np.ma.masked_array([[1.0], [999.0]], mask=[[False], [True]])
    for value, error, message in (
        (masked, InputError, "x must have no masked entries, got 1"),
        (scipy.sparse.eye(2), InputTypeError, "x must be an array of float32, float64 or integers, got dia_"),
        (None, InputTypeError, "integers, got NoneType"),
        ({1.0, 2.0}, InputTypeError, "integers, got set"),
        (object(), InputTypeError, "integers, got object"),
        ([object()], InputTypeError, "integers, got dtype object"),
        (Tensor(), InputTypeError, "x must be an array, got Tensor that is none: Can't call numpy"),
    ):
        with pytest.raises(error, match=message):
            checks.points("x", value)
    np.testing.assert_array_equal(checks.points("x", np.ma.masked_array([[1.0]])), [[1.0]])


def test_points_and_parameters_have_their_shapes_and_are_finite():
    assert checks.points("x", [[1, 2], [3, 4]], 2).dtype == np.float64
    assert checks.parameters("u", np.zeros(4, np.float32), 4).dtype == np.float32
    for call, message in (
        (lambda: checks.points("x", [1.0]), r"x must have two axes \[n, d\], got shape \(1,\)"),
        (lambda: checks.points("x", np.zeros((2, 0))), r"x must hold at least one point"),
        (lambda: checks.points("x", np.zeros((2, 3)), 2), r"x must have 2 columns, got shape \(2, 3\)"),
        (lambda: checks.points("x", [[0.0, -math.inf]]), r"x must be finite, got -inf at \[0, 1\]"),
        (lambda: checks.parameters("u", np.zeros((4, 1)), 4), r"u must have shape \(4,\), got \(4, 1\)"),
        (lambda: checks.parameters("u", [math.nan], 1), r"u must be finite, got nan at \[0\]"),
    ):
        with pytest.raises(InputError, match=message):
            call()


@pytest.mark.parametrize("n", [1, 7, 10_000])
def test_weights_that_went_through_float32_are_scaled_to_sum_one(n):
    """Oracle: the weights before, to the rounding of float32."""
    w = np.random.default_rng(n).dirichlet(np.ones(n))
    found = checks.weights("w", w.astype(np.float32), n)
    assert found.dtype == np.float64
    assert found.sum() == pytest.approx(1.0, abs=tol(np.float64, n))
    np.testing.assert_allclose(found, w, rtol=tol(np.float32))


def test_weights_that_are_none_are_said():
    for value, message in (
        ([0.5, 0.5], r"w must have shape \(3,\), one weight a point, got \(2,\)"),
        ([0.5, math.nan, 0.5], r"w must be finite, got nan at \[1\]"),
        ([0.5, 0.75, -0.25], r"w must be non-negative, got -0\.25 at \[2\]"),
        ([0.3, 0.3, 0.3], r"w must sum to 1, got a sum of 0\.9"),
        ([1e308, 1e308, 1e308], "w must sum to 1, got a sum of inf"),
    ):
        with pytest.raises(InputError, match=message):
            checks.weights("w", value, 3)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("total", [0.0, 0.9, 1.01])
def test_a_wrong_sum_is_no_rounding_however_many_there_are(dtype, total):
    """Oracle: the sum, which n weights of one size have to the rounding of their dtype."""
    n = 2_000_000
    with pytest.raises(InputError, match=r"w must sum to 1, got a sum of \d"):
        checks.weights("w", np.full(n, total / n, dtype), n)
    assert checks.weights("w", np.full(n, 1 / n, dtype), n).sum() == pytest.approx(1.0, abs=tol(np.float64, n))


@pytest.mark.parametrize("n", [10_000, 1_000_000])
def test_weights_normalised_in_float32_are_taken(n):
    """Oracle: as the frameworks do it, e.g. a softmax: exponentials over their float32 sum."""
    w = np.exp(np.random.default_rng(n).standard_normal(n).astype(np.float32))
    w /= w.sum()
    assert w.dtype == np.float32
    assert checks.weights("w", w, n).sum() == pytest.approx(1.0, abs=tol(np.float64, n))
    checks.weights("w", w.astype(np.float64), n)


def test_the_nearest_name_is_suggested_where_one_is_near():
    """Oracle: by eye: a slip of the pen, a different case, nothing alike."""
    names = ("uniform", "sobol", "grid")
    assert checks.one_of("scheme", "grid", names) == "grid"
    for value, hint in (
        ("unifrom", "; did you mean 'uniform'?"),
        ("SOBOL", "; did you mean 'sobol'?"),
        ("xyz", ""),
        (3, ""),
    ):
        with pytest.raises(InputError) as caught:
            checks.one_of("scheme", value, names)
        assert str(caught.value) == f"scheme must be one of uniform, sobol, grid, got {value!r}{hint}"


@pytest.mark.parametrize(
    ("value", "choices", "name"),
    [
        ("gpu", ("cpu", "cuda"), "cuda"),
        ("swish", ("silu", "tanh"), "silu"),
        ("normal:2", ("ball:2", "gaussian:2"), "gaussian:2"),
        ("learning-rate", ("step", "steps"), "step"),
        ("Tanh", ("tanh", "relu"), "tanh"),
        ("reul", ("tanh", "relu"), "relu"),
        ("zzz", ("tanh", "relu"), None),
    ],
)
def test_what_was_meant(value, choices, name):
    assert checks.nearest(value, choices) == name
