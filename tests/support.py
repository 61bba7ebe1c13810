"""What several test files share: the one tolerance, and small makers of inputs."""

from __future__ import annotations

import numpy as np


def tol(dtype: np.typing.DTypeLike, n_terms: int = 1) -> float:
    """Relative tolerance for a result that sums `n_terms` rounded terms in `dtype`.

    Rounding errors of a sum add up like a random walk, so the allowance grows with the square root of the number of
    terms; the factor 16 covers the handful of operations that each term takes.
    """
    return 16.0 * float(np.finfo(dtype).eps) * float(np.sqrt(max(1, n_terms)))
