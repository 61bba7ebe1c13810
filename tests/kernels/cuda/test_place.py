"""Whose arrays they are, where they lie, on which stream; on stand-ins for torch and CuPy. Oracle: by hand."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import numpy as np
import pytest

from swref.errors import BackendError
from swref.kernels.cuda.place import CuPy, Torch, located

F4 = np.dtype(np.float32)


class Tensor:
    """torch's, of float32, at an address."""

    __module__ = "torch"
    is_cuda = True

    def __init__(self, shape, device=0, strides=None, address=4096):
        self.shape, self.device, self.address = shape, SimpleNamespace(index=device), address
        self.strides = strides

    def data_ptr(self):
        return self.address

    def is_contiguous(self):
        return self.strides is None

    def stride(self):
        return self.strides

    def element_size(self):
        return 4


class Ndarray:
    """CuPy's, of float32; its device is entered to be current."""

    __module__ = "cupy"
    __cuda_array_interface__ = None

    def __init__(self, shape, device):
        self.shape, self.device = shape, device
        self.data, self.flags = SimpleNamespace(ptr=8192), SimpleNamespace(c_contiguous=True)


class Device:
    """CuPy's."""

    current = 0

    def __init__(self, number):
        self.id = number

    def __enter__(self):
        self.before, Device.current = Device.current, self.id

    def __exit__(self, *_):
        Device.current = self.before


@pytest.fixture(autouse=True)
def _libraries(monkeypatch):
    streams = SimpleNamespace(current_stream=lambda device: SimpleNamespace(cuda_stream=100 + device.index))
    made = lambda shape, dtype, device: Tensor(shape, device.index, address=hash(dtype))  # noqa: E731
    torch = SimpleNamespace(cuda=streams, empty=made, float32="float32", uint8="uint8")
    monkeypatch.setitem(sys.modules, "torch", torch)
    current = SimpleNamespace(get_current_stream=lambda: SimpleNamespace(ptr=200 + Device.current))
    monkeypatch.setitem(
        sys.modules,
        "cupy",
        SimpleNamespace(cuda=current, empty=lambda shape, _: Ndarray(shape, Device(Device.current))),
    )


def test_tensors_of_torch():
    """On the stream that is current for their device; strides in bytes, none where they are in C order."""
    place, seen = located(np.ones((2, 3), F4), Tensor((5, 3), 1), Tensor((4, 3), 1, strides=(1, 4), address=512))
    assert (type(place), place.device, place.handle) == (Torch, 1, 101)
    assert seen == [(None, (2, 3), None), (4096, (5, 3), None), (512, (4, 3), (4, 16))]
    address, made = place.make((7,), F4)
    assert (address, made.shape, made.device.index) == (hash("float32"), (7,), 1)
    assert place.scratch(99)[1].shape == (99,)


def test_arrays_of_cupy():
    """On the stream that is current for their device, not for the one that is current."""
    place, seen = located(Ndarray((5, 3), Device(3)), np.ones((2, 3), F4))
    assert (type(place), place.device, place.handle) == (CuPy, 3, 203)
    assert seen == [(8192, (5, 3), None), (None, (2, 3), None)]
    assert place.make((7,), F4)[1].device.id == 3
    assert Device.current == 0


def test_arrays_of_two_devices_are_refused():
    with pytest.raises(BackendError, match=r"^the arrays must be on one device, got devices 0, 1$"):
        located(Tensor((2, 2), 0), Tensor((2, 2), 1))
