"""Problems that are too small for threads, gradient in x: two compiled calls around the sorts, points as they come.

At this size calls count: each costs 0.3 us, and 70 ns an array; so does each array that NumPy makes, 0.2 us.
"""

from __future__ import annotations

import functools

import numpy as np

from swref.kernels.cpu import rows
from swref.kernels.cpu.keys import index_bits, wide_keys
from swref.kernels.cpu.order import key_mask, takes_narrow_keys
from swref.kernels.cpu.sorting import sort_rows


def losses_and_grad(
    x: np.ndarray, y: np.ndarray, theta: np.ndarray, p: float, unit_tolerance: float
) -> tuple[np.ndarray, tuple[np.ndarray]] | None:
    """W_p^p [L] for each direction, uniform weights, and the gradient of the mean in x [n, d].

    None if a squared row of theta is not within `unit_tolerance` of 1, or if keys leave the order of a row open.
    """
    (L, d), n, dtype = theta.shape, len(x), x.dtype
    bits, mask, kind = layout(n, dtype)
    px, py, losses, dx = np.empty((L, n), dtype), np.empty((L, n), dtype), np.empty(L), np.empty((n, d), dtype)
    keys: np.ndarray = np.empty((L, n), kind)
    crowded = rows.prepare_small(x, y, theta, bits, px, keys, py, unit_tolerance)
    if crowded < 0:
        return None
    if crowded > 0:
        mask, keys = key_mask(n, dtype, False), np.empty((L, n))
        wide_keys(px, bits, keys, np.empty(L, np.bool_))
    sort_rows(keys)
    sort_rows(py)
    return (losses, (dx,)) if rows.conclude_small(keys, mask, px, py, p, theta, losses, dx) else None


@functools.lru_cache
def layout(n: int, dtype: np.dtype) -> tuple[int, int, type]:
    """index_bits, key_mask and the type of the keys: once, since it takes 0.5 us."""
    narrow = takes_narrow_keys(n)
    return index_bits(n), key_mask(n, dtype, narrow), np.int32 if narrow else np.float64
