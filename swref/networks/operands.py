"""What networks take and work in: parameters and batches, checked, and arrays laid out for the products of a layer.

Letters: `n` points in a batch, `d` their dimension, `d_u` the number of parameters.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise
from types import ModuleType
from typing import Any, Final

import numpy as np

from swref import checks
from swref.arrays import Array, aligned_empty, namespace
from swref.checks import FLOATS
from swref.errors import InputError, InputTypeError

WIDE: Final = 16  # coordinates from which on points are transposed by blocks
TRANSPOSED_POINTS: Final = 256
PRODUCT_TERMS: Final = 1 << 14  # from which on a product of our own, which has to be imported, is worth its call
KEPT_BYTES: Final = 8 << 20  # a quarter of the largest block, 32 MiB, that glibc's malloc adapts to


def flat_vector(name: str, u: Array, n_params: int, like: Array | None = None) -> Array:
    """`u` as a contiguous vector [d_u] of d_u = n_params floats, float32 or float64, which stay as they are.

    With `like`, it must be of the library and the dtype of that array. Raises InputTypeError for another kind of array
    or dtype, InputError for another shape.

    >>> flat_vector("u", np.zeros((2, 3)), 6)
    Traceback (most recent call last):
    swref.errors.InputError: u must have shape (6,), got (2, 3)
    """
    xp = _library(name, u)
    if u.dtype not in FLOATS:
        raise InputTypeError(f"{name} must be an array of float32 or float64, got dtype {u.dtype}")
    checks.parameter_shape(name, u, n_params)
    if like is not None:
        _alike(name, u, like)
    return xp.ascontiguousarray(u)


def batch(name: str, x: Array, dim: int, like: Array, n: int | None = None) -> Array:
    """`x` as points [n, dim], n >= 1 or as given, any strides, of the library and the dtype of the array `like`.

    Raises InputTypeError for another library or dtype, InputError for another shape.

    >>> batch("x", np.zeros((4, 2)), 2, like=np.zeros(6, np.float32))
    Traceback (most recent call last):
    swref.errors.InputTypeError: x must have dtype float32 as the parameters have, got float64
    """
    xp = _alike(name, x, like)
    if x.ndim != 2 or x.shape[1] != dim or x.shape[0] == 0 or n not in (None, x.shape[0]):
        expected = f"[n, {dim}] with n >= 1" if n is None else f"[{n}, {dim}]"
        raise InputError(f"{name} must have shape {expected}, got {x.shape}")
    return xp.asarray(x)  # numpy.matrix, a subclass, has its own * and would pass it on to the output


def rows_with_ones(like: Array, n: int, heights: Sequence[int]) -> list[Array]:
    """Contiguous arrays [d + 1, n], one for each d of `heights`, of the dtype and library of `like`: the last row is 1.

    The other rows are uninitialised. All are cut from one allocation, made four times as long as they need when that is
    small: glibc's malloc hands back to the system whatever is free beyond twice the largest block it has seen freed,
    and a training step that frees more than that faults all its pages in again, which took a third of the time of a
    small network's step. Pages that nobody touches cost nothing.

    >>> [array.shape for array in rows_with_ones(np.zeros(1), 4, [2, 3])]
    [(3, 4), (4, 4)]
    """
    xp = namespace(like)
    ends = list(accumulate((d + 1 for d in heights), initial=0))
    small = xp is np and ends[-1] * n * like.itemsize <= KEPT_BYTES
    slab = (aligned_empty if xp is np else xp.empty)((ends[-1] * (4 if small else 1), n), dtype=like.dtype)
    arrays = [slab[start:end] for start, end in pairwise(ends)]
    for array in arrays:
        xp.copyto(array[-1], 1)
    return arrays


def put_transposed(x: Array, out: Array) -> None:
    """out[d, n] = x[n, d]^T. Wide points go by blocks that stay in the cache: 21 ms instead of 46 at 10 000 x 784."""
    xp, (n, d) = namespace(x), x.shape
    block = TRANSPOSED_POINTS if d >= WIDE else max(n, 1)
    for start in range(0, n, block):
        xp.copyto(out[:, start : start + block], x[start : start + block].T)


def product(a: Array, b: Array, out: Array | None = None) -> Array:
    """The product of a [M, K] and b [K, N], of one dtype and library: for the CPU our own, where that is quicker."""
    xp = namespace(a)
    if out is None:
        out = xp.empty((len(a), b.shape[1]), dtype=a.dtype)
    if xp is np and out.size * len(b) >= PRODUCT_TERMS and (own := _own_product()) is not None and own(a, b, out):
        return out
    return xp.matmul(a, b, out=out)


@functools.cache
def _own_product() -> Callable[[Array, Array, Array], bool] | None:
    try:
        from swref.kernels.cpu import products  # Numba takes half a second to import
    except ImportError:  # the "numpy" backend does without
        return None
    return products.product


def _alike(name: str, array: Array, like: Array) -> ModuleType:
    """The library of `array`; raises InputTypeError unless that and the dtype are those of `like`."""
    xp, expected = _library(name, array), namespace(like)
    if xp is not expected:
        raise InputTypeError(f"{name} must be a {expected.__name__} array as the parameters are, got {xp.__name__}")
    if array.dtype != like.dtype:
        raise InputTypeError(f"{name} must have dtype {like.dtype} as the parameters have, got {array.dtype}")
    return xp


def _library(name: str, array: Any) -> ModuleType:
    """`namespace(array)`, with an error that names the argument."""
    if type(array) is not np.ndarray:
        checks.unmasked(name, array)
    try:
        return namespace(array)
    except InputTypeError:
        raise InputTypeError(f"{name} must be a numpy or cupy array, got {type(array).__name__}") from None
