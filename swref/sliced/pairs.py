"""The losses of many pairs of clouds, with their gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from swref import checks
from swref.errors import InputError
from swref.sliced.losses import BACKENDS, UNIT_TOLERANCE, WRT, evaluate, plain, wanted


def sw_pairs(
    x: ArrayLike,
    y: ArrayLike,
    theta: ArrayLike,
    *,
    p: float = 2.0,
    x_weights: ArrayLike | None = None,
    y_weights: ArrayLike | None = None,
    wrt: str | tuple[str, ...] = "x",
    backend: str = "auto",
) -> tuple[np.ndarray, Any]:
    """SW_p^p (no root) of B pairs of clouds [B] float64, and its gradients [B, ...]: sw_loss_and_grad of each pair.

        losses[b], grads[b] = sw_loss_and_grad(x[b], y[b], theta[b], ...)

    `x` [B, n, d] and `y` [B, m, d] are points, `theta` [L, d] the directions of all pairs or [B, L, d] of each,
    `x_weights` [B, n] and `y_weights` [B, m] probabilities (None: uniform); `wrt` as in sw_loss_and_grad, () for values
    alone. The bits are those of a loop. Small pairs of equal sizes and uniform weights, gradients in points, are
    computed together, by all threads; the others one by one.

    Raises InputError or InputTypeError naming the argument and the pair. Source: Tanguy 2023, section 2.2.

    >>> losses, dx = sw_pairs([[[1.0, 2.0]], [[3.0, 0.0]]], np.zeros((2, 1, 2)), np.eye(2))
    >>> losses.tolist(), dx.tolist()
    ([2.5, 4.5], [[[1.0, 2.0]], [[3.0, 0.0]]])
    """
    p, names = checks.order(p), wanted(wrt)
    checks.one_of("backend", backend, BACKENDS)
    x = _stacked("x", x, "B, n, d")
    B, n, d = x.shape
    y, theta = _stacked("y", y, "B, m, d", B), checks.float_array("theta", theta)
    shared = theta.ndim == 2
    theta = theta[None] if shared else _stacked("theta", theta, "B, L, d", B)
    wx = None if x_weights is None else _stacked("x_weights", x_weights, "B, n", B)
    wy = None if y_weights is None else _stacked("y_weights", y_weights, "B, m", B)
    dtype = x.dtype if x.dtype == y.dtype else np.dtype(np.float64)
    shapes = {"x": (n, d), "y": y.shape[1:], "theta": theta.shape[1:], "x_weights": (n,), "y_weights": y.shape[1:2]}
    losses, grads, rest = np.empty(B), {name: np.empty((B, *shapes[name]), dtype) for name in names}, np.arange(B)
    if backend in ("auto", "cpu") and x.shape == y.shape and wx is None and wy is None and set(names) <= {"x", "y"}:
        rest = _together(plain(x, dtype), plain(y, dtype), plain(theta, dtype), p, losses, grads)
    for b in rest:
        one_wx, one_wy = (None if w is None else w[b] for w in (wx, wy))
        called = tuple(name if name == "theta" and shared else f"{name}[{b}]" for name in WRT)
        pair = (x[b], y[b], theta[0 if shared else b], p, one_wx, one_wy)
        losses[b], _, found = evaluate(*pair, names, backend, names=called)
        for name, grad in zip(names, found, strict=True):
            grads[name][b] = grad
    return losses, grads[wrt] if isinstance(wrt, str) else tuple(grads[name] for name in names)


def _together(
    x: np.ndarray, y: np.ndarray, theta: np.ndarray, p: float, losses: np.ndarray, grads: dict[str, np.ndarray]
) -> np.ndarray:
    """Fill in the losses and the gradients in x and y of small pairs; which are left, whatever is wrong with them."""
    from swref.kernels.cpu import pairs  # Numba takes half a second to import

    if 0 in (x.size, theta.size) or theta.shape[2] != x.shape[2] or not pairs.are_small(x.shape[1], theta):
        return np.arange(len(x))
    rest = []
    for name, grad in (grads or {"x": np.empty(x.shape, x.dtype)}).items():
        one, other = (x, y) if name == "x" else (y, x)  # the matching of equal ranks is the same seen from y
        rest.append(pairs.losses_and_grads(one, other, theta, p, 2 * UNIT_TOLERANCE, losses, grad))
    return np.unique(np.concatenate(rest))


def _stacked(name: str, value: ArrayLike, axes: str, pairs: int | None = None) -> np.ndarray:
    """`value` as an array with these axes, of so many pairs; what each pair holds is for `evaluate` to check."""
    array = checks.float_array(name, value)
    if array.ndim != len(axes.split()):
        raise InputError(f"{name} must have the axes [{axes}], got shape {array.shape}")
    if len(array) != (pairs or max(1, len(array))):
        raise InputError(f"{name} must hold {pairs or 'at least one'} of the pairs, got shape {array.shape}")
    return array
