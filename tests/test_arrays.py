"""Whose array it is: stand-ins with the marks that the libraries' arrays carry."""

from __future__ import annotations

import numpy as np

from swref.arrays import is_on_device, library_of, to_host


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
