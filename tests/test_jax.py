"""The bridge to JAX. Oracle: swref.sw_loss_and_grad, bit for bit, and jax.test_util.check_grads."""

from __future__ import annotations

import numpy as np
import pytest

import swref
from swref.errors import InputError, InputTypeError

jax = pytest.importorskip("jax")
bridge = pytest.importorskip("swref.jax")

NAMES = ("x", "y", "theta", "x_weights", "y_weights")


def arrays(dtype=np.float64, n=9, m=7):
    rng = np.random.default_rng(0)
    theta = rng.standard_normal((5, 3))
    theta = theta / np.linalg.norm(theta, axis=1)[:, None]
    given = (rng.standard_normal((n, 3)), rng.standard_normal((m, 3)), theta)
    weights = (rng.dirichlet(np.ones(n)), rng.dirichlet(np.ones(m)))
    return [a.astype(dtype) for a in (*given, *weights)]


def loss(x, y, theta, wx=None, wy=None, **options):
    return bridge.sw_loss(x, y, theta, x_weights=wx, y_weights=wy, **options)


@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize(("dtype", "p"), [(np.float64, 1.5), (np.float64, 2.0), (np.float32, 3.0)])
def test_the_same_bits(dtype, p, jit):
    given = arrays(dtype)
    x, y, theta, wx, wy = given
    value, grads = swref.sw_loss_and_grad(x, y, theta, p=p, x_weights=wx, y_weights=wy, wrt=NAMES)
    with jax.enable_x64(True):
        function = jax.value_and_grad(lambda *a: 4 * loss(*a, p=p), argnums=(0, 1, 2, 3, 4))
        came, found = (jax.jit(function) if jit else function)(*map(jax.numpy.asarray, given))
    assert float(came) == 4 * dtype(value)
    for got, wanted in zip(found, grads, strict=True):
        assert got.dtype == dtype
        np.testing.assert_array_equal(got, 4 * wanted.astype(dtype))


def test_check_grads_and_vmap():
    from jax.test_util import check_grads

    x, y, theta, wx, wy = arrays()
    with jax.enable_x64(True):
        check_grads(lambda x, y: loss(x, y, theta, wx, wy, p=3.0), (x, y), order=1, modes=["rev"])
        stacked = jax.numpy.stack([x, 2 * x])
        values = jax.vmap(lambda x: loss(x, y, theta))(stacked)
        grads = jax.jit(jax.vmap(jax.grad(lambda x: loss(x, y, theta))))(stacked)
    for k, factor in enumerate((1, 2)):
        value, grad = swref.sw_loss_and_grad(factor * x, y, theta)
        assert float(values[k]) == value
        np.testing.assert_array_equal(grads[k], grad)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"x": [[1.0]]}, InputTypeError, "x must be an array of JAX"),
        ({"y": np.zeros((3, 3), np.float16)}, InputError, "y must be an array of float32 or float64"),
        ({"theta": np.ones(3)}, InputError, "theta must have two axes"),
        ({"p": 0.5}, InputError, "p must"),
        ({"backend": "cuda"}, InputError, "backend must be one of"),
    ],
)
def test_wrong_arguments_are_named(change, error, message):
    x, y, theta, *_ = arrays()
    with pytest.raises(error, match=message):
        bridge.sw_loss(**{"x": x, "y": y, "theta": theta} | change)
