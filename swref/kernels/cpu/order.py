"""The stable order of rows of projections, by one sort of narrow keys, or of wide keys where those will not do.

NumPy sorts plain integers and floats with SIMD (AVX-512, AVX2, NEON): keys that carry the index give an order at the
price of such a sort, where `argsort` takes two to four times as long.
"""

from __future__ import annotations

import numpy as np

from swref.kernels.cpu.keys import (
    NARROW,
    bits_of,
    index_bits,
    make_keys,
    refined_keys,
    settle,
    settle_wide,
    wide_keys,
    wide_mask,
)
from swref.kernels.cpu.sorting import LARGEST, sort_rows

FEW = 0.25  # of the rows: if more are crowded, wide keys for all take less time than both kinds


def takes_narrow_keys(n: int) -> bool:
    """Whether rows of n values are ordered by narrow keys."""
    return NARROW[0] <= n <= NARROW[1]


def values_by_keys(n: int, dtype: np.dtype) -> bool:
    """Whether sorted values alone are had sooner by narrow keys than by a sort."""
    return takes_narrow_keys(n) and n > LARGEST and dtype == np.float64


def key_mask(n: int, dtype: np.dtype, narrow: bool) -> int:
    """The bits of a key that hold the index."""
    return (1 << index_bits(n)) - 1 if narrow else wide_mask(index_bits(n), dtype.itemsize)


class Ordering:
    """Where one thread orders up to `rows` rows of n values at a time."""

    def __init__(self, rows: int, n: int, dtype: np.dtype):
        self.index_bits, self._shape, self._dtype = index_bits(n), (rows, n), dtype
        self._take_keys(takes_narrow_keys(n))

    def _take_keys(self, narrow: bool) -> None:
        rows, n = self._shape
        self.narrow, self.index_mask = narrow, key_mask(n, self._dtype, narrow)
        self.keys = np.empty((rows, n), np.int32 if narrow else np.float64)
        self.values = np.empty((rows, n), self._dtype) if narrow else None  # the sorted values, where keys bring them

    def take_wide_keys(self) -> None:
        """Give up narrow keys: too many rows are crowded."""
        self._take_keys(narrow=False)

    def of(self, px: np.ndarray) -> np.ndarray:
        """Integers [G, n], & index_mask the indices in the order of (value, index); `values` too, if `narrow`."""
        G, unsettled = len(px), np.empty(len(px), np.bool_)
        if make_keys(px, self.index_bits, self.keys[:G], unsettled) > FEW * G:
            self.take_wide_keys()
            make_keys(px, self.index_bits, self.keys[:G], unsettled)
        sort_rows(self.keys[:G])
        if settle(self.keys[:G], self.index_mask, px, self.values, unsettled) > 0:
            self.order_rest(px, unsettled)
        return bits_of(self.keys[:G])

    def order_rest(self, px: np.ndarray, unsettled: np.ndarray) -> None:
        """Keys, and values where there are any, of the rows that their sorted keys could not order."""
        rest = np.flatnonzero(unsettled)
        if len(rest) == 0:
            return
        again, keys, left = px[rest], self.keys[rest], np.ones(len(rest), np.bool_)  # copies
        if self.narrow:
            keys = np.empty(again.shape)
            wide_keys(again, self.index_bits, keys, left)
            sort_rows(keys)
            settle_wide(keys, wide_mask(self.index_bits, again.itemsize), again, left)
        order = bits_of(keys)
        for g in np.flatnonzero(left):
            order[g] = _order_by_all_bits(keys[g], again[g], self.index_bits)
        order &= self.index_mask
        bits_of(self.keys)[rest] = order
        if self.values is not None:
            self.values[rest] = np.take_along_axis(again, order, axis=1)


def _order_by_all_bits(keys: np.ndarray, px: np.ndarray, index_bits: int) -> np.ndarray:
    """The order [n] of a row whose wide keys, sorted, leave too much open."""
    refined = np.empty(len(px), np.int64)
    if refined_keys(keys, index_bits, px, refined):
        refined.sort()
        order = refined & ((1 << index_bits) - 1)
        values = px[order]
        if (values[1:] >= values[:-1]).all():
            return order
    # The numbers of runs leave no room for the bits; or values have the largest exponent, which wide keys hold no more.
    return np.argsort(px, kind="stable")
