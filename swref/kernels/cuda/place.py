"""Where a call runs: whose arrays came, where they lie, on which stream, and who makes the results.

Arrays may belong to CuPy, torch, Numba or any library with `__cuda_array_interface__`; those with DLPack alone come as
CuPy's or torch's. A call runs on the stream of the first that is on a GPU: the one current in its library for its
device, or the one that the array itself names. Results and scratch are made by that library, whose allocator knows the
stream; where that is Numba, scratch comes from the driver in the order of the stream.
"""

from __future__ import annotations

import functools
import math
import sys
from typing import Any, NamedTuple

import numpy as np
from numba import cuda

from swref.arrays import library_of
from swref.errors import BackendError
from swref.kernels.cuda.device import simulated

Strides = tuple[int, ...] | None  # in bytes; None: C order
BYTE = np.dtype(np.uint8)


class Seen(NamedTuple):
    """An array as a plan and a launch need it."""

    memory: Any  # its address; in the simulator the array itself; None: on the host
    shape: tuple[int, ...]
    strides: Strides


class Place:
    """A device, the handle of a stream, and who makes arrays; by itself that of arrays of NumPy's: nobody."""

    makes = False  # arrays for results
    has_scalars = False  # whether the library has arrays without axes that one can compute with

    def __init__(self, device: int, handle: int):
        self.device, self.handle = device, handle

    def make(self, shape: tuple[int, ...], dtype: np.dtype) -> tuple[Any, Any]:
        """Address of an array of the library, and the array."""
        raise NotImplementedError

    def scratch(self, nbytes: int) -> tuple[int, Any] | None:
        """Address and owner of memory that is free again as soon as the owner is gone; None: the machine's."""
        return None


@functools.cache
def _of_torch(dtype: np.dtype) -> Any:
    return getattr(sys.modules["torch"], dtype.name)


class Torch(Place):
    makes = has_scalars = True

    def __init__(self, tensor: Any):
        torch, self._device = sys.modules["torch"], tensor.device
        super().__init__(self._device.index, torch.cuda.current_stream(self._device).cuda_stream)
        self._empty = torch.empty

    def make(self, shape: tuple[int, ...], dtype: np.dtype) -> tuple[int, Any]:
        made = self._empty(shape, dtype=_of_torch(dtype), device=self._device)
        return made.data_ptr(), made

    def scratch(self, nbytes: int) -> tuple[int, Any]:
        return self.make((nbytes,), BYTE)


class CuPy(Place):
    makes = has_scalars = True

    def __init__(self, array: Any):
        self._cupy, self._device = sys.modules["cupy"], array.device
        with self._device:  # streams are current to a device
            super().__init__(array.device.id, self._cupy.cuda.get_current_stream().ptr)

    def make(self, shape: tuple[int, ...], dtype: np.dtype) -> tuple[int, Any]:
        with self._device:
            made = self._cupy.empty(shape, dtype)
        return made.data.ptr, made

    def scratch(self, nbytes: int) -> tuple[int, Any]:
        return self.make((nbytes,), BYTE)


class Numba(Place):
    """Of Numba's arrays, and of those of libraries that have no more than the interface."""

    makes = True

    def __init__(self, device: int, stream: Any):
        super().__init__(device, 0 if simulated() else int(stream))
        self._stream = stream

    def make(self, shape: tuple[int, ...], dtype: np.dtype) -> tuple[Any, Any]:
        made = cuda.device_array(shape, dtype, stream=self._stream)
        return seen(made, "numba", "numba").memory, made


def located(*values: Any) -> tuple[Place, list[Seen]]:
    """The place of the first of `values` that is on a GPU, or the current device's; and all of them as they are seen.

    Raises BackendError for arrays on several devices.
    """
    libraries = [library_of(value) for value in values]
    held = [(value, library) for value, library in zip(values, libraries, strict=True) if library is not None]
    if not held:
        return Place(current_device(), 0), [seen(value, None, None) for value in values]
    devices = [_device_of(value, library) for value, library in held]
    if len(set(devices)) > 1:
        raise BackendError(f"the arrays must be on one device, got devices {', '.join(map(str, devices))}")
    first, library = held[0]
    return _place(first, library, devices[0]), [
        seen(value, other, library) for value, other in zip(values, libraries, strict=True)
    ]


def _place(value: Any, library: str | None, device: int) -> Place:
    if library == "torch":
        return Torch(value)
    if library == "cupy":
        return CuPy(value)
    # Numba's arrays carry the stream themselves, others in their interface.
    if library == "numba":
        return Numba(device, value.stream)
    pointer = value.__cuda_array_interface__.get("stream")
    return Numba(device, cuda.external_stream(pointer) if pointer else 0)


def seen(value: Any, library: str | None, leading: str | None) -> Seen:
    """An array of `library`, seen from a call on a stream of the `leading` one."""
    if library is None:
        return Seen(None, value.shape, None)
    if library != leading:  # it may still be being computed on its own stream: if it names one, that is waited for
        cuda.as_cuda_array(value.detach() if library == "torch" else value)
    if library == "torch":
        itemsize = value.element_size()
        strides = None if value.is_contiguous() else tuple(itemsize * step for step in value.stride())
        return Seen(value.data_ptr(), tuple(value.shape), strides)
    if library == "cupy":
        return Seen(value.data.ptr, value.shape, None if value.flags.c_contiguous else value.strides)
    if library == "numba":
        memory = value if simulated() else value.device_ctypes_pointer.value
        return Seen(memory, tuple(value.shape), _unless_c(value.shape, value.strides, value.dtype.itemsize))
    interface = value.__cuda_array_interface__
    shape, itemsize = tuple(interface["shape"]), np.dtype(interface["typestr"]).itemsize
    return Seen(interface["data"][0], shape, _unless_c(shape, interface.get("strides"), itemsize))


def _unless_c(shape: tuple[int, ...], strides: Strides, itemsize: int) -> Strides:
    """None for strides that are those of C order.

    >>> _unless_c((3, 1), (8, 80), 8) is None, _unless_c((2, 3), (4, 8), 4)
    (True, (4, 8))
    """
    if strides is not None:
        for k, step in enumerate(strides):
            if shape[k] > 1 and step != itemsize * math.prod(shape[k + 1 :]):
                return tuple(strides)
    return None


def current_device() -> int:
    """Numba's current one."""
    return 0 if simulated() else int(cuda.get_current_device().id)


def _device_of(value: Any, library: str | None) -> int:
    if library == "torch":
        return int(value.device.index)
    if library == "cupy":
        return int(value.device.id)
    if library == "numba" and not simulated():
        return int(value.gpu_data.context.device.id)
    return current_device()
