"""The losses between all pairs of many clouds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from swref import checks
from swref.checks import shown
from swref.errors import InputError, InputTypeError
from swref.sliced.losses import unit_rows


def sw_matrix(
    clouds: Sequence[ArrayLike], theta: ArrayLike, *, others: Sequence[ArrayLike] | None = None, p: float = 2.0
) -> np.ndarray:
    """SW_p^p (no root) between every two of K clouds, [K, K] float64, or of K clouds and M `others`, [K, M].

        out[i, j] = (1/L) sum_l W_p^p(theta_l . clouds[i], theta_l . clouds[j])

    `clouds` are arrays of points [n_k, d] of uniform weights, of any sizes, or one array [K, n, d]; `theta` [L, d] has
    unit rows. Each cloud is projected and sorted once, so that a pair costs a pass over sorted values: sw_loss of each
    pair, up to rounding, relative to the largest cloud. If all arrays are float32 the projections are float32.

    Raises InputError or InputTypeError naming the argument. Source: Tanguy 2023, equation (2), for each pair.

    >>> sw_matrix([[[1.0, 2.0]], [[0.0, 0.0]], [[1.0, 0.0]]], np.eye(2)).tolist()
    [[0.0, 2.5, 2.0], [2.5, 0.0, 0.5], [2.0, 0.5, 0.0]]
    """
    p = checks.order(p)
    arrays = _clouds("clouds", clouds)
    more = [] if others is None else _clouds("others", others, arrays[0].shape[1])
    for k, array in enumerate(arrays):
        checks.point_array(f"clouds[{k}]", array, arrays[0].shape[1])
    directions = checks.points("theta", theta, arrays[0].shape[1], "L, d")
    unit_rows(directions)
    narrow = all(array.dtype == np.float32 for array in (*arrays, *more))
    dtype = np.dtype(np.float32 if narrow else np.float64)
    from swref.kernels.cpu.pairwise import pairwise_losses  # Numba takes half a second to import

    given = [[np.ascontiguousarray(array, dtype) for array in each] for each in (arrays, more)]
    return pairwise_losses(given[0], None if others is None else given[1], directions.astype(dtype), p)


def _clouds(name: str, value: Sequence[ArrayLike], dim: int | None = None) -> list[np.ndarray]:
    """The clouds of an argument, finite points each."""
    if isinstance(value, (str, bytes)) or not isinstance(value, (Sequence, np.ndarray)):
        raise InputTypeError(f"{name} must be a sequence of arrays of points, got {shown(value)}")
    if len(value) == 0:
        raise InputError(f"{name} must hold at least one cloud, got none")
    return [checks.points(f"{name}[{k}]", cloud, dim) for k, cloud in enumerate(value)]
