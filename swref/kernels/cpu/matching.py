"""Rows of equal sizes and uniform weights, matched rank by rank: only x needs an order, y its sorted values."""

from __future__ import annotations

import numpy as np

from swref.kernels.cpu import rows
from swref.kernels.cpu.order import FEW, Ordering, values_by_keys
from swref.kernels.cpu.sorting import sort_rows


class Matching:
    """Where one thread matches up to `rows` rows of n points at a time.

    y takes narrow keys too, where those are sooner sorted than its values.
    """

    def __init__(self, rows: int, n: int, dtype: np.dtype):
        self.x = Ordering(rows, n, dtype)
        self.y = Ordering(rows, n, dtype) if values_by_keys(n, dtype) else None

    def match(self, px: np.ndarray, py: np.ndarray, p: float, losses: np.ndarray) -> None:
        """losses [G] of the projections px and py [G, n]; px becomes dW_p^p/dpx, py is used up."""
        self.x.of(px)
        ys = None
        if self.y is not None:
            self.y.of(py)
            ys = self.y.values
        if ys is None:
            self.y, ys = None, py
            sort_rows(py)
        rows.match_equal(self.x.keys, self.x.index_mask, self.x.values, ys[: len(py)], p, losses, px)

    def project_and_match(
        self,
        xT: np.ndarray,
        yT: np.ndarray,
        theta: np.ndarray,
        px: np.ndarray,
        py: np.ndarray,
        p: float,
        losses: np.ndarray,
    ) -> None:
        """`match` of the projections of xT and yT [d, n] on theta [G, d], in few calls."""
        x, y, G = self.x, self.y, len(theta)
        x_keys, y_keys, ys = x.keys[:G], None, None
        if y is not None:
            y_keys, ys = y.keys[:G], y.values
        unsettled = np.zeros((2, G), np.bool_)
        if rows.prepare(xT, yT, theta, x.index_bits, px, x_keys, py, y_keys, unsettled) > FEW * G:
            x.take_wide_keys()
            self.y = None
            self.match(px, py, p, losses)
            return
        sort_rows(x_keys)
        sort_rows(py if y_keys is None else y_keys)
        if rows.settle_and_match(x.index_mask, px, x_keys, x.values, py, y_keys, ys, p, losses, unsettled):
            x.order_rest(px, unsettled[0])
            if y is not None:
                y.order_rest(py, unsettled[1])
            rows.match_equal(x_keys, x.index_mask, x.values, py if ys is None else ys[:G], p, losses, px)
