"""Whose array this is: NumPy's, or that of a library on a GPU (CuPy, torch, Numba, DLPack).

`namespace` gives the library whose functions apply to an array where it lives; `library_of` names the one that holds it
on a GPU. Nothing here imports a library that is not in use.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import math
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from swref.errors import BackendError, InputTypeError

Array = np.ndarray  # in annotations: a NumPy array, or a CuPy array of the same shape and dtype
ALIGNMENT = 64  # bytes
DLPACK_CUDA = (2, 13)  # kDLCUDA and kDLCUDAManaged


def namespace(array: Any) -> ModuleType:
    """The library of `array`: the module `numpy` or `cupy`, whose functions apply to it where it lives.

    Raises InputTypeError for anything that is neither a NumPy nor a CuPy array.

    >>> namespace(np.zeros(3)).__name__
    'numpy'
    """
    if isinstance(array, np.ndarray):
        return np
    kind = type(array)
    if kind.__module__.partition(".")[0] != "cupy" or kind.__name__ != "ndarray":
        raise InputTypeError(f"expected a numpy or cupy array, got {kind.__name__}")
    return importlib.import_module("cupy")


@functools.cache
def dtype_of(dtype: Any) -> np.dtype | None:
    """float32 or float64 of NumPy's, for a dtype of NumPy's, CuPy's or torch's; None for any other.

    >>> dtype_of(np.dtype("f4")), dtype_of(np.dtype(int))
    (dtype('float32'), None)
    """
    kind = str(dtype).rpartition(".")[2]  # torch.float32
    return np.dtype(kind) if kind in ("float32", "float64") else None


def aligned_empty(shape: tuple[int, ...], dtype: DTypeLike) -> np.ndarray:
    """NumPy's empty, at an address that is a multiple of ALIGNMENT: no vector of 64 bytes crosses lines of the cache.

    >>> aligned_empty((3, 2), np.float32).ctypes.data % ALIGNMENT
    0
    """
    dtype = np.dtype(dtype)
    space = np.empty(math.prod(shape) * dtype.itemsize + ALIGNMENT, np.uint8)
    start = -space.__array_interface__["data"][0] % ALIGNMENT  # a third of the time of `ctypes`
    return np.ndarray(shape, dtype, space, start)


def special(xp: ModuleType) -> ModuleType:
    """The special functions for arrays of `xp`: scipy.special, or CuPy's. Imported here, since scipy's takes a second.

    >>> float(special(np).ndtr(0.0))
    0.5
    """
    return importlib.import_module("scipy.special" if xp is np else "cupyx.scipy.special")


def library_of(value: Any) -> str | None:
    """The library that holds `value` on a GPU: "torch", "cupy", "numba", "other" or "dlpack"; None for anything else.

    >>> library_of(np.zeros(3)) is None
    True
    """
    if isinstance(value, (np.ndarray, np.generic, list, tuple, int, float, type)) or value is None:
        return None
    home = type(value).__module__.partition(".")[0]
    if home == "torch":  # asks the tensor: its interface raises where a gradient is required
        return "torch" if getattr(value, "is_cuda", False) else None
    if getattr(value, "__cuda_ndarray__", False):
        return "numba"
    if hasattr(value, "__cuda_array_interface__"):
        return "cupy" if home == "cupy" else "other"
    if hasattr(value, "__dlpack_device__") and value.__dlpack_device__()[0] in DLPACK_CUDA:
        return "dlpack"
    return None


def computing_library(array: Any, *, on_gpu: bool) -> tuple[ModuleType, Callable[[Any], np.ndarray] | None]:
    """The library in which to compute with `array`: its own, or CuPy for NumPy's where that is wished for and there.

    In that case also what gives results back as NumPy's. Raises InputTypeError as `namespace`.

    >>> computing_library(np.zeros(3), on_gpu=False)[0].__name__
    'numpy'
    """
    xp = namespace(array)
    if on_gpu and xp is np and importlib.util.find_spec("cupy") is not None:
        cupy = importlib.import_module("cupy")
        return cupy, cupy.asnumpy
    return xp, None


def is_on_device(*values: Any) -> bool:
    """Whether any of the arrays lives on a GPU (CuPy, torch, Numba, `__cuda_array_interface__` or DLPack).

    >>> is_on_device(np.zeros(3), [1.0])
    False
    """
    return any(library_of(value) is not None for value in values)


def to_host(value: Any) -> Any:
    """A NumPy array of what lives on a GPU; anything else as it is.

    >>> to_host([1.0, 2.0])
    [1.0, 2.0]
    """
    library = library_of(value)
    if library is None:
        return value
    if library == "torch":
        return value.detach().cpu().numpy()
    if library == "cupy":
        return value.get()
    if library == "dlpack":
        return to_host(from_dlpack(value))
    from numba import cuda

    return (value if library == "numba" else cuda.as_cuda_array(value)).copy_to_host()


def from_dlpack(value: Any) -> Any:
    """The array of CuPy's, or else torch's, that shares the memory of a DLPack array on a GPU."""
    for name in ("cupy", "torch"):
        if importlib.util.find_spec(name) is not None:
            return importlib.import_module(name).from_dlpack(value)
    raise BackendError(f"a DLPack array of {type(value).__module__} needs CuPy or torch, and neither is installed")
