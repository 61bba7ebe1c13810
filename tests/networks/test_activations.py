"""Activations against the standard library's formulas, finite differences, and their table of regularity."""

from __future__ import annotations

import math
import pickle
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest

from swref.errors import InputError
from swref.networks import activation
from tests.networks.pairs import DTYPES, NAMES, both
from tests.support import tol


class Known(NamedTuple):
    """What the literature says of an activation."""

    value: Callable[[float], float]  # act(z) and act'(z) of one float, from the definitions with Python's math module
    derivative: Callable[[float], float]
    limits: tuple[float, float, float, float]  # act(-1e4), act(1e4), act'(-1e4), act'(1e4), to float64's rounding
    c2: bool  # Appendix D
    semi_algebraic: bool = False


KNOWN = {
    "identity": Known(lambda z: z, lambda z: 1.0, (-1e4, 1e4, 1, 1), True, True),
    "relu": Known(lambda z: max(z, 0.0), lambda z: 1.0 if z > 0 else 0.0, (0, 1e4, 0, 1), False, True),
    "leaky_relu": Known(
        lambda z: z if z > 0 else 0.01 * z, lambda z: 1.0 if z > 0 else 0.01, (-1e2, 1e4, 0.01, 1), False, True
    ),
    "elu": Known(
        lambda z: z if z > 0 else math.expm1(z), lambda z: 1.0 if z > 0 else math.exp(z), (-1, 1e4, 0, 1), False
    ),
    "gelu": Known(
        lambda z: 0.5 * z * (1 + math.erf(z / math.sqrt(2))),
        lambda z: 0.5 * (1 + math.erf(z / math.sqrt(2))) + z * math.exp(-z * z / 2) / math.sqrt(2 * math.pi),
        (0, 1e4, 0, 1),
        True,
    ),
    "silu": Known(
        lambda z: z / (1 + math.exp(-z)),
        lambda z: (1 + math.exp(-z) + z * math.exp(-z)) / (1 + math.exp(-z)) ** 2,
        (0, 1e4, 0, 1),
        True,
    ),
    "tanh": Known(math.tanh, lambda z: 1 / math.cosh(z) ** 2, (-1, 1, 0, 0), True),
    "sigmoid": Known(
        lambda z: 1 / (1 + math.exp(-z)), lambda z: math.exp(-z) / (1 + math.exp(-z)) ** 2, (0, 1, 0, 0), True
    ),
    "softplus": Known(lambda z: math.log1p(math.exp(z)), lambda z: 1 / (1 + math.exp(-z)), (0, 1e4, 0, 1), True),
}


def test_every_activation_has_an_oracle_here():
    assert sorted(KNOWN) == NAMES


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
def test_value_and_derivative_equal_the_definition_in_the_math_module(name, dtype):
    z = np.concatenate([np.linspace(-12, 12, 201), [1e-30, -1e-30, 0.3]]).astype(dtype)
    h, dh = both(name, z)
    value, derivative = KNOWN[name][:2]
    np.testing.assert_allclose(h, [value(float(t)) for t in z], rtol=tol(dtype), atol=tol(dtype))
    np.testing.assert_allclose(dh, [derivative(float(t)) for t in z], rtol=tol(dtype), atol=tol(dtype))


@pytest.mark.parametrize("name", NAMES)
def test_derivative_equals_the_central_difference_away_from_the_kink(name):
    z = np.random.default_rng(0).uniform(0.1, 4.0, 50) * np.tile([1.0, -1.0], 25)
    act, step = activation(name), 1e-2
    # The seven-point stencil: exact for polynomials of degree 6, error step^6 |act^(7)| / 140 < 1e-11.
    stencil = [(1, 3 / 4), (2, -3 / 20), (3, 1 / 60)]
    difference = sum(c * (act.value(z + k * step) - act.value(z - k * step)) for k, c in stencil) / step
    np.testing.assert_allclose(both(name, z)[1], difference, atol=1e-10)


@pytest.mark.parametrize(
    ("name", "left", "expected"),
    [("relu", 0.0, 0.0), ("leaky_relu", 0.01, 0.01), ("elu", 1.0, 1.0)],
)
@pytest.mark.parametrize("dtype", DTYPES)
def test_derivative_at_and_beside_zero_is_the_documented_one(name, left, expected, dtype):
    tiny = np.finfo(dtype).tiny
    np.testing.assert_array_equal(both(name, np.array([-tiny, 0.0, -0.0, tiny], dtype))[1].tolist()[0], dtype(left))
    np.testing.assert_array_equal(both(name, np.array([0.0, -0.0], dtype))[1], dtype(expected))
    np.testing.assert_array_equal(both(name, np.array([tiny], dtype))[1], dtype(1))


# Appendix D: all activations C^2, or all locally Lipschitz and semi-algebraic; elu is neither.
@pytest.mark.parametrize("name", NAMES)
def test_regularity_flags_are_those_of_appendix_d(name):
    act = activation(name)
    assert (act.c2, act.semi_algebraic) == (KNOWN[name].c2, KNOWN[name].semi_algebraic)


@pytest.mark.parametrize("name", NAMES)
def test_c2_flag_agrees_with_the_jump_of_the_derivative_slope_at_zero(name):
    """One-sided difference quotients of act' at 0 meet if act is C^2; for elu and the kinks they do not."""
    step = 1e-6
    slopes = both(name, np.array([-step, step]))[1] - both(name, np.zeros(2))[1]
    jump = abs(slopes[1] + slopes[0]) / step  # act''(0+) - act''(0-)
    assert (jump < 1e-3) == activation(name).c2


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
def test_extreme_inputs_reach_the_limits_without_a_warning(name, dtype):
    """Oracle: for z = -1e4, 1e4 each activation is at its asymptote (warnings are errors here)."""
    with np.errstate(all="raise", under="ignore"):
        h, dh = both(name, np.array([-1e4, 1e4], dtype))
    assert h.dtype == dh.dtype == dtype
    np.testing.assert_allclose([*h, *dh], KNOWN[name].limits, rtol=tol(dtype), atol=0)


@pytest.mark.parametrize("name", ["sigmoid", "softplus", "gelu", "silu"])
def test_left_tail_keeps_its_relative_accuracy(name):
    """Oracle: e^z, e^z, z Phi(z) by erfc, and z e^z, at z = -37, where 1 + e^z rounds to 1."""
    z = -37.0
    expected = {
        "sigmoid": math.exp(z),
        "softplus": math.exp(z),
        "gelu": 0.5 * z * math.erfc(-z / math.sqrt(2)),
        "silu": z * math.exp(z),
    }
    # A rounding of z^2 / 2 = 684.5 in the exponent of the normal law is a relative error of 684.5 eps.
    np.testing.assert_allclose(both(name, np.array([z]))[0], expected[name], rtol=tol(np.float64, 10_000))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
def test_shape_dtype_and_strides_are_kept_and_out_may_be_the_input(name, dtype):
    z = np.random.default_rng(1).standard_normal((6, 8)).astype(dtype)
    act = activation(name)
    strided = z[::2, ::-1]
    strided.flags.writeable = False
    h, dh = both(name, strided)
    assert h.shape == dh.shape == (3, 8)
    assert h.dtype == dh.dtype == dtype
    assert not np.shares_memory(h, z)
    np.testing.assert_array_equal(h, act.value(np.ascontiguousarray(strided)))

    expected, over = act.value(z), z.copy()
    assert act.value(over, out=over) is over
    np.testing.assert_array_equal(over, expected)


@pytest.mark.parametrize("name", NAMES)
def test_chain_is_the_product_with_the_derivative_and_leaves_its_inputs(name):
    rng = np.random.default_rng(2)
    z, t = rng.standard_normal((2, 5, 3))
    h, dh = both(name, z)
    kept = [a.copy() for a in (z, h, t)]
    np.testing.assert_array_equal(activation(name).chain(z, h, t), dh * t)
    for array, before in zip((z, h, t), kept, strict=True):
        np.testing.assert_array_equal(array, before)


def test_unknown_name_gives_the_nearest_one():
    with pytest.raises(InputError, match=r"activation must be one of .* got 'sofplus'; did you mean 'softplus'\?"):
        activation("sofplus")


def test_activations_pickle_for_worker_processes():
    act = activation("gelu")
    assert pickle.loads(pickle.dumps(act)) == act
