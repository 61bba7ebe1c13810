"""Arrays of another library stay in it: NumPy bit for bit, through a stand-in that refuses to mix."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from swref.errors import InputTypeError
from swref.networks import namespace
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
def test_arrays_of_another_library_stay_in_it(case, dtype, device):
    """Oracle: NumPy, bit for bit; the stand-in for CuPy refuses to mix with NumPy arrays."""
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
