"""Checks of arrays on a GPU, on stand-ins that carry Numba's mark; the kernels' place is taken by the specification."""

from __future__ import annotations

import sys
from types import ModuleType

import numpy as np
import pytest

from swref.directions import directions
from swref.errors import InputError, InputTypeError
from swref.sliced.on_device import evaluate
from swref.spec import sw_loss_and_grad, sw_losses
from tests.support import tol


class OnDevice:
    """An array that only a copy brings to the host."""

    __cuda_ndarray__ = True

    def __init__(self, host):
        self.host = np.asarray(host)
        self.shape, self.dtype = self.host.shape, self.host.dtype

    def __len__(self):
        return len(self.host)

    def __array__(self, *_, **__):
        raise TypeError("nothing may be copied to the host unasked")

    def copy_to_host(self):
        return self.host


@pytest.fixture
def kernels(monkeypatch):
    """What the kernels are called with; they compute by the specification."""
    calls = []

    def kernels_evaluate(x, y, theta, p, wx, wy, wrt):
        calls.append((x, y, theta, p, wx, wy, wrt))
        x, y, theta = (array.host if isinstance(array, OnDevice) else array for array in (x, y, theta))
        loss, grads = sw_loss_and_grad(x, y, theta, p, wx, wy, wrt)
        return loss, OnDevice(sw_losses(x, y, theta, p, wx, wy)), tuple(OnDevice(grad) for grad in grads)

    module = ModuleType("swref.kernels.cuda.backend")
    module.evaluate = kernels_evaluate
    monkeypatch.setitem(sys.modules, "swref.kernels.cuda.backend", module)
    import swref.kernels.cuda

    monkeypatch.setattr(swref.kernels.cuda, "backend", module, raising=False)
    return calls


def clouds(dtype=np.float64):
    rng = np.random.default_rng(0)
    return rng.standard_normal((5, 2)).astype(dtype), rng.standard_normal((4, 2)).astype(dtype), directions(0, 3, 2)


def test_the_loss_its_terms_and_the_gradients_are_the_kernels(kernels):
    """Oracle: the specification; weights are read on the host, wherever they come from."""
    x, y, theta = clouds()
    wx = np.array([0.1, 0.2, 0.3, 0.2, 0.2])
    loss, losses, (dx, dy) = evaluate(OnDevice(x), OnDevice(y), OnDevice(theta), 1.5, OnDevice(wx), None, ("x", "y"))
    expected, (dx_want, dy_want) = sw_loss_and_grad(x, y, theta, 1.5, wx, None, ("x", "y"))
    assert loss == pytest.approx(expected, rel=tol(np.float64, 3))
    np.testing.assert_array_equal(losses.host, sw_losses(x, y, theta, 1.5, wx, None))
    np.testing.assert_array_equal(dx.host, dx_want)
    np.testing.assert_array_equal(dy.host, dy_want)
    ((_, _, _, p, weights, none, wrt),) = kernels
    np.testing.assert_array_equal(weights, wx)
    assert (p, none, wrt) == (1.5, None, ("x", "y"))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_comes_from_the_host_takes_the_dtype_of_the_device(kernels, dtype):
    """Oracle: the dtypes that reach the kernels; arrays on the device are passed on, not copied."""
    x, y, theta = clouds()
    held = OnDevice(x.astype(dtype))
    evaluate(held, y.tolist(), np.asfortranarray(theta), 2.0, None, None, ("x",))
    ((first, second, third, *_),) = kernels
    assert first is held
    for array, given in ((second, y), (third, theta)):
        assert array.dtype == dtype
        assert array.flags.c_contiguous
        np.testing.assert_array_equal(array, given.astype(dtype))


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"x": OnDevice(np.zeros(3))}, InputError, r"x must have two axes \[n, d\], got shape \(3,\)"),
        ({"y": OnDevice(np.zeros((0, 2)))}, InputError, r"y must hold at least one point .* got shape \(0, 2\)"),
        (
            {"y": OnDevice(np.zeros((4, 3)))},
            InputError,
            r"x and y must have as many columns, got shapes \(5, 2\) and \(4, 3",
        ),
        ({"theta": np.eye(3)}, InputError, r"x and theta must have as many columns"),
        ({"theta": [[np.nan, 1.0]]}, InputError, "theta must be finite"),
        (
            {"x": OnDevice(np.zeros((5, 2), int))},
            InputTypeError,
            "x must be an array of float32 or float64, got dtype int64",
        ),
        (
            {"y": OnDevice(np.zeros((4, 2), np.float32))},
            InputTypeError,
            "one dtype, got x float64, y float32, theta float64",
        ),
        ({"x_weights": [0.5, 0.5]}, InputError, r"x_weights must have shape \(5,\)"),
        ({"y_weights": OnDevice([1.0, 1.0, 0.0, 0.0])}, InputError, "y_weights must sum to 1"),
        ({"p": 0.5}, InputError, "p must be >= 1"),
    ],
)
def test_what_does_not_fit_is_named_before_a_kernel_runs(kernels, change, error, message):
    x, y, theta = map(OnDevice, clouds())
    arguments = {"x": x, "y": y, "theta": theta, "p": 2.0, "x_weights": None, "y_weights": None, "wrt": ("x",)}
    with pytest.raises(error, match=message):
        evaluate(**arguments | change)
    assert kernels == []
