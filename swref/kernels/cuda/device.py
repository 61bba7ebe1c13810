"""The GPU: whether kernels can run here, and what it says in one line where they cannot, or fail."""

from __future__ import annotations

import functools
import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

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


@functools.cache
def simulated() -> bool:
    """Whether Numba runs kernels in its simulator."""
    from numba import config

    return bool(config.ENABLE_CUDASIM)


@contextmanager
def reported() -> Iterator[None]:
    """Turn the GPU's errors into one clear line each."""
    try:
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
