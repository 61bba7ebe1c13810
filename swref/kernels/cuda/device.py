"""The GPU and the arrays on it: whether kernels can run here, whose arrays came, on which stream, errors in one line.

Numba runs the kernels; arrays may belong to CuPy, torch, Numba or any library with `__cuda_array_interface__` or
DLPack. Scratch and results are made by the library of the caller's arrays, whose allocator knows the stream.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from swref.arrays import library_of
from swref.errors import BackendError

OLDEST = (7, 5)  # the first compute capability of CUDA 13, and the oldest that the tests compile the kernels for
OUT_OF_MEMORY = 2  # CUDA_ERROR_OUT_OF_MEMORY
KINDS_OF_ERRORS = (  # Numba's, of launches cuda.core's, CuPy's, torch's
    "CudaAPIError",
    "CudaSupportError",
    "CUDAError",
    "CUDARuntimeError",
    "CUDADriverError",
    "AcceleratorError",
)


def explain() -> str:
    """One line on the "cuda" backend: the GPU it would use, or what is missing.

    >>> explain().partition(":")[0] in ("available", "missing")
    True
    """
    reason = problem()
    if reason is not None:
        return f"missing: {reason}"
    from numba import cuda

    if simulated():
        return "available: Numba's simulator (NUMBA_ENABLE_CUDASIM), which only checks results"
    device = cuda.get_current_device()
    name = device.name.decode() if isinstance(device.name, bytes) else device.name
    return f"available: {name}, compute capability {'.'.join(map(str, device.compute_capability))}"


def problem() -> str | None:
    """Why no kernel can run here, in one line; None where one can."""
    if importlib.util.find_spec("numba_cuda") is None:
        return 'numba-cuda is not installed (pip install "numba-cuda[cu13]>=0.30", or "numba-cuda[cu12]" for CUDA 12)'
    from numba import cuda

    if simulated():
        return None
    try:
        if not cuda.is_available():
            return _without_device(cuda)
        capability = tuple(cuda.get_current_device().compute_capability)
    except (ImportError, RuntimeError, cuda.cudadrv.driver.CudaAPIError) as error:
        return f"the CUDA driver does not answer ({one_line(error)})"
    if capability < OLDEST:
        return f"the GPU is too old: compute capability {_dotted(capability)}, {_dotted(OLDEST)} or later is needed"
    return None


@functools.cache
def require() -> None:
    """Raise BackendError where no kernel can run; once it has passed it costs nothing."""
    reason = problem()
    if reason is not None:
        raise BackendError(f"the cuda backend cannot run: {reason}")
    if not simulated():
        from numba.cuda import dispatcher

        # Advice for those who choose the size of a grid; here the input does.
        dispatcher.config.CUDA_LOW_OCCUPANCY_WARNINGS = 0


def _without_device(cuda: Any) -> str:
    reason = getattr(cuda.cudadrv.driver.driver, "initialization_error", None)
    if reason is None:
        return "no CUDA device was found, or a library of the CUDA toolkit (NVVM) is missing"
    return f"no CUDA driver: {one_line(reason)}"


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


def one_line(error: object) -> str:
    """The first line of a message that says something, without a full stop."""
    lines = [line.strip() for line in str(error).splitlines()]
    return next(filter(None, lines), type(error).__name__).rstrip(".:")


def simulated() -> bool:
    """Whether Numba runs kernels in its simulator."""
    from numba import config

    return bool(config.ENABLE_CUDASIM)


@dataclass(frozen=True)
class Place:
    """Where one call runs: the GPU, the stream, and who makes its arrays."""

    library: str  # "host": the arrays came from NumPy
    device: int
    stream: Any  # as Numba takes it
    make: Callable[[tuple[int, ...], np.dtype], Any]

    def empty(self, shape: tuple[int, ...], dtype: Any) -> Any:
        """Scratch, as Numba sees it."""
        return self.adopt(self.make(shape, np.dtype(dtype)))

    def adopt(self, value: Any) -> Any:
        """Numba's view of an array of this device, without a copy; an array of NumPy's is moved there."""
        from numba import cuda

        library = library_of(value)
        if library is None:
            return cuda.to_device(np.ascontiguousarray(value), stream=self.stream)
        if library == "numba":
            return value
        if library == "torch":
            value = value.detach()
        # Arrays of another library may still be being computed on its own stream.
        return cuda.as_cuda_array(value, sync=library != self.library)


def place_of(*values: Any) -> Place:
    """The place of the first of `values` that is on a GPU; the current device and stream where none is."""
    from numba import cuda

    held = [value for value in values if library_of(value) is not None]
    current = 0 if simulated() else cuda.get_current_device().id
    devices = [_device_of(value, current) for value in held]
    if len(set(devices)) > 1:
        raise BackendError(f"the arrays must be on one device, got devices {', '.join(map(str, devices))}")
    if not held:
        return Place("host", current, 0, lambda shape, dtype: cuda.device_array(shape, dtype))
    library = library_of(held[0]) or "other"  # held because it has one
    if library == "torch":
        torch = sys.modules["torch"]

        def of_torch(shape: tuple[int, ...], dtype: np.dtype) -> Any:
            return torch.empty(shape, dtype=getattr(torch, dtype.name), device=held[0].device)

        return Place(library, devices[0], _stream(torch.cuda.current_stream(held[0].device).cuda_stream), of_torch)
    if library == "cupy":
        cupy = sys.modules["cupy"]
        return Place(library, devices[0], _stream(cupy.cuda.get_current_stream().ptr), cupy.empty)
    # Numba's arrays carry the stream themselves, others in their interface.
    stream = held[0].stream if library == "numba" else _stream(held[0].__cuda_array_interface__.get("stream"))
    return Place(library, devices[0], stream, lambda shape, dtype: cuda.device_array(shape, dtype, stream=stream))


def _device_of(value: Any, current: int) -> int:
    device = getattr(value, "device", None)  # of torch: .index, of CuPy: .id
    return next(
        (k for k in (getattr(device, "index", None), getattr(device, "id", None)) if isinstance(k, int)), current
    )


def _stream(pointer: int | None) -> Any:
    from numba import cuda

    return cuda.external_stream(pointer) if pointer else 0


@contextmanager
def running_on(place: Place) -> Iterator[None]:
    """Make the place's device Numba's current one; turn the GPU's errors into one clear line each."""
    from numba import cuda

    try:
        with cuda.gpus[place.device]:
            yield
    except Exception as error:
        reason = _reason(error)
        if reason is None:
            raise
        raise BackendError(reason) from error


def _reason(error: Exception) -> str | None:
    kind, code = type(error).__name__, getattr(error, "code", None)
    full = (kind == "CudaAPIError" and code == OUT_OF_MEMORY) or (kind == "CUDAError" and "OUT_OF_MEMORY" in str(error))
    if full or kind in ("OutOfMemoryError", "OutOfMemoryException"):
        return "out of device memory: use smaller batches, fewer directions or float32, or free other arrays"
    if kind in KINDS_OF_ERRORS:
        return f"CUDA failed: {one_line(error)}"
    return None


def shared_memory(default: int) -> int:
    """Bytes of shared memory that one block may ask for: `default`, or more where the device lends more on request."""
    from numba import cuda

    if simulated():
        return default
    return max(default, cuda.get_current_device().MAX_SHARED_MEMORY_PER_BLOCK_OPTIN)


def request_shared_memory(launch: Any, size: int) -> None:
    """Ask for `size` bytes on behalf of a configured kernel, before it is launched: more than 48 KiB need asking for.

    Numba has no option for that; its callbacks before a launch give the compiled kernel.
    """
    from cuda.bindings import driver as binding
    from numba import cuda

    def ask(kernel: Any, _: Any) -> None:
        attribute = binding.CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES
        function = kernel._codelibrary.get_cufunc()
        device = cuda.get_current_device().id
        cuda.cudadrv.driver.driver.cuKernelSetAttribute(attribute, size, function.handle, device)

    if not launch.pre_launch_callbacks:  # Numba keeps configured kernels
        launch.pre_launch_callbacks.append(ask)
