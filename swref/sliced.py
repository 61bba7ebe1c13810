"""The sliced Wasserstein loss, checked: SW_p^p over given directions, its gradients, and POT's function on top.

Every function here validates once, picks a backend and calls it: "numpy" is swref.spec, "cpu" is swref.kernels.cpu.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from swref import checks
from swref.directions import directions
from swref.errors import InputError, InputTypeError
from swref.randomness import Seed, generator
from swref.spec import Estimate
from swref.spec import sliced as spec

BACKENDS = ("auto", "numpy", "cpu")
WRT = ("x", "y", "theta", "x_weights", "y_weights")
UNIT_TOLERANCE = 1e-5  # | |theta_l| - 1 |: what float32 leaves of a unit vector in a few thousand dimensions


def sw_loss(
    x: ArrayLike,
    y: ArrayLike,
    theta: ArrayLike,
    *,
    p: float = 2.0,
    x_weights: ArrayLike | None = None,
    y_weights: ArrayLike | None = None,
    backend: str = "auto",
) -> float:
    """The sliced Wasserstein loss SW_p^p (no root) over the given directions.

        SW_p^p(x, y) = (1/L) sum_l W_p^p(theta_l . x, theta_l . y)

    `x` [n, d] and `y` [m, d] are points, any strides; if both are float32 all is computed in float32, else in
    float64. `theta` [L, d] has unit rows. `x_weights` [n] and `y_weights` [m] are probabilities (None: uniform).

    Raises InputError (a ValueError) or InputTypeError (a TypeError) naming the argument, what was expected and what
    came. Source: Tanguy 2023, equation (2); math of the coupling in swref.spec.one_dimension.

    >>> sw_loss([[1.0, 2.0]], [[0.0, 0.0]], np.eye(2))
    2.5
    """
    return float(_evaluate(x, y, theta, p, x_weights, y_weights, (), backend)[0])


def sw_loss_and_grad(
    x: ArrayLike,
    y: ArrayLike,
    theta: ArrayLike,
    *,
    p: float = 2.0,
    x_weights: ArrayLike | None = None,
    y_weights: ArrayLike | None = None,
    wrt: str | tuple[str, ...] = "x",
    backend: str = "auto",
) -> tuple[float, Any]:
    """SW_p^p and its almost-everywhere gradient: (loss, dx [n, d]), or a tuple of gradients in the order of `wrt`.

        dx_i = (1/L) sum_l sum_j pi_ij p sign(D_ij) |D_ij|^{p-1} theta_l,   D_ij = theta_l . (x_i - y_j)

    with pi the quantile coupling; for p = 2 and equal sizes (2/(n L)) sum_l theta_l theta_l^T (x_i - y_sigma_l(i)).
    `wrt` is one of x, y, theta (Euclidean, [L, d]), x_weights [n], y_weights [m] (centred Kantorovich potentials), or a
    tuple of them. Other arguments and errors as in sw_loss. At ties the matching is that of the stable sort, and
    sign(0) = 0: x = y gives loss 0 and gradient 0. Source: Tanguy 2023, section 2.2.

    >>> loss, dx = sw_loss_and_grad([[1.0, 2.0]], [[0.0, 0.0]], np.eye(2))
    >>> loss, dx.tolist()
    (2.5, [[1.0, 2.0]])
    """
    names = (wrt,) if isinstance(wrt, str) else tuple(wrt)
    for name in names:
        checks.one_of("wrt", name, WRT)
    loss, grads = _evaluate(x, y, theta, p, x_weights, y_weights, names, backend)
    return float(loss), (grads[0] if isinstance(wrt, str) else grads)


def sw_losses(
    x: ArrayLike,
    y: ArrayLike,
    theta: ArrayLike,
    *,
    p: float = 2.0,
    x_weights: ArrayLike | None = None,
    y_weights: ArrayLike | None = None,
    backend: str = "auto",
) -> np.ndarray:
    """W_p^p of the projections on each direction, [L] float64: their mean is sw_loss, their spread its error.

    Arguments and errors as in sw_loss.

    >>> sw_losses([[1.0, 2.0]], [[0.0, 0.0]], np.eye(2)).tolist()
    [1.0, 4.0]
    """
    x, y, theta, wx, wy = _arrays(x, y, theta, x_weights, y_weights)
    _unit_rows(theta)
    return _losses_and_grads(backend)(x, y, theta, checks.order(p), wx, wy, ())[0]


def sw_estimate(
    x: ArrayLike,
    y: ArrayLike,
    rng: Seed | None,
    L: int,
    *,
    p: float = 2.0,
    x_weights: ArrayLike | None = None,
    y_weights: ArrayLike | None = None,
) -> Estimate:
    """SW_p^p over the whole sphere, by L >= 2 i.i.d. uniform directions drawn from `rng`, in plain NumPy.

    Returns an Estimate: value, grad [n, d] in x, and the Monte-Carlo standard error of both. Errors as in sw_loss.

    >>> e = sw_estimate([[1.0, 0.0]], [[0.0, 0.0]], 0, 4000)
    >>> abs(e.value - 0.5) < 4 * e.value_standard_error  # |x - y|^2 / d
    True
    """
    x, y = checks.points("x", x), checks.points("y", y)
    _same_dimension(x, y)
    L = checks.integer("L", L, minimum=2)
    dtype = np.result_type(x, y)
    wx = None if x_weights is None else checks.weights("x_weights", x_weights, len(x))
    wy = None if y_weights is None else checks.weights("y_weights", y_weights, len(y))
    return spec.sw_estimate(x.astype(dtype), y.astype(dtype), generator(rng), L, checks.order(p), wx, wy)


def sliced_wasserstein_distance(
    X_s: ArrayLike,
    X_t: ArrayLike,
    a: ArrayLike | None = None,
    b: ArrayLike | None = None,
    n_projections: int = 50,
    p: float = 2,
    projections: ArrayLike | None = None,
    seed: Seed | None = None,
    log: bool = False,
    scaler: Callable[[np.ndarray], ArrayLike] | Any | None = None,
) -> float | tuple[float, dict[str, np.ndarray]]:
    """The sliced Wasserstein distance (with the root 1/p), called as ``ot.sliced_wasserstein_distance`` of POT 0.9.7.

        SWD = ( (1/L) sum_l W_p^p(theta_l . X_s, theta_l . X_t) )^(1/p)

    `X_s` [n, d], `X_t` [m, d]; `a` [n], `b` [m] probabilities or None; `projections` [d, L], used as given, not
    normalised; otherwise `n_projections` uniform directions are drawn from `seed` (int, Generator or SeedSequence).
    The draws are those of swref.directions, not POT's: the same int seed gives other directions there. `scaler` is a
    callable or an object with .transform, applied to both clouds. With `log` a dict comes too, with `projections`
    [d, L] and `projected_emds` [L] (W_p^p on each). Raises InputError or InputTypeError as sw_loss does.

    >>> sliced_wasserstein_distance([[3.0, 0.0]], [[0.0, 0.0]], projections=np.eye(2)) == 4.5**0.5
    True
    """
    if scaler is not None:
        apply = getattr(scaler, "transform", scaler)
        if not callable(apply):
            raise InputTypeError(f"scaler must be a callable or have a method transform, got {scaler!r}")
        X_s, X_t = apply(X_s), apply(X_t)
    X_s, X_t = checks.points("X_s", X_s), checks.points("X_t", X_t)
    if projections is None:
        L = checks.integer("n_projections", n_projections, minimum=1)
        projections = directions(seed, L, X_s.shape[1]).T
    theta = checks.float_array("projections", projections).T
    X_s, X_t, theta, wa, wb = _arrays(X_s, X_t, theta, a, b, names=("X_s", "X_t", "projections", "a", "b"))
    p = checks.order(p)
    losses, _ = _losses_and_grads("auto")(X_s, X_t, theta, p, wa, wb, ())
    distance = float(losses.mean() ** (1.0 / p))
    return (distance, {"projections": theta.T, "projected_emds": losses}) if log else distance


def _evaluate(
    x: ArrayLike,
    y: ArrayLike,
    theta: ArrayLike,
    p: float,
    x_weights: ArrayLike | None,
    y_weights: ArrayLike | None,
    wrt: tuple[str, ...],
    backend: str,
) -> tuple[float, tuple[np.ndarray, ...]]:
    x, y, theta, wx, wy = _arrays(x, y, theta, x_weights, y_weights)
    _unit_rows(theta)
    losses, grads = _losses_and_grads(backend)(x, y, theta, checks.order(p), wx, wy, wrt)
    return losses.mean(), grads


def _losses_and_grads(backend: str) -> Callable[..., tuple[np.ndarray, tuple[np.ndarray, ...]]]:
    checks.one_of("backend", backend, BACKENDS)
    if backend == "numpy":
        return _spec_losses_and_grads
    from swref.kernels import cpu

    return cpu.sw_losses_and_grads


def _spec_losses_and_grads(
    x: np.ndarray,
    y: np.ndarray,
    theta: np.ndarray,
    p: float,
    wx: np.ndarray | None,
    wy: np.ndarray | None,
    wrt: tuple[str, ...],
) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    if not wrt:
        return spec.sw_losses(x, y, theta, p, wx, wy), ()
    loss, grads = spec.sw_loss_and_grad(x, y, theta, p, wx, wy, wrt)
    return np.array([loss]), tuple(grad.astype(x.dtype) for grad in grads)


def _arrays(
    x: ArrayLike,
    y: ArrayLike,
    theta: ArrayLike,
    x_weights: ArrayLike | None,
    y_weights: ArrayLike | None,
    names: tuple[str, str, str, str, str] = ("x", "y", "theta", "x_weights", "y_weights"),
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray | None, np.ndarray | None]:
    """The five arguments as arrays of one dtype and matching shapes."""
    x, y = checks.points(names[0], x), checks.points(names[1], y)
    _same_dimension(x, y, names)
    dtype = np.result_type(x, y)
    theta = checks.points(names[2], theta, x.shape[1]).astype(dtype, copy=False)
    wx = None if x_weights is None else checks.weights(names[3], x_weights, len(x))
    wy = None if y_weights is None else checks.weights(names[4], y_weights, len(y))
    return x.astype(dtype, copy=False), y.astype(dtype, copy=False), theta, wx, wy


def _same_dimension(x: np.ndarray, y: np.ndarray, names: tuple[str, ...] = ("x", "y")) -> None:
    if x.shape[1] != y.shape[1]:
        raise InputError(f"{names[0]} and {names[1]} must have as many columns, got shapes {x.shape} and {y.shape}")


def _unit_rows(theta: np.ndarray) -> None:
    length = np.sqrt(np.einsum("lk,lk->l", theta, theta))
    off = np.abs(length - 1) > UNIT_TOLERANCE
    if off.any():
        row = int(np.argmax(off))
        raise InputError(f"theta must have rows of length 1, got length {length[row]:.9g} in row {row}")
