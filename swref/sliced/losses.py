"""The sliced Wasserstein loss, checked: SW_p^p over given directions, and its gradients.

Every function here validates once, picks a backend and calls it: "numpy" is swref.spec, "cpu" is swref.kernels.cpu,
"cuda" is swref.kernels.cuda, "auto" is "cuda" for arrays on a GPU and "cpu" for all others.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from types import ModuleType
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from swref import checks
from swref.arrays import is_on_device
from swref.errors import BackendError, InputError, InputTypeError
from swref.sliced import on_device
from swref.sliced.rescaled import rescaled
from swref.spec import sliced as spec

LossesAndGrads = Callable[..., tuple[np.ndarray, tuple[np.ndarray, ...]]]
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

    `x` [n, d] and `y` [m, d] are points, any strides; if both are float32 the projections are float32, else float64;
    a loss beyond the range of floats is inf. `theta` [L, d] has unit rows. `x_weights` [n] and `y_weights` [m] are
    probabilities (None: uniform). Rounding errors are relative to sum_i wx_i |x_i - c|^p + sum_j wy_j |y_j - c|^p, c of
    spec.centred, however small some masses are.

    With `backend` "cuda" arrays of NumPy's are moved to the GPU. Arrays that live there (CuPy, torch, Numba, DLPack)
    stay, must have one dtype, and give results there that are not waited for: see swref.sliced.on_device.

    Raises InputError (a ValueError) or InputTypeError (a TypeError) naming the argument, what was expected and what
    came; BackendError for a GPU that is missing or fails.
    Source: Tanguy 2023, equation (2); math of the coupling in swref.spec.one_dimension.

    >>> sw_loss([[1.0, 2.0]], [[0.0, 0.0]], np.eye(2))
    2.5
    """
    return evaluate(x, y, theta, p, x_weights, y_weights, (), backend)[0]


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
    if isinstance(wrt, str) and wrt == "x" and x_weights is None and y_weights is None:
        small = _small(x, y, theta, p, backend)
        if small is not None:
            return small
    loss, _, grads = evaluate(x, y, theta, p, x_weights, y_weights, wanted(wrt), backend)
    return loss, (grads[0] if isinstance(wrt, str) else grads)


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
    return evaluate(x, y, theta, p, x_weights, y_weights, (), backend)[1]


def wanted(wrt: str | tuple[str, ...]) -> tuple[str, ...]:
    """The gradients that `wrt` names, checked."""
    if not isinstance(wrt, (str, tuple, list)):
        raise InputTypeError(f"wrt must be a name or a tuple of names among {', '.join(WRT)}, got {checks.shown(wrt)}")
    names = (wrt,) if isinstance(wrt, str) else tuple(wrt)
    for name in names:
        checks.one_of("wrt", name, WRT)
    return names


def loss_and_gradient_in_x(backend: str, p: float) -> Callable[..., tuple[float, np.ndarray]]:
    """The unchecked function (x, y, theta) -> (SW_p^p, dx) of a backend, for loops that own their arrays.

    For arrays on a GPU SW_p^p is one too, without axes, and not waited for.

    >>> f = loss_and_gradient_in_x("numpy", 2.0)
    >>> loss, dx = f(np.array([[1.0, 2.0]]), np.array([[0.0, 0.0]]), np.eye(2))
    >>> loss, dx.tolist()
    (2.5, [[1.0, 2.0]])
    """
    function, p = _losses_and_grads(backend), checks.order(p)

    def loss_and_grad(x: np.ndarray, y: np.ndarray, theta: np.ndarray) -> tuple[float, np.ndarray]:
        if backend == "cuda" and is_on_device(x):
            loss, _, (dx,) = _cuda().evaluate(x, y, theta, p, None, None, ("x",))
            return loss, dx
        losses, (dx,) = function(x, y, theta, p, None, None, ("x",))
        return mean_loss(losses), dx

    return loss_and_grad


def _small(x: ArrayLike, y: ArrayLike, theta: ArrayLike, p: float, backend: str) -> tuple[float, np.ndarray] | None:
    """SW_p^p and dx of small plain input that has nothing wrong with it; None for all other input.

    For one direction of 256 points this takes 7.5 us in all; the checks of `evaluate`, which say what is wrong or
    convert, take 7 more. Whatever does not pass here is checked there, from the start.
    """
    if (
        type(x) is type(y) is type(theta) is np.ndarray
        and x.ndim == theta.ndim == 2
        and (shape := x.shape) == y.shape
        and shape[1] == theta.shape[1]
        and x.size > 0
        and theta.size > 0
        and x.dtype is y.dtype is theta.dtype
        and x.dtype in checks.FLOATS
        and x.flags.carray  # C order, aligned, writeable
        and y.flags.carray
        and theta.flags.carray
        and type(p) is float
        and 1.0 <= p < math.inf
        and isinstance(backend, str)
        and backend in ("auto", "cpu")
    ):
        return cpu().small_loss_and_grad(x, y, theta, p, 2 * UNIT_TOLERANCE)
    return None


def evaluate(
    x: ArrayLike,
    y: ArrayLike,
    theta: ArrayLike,
    p: float,
    x_weights: ArrayLike | None,
    y_weights: ArrayLike | None,
    wrt: tuple[str, ...],
    backend: str,
    unit: bool = True,
    names: tuple[str, ...] = ("x", "y", "theta", "x_weights", "y_weights"),
) -> tuple[float, np.ndarray, tuple[np.ndarray, ...]]:
    """Check everything, then call the backend: SW_p^p, its terms [L] and the gradients named in `wrt`."""
    function = _losses_and_grads(backend)
    if is_on_device(x, y, theta):
        if backend not in ("auto", "cuda"):
            raise BackendError(f'arrays on a GPU need backend "cuda" or "auto", got {checks.shown(backend)}')
        return on_device.evaluate(x, y, theta, p, x_weights, y_weights, wrt, names)
    x, y = checks.point_array(names[0], x), checks.point_array(names[1], y)
    same_columns(x, y, names)
    dtype = x.dtype if x.dtype == y.dtype else np.dtype(np.float64)
    theta = checks.point_array(names[2], theta, x.shape[1], "L, d")
    wx = None if x_weights is None else checks.weights(names[3], x_weights, len(x))
    wy = None if y_weights is None else checks.weights(names[4], y_weights, len(y))
    arrays = (plain(x, dtype), plain(y, dtype), plain(theta, dtype))
    if function is _spec_losses_and_grads or wx is not None or wy is not None:
        _all_finite(arrays, names)
    if unit:
        unit_rows(theta, names[2])
    p = checks.order(p)
    losses, grads = function(*arrays, p, wx, wy, wrt)
    # With uniform weights every entry enters every loss, so a loss that is finite vouches for the whole input: the
    # arrays are only read a second time to say what is wrong with them (or that the loss overflowed).
    loss = mean_loss(losses)
    if not math.isfinite(loss):
        _all_finite(arrays, names)
        losses, grads = rescaled(function, *arrays, p, wx, wy, wrt, losses, grads)
        loss = mean_loss(losses)
    return loss, losses, grads


def mean_loss(losses: np.ndarray) -> float:
    """The mean of losses [L], also where their sum overflows.

    >>> mean_loss(np.array([1e308, 1.5e308]))
    1.25e+308
    """
    with np.errstate(over="ignore"):
        mean = float(losses.sum()) / len(losses)
        return mean if mean < math.inf else float((losses / len(losses)).sum())


def standard_error(losses: np.ndarray) -> float:
    """Of the mean of losses [L], whose squares need not be floats."""
    k = int(np.frexp(losses.max())[1])
    with np.errstate(under="ignore"):
        return float(np.ldexp(np.ldexp(losses, -k).std(ddof=1) / np.sqrt(len(losses)), k))


def plain(array: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """`array` in C order and writable: the kernels are compiled for that one layout."""
    flags = array.flags
    if array.dtype == dtype and flags.c_contiguous and flags.writeable:
        return array
    return np.array(array, dtype=dtype, order="C")


def same_columns(x: np.ndarray, y: np.ndarray, names: tuple[str, ...] = ("x", "y")) -> None:
    """Raise InputError unless x [n, d] and y [m, d] have one d."""
    if x.shape[1] != y.shape[1]:
        raise InputError(f"{names[0]} and {names[1]} must have as many columns, got shapes {x.shape} and {y.shape}")


def _all_finite(arrays: tuple[np.ndarray, ...], names: tuple[str, ...]) -> None:
    for name, array in zip(names, arrays, strict=False):
        checks.finite(name, array)


def _losses_and_grads(backend: str) -> LossesAndGrads:
    return _LOADERS[checks.one_of("backend", backend, BACKENDS)]()


@functools.cache
def cpu() -> ModuleType:
    """The backend of the CPU, imported when it is first asked for."""
    from swref.kernels.cpu import backend  # Numba takes half a second to import

    return backend


@functools.cache
def _cuda() -> ModuleType:
    from swref.kernels.cuda import device as cuda_device

    cuda_device.require()
    from swref.kernels.cuda import backend as cuda

    return cuda


def _spec_losses_and_grads(
    x: np.ndarray,
    y: np.ndarray,
    theta: np.ndarray,
    p: float,
    wx: np.ndarray | None,
    wy: np.ndarray | None,
    wrt: tuple[str, ...],
) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    with np.errstate(over="ignore", invalid="ignore"):  # a loss beyond the range of floats is inf
        if not wrt:
            return spec.sw_losses(x, y, theta, p, wx, wy), ()
        loss, grads = spec.sw_loss_and_grad(x, y, theta, p, wx, wy, wrt)
        return np.array([loss]), tuple(grad.astype(x.dtype) for grad in grads)


# A backend is a function (x, y, theta, p, wx, wy, wrt) -> (losses [L], gradients), imported when it is first asked for.
_LOADERS: Final[dict[str, Callable[[], LossesAndGrads]]] = {
    "auto": lambda: cpu().sw_losses_and_grads,
    "numpy": lambda: _spec_losses_and_grads,
    "cpu": lambda: cpu().sw_losses_and_grads,
    "cuda": lambda: _cuda().sw_losses_and_grads,
}
BACKENDS: Final = tuple(_LOADERS)


def unit_rows(theta: np.ndarray, name: str = "theta") -> None:
    """Raise InputError, naming the first row, unless the rows of theta [L, d] have length 1 to UNIT_TOLERANCE."""
    squares = np.vecdot(theta, theta)
    if len(squares) == 1 and abs(squares[0] - 1) <= 2 * UNIT_TOLERANCE:
        return  # a step of SGD has one direction, and takes a few microseconds in all
    off = np.abs(squares - 1)
    if off.max() > 2 * UNIT_TOLERANCE:
        row = int(np.argmax(off))
        raise InputError(f"{name} must have rows of length 1, got length {squares[row] ** 0.5:.9g} in row {row}")
