"""Arrays of another library stay in it: NumPy bit for bit, through a stand-in that refuses to mix."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from swref.errors import InputError, InputTypeError
from swref.networks import namespace, operands
from swref.networks.operands import TRANSPOSED_POINTS, WIDE, batch, flat_vector, put_transposed, rows_with_ones
from tests.networks.support import both_dtypes, every_case, gradient


class DeviceArray:
    """A stand-in for cupy.ndarray: it computes only with its own kind, and NumPy functions refuse it."""

    __array_ufunc__ = None

    def __init__(self, host: np.ndarray) -> None:
        self.host = host

    def __array__(self, *_: Any, **__: Any) -> np.ndarray:
        raise TypeError("implicit conversion to a NumPy array is not allowed")

    def __getattr__(self, name: str) -> Any:
        return on_device(getattr(self.host, name))

    def __len__(self) -> int:
        return len(self.host)

    def __getitem__(self, key: Any) -> Any:
        return on_device(self.host[key])


def on_device(value: Any) -> Any:
    """`value` with arrays wrapped, and functions made to unwrap their arguments and wrap their result."""
    if isinstance(value, np.ndarray):
        return DeviceArray(value)
    if callable(value) and not isinstance(value, type):
        return lambda *args, **kwargs: on_device(
            value(*map(to_host, args), **{key: to_host(arg) for key, arg in kwargs.items()})
        )
    return value


def to_host(value: Any) -> Any:
    if isinstance(value, DeviceArray):
        return value.host
    if isinstance(value, np.ndarray) and value.ndim > 0:
        raise TypeError("a NumPy array met a device function")
    return value


def _operator(name: str) -> Callable[..., Any]:
    def apply(self: DeviceArray, *others: Any) -> Any:
        result = getattr(self.host, name)(*map(to_host, others))
        return self if name.startswith("__i") else on_device(result)

    return apply


OPERATORS = "add sub mul matmul truediv or rsub rmul rtruediv iadd imul itruediv neg gt lt ne"  # as the networks use


for _name in OPERATORS.split():
    setattr(DeviceArray, f"__{_name}__", _operator(f"__{_name}__"))


@pytest.fixture
def device(monkeypatch):
    """Stand-ins for the modules cupy and cupyx.scipy.special over DeviceArray."""
    from scipy import special

    class Wrapped(ModuleType):
        def __init__(self, name: str, library: ModuleType) -> None:
            super().__init__(name)
            self._library = library

        def __getattr__(self, name: str) -> Any:
            return on_device(getattr(self._library, name))

    kind = type("ndarray", (DeviceArray,), {"__module__": "cupy"})
    monkeypatch.setattr(sys.modules[__name__], "DeviceArray", kind)
    monkeypatch.setitem(sys.modules, "cupy", Wrapped("cupy", np))
    monkeypatch.setitem(sys.modules, "cupyx", ModuleType("cupyx"))
    monkeypatch.setitem(sys.modules, "cupyx.scipy", ModuleType("cupyx.scipy"))
    monkeypatch.setitem(sys.modules, "cupyx.scipy.special", Wrapped("cupyx.scipy.special", special))
    return kind


@every_case
@both_dtypes
def test_arrays_of_another_library_stay_in_it(case, dtype, device, monkeypatch):
    """Oracle: NumPy, bit for bit, its products too; the stand-in for CuPy refuses to mix with NumPy arrays."""
    monkeypatch.setattr(operands, "_own_product", lambda: None)
    u, x, v, w = case.draw(dtype)
    out, cache = case.net.forward(device(u), device(x))
    found = (out, case.net.backward(cache, device(w)), case.net.jvp(device(u), device(x), device(v)))
    expected = (case.net.forward(u, x)[0], gradient(case.net, u, x, w), case.net.jvp(u, x, v))
    for one, other in zip(found, expected, strict=True):
        assert isinstance(one, device)
        assert one.dtype == dtype
        np.testing.assert_array_equal(one.host, other)
    with pytest.raises(InputTypeError, match="x must be a cupy array as the parameters are, got numpy"):
        case.net.forward(device(u), x)


def test_namespace_is_the_library_of_the_array(device):
    assert namespace(np.zeros(2)) is np
    assert namespace(device(np.zeros(2))).__name__ == "cupy"
    with pytest.raises(InputTypeError, match="expected a numpy or cupy array, got list"):
        namespace([1.0])


def test_arrays_that_fit_are_used_as_they_are_and_others_are_named():
    """Oracle: shared memory; strided vectors are copied, batches keep their strides."""
    u, x = np.arange(6.0), np.zeros((8, 4))[::2, ::2]
    assert np.shares_memory(flat_vector("u", u, 6), u)
    assert flat_vector("u", np.arange(12.0)[::2], 6).flags.c_contiguous
    assert batch("x", x, 2, like=u).strides == x.strides
    assert type(batch("x", np.zeros((4, 2)).view(np.ma.MaskedArray), 2, like=u)) is np.ndarray
    for call, error, message in (
        (
            lambda: flat_vector("u", np.arange(6), 6),
            InputTypeError,
            "u must be an array of float32 or float64, got",
        ),
        (lambda: flat_vector("u", [1.0], 1), InputTypeError, "u must be a numpy or cupy array, got list"),
        (
            lambda: flat_vector("v", u, 6, like=np.float32([0])),
            InputTypeError,
            "v must have dtype float32 as",
        ),
        (
            lambda: batch("x", np.zeros((0, 2)), 2, like=u),
            InputError,
            r"x must have shape \[n, 2\] with n >= 1",
        ),
        (lambda: batch("w", np.zeros((3, 2)), 2, like=u, n=4), InputError, r"w must have shape \[4, 2\], got \(3, 2\)"),
        (lambda: batch("x", np.zeros(2), 2, like=u), InputError, r"x must have shape \[n, 2\]"),
        (
            lambda: batch("x", np.ma.masked_equal([[1.0, 9.0]], 9.0), 2, like=u),
            InputError,
            "x must have no masked entr",
        ),
    ):
        with pytest.raises(error, match=message):
            call()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rows_with_ones_share_an_allocation_and_nothing_else(dtype):
    """Oracle: shapes, the last rows, and that writing into one changes no other."""
    arrays = rows_with_ones(np.zeros(1, dtype), 5, [2, 1, 3])
    assert [array.shape for array in arrays] == [(3, 5), (2, 5), (4, 5)]
    assert len({id(array.base) for array in arrays}) == 1
    for k, array in enumerate(arrays):
        assert array.dtype == dtype
        assert array.flags.c_contiguous
        assert (array[-1] == 1).all()
        array[:-1] = k
    assert [set(array[:-1].ravel()) for array in arrays] == [{0}, {1}, {2}]


@pytest.mark.parametrize(("n", "d"), [(1, 1), (7, 3), (TRANSPOSED_POINTS + 5, WIDE), (2 * TRANSPOSED_POINTS, WIDE + 1)])
def test_points_are_transposed_by_blocks_as_in_one_piece(n, d):
    """Oracle: x.T; at sizes beside and across a block, from strided points."""
    x = np.random.default_rng(n).standard_normal((n, 2 * d))[:, ::2]
    out = np.empty((d, n))
    put_transposed(x, out)
    np.testing.assert_array_equal(out, x.T)
