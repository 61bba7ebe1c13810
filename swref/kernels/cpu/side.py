"""One of the two clouds of a loss, laid out for its projections."""

from __future__ import annotations

import numpy as np

from swref.kernels.cpu import rows

BLAS_DIMENSION = 32  # from here on products go to the BLAS; below, terms are added in the order of the coordinates


class Side:
    """One of the two clouds, less an offset [d] common to both (empty: none), laid out for the kernels."""

    def __init__(self, x: np.ndarray, offset: np.ndarray):
        self.d = x.shape[1]
        x = x - offset if offset.size else x
        self.points = x.T if self.d >= BLAS_DIMENSION else np.ascontiguousarray(x.T)  # [d, n]; the BLAS takes either

    def project(self, theta: np.ndarray, out: np.ndarray) -> None:
        """out [G, n] = theta [G, d] . x for d < BLAS_DIMENSION."""
        rows.project(self.points, theta, out)
