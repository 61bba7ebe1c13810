"""The sliced Wasserstein loss over the whole sphere, estimated, with its errors."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from swref import checks
from swref.randomness import Seed, generator
from swref.sliced.losses import cpu, mean_loss, plain, same_columns, standard_error
from swref.spec import SWEstimate
from swref.spec import sliced as spec


def sw_estimate(
    x: ArrayLike,
    y: ArrayLike,
    rng: Seed | None,
    L: int,
    *,
    p: float = 2.0,
    x_weights: ArrayLike | None = None,
    y_weights: ArrayLike | None = None,
    backend: str = "auto",
) -> SWEstimate:
    """SW_p^p over the whole sphere, by L >= 2 i.i.d. uniform directions drawn from `rng`.

    Returns an SWEstimate: value, grad [n, d] in x, and the Monte-Carlo standard error of both. `backend` "numpy" is
    swref.spec.sw_estimate, "cpu" ("auto") the kernels. Errors as in sw_loss.

    >>> e = sw_estimate([[1.0, 0.0]], [[0.0, 0.0]], 0, 4000)
    >>> abs(e.value - 0.5) < 4 * e.value_standard_error  # |x - y|^2 / d
    True
    """
    x, y = checks.points("x", x), checks.points("y", y)
    same_columns(x, y)
    L, p, rng = checks.count("L", L, minimum=2), checks.order(p), generator(rng, "rng")
    checks.one_of("backend", backend, ("auto", "numpy", "cpu"))
    dtype = np.result_type(x, y)
    wx = None if x_weights is None else checks.weights("x_weights", x_weights, len(x))
    wy = None if y_weights is None else checks.weights("y_weights", y_weights, len(y))
    with np.errstate(over="ignore", invalid="ignore"):  # a value beyond the range of floats is inf
        if backend == "numpy":
            return spec.sw_estimate(x.astype(dtype), y.astype(dtype), rng, L, p, wx, wy)
        theta = spec.uniform_directions(rng, L, x.shape[1]).astype(dtype)
        losses, mean, squares = cpu().losses_and_moments(plain(x, dtype), plain(y, dtype), theta, p, wx, wy)
        return SWEstimate(
            value=mean_loss(losses),
            grad=mean,
            value_standard_error=standard_error(losses),
            grad_standard_error=np.sqrt(squares / (L - 1) / L),
            directions=L,
        )
