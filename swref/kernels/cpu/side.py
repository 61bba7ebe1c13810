"""One of the two clouds of a loss: its projections, and their order by value and index."""

from __future__ import annotations

import numpy as np

from swref.kernels.cpu import rows

BLAS_DIMENSION = 32  # from here on products go to the BLAS; below, terms are added in the order of the coordinates


class Side:
    """One of the two clouds, less an offset [d] common to both (empty: none), laid out for the kernels."""

    def __init__(self, x: np.ndarray, offset: np.ndarray):
        n, self.d = x.shape
        x = x - offset if offset.size else x
        self.points = x.T if self.d >= BLAS_DIMENSION else np.ascontiguousarray(x.T)  # [d, n]; the BLAS takes either
        self.index_mask, self.shift, self.bits = rows.key_layout(n, x.dtype)

    def project(self, theta: np.ndarray, out: np.ndarray) -> None:
        """out [G, n] = theta [G, d] . x for d < BLAS_DIMENSION."""
        rows.project(self.points, theta, out)

    def order(self, px: np.ndarray, keys: np.ndarray) -> np.ndarray:
        """keys [G, n], sorted by (value, index) of the projections px [G, n]; `& index_mask` gives the index."""
        self.order_rest(px, keys, self._sort(px, px, keys))
        return keys

    def order_rest(self, px: np.ndarray, keys: np.ndarray, unsettled: np.ndarray) -> None:
        """Order the rows that sorted keys could not: far from the origin few keys are distinct.

        Differences from a point of the row order as the row does, and have their leading bits where the points differ:
        there that is several times as fast as `argsort`, which is left for what no key can order.
        """
        if len(unsettled) == 0:
            return
        rest = px[unsettled]  # a copy
        again = np.empty(rest.shape, np.int64)
        with np.errstate(over="ignore", invalid="ignore"):  # where the differences overflow, values or argsort settle
            offsets = rest - rest[:, :1]
        for g in self._sort(offsets, rest, again):
            again[g] = np.argsort(rest[g], kind="stable")
        keys[unsettled] = again

    def _sort(self, sorted_by: np.ndarray, px: np.ndarray, keys: np.ndarray) -> np.ndarray:
        """Sort by keys of `sorted_by` [G, n], settle by px [G, n]; the rows that could not be settled."""
        rows.make_keys(sorted_by.view(self.bits), self.shift, self.index_mask, keys)
        keys.view(np.float64).sort(axis=1)
        unsettled = np.empty(len(px), np.bool_)
        rows.settle(keys, px, self.index_mask, unsettled)
        return np.flatnonzero(unsettled)
