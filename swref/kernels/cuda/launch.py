"""The machine that plans run on: a GPU, whose kernels Numba compiles and cuda.core launches, or Numba's simulator.

Numba takes every argument apart at every launch, some forty microseconds for a dozen arrays. Here that is done when a
plan is made: a launch puts addresses into a list of numbers that is ready, and hands it to the driver.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
from numba import cuda, types
from numba.np import numpy_support

from swref.kernels.cuda.device import simulated
from swref.kernels.cuda.plan import FIRST, Array

Shape = tuple[int, ...]
DEFAULT_STREAM = 1  # CU_STREAM_LEGACY: the stream 0 by a handle of its own


@functools.cache
def machine(device: int) -> Gpu | Simulator:
    """That of a device."""
    return Simulator() if simulated() else Gpu(device)


class Gpu:
    """A CUDA device, and what was asked of it once."""

    def __init__(self, device: int):
        from cuda.bindings import driver
        from cuda.core import Device

        with cuda.gpus[device]:
            Device(device).set_current()  # which Numba's context, the primary one, is already
            self.resource = Device(device).memory_resource
            self.context = int(cuda.current_context().handle)
            self.shared: int | None = cuda.gpus[device].MAX_SHARED_MEMORY_PER_BLOCK_OPTIN
        self.device, self._current_context = device, driver.cuCtxGetCurrent

    def current(self) -> AbstractContextManager[Any]:
        """With the device's context: it mostly is the thread's, which takes no time to see."""
        _, context = self._current_context()
        return nullcontext() if int(context) == self.context else cuda.gpus[self.device]

    @functools.lru_cache(maxsize=64)  # noqa: B019  # machines are for good
    def stream(self, handle: int) -> Any:
        """The stream with this handle, 0 being the default one, as cuda.core takes it."""
        from cuda.core import Stream

        return Stream.from_handle(handle or DEFAULT_STREAM)

    def scratch(self, nbytes: int, stream: Any) -> tuple[int, Any]:
        """Address and owner of memory in the order of the stream: owner.close(stream) as soon as all is launched."""
        buffer = self.resource.allocate(nbytes, stream=stream)
        return int(buffer.handle), buffer

    def part(self, memory: int, offset: int) -> int:
        """The memory from a byte on."""
        return memory + offset

    def upload(self, host: np.ndarray, array: Array, memory: list[Any], stream: Any) -> None:
        """Copy to the device, in the order of the stream. `host`, in C order, may change as soon as this returns."""
        address = memory[array.memory] + array.offset
        cuda.cudadrv.driver.driver.cuMemcpyHtoDAsync(address, host.ctypes.data, host.nbytes, stream.handle)

    def pinned(self, nbytes: int) -> np.ndarray:
        """Bytes on the host that the device copies from and to by itself."""
        return np.asarray(cuda.pinned_array(nbytes, np.uint8))

    def download(
        self, arrays: list[Array], memory: list[Any], stream: Any, into: list[np.ndarray] | None = None
    ) -> list[np.ndarray]:
        """What lies there when all that was asked of the stream is done: waits for it."""
        copies = [np.empty(array.shape, array.dtype) for array in arrays] if into is None else into
        for array, host in zip(arrays, copies, strict=True):
            address = memory[array.memory] + array.offset
            cuda.cudadrv.driver.driver.cuMemcpyDtoHAsync(host.ctypes.data, address, host.nbytes, stream.handle)
        cuda.cudadrv.driver.driver.cuStreamSynchronize(stream.handle)
        return copies

    def graph(self, launches: Callable[[Any], None]) -> Callable[[Any], None]:
        """What is launched on a stream as one graph: a function of a stream, which launches it there."""
        from cuda.core import Device

        here = Device(self.device)
        here.set_current()  # a thread's Device does not know that it is
        builder = here.create_graph_builder().begin_building()
        launches(builder)
        return builder.end_building().complete().launch

    def prepare(self, kernel: Any, grid: Shape, block: Shape, shared: int, arguments: tuple[Any, ...]) -> FlatLaunch:
        """A launch for a plan."""
        function = loaded(kernel, tuple(map(type_of, arguments)), self.device, self.shared)
        return FlatLaunch(function, grid, block, shared, arguments)


def number_type(dtype: Any) -> Any:
    """Numba's."""
    return numpy_support.from_dtype(dtype)


def type_of(argument: Any) -> Any:
    """The type for which Numba compiles a kernel of this argument."""
    if isinstance(argument, Array):
        return types.Array(number_type(argument.dtype), len(argument.shape), "C" if argument.strides is None else "A")
    if argument is FIRST:
        return types.int64
    if isinstance(argument, np.generic):
        return number_type(argument.dtype)
    return {bool: types.boolean, int: types.int64, float: types.float64}[type(argument)]


@functools.cache
def loaded(kernel: Any, signature: tuple[Any, ...], device: int, most: int) -> Any:
    """The kernel, compiled, on the device and allowed all the shared memory of a block: `most` bytes less its own."""
    from cuda.bindings.driver import CUfunction_attribute

    function = kernel.compile(signature)._codelibrary.get_cufunc()
    limit = CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES
    dynamic = most - function.attrs.shared
    cuda.cudadrv.driver.driver.cuKernelSetAttribute(limit, dynamic, function.handle, device)
    return function.kernel


class FlatLaunch:
    """One launch on a GPU. Its arguments are the numbers that the kernel takes, with places for addresses.

    Numba's kernels take an array as: nothing, nothing, size, itemsize, address, shape, strides in bytes.
    """

    def __init__(self, kernel: Any, grid: Shape, block: Shape, shared: int, arguments: tuple[Any, ...]):
        from cuda.core import LaunchConfig, launch

        self._launch, self._kernel = launch, kernel
        self._config = LaunchConfig(grid=grid, block=block, shmem_size=shared)
        self._numbers: list[Any] = []
        self._addresses: list[tuple[int, int, int]] = []  # place among the numbers, memory, offset
        self._firsts: list[int] = []
        for value in arguments:
            if isinstance(value, Array):
                self._addresses.append((len(self._numbers) + 4, value.memory, value.offset))
                self._numbers += [0, 0, value.size, value.dtype.itemsize, 0, *value.shape, *value.steps]
            elif value is FIRST:
                self._firsts.append(len(self._numbers))
                self._numbers.append(0)
            else:
                self._numbers.append(value)

    def __call__(self, stream: Any, memory: list[int], first: int) -> None:
        numbers = self._numbers.copy()
        for place, piece, offset in self._addresses:
            numbers[place] = memory[piece] + offset
        for place in self._firsts:
            numbers[place] = first
        self._launch(stream, self._config, self._kernel, *numbers)


class Simulator:
    """Numba's simulator in the same words: addresses are its arrays, scratch is one of bytes."""

    shared: int | None = None  # no more than any block may have

    def current(self) -> AbstractContextManager[Any]:
        return nullcontext()

    def stream(self, handle: int) -> int:
        return handle

    def scratch(self, nbytes: int, stream: Any) -> tuple[Any, Any]:
        return cuda.device_array(nbytes, np.uint8), None

    def part(self, memory: Any, offset: int) -> Any:
        return memory[offset:]

    def upload(self, host: np.ndarray, array: Array, memory: list[Any], stream: Any) -> None:
        view(array, memory)[...] = host

    def pinned(self, nbytes: int) -> np.ndarray:
        return np.zeros(nbytes, np.uint8)

    def download(
        self, arrays: list[Array], memory: list[Any], stream: Any, into: list[np.ndarray] | None = None
    ) -> list[np.ndarray]:
        copies = [view(array, memory).copy_to_host() for array in arrays]
        for host, copy in zip(into or [], copies, strict=False):
            host[...] = copy
        return into or copies

    def graph(self, launches: Callable[[Any], None]) -> Callable[[Any], None]:
        return launches

    def prepare(self, kernel: Any, grid: Shape, block: Shape, shared: int, arguments: tuple[Any, ...]) -> Any:
        def launch(stream: Any, memory: list[Any], first: int) -> None:
            values = (first if a is FIRST else view(a, memory) if isinstance(a, Array) else a for a in arguments)
            kernel[grid, block, 0, shared](*values)

        return launch


def view(array: Array, memory: list[Any]) -> Any:
    """The simulator's array: of bytes, or one of the caller's."""
    whole = memory[array.memory]
    if whole.dtype == np.uint8:
        first = whole[array.offset : array.offset + array.nbytes].view(array.dtype)
        return type(first)(np.lib.stride_tricks.as_strided(first._ary, array.shape, array.steps))
    return whole if whole.shape == array.shape else whole.reshape(array.shape)
