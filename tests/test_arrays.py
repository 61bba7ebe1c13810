"""Whose array it is: stand-ins with the marks that the libraries' arrays carry."""

from __future__ import annotations

import importlib.util
import sys

import numpy as np
import pytest

from swref.arrays import is_on_device, library_of, namespace, special, to_host
from swref.errors import BackendError, InputTypeError


def tensor(**attributes: object) -> object:
    return type("Tensor", (), {"__module__": "torch", **attributes})()


def test_whose_array_it_is():
    """Stand-ins with the marks that the libraries' arrays carry."""
    assert library_of(tensor(is_cuda=True)) == "torch"
    assert library_of(tensor(is_cuda=False, __cuda_array_interface__={})) is None
    assert library_of(type("ndarray", (), {"__module__": "cupy", "__cuda_array_interface__": {}})()) == "cupy"
    assert library_of(type("Buffer", (), {"__cuda_array_interface__": {}})()) == "other"
    for kind, library in ((1, None), (2, "dlpack"), (13, "dlpack")):
        value = type("Array", (), {"__dlpack_device__": lambda self, kind=kind: (kind, 0)})()
        assert library_of(value) == library
    for value in (None, 1.0, [1.0], np.zeros(2), np.float32(1), "text"):
        assert library_of(value) is None
        assert not is_on_device(value)
        assert to_host(value) is value


def test_copies_to_the_host_go_by_the_library_s_own_way(monkeypatch):
    """Oracle: stand-ins, each with the one method that its library has."""
    host = np.arange(3.0)
    assert to_host(host) is host
    on_host = type("Tensor", (), {"numpy": lambda self: host})()
    detached = type("Tensor", (), {"cpu": lambda self: on_host})()
    assert to_host(tensor(is_cuda=True, detach=lambda self: detached)) is host
    cupy = type("ndarray", (), {"__module__": "cupy", "__cuda_array_interface__": {}, "get": lambda self: host})()
    assert to_host(cupy) is host
    numba = type("DeviceNDArray", (), {"__cuda_ndarray__": True, "copy_to_host": lambda self: host})()
    assert to_host(numba) is host
    capsule = type("Array", (), {"__dlpack_device__": lambda self: (2, 0)})()
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name == "torch" or None)
    monkeypatch.setitem(sys.modules, "torch", type("torch", (), {"from_dlpack": staticmethod(lambda value: cupy)}))
    assert to_host(capsule) is host
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(BackendError, match=r"a DLPack array of tests\.test_arrays needs CuPy or torch"):
        to_host(capsule)


def test_the_namespace_is_the_library_and_nothing_else_is_one():
    assert namespace(np.zeros(2)) is np
    assert special(np).__name__ == "scipy.special"
    for value in ([1.0], 1.0, type("ndarray", (), {"__module__": "jax"})()):
        with pytest.raises(InputTypeError, match="expected a numpy or cupy array, got"):
            namespace(value)
    assert not is_on_device(np.zeros(2), 3, None, [1.0])
