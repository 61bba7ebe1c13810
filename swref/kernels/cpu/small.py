"""Problems that are too small for threads, gradient in x: two compiled calls around the sorts, points as they come.

At this size calls count: each costs 0.3 us, and 70 ns an array; so does each array that NumPy makes, 0.2 us.
"""

from __future__ import annotations

import numpy as np

from swref.kernels.cpu import rows


def losses_and_grad(
    x: np.ndarray, y: np.ndarray, theta: np.ndarray, p: float, unit_tolerance: float
) -> tuple[np.ndarray, tuple[np.ndarray]] | None:
    """W_p^p [L] for each direction, uniform weights, and the gradient of the mean in x [n, d].

    None if a squared row of theta is not within `unit_tolerance` of 1, or if a row of keys needs a full sort.
    """
    (L, d), n, dtype = theta.shape, len(x), x.dtype
    index_mask, shift, bits = rows.key_layout(n, dtype)
    px, py, keys = np.empty((L, n), dtype), np.empty((L, n), dtype), np.empty((L, n))
    losses, dx = np.empty(L), np.empty((n, d), dtype)
    if not rows.prepare_small(x, y, theta, shift, index_mask, px, px.view(bits), keys, py, unit_tolerance):
        return None
    keys.sort(axis=1)
    py.sort(axis=1)
    done = rows.conclude_small(keys, index_mask, px, py, p, theta, losses, dx)
    return (losses, (dx,)) if done else None
