"""Sliced Wasserstein losses of arrays that live on a GPU: checks that need no look at the numbers, then the kernels.

Nothing is copied to the host and nothing is waited for, so that a call costs no more than its launches: values are not
examined (a NaN makes the loss NaN), and the rows of theta are taken to be of length 1.

Losses and costs of float32 arrays are float32 throughout on a GPU: beyond 3.4e38 they are inf, and gradients may be NaN
there. Where a loss leaves the range of floats nothing is computed anew, as it is for arrays on the host
(swref.sliced.rescaled): that would take a look at it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from swref import checks
from swref.arrays import dtype_of, from_dlpack, library_of, to_host
from swref.errors import InputError, InputTypeError


def evaluate(
    x: Any,
    y: Any,
    theta: Any,
    p: float,
    x_weights: Any | None,
    y_weights: Any | None,
    wrt: tuple[str, ...],
    names: tuple[str, ...] = ("x", "y", "theta", "x_weights", "y_weights"),
) -> tuple[Any, Any, tuple[Any, ...]]:
    """SW_p^p (an array without axes, on the device), its terms [L] and the gradients in `wrt`, for arrays on a GPU.

    Arrays of NumPy's among `x` [n, d], `y` [m, d], `theta` [L, d] are moved to the device, in the dtype of the others;
    weights [n], [m] are read on the host, wherever they come from.

    Raises InputError or InputTypeError for a shape or dtype, BackendError where the GPU cannot do it.
    """
    arrays = [from_dlpack(value) if library_of(value) == "dlpack" else value for value in (x, y, theta)]
    dtype = _common_dtype(arrays, names)
    for k, (name, value) in enumerate(zip(names, arrays, strict=False)):
        if library_of(value) is None:
            arrays[k] = np.ascontiguousarray(checks.points(name, value), dtype)
        _two_axes(name, arrays[k])
    n, m = len(arrays[0]), len(arrays[1])
    for name, array in zip(names[1:], arrays[1:], strict=False):
        if array.shape[1] != arrays[0].shape[1]:
            shapes = f"{tuple(arrays[0].shape)} and {tuple(array.shape)}"
            raise InputError(f"{names[0]} and {name} must have as many columns, got shapes {shapes}")
    wx = None if x_weights is None else checks.weights(names[3], to_host(x_weights), n)
    wy = None if y_weights is None else checks.weights(names[4], to_host(y_weights), m)
    from swref.kernels.cuda import backend as cuda  # Numba takes half a second to import

    x, y, theta = arrays
    return cuda.evaluate(x, y, theta, checks.order(p), wx, wy, wrt)


def _common_dtype(arrays: list[Any], names: tuple[str, ...]) -> np.dtype:
    """The one dtype of the arrays on the device: a conversion there would be a copy that nobody asked for."""
    held = {}
    for name, value in zip(names, arrays, strict=False):
        if library_of(value) is None:
            continue
        dtype = dtype_of(value.dtype)
        if dtype is None:
            raise InputTypeError(f"{name} must be an array of float32 or float64, got dtype {value.dtype}")
        held[name] = dtype
    if len(set(held.values())) > 1:
        found = ", ".join(f"{name} {kind}" for name, kind in held.items())
        raise InputTypeError(f"arrays on a device must have one dtype, got {found}")
    return next(iter(held.values()))


def _two_axes(name: str, array: Any) -> None:
    shape = tuple(array.shape)
    if len(shape) != 2:
        raise InputError(f"{name} must have two axes [n, d], got shape {shape}")
    if 0 in shape:
        raise InputError(f"{name} must hold at least one point of at least one coordinate, got shape {shape}")
