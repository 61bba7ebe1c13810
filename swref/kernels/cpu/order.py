"""The stable order of rows of projections, by one sort of narrow keys, or of wide keys where those will not do.

Keys that carry the index give an order at the price of a plain sort, where `argsort` takes two to four times as long.
"""

from __future__ import annotations

import numpy as np

from swref.kernels.cpu.keys import NARROW, bits_of, index_bits, make_keys, refined_keys, settle, wide_keys, wide_mask
from swref.kernels.cpu.sorting import sort_rows

FEW = 0.25  # of the rows: if more are crowded, wide keys for all take less time than both kinds


def takes_narrow_keys(n: int) -> bool:
    """Whether rows of n values are ordered by narrow keys."""
    return NARROW[0] <= n <= NARROW[1]


def key_mask(n: int, dtype: np.dtype, narrow: bool) -> int:
    """The bits of a key that hold the index."""
    return (1 << index_bits(n)) - 1 if narrow else wide_mask(index_bits(n), dtype.itemsize)


class Ordering:
    """Where one thread orders up to `rows` rows of n values at a time."""

    def __init__(self, rows: int, n: int, dtype: np.dtype):
        self.index_bits, self._shape, self._dtype = index_bits(n), (rows, n), dtype
        self._take_keys(takes_narrow_keys(n))

    def _take_keys(self, narrow: bool) -> None:
        self.narrow, self.index_mask = narrow, key_mask(self._shape[1], self._dtype, narrow)
        self.keys = np.empty(self._shape, np.int32 if narrow else np.float64)

    def of(self, px: np.ndarray) -> np.ndarray:
        """Integers [G, n]: & index_mask, the indices in the order of (value, index) of px."""
        unsettled = np.empty(len(px), np.bool_)
        crowded = make_keys(px, self.index_bits, self.keys[: len(px)], unsettled)
        keys = self.sorted(px, crowded, unsettled)
        if settle(keys, self.index_mask, px, unsettled) > 0:
            self.order_rest(px, unsettled)
        return bits_of(keys)

    def sorted(self, px: np.ndarray, crowded: int, unsettled: np.ndarray) -> np.ndarray:
        """The sorted keys [G, n] of px: those made, or wide ones, and from now on, if too many rows are crowded."""
        if crowded > FEW * len(px):
            self._take_keys(narrow=False)
            wide_keys(px, self.index_bits, self.keys[: len(px)], unsettled)
        sort_rows(self.keys[: len(px)])
        return self.keys[: len(px)]

    def order_rest(self, px: np.ndarray, unsettled: np.ndarray) -> None:
        """The keys of the rows that their sorted keys could not order."""
        rest = np.flatnonzero(unsettled)
        again, keys, left = px[rest], self.keys[rest], np.ones(len(rest), np.bool_)  # copies
        if self.narrow:
            keys = np.empty(again.shape)
            wide_keys(again, self.index_bits, keys, left)
            sort_rows(keys)
            settle(keys, wide_mask(self.index_bits, again.itemsize), again, left)
        order = bits_of(keys)
        for g in np.flatnonzero(left):
            order[g] = _order_by_all_bits(keys[g], again[g], self.index_bits)
        bits_of(self.keys)[rest] = order & self.index_mask


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
