"""The "cpu" backend: sliced Wasserstein losses and gradients, parallel over directions, in a few rows of scratch.

Directions are taken in groups. Within a group every thread projects, sorts and matches its own rows, a row a
direction, leaving dW_p^p/d(theta . x) in place of the projections; then every thread adds the group's rows into its
own points of the gradient, directions ascending. So each sum runs in one order, whatever the number of threads: the
bits do not depend on it.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from swref.kernels.cpu import coupled, rows, small
from swref.kernels.cpu.groups import Groups, for_one_thread
from swref.kernels.cpu.keys import make_keys
from swref.kernels.cpu.order import Ordering
from swref.kernels.cpu.side import BLAS_DIMENSION, Side
from swref.kernels.cpu.sorting import sort_rows
from swref.kernels.threads import run_parallel

_NONE = np.empty(0)
_NO_ROWS = np.empty((0, 0))

Use = Callable[[Groups, np.ndarray, np.ndarray, int], None]  # of a group: slopes [G, n], theta, directions before it
Result = tuple[np.ndarray, tuple[np.ndarray, ...]]


def sw_losses_and_grads(
    x: np.ndarray,
    y: np.ndarray,
    theta: np.ndarray,
    p: float = 2.0,
    wx: np.ndarray | None = None,
    wy: np.ndarray | None = None,
    wrt: tuple[str, ...] = ("x",),
) -> Result:
    """Per-direction losses [L] (float64) and the gradients of their mean named in `wrt`. See spec.sw_loss_and_grad."""
    if len(x) == len(y) and wx is None and wy is None:
        if wrt == ("x",):
            return _small(x, y, theta, p) or _equal(x, y, theta, p)
        if wrt == ("y",):  # the matching of equal ranks is the same seen from y
            return _small(y, x, theta, p) or _equal(y, x, theta, p)
        if wrt == ():
            return _values(x, y, theta, p), ()
        if set(wrt) <= {"x", "y"}:  # twice that takes half of the time of the staircase
            results = [sw_losses_and_grads(x, y, theta, p, wrt=(name,)) for name in wrt]
            return results[0][0], tuple(grad for _, (grad,) in results)
    return _coupled(x, y, theta, p, wx, wy, wrt)


def losses_and_moments(
    x: np.ndarray, y: np.ndarray, theta: np.ndarray, p: float, wx: np.ndarray | None, wy: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Losses [L]; of the gradients in x by direction the mean and the squared deviations, [n, d] float64."""
    mean, squares = np.zeros((2, x.shape[1], len(x)))

    def use(groups: Groups, slopes: np.ndarray, directions: np.ndarray, before: int) -> None:
        def task(start: int, stop: int) -> None:
            rows.add_moments(slopes, directions, before, mean, squares, start, stop)

        run_parallel(task, len(x), groups.threads)

    if len(x) == len(y) and wx is None and wy is None:
        losses, _ = _equal(x, y, theta, p, use)
    else:
        losses, _ = _coupled(x, y, theta, p, wx, wy, (), use)
    return losses, np.ascontiguousarray(mean.T), np.ascontiguousarray(squares.T)


def small_loss_and_grad(
    x: np.ndarray, y: np.ndarray, theta: np.ndarray, p: float, unit_tolerance: float
) -> tuple[float, np.ndarray] | None:
    """SW_p^p, uniform weights and equal sizes, and its gradient in x; None unless the problem is small and sound.

    Sound: the loss is finite, hence every entry, and the squared rows of theta are within `unit_tolerance` of 1.
    """
    result = _small(x, y, theta, p, unit_tolerance)
    if result is None:
        return None
    losses, (dx,) = result
    # With one direction, the sum by itself would take a twentieth of the whole.
    if len(losses) == 1:
        loss = losses.item()
    else:
        with np.errstate(over="ignore"):  # a loss beyond the range of floats is inf
            loss = float(np.add.reduce(losses)) / len(losses)
    return (loss, dx) if math.isfinite(loss) else None


def _small(
    x: np.ndarray, y: np.ndarray, theta: np.ndarray, p: float, unit_tolerance: float = math.inf
) -> Result | None:
    """A problem that is too small for threads; None for any other."""
    if not for_one_thread(len(theta) * len(x)) or x.shape[1] >= BLAS_DIMENSION:
        return None
    return small.losses_and_grad(x, y, theta, p, unit_tolerance)


def _values(x: np.ndarray, y: np.ndarray, theta: np.ndarray, p: float) -> np.ndarray:
    """Equal sizes and uniform weights, no gradient: two plain sorts, for a value needs no order.

    The bits are those that come with a gradient: the same pairs, added up in the same lanes.
    """
    n, dtype, offset = len(x), x.dtype, rows.common_offset(x, y)
    side_x, side_y, groups = Side(x, offset), Side(y, offset), Groups(theta, n)
    losses = np.empty(groups.L)
    projected = None if groups.in_order else np.empty((2, groups.size, n), dtype)

    def make_task(chunk: int) -> Callable[[int, int], None]:
        scratch = np.empty((2, chunk if projected is None else 0, n), dtype)

        def task(lo: int, hi: int) -> None:
            px, py = scratch[:, : hi - lo] if projected is None else projected[:, lo:hi]
            if projected is None:
                rows.project_both(side_x.points, side_y.points, theta[first + lo : first + hi], px, py)
            sort_rows(px)
            sort_rows(py)
            rows.match_sorted(px, py, p, losses[first + lo : first + hi])

        return task

    with groups.single_blas():
        for first, last in groups:
            if projected is not None:
                for side, out in zip((side_x, side_y), projected, strict=True):
                    groups.project(side, theta[first:last], out[: last - first])
            groups.by_rows(first, last, make_task)
    return losses


def _equal(x: np.ndarray, y: np.ndarray, theta: np.ndarray, p: float, use: Use | None = None) -> Result:
    """Equal sizes and uniform weights, gradient in x: only x needs an order, y only its sorted values.

    With `use` that gets the slopes, and no gradient is made of them.
    """
    n, dtype, offset = len(x), x.dtype, rows.common_offset(x, y)
    side_x, side_y, groups = Side(x, offset), Side(y, offset), Groups(theta, n)
    losses = np.empty(groups.L)
    slopes = np.empty((groups.size, n), dtype)
    targets = None if groups.in_order else np.empty((groups.size, n), dtype)
    dxT = groups.zeros(n, dtype)

    def make_task(chunk: int) -> Callable[[int, int], None]:
        ordering = Ordering(chunk, n, dtype)
        all_py = np.empty((chunk if targets is None else 0, n), dtype)

        def task(lo: int, hi: int) -> None:
            px, py = slopes[lo:hi], all_py[: hi - lo] if targets is None else targets[lo:hi]
            made, unsettled = (px, ordering.index_bits, ordering.keys[: hi - lo]), np.empty(hi - lo, np.bool_)
            if targets is None:
                clouds = side_x.points, side_y.points, theta[first + lo : first + hi]
                crowded = rows.prepare(*clouds, py, *made, unsettled)
            else:
                crowded = make_keys(*made, unsettled)
            keys = ordering.sorted(px, crowded, unsettled)
            sort_rows(py)
            matched = (keys, ordering.index_mask, px, py, p, losses[first + lo : first + hi])
            if rows.settle_and_match(*matched, unsettled):
                ordering.order_rest(px, unsettled)
                rows.match_equal(*matched)

        return task

    with groups.single_blas():
        for first, last in groups:
            if targets is not None:
                groups.project(side_x, theta[first:last], slopes[: last - first])
                groups.project(side_y, theta[first:last], targets[: last - first])
            groups.by_rows(first, last, make_task)
            if use is None:
                groups.add(slopes[: last - first], theta[first:last], dxT)
            else:
                use(groups, slopes[: last - first], theta[first:last], first)
    return losses, (np.ascontiguousarray(dxT.T / dtype.type(groups.L)),) if use is None else ()


def _coupled(
    x: np.ndarray,
    y: np.ndarray,
    theta: np.ndarray,
    p: float,
    wx: np.ndarray | None,
    wy: np.ndarray | None,
    wrt: tuple[str, ...],
    use: Use | None = None,
) -> Result:
    """Any sizes and weights, every gradient: the quantile coupling of both sorted sides. `use` gets the slopes of x."""
    n, m, dtype, offset = len(x), len(y), x.dtype, rows.common_offset(x, y)
    side_x, side_y, groups = Side(x, offset), Side(y, offset), Groups(theta, n + m)
    G, losses = groups.size, np.empty(groups.L)
    dpx, dpy = np.empty((G, n), dtype), np.empty((G, m), dtype)
    f = np.empty((G, n)) if "x_weights" in wrt else _NO_ROWS
    g = np.empty((G, m)) if "y_weights" in wrt else _NO_ROWS
    shapes = {
        "x": (x.shape[1], n),
        "y": (x.shape[1], m),
        "theta": theta.shape,
        "x_weights": (1, n),
        "y_weights": (1, m),
    }
    # Potentials are float64 throughout; a sum that is rounded to float32 only now and then would depend on the groups.
    grads = {name: np.zeros(shapes[name], np.float64 if name.endswith("weights") else dtype) for name in wrt}

    def make_task(chunk: int) -> Callable[[int, int], None]:
        x_rows, y_rows = Ordering(chunk, n, dtype), Ordering(chunk, m, dtype)

        def task(lo: int, hi: int) -> None:
            directions, px, py = theta[first + lo : first + hi], dpx[lo:hi], dpy[lo:hi]
            if groups.in_order:
                side_x.project(directions, px)
                side_y.project(directions, py)
            x_side = (x_rows.of(px), x_rows.index_mask, px, _NONE if wx is None else wx)
            y_side = (y_rows.of(py), y_rows.index_mask, py, _NONE if wy is None else wy)
            values = losses[first + lo : first + hi]
            coupled.match_coupled(*x_side, *y_side, p, values, f[lo:hi], g[lo:hi])
            if "theta" in grads:
                dtheta = grads["theta"][first + lo : first + hi]
                coupled.direction_gradient(px, side_x.points, dtheta)
                coupled.direction_gradient(py, side_y.points, dtheta)

        return task

    ones = np.ones((G, 1))
    with groups.single_blas():
        for first, last in groups:
            directions = theta[first:last]
            if not groups.in_order:
                groups.project(side_x, directions, dpx[: last - first])
                groups.project(side_y, directions, dpy[: last - first])
            groups.by_rows(first, last, make_task)
            if use is not None:
                use(groups, dpx[: last - first], directions, first)
            for name, slopes, factors in (
                ("x", dpx, directions),
                ("y", dpy, directions),
                ("x_weights", f, ones),
                ("y_weights", g, ones),
            ):
                if name in grads:
                    groups.add(slopes[: last - first], factors[: last - first], grads[name])
    L = dtype.type(groups.L)
    shaped: dict[str, Callable[[np.ndarray], np.ndarray]]
    shaped = {"x": np.transpose, "y": np.transpose, "theta": np.asarray, "x_weights": np.ravel, "y_weights": np.ravel}
    return losses, tuple(np.ascontiguousarray(shaped[name](grads[name] / L), dtype) for name in wrt)
